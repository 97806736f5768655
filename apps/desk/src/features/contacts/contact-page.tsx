import { useLingui } from "@lingui/react/macro";
import { IconArrowLeft, IconArrowRight } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useLanguage } from "../../i18n/language.ts";
import { Page } from "../../ui/page.tsx";
import { ContactView } from "./contact-view.tsx";

/** One call on a page of its own: what an address leads to. */
export function ContactPageRoute(): ReactNode {
  const { t } = useLingui();
  const { contactId } = useParams({ from: "/shell/contacts/$contactId" });
  const Back = useLanguage((state) => state.direction) === "rtl" ? IconArrowRight : IconArrowLeft;
  return (
    <Page
      title={t({ message: "Call", context: "one contact" })}
      action={
        <Link to="/contacts">
          <Back size={16} style={{ verticalAlign: "-3px" }} aria-hidden /> {t`All calls`}
        </Link>
      }
    >
      <div style={{ maxInlineSize: 960 }}>
        <ContactView key={contactId} contactId={contactId} />
      </div>
    </Page>
  );
}
