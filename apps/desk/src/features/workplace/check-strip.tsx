import { standingOf, type SkipReason, type WorkplaceStanding } from "@allo/contract";
import { useLingui } from "@lingui/react";
import { Trans, useLingui as useMacro } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { openWorkplace, useCheck } from "./check-store.ts";
import { LevelMeter } from "./level-meter.tsx";
import { SkipForm } from "./skip-form.tsx";
import { useCheckActs } from "./use-check.ts";
import styles from "./workplace.module.css";
import { itemWords } from "./workplace-words.ts";

const FINE_SHOWN_MS = 5_000;

/** The check at sign-in: runs by itself where the microphone is allowed, and goes by itself where all is well. */
export function CheckStrip({ atOnce, onOver }: { readonly atOnce: boolean; readonly onOver: () => void }): ReactNode {
  const { _ } = useLingui();
  const { t } = useMacro();
  const acts = useCheckActs();
  const run = useCheck((state) => state.run);
  const [skipping, setSkipping] = useState(false);
  const [fine, setFine] = useState<WorkplaceStanding | null>(null);
  const over = useRef(onOver);
  over.current = onOver;
  const go = async (): Promise<void> => {
    const check = await acts.run({ withPhone: false });
    if (check !== null && standingOf(check) !== "notEquipped") setFine(standingOf(check));
  };
  useEffect(() => {
    if (fine === null) return undefined;
    const timer = setTimeout(() => over.current(), FINE_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [fine]);
  const begun = useRef(false);
  useEffect(() => {
    if (!atOnce || begun.current) return;
    begun.current = true;
    void go();
  });
  const skip = async (reason: SkipReason, words: string): Promise<void> => {
    if (await acts.skip({ reason, words })) over.current();
  };
  const failed = run.kind === "done" ? run.check.results.filter(({ verdict }) => verdict === "failed") : [];
  return (
    <section
      className={styles["strip"]}
      data-testid="workplace-strip"
      data-tone={failed.length > 0 ? "bad" : "plain"}
      aria-label={t`Workplace check`}
    >
      <span className={styles["stripWords"]} role="status">
        {run.kind === "idle" && <Trans>Check your workplace: microphone, headset, network. It takes less than ten seconds.</Trans>}
        {run.kind === "running" &&
          (run.stage === "speech" ? (
            <Trans>Say something, for example count to three…</Trans>
          ) : (
            <Trans>Your workplace is being checked…</Trans>
          ))}
        {fine === "equipped" && <Trans>Your workplace is fine.</Trans>}
        {fine === "remarks" && <Trans>Your workplace works; there is some advice.</Trans>}
        {failed.length > 0 && (
          <>
            <Trans>Not fit for calls yet:</Trans> {failed.map(({ item }) => _(itemWords[item])).join(", ")}
          </>
        )}
      </span>
      {run.kind === "running" && <LevelMeter />}
      <div className={styles["stripActs"]}>
        {run.kind === "idle" && (
          <Button size="compact-md" onClick={() => void go()}>
            {t({ message: "Check", context: "button, workplace" })}
          </Button>
        )}
        {failed.length > 0 && <Button size="compact-md" onClick={openWorkplace}>{t`What to do`}</Button>}
        {fine === "remarks" && (
          <Button size="compact-md" variant="default" onClick={openWorkplace}>
            {t({ message: "Show", context: "button, workplace" })}
          </Button>
        )}
        {failed.length === 0 && fine === null && !skipping && (
          <Button size="compact-md" variant="default" onClick={() => setSkipping(true)}>
            {t({ message: "Skip", context: "button, workplace" })}
          </Button>
        )}
        {failed.length > 0 && <Button size="compact-md" variant="default" onClick={() => over.current()}>{t`Later`}</Button>}
      </div>
      {skipping && <SkipForm onSkip={(reason, words) => void skip(reason, words)} onCancel={() => setSkipping(false)} />}
    </section>
  );
}
