import { useLingui } from "@lingui/react/macro";
import { useNavigate } from "@tanstack/react-router";
import { Suspense, useState, type ReactNode } from "react";
import { lazyPart } from "../../ui/lazy-part.ts";
import { useMe } from "../../features/session/session.ts";
import { usePrefer } from "../../features/session/use-prefer.ts";
import { useSignOut } from "../../features/session/use-sign-out.ts";
import { languageNames, languages } from "../../i18n/language.ts";
import type { Command } from "../../keyboard/command-palette.tsx";
import { useKeys } from "../../keyboard/use-keys.ts";
import { openGlossary, openHelp } from "../../features/learning/learning-store.ts";
import { roomsFor } from "../rooms.ts";

// Fetched when first asked for: the first load is the desk's.
const KeySheet = lazyPart(() => import("../../keyboard/key-sheet.tsx").then((module) => module.KeySheet));
const CommandPalette = lazyPart(() => import("../../keyboard/command-palette.tsx").then((module) => module.CommandPalette));

const ColleaguesDialog = lazyPart(() => import("../../features/desk/colleagues-dialog.tsx").then((module) => module.ColleaguesDialog));

/** `?`, `/` and Ctrl K, in every room. A room's search field is the one with data-search. */
export function ShellKeys(): ReactNode {
  const { t, i18n } = useLingui();
  const me = useMe();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const prefer = usePrefer();
  const [shown, setShown] = useState<"none" | "sheet" | "commands" | "colleagues">("none");
  // Once fetched it stays, so that closing gives the focus back.
  const asked = useState(() => new Set<string>())[0].add(shown);
  const search = (): void => {
    const field = document.querySelector<HTMLElement>("[data-search]");
    if (field === null) setShown("commands");
    else field.focus();
  };
  useKeys({ sheet: () => setShown("sheet"), commands: () => setShown("commands"), search, help: openHelp });
  const commands: readonly Command[] = [
    ...roomsFor(me.permissions).map((room) => ({
      id: room.path,
      label: `${t`Go to`}: ${i18n._(room.label)}`,
      run: () => void navigate({ to: room.path }),
    })),
    ...languages.map((language) => ({
      id: language,
      label: `${t`Language`}: ${languageNames[language]}`,
      run: () => prefer.language(language),
    })),
    { id: "help", label: t`Help for this page`, run: openHelp },
    { id: "glossary", label: t`Glossary: what the words mean`, run: () => openGlossary() },
    ...(me.permissions.includes("desk.work")
      ? [{ id: "test-call", label: t`Place a test call`, run: () => void navigate({ to: "/test-call" }) }]
      : []),
    ...(me.permissions.includes("internalCalls.place")
      ? [
          { id: "colleague", label: t`Call a colleague`, run: () => setShown("colleagues") },
          { id: "internal-calls", label: t`Calls with colleagues`, run: () => void navigate({ to: "/internal-calls" }) },
        ]
      : []),
    { id: "keys", label: t`Keys`, run: () => setShown("sheet") },
    { id: "sign-out", label: t`Sign out`, run: signOut },
  ];
  const close = (): void => setShown("none");
  return (
    <Suspense fallback={null}>
      {asked.has("sheet") && <KeySheet opened={shown === "sheet"} onClose={close} />}
      {asked.has("commands") && <CommandPalette opened={shown === "commands"} onClose={close} commands={commands} />}
      {shown === "colleagues" && <ColleaguesDialog onClose={close} />}
    </Suspense>
  );
}
