import { useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useDesk } from "../../desk/use-desk.ts";
import { useNotes } from "../../desk/note-store.ts";
import type { TestCallRun } from "../../test-call/use-test-call.ts";
import type { TourFacts } from "./tour-steps.ts";

/** What a tour goes by: the address, one's desk, the test call, and whether the sheet of keys has been opened. */
export function useTourFacts(run: TestCallRun): TourFacts {
  const desk = useDesk();
  const path = useLocation({ select: (location) => location.pathname });
  const search = useLocation({ select: (location) => location.searchStr });
  const contactId = desk?.contact?.contactId ?? null;
  const noteLength = useNotes((notes) => (contactId === null ? 0 : (notes[contactId]?.text.trim().length ?? 0)));
  const keySheetOpen = useSeen('[data-testid="key-sheet"]');
  return {
    path,
    search,
    state: desk?.state ?? null,
    hasReason: (desk?.reasonId ?? null) !== null,
    contact: desk?.contact == null ? "none" : desk.contact.isTest === true ? "test" : "customer",
    phoneProven: desk?.phone.proven === true,
    noteLength: Math.max(noteLength, desk?.contact?.noteDraft.length ?? 0),
    keySheetOpen,
    testCall: run.call?.state ?? null,
    testHeard: run.view.stage === "heard",
  };
}

/** Whether something is on the page. */
function useSeen(selector: string): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const look = (): void => setSeen(document.querySelector(selector) !== null);
    look();
    const changes = new MutationObserver(look);
    changes.observe(document.body, { childList: true, subtree: true });
    return () => changes.disconnect();
  }, [selector]);
  return seen;
}
