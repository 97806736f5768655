import type { DeskState } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { IconUsers } from "@tabler/icons-react";
import { Suspense, useState, type ReactNode } from "react";
import { lazyPart } from "../../ui/lazy-part.ts";

// The button alone belongs to the desk's first load.
const ColleaguesDialog = lazyPart(() => import("./colleagues-dialog.tsx").then((module) => module.ColleaguesDialog));
const MissedColleagues = lazyPart(() => import("./missed-colleagues.tsx").then((module) => module.MissedColleagues));
const LastColleague = lazyPart(() => import("./last-colleague.tsx").then((module) => module.LastColleague));

/** Between calls: whom of the colleagues one calls, and what became of the last try. */
export function ColleaguesAct({ desk }: { readonly desk: DeskState }): ReactNode {
  const { t } = useLingui();
  const [opened, setOpened] = useState(false);
  if (desk.state !== "ready" && desk.state !== "notReady") return null;
  return (
    <>
      {desk.lastInternalCall !== null && (
        <Suspense fallback={null}>
          <LastColleague last={desk.lastInternalCall} />
        </Suspense>
      )}
      {desk.missedInternalCalls > 0 && (
        <Suspense fallback={null}>
          <MissedColleagues count={desk.missedInternalCalls} />
        </Suspense>
      )}
      <div>
        <Button
          variant="default"
          aria-haspopup="dialog"
          disabled={!desk.phone.proven}
          leftSection={<IconUsers size={18} aria-hidden />}
          onClick={() => setOpened(true)}
        >
          {t({ message: "Call a colleague", context: "button" })}
        </Button>
      </div>
      {opened && (
        <Suspense fallback={null}>
          <ColleaguesDialog onClose={() => setOpened(false)} />
        </Suspense>
      )}
    </>
  );
}
