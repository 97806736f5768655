import type { Customer } from "@allo/contract";
import { Fragment, type ReactNode } from "react";
import { Phone } from "../../ui/values.tsx";

/** Numbers and addresses in a row. */
export function Identities({ identities }: { readonly identities: Customer["identities"] }): ReactNode {
  return identities.map((each, index) => (
    <Fragment key={`${each.kind}${each.value}`}>
      {index > 0 && " · "}
      {each.kind === "phone" ? <Phone number={each.value} /> : <bdi dir="ltr">{each.value}</bdi>}
    </Fragment>
  ));
}
