import type { DeskState } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { useLingui } from "@lingui/react";
import { Trans } from "@lingui/react/macro";
import { Alert, Text } from "@mantine/core";
import { IconPhoneX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ApiProblem } from "../../api/problem.ts";
import { problemSentence } from "../../api/problem-sentences.ts";
import { DateTime } from "../../ui/values.tsx";
import { dialCodeWords } from "../dialling/dial-words.ts";

type Refusal = NonNullable<DeskState["dialRefusal"]>;

/** What a problem is called elsewhere says too little of whoever dialled. */
const atPhone: Readonly<Record<string, MessageDescriptor>> = {
  notSignedIn: msg`You aren't signed in at the desk: press “Go ready” or choose a break first. Emergency numbers always work.`,
  wrongState: msg`You were being rung, in a call or in wrap-up.`,
  notFound: msg`Nobody has this extension.`,
  invalidInput: msg`It is your own extension.`,
  forbidden: msg`You may not call colleagues or numbers outside. Ask an administrator for the right.`,
};

/** Why what was dialled at the agent's own phone isn't called: its display has room for a few letters. */
export function DialRefused({ refusal: { code, detail, at } }: { readonly refusal: Refusal }): ReactNode {
  const { i18n } = useLingui();
  const reasons = code === "dialRefused" ? (detail ?? "").split(", ").flatMap((each) => dialCodeWords(each) ?? []) : [];
  const own = atPhone[code];
  const words =
    reasons.length > 0
      ? reasons.map((each) => i18n._(each)).join(" ")
      : own === undefined
        ? problemSentence(i18n, new ApiProblem({ status: 409, code, detail, fields: [] }))
        : i18n._(own);
  return (
    <Alert
      color="yellow"
      icon={<IconPhoneX aria-hidden />}
      role="status"
      data-testid="dial-refused"
      styles={{ message: { color: "var(--text)" } }}
    >
      <Text size="sm">
        <Trans>
          What you dialled at your phone at <DateTime at={at} show="time" /> isn't called.
        </Trans>
      </Text>
      <Text size="sm">{words}</Text>
    </Alert>
  );
}
