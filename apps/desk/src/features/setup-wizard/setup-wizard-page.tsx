import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Stepper, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { callApi } from "../../api/client.ts";
import { useApi } from "../../api/queries.ts";
import { useLanguage } from "../../i18n/language.ts";
import { localized } from "../../ui/format.ts";
import { GoTo } from "../../ui/go-to.tsx";
import { Problem } from "../../ui/problem.tsx";
import { useRegion } from "../../ui/region.ts";
import { useFormat } from "../../ui/use-format.ts";
import { EntryFrame } from "../session/entry-frame.tsx";
import { enter } from "../session/session.ts";
import { SetupDone } from "./setup-done.tsx";
import { WizardFields } from "./wizard-fields.tsx";
import { emptyDraft, requestOf, stepsOf, type WizardDraft, type WizardStep } from "./wizard-draft.ts";

/** The first setup: language, organisation, administrator, queue, number; then what to dial. */
export function SetupWizardPage(): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const queries = useQueryClient();
  const language = useLanguage((state) => state.language);
  const setup = useApi("setupGet", {});
  const token = useState(tokenOfAddress)[0];
  const timeZone = useRegion((state) => state.timeZone);
  const [step, setStep] = useState(0);
  const [draft, setDraft] = useState<WizardDraft>(() => emptyDraft(language, timeZone));
  const create = useMutation({
    mutationFn: () => callApi("setupCreate", { body: requestOf(draft, token, language) }),
    onSuccess: (me) => enter(queries, me),
  });
  const presets = useApi("presetsList", { query: { language } }, { enabled: draft.trade !== null });
  if (create.isSuccess) {
    const preset = presets.data?.items.find((each) => each.trade === draft.trade);
    const led = preset?.items.find((item) => item.kind === "number" && item.key === preset.mainNumberKey)?.details.queue;
    const queueName = led === undefined ? draft.queueName : localized(led, language);
    return <SetupDone number={requestOf(draft, token, language).number} queueName={queueName} />;
  }
  if (setup.data?.state === "done") return <GoTo href="/sign-in" />;
  const titles: Readonly<Record<WizardStep, string>> = {
    language: t`Language`,
    organisation: t`Organisation`,
    administrator: t({ message: "Administrator", context: "role" }),
    trade: t`Trade`,
    queue: t`Queue`,
    number: t`Number`,
  };
  const steps = stepsOf(draft);
  const now = steps[step] ?? "language";
  const last = step === steps.length - 1;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (last) create.mutate();
    else setStep(step + 1);
  };
  return (
    <EntryFrame title={t`First setup`} wide>
      {token === "" ? (
        <Text>
          <Trans>
            Open the setup link that the program printed when it started: it carries a one-time key, so that nobody else can take this
            organisation.
          </Trans>
        </Text>
      ) : (
        <form onSubmit={submit}>
          <Stack gap="xl">
            <Stepper active={step} onStepClick={setStep} allowNextStepsSelect={false} size="xs" iconSize={28} wrap>
              {steps.map((each, index) => (
                <Stepper.Step key={each} label={titles[each]} icon={format.number(index + 1)} />
              ))}
            </Stepper>
            <WizardFields
              step={now}
              draft={draft}
              localNetworks={setup.data?.localNetworks ?? []}
              onChange={(change) => setDraft({ ...draft, ...change })}
            />
            <Problem failure={setup.error} onRetry={setup.refetch} />
            <Problem failure={create.error} />
            <Group justify="space-between">
              <Button variant="default" disabled={step === 0} onClick={() => setStep(step - 1)}>{t`Back`}</Button>
              <Button type="submit" loading={create.isPending} disabled={now === "trade" && draft.trade === null}>
                {last ? t`Finish the setup` : t`Next`}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </EntryFrame>
  );
}

/** The key comes behind #, which browsers don't send to servers; ?token= is understood too. */
function tokenOfAddress(): string {
  const hash = decodeURIComponent(location.hash.replace(/^#(?:token=)?/u, ""));
  return hash === "" ? (new URLSearchParams(location.search).get("token") ?? "") : hash;
}
