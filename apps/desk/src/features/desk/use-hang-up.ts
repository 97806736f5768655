import { colleagueOf, hangUpEnds, type DeskContact } from "./call-view.ts";
import { useDeskAct } from "./use-desk.ts";

/** Hangs up whoever is heard, by button, key or headset alike. */
export function useHangUp(): { readonly hangUp: (contact: DeskContact) => Promise<unknown>; readonly isPending: boolean } {
  const end = useDeskAct("contactHangUp");
  const remove = useDeskAct("callPartyRemove");
  return {
    isPending: end.isPending || remove.isPending,
    hangUp: (contact) => {
      const { contactId } = contact;
      const ends = hangUpEnds(contact);
      const partyId = ends === "ring" || ends === "aside" ? colleagueOf(contact)?.partyId : undefined;
      return partyId === undefined ? end.mutateAsync({ params: { contactId } }) : remove.mutateAsync({ params: { contactId, partyId } });
    },
  };
}
