/** What a key can do at the desk. */
export const keyActions = [
  "answer",
  "decline",
  "mute",
  "hold",
  "hangUp",
  "askLead",
  "ready",
  "commands",
  "search",
  "sheet",
  "help",
] as const;
export type KeyAction = (typeof keyActions)[number];
/** A key with its modifiers by place on the keyboard, not by letter: "Shift+F2", "Ctrl+KeyK". The same in every layout. */
export type Chord = string;
export type KeyBindings = Readonly<Record<KeyAction, Chord>>;

/**
 * F2, F4 and F8 mean nothing to browsers, and screen readers use them only with their own modifier. F1, F3, F5 to F7, F10 to F12
 * and every Ctrl letter but K belong to the browser; Alt+Shift switches keyboard layouts.
 */
export const defaultKeys: KeyBindings = {
  answer: "F2",
  decline: "Shift+F2",
  mute: "F4",
  hold: "F8",
  hangUp: "Shift+F8",
  askLead: "F9",
  ready: "Shift+F4",
  commands: "Ctrl+KeyK",
  search: "Slash",
  sheet: "Shift+Slash",
  help: "Shift+F1",
};

const reserved: readonly Chord[] = [
  "F1",
  "F3",
  "F5",
  "F6",
  "F7",
  "F10",
  "F11",
  "F12",
  "Ctrl+F5",
  "Shift+F5",
  "Shift+F10",
  "Ctrl+KeyT",
  "Ctrl+KeyW",
  "Ctrl+KeyN",
  "Ctrl+KeyR",
  "Ctrl+KeyL",
  "Ctrl+KeyF",
  "Ctrl+KeyP",
  "Ctrl+KeyS",
  "Ctrl+KeyC",
  "Ctrl+KeyV",
  "Ctrl+KeyX",
  "Ctrl+KeyA",
  "Ctrl+KeyZ",
  "Tab",
  "Shift+Tab",
  "Enter",
  "Space",
  "Escape",
  "ArrowUp",
  "ArrowDown",
  "ArrowLeft",
  "ArrowRight",
];

export type KeyPress = {
  readonly code: string;
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
};

export function chordOf(press: KeyPress): Chord {
  // ? and / stand elsewhere in other layouts: known by what they print.
  if (!press.ctrlKey && !press.metaKey && !press.altKey) {
    if (press.key === "?" || press.key === "؟") return "Shift+Slash";
    if (press.key === "/") return "Slash";
  }
  const held = [press.ctrlKey || press.metaKey ? "Ctrl" : "", press.altKey ? "Alt" : "", press.shiftKey ? "Shift" : ""].filter(
    (part) => part !== "",
  );
  return [...held, press.code].join("+");
}

/** The act of a key press; while text is typed only chords that print nothing count. */
export function actionOf(bindings: KeyBindings, press: KeyPress, typing: boolean): KeyAction | null {
  const chord = chordOf(press);
  if (typing && !isSilent(chord)) return null;
  return keyActions.find((action) => bindings[action] === chord) ?? null;
}

export type RebindFailure =
  | { readonly kind: "reserved" }
  | { readonly kind: "taken"; readonly by: KeyAction }
  | { readonly kind: "prints" };

/** Whether an act may have this chord; null: it may. Call keys must work while one types. */
export function rebindFailure(bindings: KeyBindings, action: KeyAction, chord: Chord): RebindFailure | null {
  if (reserved.includes(chord)) return { kind: "reserved" };
  const by = keyActions.find((other) => other !== action && bindings[other] === chord);
  if (by !== undefined) return { kind: "taken", by };
  return isSilent(chord) ? null : { kind: "prints" };
}

function isSilent(chord: Chord): boolean {
  return /(?:^|\+)F\d{1,2}$/u.test(chord) || chord.startsWith("Ctrl+") || chord.startsWith("Alt+");
}

/** What stands in the sheet: "Shift + F2", "Ctrl + K", "?". */
export function chordText(chord: Chord): string {
  if (chord === "Shift+Slash") return "?";
  return chord
    .split("+")
    .map((part) => part.replace(/^(?:Key|Digit)/u, "").replace("Slash", "/"))
    .join(" + ");
}

/** Bindings as stored, with the defaults where one is missing or no longer sound. */
export function bindingsFrom(stored: unknown): KeyBindings {
  const given = typeof stored === "object" && stored !== null ? (stored as Partial<Record<KeyAction, unknown>>) : {};
  let bindings = defaultKeys;
  for (const action of keyActions) {
    const chord = given[action];
    if (typeof chord === "string" && chord !== bindings[action] && rebindFailure(bindings, action, chord) === null)
      bindings = { ...bindings, [action]: chord };
  }
  return bindings;
}
