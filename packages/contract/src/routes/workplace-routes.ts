import Type from "typebox";
import { BrowserLine, SoundReport } from "../no-sound.ts";
import { list, one, type Route } from "../route.ts";
import { DeskState, page, PageQuery } from "../schemas.ts";
import { WorkplaceCheck, WorkplaceCheckWrite, WorkplaceRow } from "../workplace.ts";

/** Checks of workplaces, lines without sound. */
export const workplaceRoutes = {
  workplaceCheckCreate: {
    method: "POST",
    path: "/workplace/checks",
    access: ["desk.work"],
    tag: "workplace",
    summary: "Stores the check of one's own workplace, or that it was skipped and why",
    body: WorkplaceCheckWrite,
    response: WorkplaceCheck,
  },
  workplaceChecksOwn: {
    method: "GET",
    path: "/workplace/checks",
    access: ["desk.work"],
    tag: "workplace",
    summary: "One's own last checks, newest first",
    response: list(WorkplaceCheck),
  },
  workplacesList: {
    method: "GET",
    path: "/workplaces",
    access: ["floor.read"],
    tag: "workplace",
    summary: "The last check of everyone who takes calls",
    response: list(WorkplaceRow),
  },
  workplaceChecksOf: {
    method: "GET",
    path: "/workplaces/:personId/checks",
    access: ["floor.read"],
    tag: "workplace",
    summary: "The last checks of one person, newest first",
    params: one("personId"),
    response: list(WorkplaceCheck),
  },
  soundReportCreate: {
    method: "POST",
    path: "/contacts/:contactId/no-sound",
    access: ["desk.work"],
    tag: "workplace",
    summary:
      "There is no sound in one's own talk: keeps the line's figures, says what is known, and takes the contact out of one's figures",
    params: one("contactId"),
    body: BrowserLine,
    response: SoundReport,
  },
  soundReportHangUp: {
    method: "POST",
    path: "/contacts/:contactId/no-sound/hang-up",
    access: ["desk.work"],
    tag: "workplace",
    summary: "Ends a talk without sound: the customer hears a sentence that names the fault, then the call ends",
    params: one("contactId"),
    response: DeskState,
  },
  soundReportsList: {
    method: "GET",
    path: "/no-sound",
    access: ["floor.read"],
    tag: "workplace",
    summary: "Talks that agents found without sound, newest first",
    query: Type.Object(PageQuery),
    response: page(SoundReport),
  },
} as const satisfies Record<string, Route>;
