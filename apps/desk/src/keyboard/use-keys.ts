import { useEffect, useRef } from "react";
import { create } from "zustand";
import { browserStorage } from "../i18n/language.ts";
import { actionOf, bindingsFrom, type Chord, defaultKeys, type KeyAction, type KeyBindings } from "./keys.ts";

const STORAGE_KEY = "allo.keys";

/** The keys of this browser's person. */
export const useKeyBindings = create<KeyBindings>(() => bindingsFrom(stored()));

export function bindKey(action: KeyAction, chord: Chord): void {
  const next = { ...useKeyBindings.getState(), [action]: chord };
  useKeyBindings.setState(next);
  browserStorage()?.setItem(STORAGE_KEY, JSON.stringify(next));
}

export function resetKeys(): void {
  useKeyBindings.setState(defaultKeys);
  browserStorage()?.removeItem(STORAGE_KEY);
}

/** Runs acts by key, anywhere on the page. An act that isn't given now leaves its key to the browser. */
export function useKeys(acts: Partial<Record<KeyAction, () => void>>): void {
  const bindings = useKeyBindings();
  const current = useRef(acts);
  current.current = acts;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.repeat || event.isComposing) return;
      const action = actionOf(bindings, event, isTyping(event.target));
      const act = action === null ? undefined : current.current[action];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    globalThis.addEventListener("keydown", onKey);
    return () => globalThis.removeEventListener("keydown", onKey);
  }, [bindings]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/u.test(target.tagName));
}

function stored(): unknown {
  try {
    return JSON.parse(browserStorage()?.getItem(STORAGE_KEY) ?? "null");
  } catch {
    return null;
  }
}
