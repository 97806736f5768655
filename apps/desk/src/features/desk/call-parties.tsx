import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text, Title } from "@mantine/core";
import { IconEye } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { withdrawnWords } from "../contacts/timeline-words.ts";
import { isolate } from "../../ui/isolate.ts";
import { DateTime, Elapsed, Phone } from "../../ui/values.tsx";
import { companionsOf, type DeskContact } from "./call-view.ts";
import styles from "./call-parties.module.css";
import { useDeskAct } from "./use-desk.ts";

type Party = DeskContact["parties"][number];

/** How the call came here, what was written of it, and who else is in it. */
export function CallParties({ contact }: { readonly contact: DeskContact }): ReactNode {
  return (
    <>
      <CameFrom contact={contact} />
      <NotesSoFar contact={contact} />
      <Others contact={contact} />
    </>
  );
}

function CameFrom({ contact }: { readonly contact: DeskContact }): ReactNode {
  const owner = isolate(contact.ownerName);
  const from = isolate(contact.handover?.fromName ?? "");
  const { t } = useLingui();
  const words = ((): string | null => {
    if (contact.role === "consult") {
      const mine = contact.parties.find(({ partyId }) => partyId === contact.partyId);
      const isHeld = contact.heldSince !== null;
      if (mine?.place === "talk" && !isHeld) return t`You speak with ${owner} and the customer: both hear you.`;
      if (mine?.state === "joined" && !isHeld) return t`${owner} speaks with the customer: you hear music meanwhile.`;
      return t`${owner} asks you for advice: the customer is on hold.`;
    }
    if (contact.role === "transfer") return t`${owner} passes this customer to you.`;
    if (contact.role === "monitor") return t`The call of ${owner}.`;
    if (contact.handover === null) return null;
    return contact.handover.how === "takeOver" ? t`You took the call over from ${from}.` : t`The call came from ${from}.`;
  })();
  return words === null ? null : (
    <Text size="sm" data-testid="came-from">
      {words}
    </Text>
  );
}

function NotesSoFar({ contact }: { readonly contact: DeskContact }): ReactNode {
  const { t } = useLingui();
  if (contact.notes.length === 0) return null;
  return (
    <Stack gap={6} data-testid="notes-so-far">
      <Title order={3} size="h4">{t`Notes of this call`}</Title>
      {contact.notes.map((note) => (
        <div key={note.noteId}>
          <span className={styles["quiet"]}>
            <bdi>{note.authorName}</bdi> · <DateTime at={note.at} />
          </span>
          <p className={styles["note"]} dir="auto">
            {note.text}
          </p>
        </div>
      ))}
    </Stack>
  );
}

function Others({ contact }: { readonly contact: DeskContact }): ReactNode {
  const { t, i18n } = useLingui();
  const others = contact.parties.filter(({ partyId }) => partyId !== contact.partyId);
  const left = contact.partyLeft;
  const isOwner = contact.role === "owner";
  const isLarge = isOwner && companionsOf(contact).length > 1;
  const isNews = isOwner && left !== null && others.length === 0 && left.how !== "monitor" && contact.endedAt === null;
  if (others.length === 0 && !isNews) return null;
  return (
    <Stack gap={6} data-testid="call-parties">
      <Title order={3} size="h4">{t`Also in this call`}</Title>
      {others.map((party) => (
        <PartyRow
          key={party.partyId}
          party={party}
          contactId={contact.contactId}
          removable={isOwner && party.how !== "monitor"}
          receives={isLarge && party.state === "joined" && party.how !== "monitor" && party.personId !== null}
        />
      ))}
      {isNews && (
        <Text size="sm" role="status">
          {left.why === "left" ? (
            <Trans>
              <PartyName party={left} /> has left.
            </Trans>
          ) : (
            <Trans>
              <PartyName party={left} /> didn't come: {i18n._(withdrawnWords(left.why))}.
            </Trans>
          )}
        </Text>
      )}
    </Stack>
  );
}

function PartyRow({
  party,
  contactId,
  removable,
  receives,
}: {
  readonly party: Party;
  readonly contactId: string;
  readonly removable: boolean;
  /** One of several who can have the call. */
  readonly receives: boolean;
}): ReactNode {
  const { t } = useLingui();
  const complete = useDeskAct("callComplete");
  const name = isolate(party.name);
  const remove = useDeskAct("callPartyRemove");
  return (
    <div className={styles["party"]}>
      <span>
        <PartyName party={party} />{" "}
        <span className={styles["quiet"]}>
          <Place party={party} />
        </span>{" "}
        {party.joinedAt !== null && <Elapsed since={party.joinedAt} />}
      </span>
      {receives && (
        <Button
          size="compact-sm"
          variant="default"
          loading={complete.isPending}
          aria-label={t`Hand over to ${name}`}
          onClick={() => complete.mutate({ params: { contactId }, body: { partyId: party.partyId, note: "" } })}
        >
          {t({ message: "Hand over", context: "button" })}
        </Button>
      )}
      {removable && (
        <Button
          size="compact-sm"
          variant="default"
          loading={remove.isPending}
          onClick={() => remove.mutate({ params: { contactId, partyId: party.partyId } })}
        >
          {party.state === "asked" ? t({ message: "Stop ringing", context: "button" }) : t({ message: "Take out", context: "button" })}
        </Button>
      )}
    </div>
  );
}

/** A colleague's name, or the number of somebody outside. */
function PartyName({ party: { name, number } }: { readonly party: Pick<Party, "name" | "number"> }): ReactNode {
  return number === null ? <bdi>{name}</bdi> : <Phone number={number} />;
}

/** Where somebody in the call is, in a few words. */
function usePlace(party: Party): string {
  const { t } = useLingui();
  if (party.state === "asked") return t({ message: "rings", context: "colleague" });
  switch (party.place) {
    case "talk":
      return t({ message: "speaks with all", context: "colleague" });
    case "aside":
      return t({ message: "speaks with the agent", context: "colleague" });
    case "listen":
      return t({ message: "listens", context: "colleague" });
    case "whisper":
      return t({ message: "is heard by the agent alone", context: "colleague" });
    case "barge":
      return t({ message: "is heard by all", context: "colleague" });
    case "mentor":
      return t({ message: "is your mentor: only you hear them", context: "colleague" });
  }
}

/** That a lead is in the call, where the agent always sees it. */
export function Watched({ contact }: { readonly contact: DeskContact }): ReactNode {
  const watching = contact.parties.filter(({ how, partyId }) => how === "monitor" && partyId !== contact.partyId);
  const [first] = watching;
  if (first === undefined) return null;
  return (
    <span className={styles["watched"]} role="status" data-testid="watched">
      <IconEye size={14} aria-hidden />
      <span>
        <bdi>{first.name}</bdi> {<Place party={first} />}
      </span>
    </span>
  );
}

function Place({ party }: { readonly party: Party }): ReactNode {
  return usePlace(party);
}
