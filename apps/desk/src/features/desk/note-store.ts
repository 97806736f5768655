import { create } from "zustand";
import { callApi } from "../../api/client.ts";

export type NoteStatus = "saved" | "typing" | "saving" | "unsaved";
type Note = { readonly text: string; readonly status: NoteStatus };
export const NoteLimits = { saveAfterMs: 600, retryAfterMs: 3_000, lengthMax: 8_000 } as const;

/** Notes as they are typed, by contact; kept here until the server has them. */
export const useNotes = create<Readonly<Record<string, Note>>>(() => ({}));
/** Of contacts that the desk no longer shows. */
const left = new Set<string>();
const timers = new Map<string, ReturnType<typeof setTimeout>>();

/** What stands in the note: what was typed here, else what the server kept. */
export function useNote(contactId: string, kept: string): Note {
  return useNotes((notes) => notes[contactId]) ?? { text: kept, status: "saved" };
}

export function writeNote(contactId: string, text: string): void {
  left.delete(contactId);
  put(contactId, { text: text.slice(0, NoteLimits.lengthMax), status: "typing" });
  arm(contactId, NoteLimits.saveAfterMs);
}

/** Saves now what still waits: leaving the field, or the page. */
export async function saveNote(contactId: string): Promise<void> {
  clearTimeout(timers.get(contactId));
  timers.delete(contactId);
  const note = useNotes.getState()[contactId];
  if (note === undefined || note.status === "saved" || note.status === "saving") return;
  put(contactId, { ...note, status: "saving" });
  try {
    await callApi("noteDraft", { params: { contactId }, body: { text: note.text } });
    settle(contactId, note.text, "saved");
  } catch {
    // Kept in the field and tried again; the field says so.
    settle(contactId, note.text, "unsaved");
    if (useNotes.getState()[contactId] !== undefined) arm(contactId, NoteLimits.retryAfterMs);
  }
}

/** The contact is done: its note is the server's now. */
export function forgetNote(contactId: string): void {
  clearTimeout(timers.get(contactId));
  timers.delete(contactId);
  left.delete(contactId);
  const rest: Record<string, Note> = { ...useNotes.getState() };
  delete rest[contactId];
  useNotes.setState(rest, true);
}

/** The contact is on the desk no longer: what was typed is saved, and kept here no longer than that. */
export async function leaveNote(contactId: string): Promise<void> {
  left.add(contactId);
  await saveNote(contactId);
  if (useNotes.getState()[contactId]?.status === "saved") forgetNote(contactId);
}

function settle(contactId: string, sent: string, status: NoteStatus): void {
  const now = useNotes.getState()[contactId];
  // Typed on meanwhile: a later save follows.
  if (now === undefined || now.text !== sent) return;
  if (status === "saved" && left.has(contactId)) forgetNote(contactId);
  else put(contactId, { text: sent, status });
}

function put(contactId: string, note: Note): void {
  useNotes.setState({ [contactId]: note });
}

function arm(contactId: string, delayMs: number): void {
  clearTimeout(timers.get(contactId));
  timers.set(
    contactId,
    setTimeout(() => void saveNote(contactId), delayMs),
  );
}
