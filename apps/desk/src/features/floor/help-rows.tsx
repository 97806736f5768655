import type { OpenHelp } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { IconEar } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { isolate } from "../../ui/isolate.ts";
import { Elapsed } from "../../ui/values.tsx";
import { useDesk, useDeskAct } from "../desk/use-desk.ts";
import { useMay } from "../session/session.ts";
import { ContactLink } from "./contact-link.tsx";
import styles from "./help.module.css";

/** Who asks for a lead, the longest waiting first, with the way into the talk. */
export function HelpRows({ open }: { readonly open: readonly OpenHelp[] }): ReactNode {
  return (
    <ul className={styles["rows"]}>
      {open.map((help) => (
        <HelpRow key={help.contactId} help={help} />
      ))}
    </ul>
  );
}

function HelpRow({ help }: { readonly help: OpenHelp }): ReactNode {
  const { t } = useLingui();
  const { queueName } = useDirectory();
  const may = useMay();
  const desk = useDesk();
  const come = useDeskAct("callMonitor");
  const canCome = may("desk.work") && desk !== undefined && desk.contact === null && desk.phone.proven;
  return (
    <li className={styles["row"]} data-about={help.about}>
      <span>
        <strong>
          <bdi>{help.agentName}</bdi>
        </strong>{" "}
        <Elapsed since={help.askedAt} />
        <br />
        <span className={styles["quiet"]}>
          {help.about === "abuse" ? t`Insults or threats` : t({ message: "Asks for a lead", context: "an agent" })} ·{" "}
          <ContactLink contactId={help.contactId}>
            <bdi>{queueName(help.queueId)}</bdi>
          </ContactLink>
        </span>
      </span>
      {may("desk.work") && (
        <Button
          size="compact-sm"
          disabled={!canCome}
          loading={come.isPending}
          leftSection={<IconEar size={14} aria-hidden />}
          title={canCome ? t`The agent alone hears you at first.` : t`Your phone must be connected, and you in no other call.`}
          aria-label={t`Into the call of ${isolate(help.agentName)}`}
          onClick={() => come.mutate({ params: { contactId: help.contactId }, body: { mode: "whisper" } })}
        >
          {t({ message: "Into the call", context: "button" })}
        </Button>
      )}
    </li>
  );
}
