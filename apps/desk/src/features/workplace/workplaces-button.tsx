import { useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { IconHeadset } from "@tabler/icons-react";
import { Suspense, useState, type ReactNode } from "react";
import { lazyPart } from "../../ui/lazy-part.ts";
import { useFormat } from "../../ui/use-format.ts";
import { useFreshWorkplaces, useWorkplaces } from "./use-workplaces.ts";

const WorkplacesPanel = lazyPart(() => import("./workplaces-panel.tsx").then((module) => module.WorkplacesPanel));

/** Opens who is equipped; says how many aren't. */
export function WorkplacesButton(): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const [opened, setOpened] = useState(false);
  // Once opened it stays, so that closing gives the focus back.
  const [wasOpened, setWasOpened] = useState(false);
  if (opened && !wasOpened) setWasOpened(true);
  useFreshWorkplaces();
  const unfit = useWorkplaces()?.filter(({ standing }) => standing === "notEquipped").length ?? 0;
  return (
    <>
      <Button variant="default" leftSection={<IconHeadset size={16} aria-hidden />} onClick={() => setOpened(true)}>
        {unfit === 0 ? t`Workplaces` : `${t`Workplaces`} · ${format.number(unfit)}`}
      </Button>
      <Suspense fallback={null}>{wasOpened && <WorkplacesPanel opened={opened} onClose={() => setOpened(false)} />}</Suspense>
    </>
  );
}
