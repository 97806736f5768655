import { useLingui } from "@lingui/react/macro";
import { Button, Menu, VisuallyHidden } from "@mantine/core";
import { IconHandStop, IconShieldExclamation } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { chordText } from "../../keyboard/keys.ts";
import { useKeyBindings } from "../../keyboard/use-keys.ts";
import { Elapsed } from "../../ui/values.tsx";
import type { DeskContact } from "./call-view.ts";
import { useDeskAct } from "./use-desk.ts";

/** Asks a lead into the talk, tells them of insults or threats, or no longer asks. */
export function HelpAct({ contact }: { readonly contact: DeskContact }): ReactNode {
  const { t } = useLingui();
  const help = useDeskAct("callHelp");
  const abuse = useDeskAct("callAbuse");
  const keys = useKeyBindings();
  const params = { contactId: contact.contactId };
  const askedAt = contact.help?.askedAt ?? null;
  const isAbuse = contact.abuse != null;
  if (contact.help == null && isAbuse) return null;
  return (
    <>
      <Menu position="top" withinPortal>
        <Menu.Target>
          <Button
            variant={askedAt === null ? "default" : "light"}
            {...(askedAt === null ? {} : { "aria-label": t({ message: "A lead is asked for", context: "button" }) })}
            loading={help.isPending || abuse.isPending}
            leftSection={<IconHandStop size={18} aria-hidden />}
          >
            {t({ message: "Lead", context: "button, asks for a lead" })}
            {askedAt !== null && (
              <>
                {" "}
                <Elapsed since={askedAt} />
              </>
            )}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {contact.help != null && (
            <Menu.Item
              leftSection={<IconHandStop size={16} aria-hidden />}
              rightSection={<kbd>{chordText(keys.askLead)}</kbd>}
              onClick={() => help.mutate({ params, body: { asks: askedAt === null } })}
            >
              {askedAt === null ? t`Ask a lead into the call` : t`No longer ask for a lead`}
            </Menu.Item>
          )}
          {!isAbuse && (
            <Menu.Item
              leftSection={<IconShieldExclamation size={16} aria-hidden />}
              onClick={() => abuse.mutate({ params, body: { step: "reported" } })}
            >
              {t`The customer insults or threatens`}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <VisuallyHidden role="status">{askedAt === null ? "" : t`The leads see that you ask for one.`}</VisuallyHidden>
    </>
  );
}
