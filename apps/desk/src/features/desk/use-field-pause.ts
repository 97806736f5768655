import { useEffect, useRef, useState } from "react";
import { callApi } from "../../api/client.ts";
import { useDesk } from "./use-desk.ts";

/** The pause is said again so often while the field is filled in; a screen that is gone says nothing. */
const RENEW_EVERY_MS = 5_000;

export type FieldPauseProps = { readonly onFocus: () => void; readonly onBlur: () => void };

/**
 * For fields whose words must not be kept: while one has the focus the recording of one's own call is paused. How long at most, and
 * what a pause of the agent's own means, is the exchange's to decide; that it is paused stands in the call bar.
 */
export function useFieldPause(): FieldPauseProps {
  const contact = useDesk()?.contact;
  const [focused, setFocused] = useState(false);
  const leaving = useRef<ReturnType<typeof setTimeout>>(undefined);
  const said = useRef<Promise<unknown>>(Promise.resolve());
  const contactId = contact?.role === "owner" && contact.recording !== "off" ? contact.contactId : null;
  useEffect(() => {
    if (!focused || contactId === null) return undefined;
    const say = (body: { readonly paused: boolean; readonly renewed?: boolean }): void => {
      // One after another: an end must not overtake the beginning that follows it. What fails is said again, or ends by itself.
      said.current = said.current.then(() =>
        callApi("contactRecordingPut", { params: { contactId }, body: { ...body, by: "field" } }).catch(() => undefined),
      );
    };
    say({ paused: true });
    const timer = setInterval(() => say({ paused: true, renewed: true }), RENEW_EVERY_MS);
    return () => {
      clearInterval(timer);
      say({ paused: false });
    };
  }, [focused, contactId]);
  useEffect(() => () => clearTimeout(leaving.current), []);
  return {
    onFocus: () => {
      clearTimeout(leaving.current);
      setFocused(true);
    },
    // From one such field straight into the next is one pause.
    onBlur: () => {
      leaving.current = setTimeout(() => setFocused(false), 0);
    },
  };
}
