import { useLingui } from "@lingui/react/macro";
import { VisuallyHidden } from "@mantine/core";
import { Suspense, type ReactNode } from "react";
import { isolate } from "../../ui/isolate.ts";
import { lazyPart } from "../../ui/lazy-part.ts";
import { useHelpBoard } from "./use-help.ts";

const HelpMenu = lazyPart(() => import("./help-menu.tsx").then((module) => module.HelpMenu));

/** In the top bar of every room, for leads: who asks for one. Nothing where nobody does. */
export function HelpBell(): ReactNode {
  const { t } = useLingui();
  const { open } = useHelpBoard();
  const last = open.at(-1);
  const name = isolate(last?.agentName ?? "");
  return (
    <>
      <VisuallyHidden role="status" aria-live="assertive">
        {last === undefined
          ? ""
          : last.about === "abuse"
            ? t`${name} is insulted or threatened and asks for a lead`
            : t`${name} asks for a lead`}
      </VisuallyHidden>
      {open.length > 0 && (
        <Suspense fallback={null}>
          <HelpMenu open={open} />
        </Suspense>
      )}
    </>
  );
}
