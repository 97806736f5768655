import { dialScopes, type DialCaps, type DialPolicy, type DialPolicyState } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  MultiSelect,
  NumberInput,
  Select,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
  Title,
} from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useMemo, useState, type FormEvent, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { useApiMutation } from "../../api/queries.ts";
import { ClashNotice } from "../../ui/clash-notice.tsx";
import { normaliseDigits } from "../../ui/format.ts";
import { isolate } from "../../ui/isolate.ts";
import { Problem } from "../../ui/problem.tsx";
import { toastDone } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { same, useVersionedDraft } from "../../ui/versioned-draft.ts";
import { capNames, countryName, scopeNames } from "./dial-words.ts";
import own from "./dialling.module.css";
import { usePolicySayings } from "./policy-sayings.ts";
import { ratesText, readRates } from "./rates-text.ts";

type PrefixRule = DialPolicy["prefixes"][number];
const CAPS = ["concurrent", "perHour", "perDay", "minutesPerDay", "costPerDay"] as const satisfies readonly (keyof DialCaps)[];
const COUNTRIES_SHOWN_MAX = 40;

export function PolicyForm({ state }: { readonly state: DialPolicyState }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const save = useApiMutation("dialPolicyPut", ["dialPolicyGet", "dialStateGet"]);
  const form = useVersionedDraft<DialPolicy>(state.policy ?? state.suggested, state.version);
  const words = usePolicySayings();
  const [rates, setRates] = useState<string | null>(null);
  const { draft, set } = form;
  const { hoursChoices } = useDirectory();
  const countries = useMemo(
    () =>
      state.countries
        .map(({ country, callingCode }) => ({ value: country, label: `${countryName(country, format.language)} ${isolate(callingCode)}` }))
        .toSorted((a, b) => format.compare(a.label, b.label)),
    [state.countries, format],
  );
  const readPrices = rates === null ? { ok: true as const, rates: draft.rates } : readRates(rates);
  const prefixesAreWhole = draft.prefixes.every((rule) => /^\+[1-9]\d{0,14}$/u.test(rule.prefix));
  const isChanged = form.isChanged || rates !== null || state.policy === null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!readPrices.ok) return;
    save.mutate(
      { body: { policy: draft, version: form.version } },
      {
        onSuccess: () => {
          setRates(null);
          toastDone(i18n, t`Saved: outgoing calls follow it from now on.`);
        },
      },
    );
  };
  return (
    <form onSubmit={submit} className={own["form"]} data-testid="dial-policy">
      <Stack>
        <ClashNotice
          form={form}
          label={(key) => words[key].label}
          show={(key, value, other) => words[key].say(value as never, other as never)}
        />
        <Checkbox
          label={t`Agents may call out`}
          description={t`Without it only emergency numbers can be called: ${format.list(state.countryEmergencyNumbers.map(format.digits))}.`}
          checked={draft.enabled}
          onChange={(event) => set({ enabled: event.currentTarget.checked })}
        />
        <Title order={2} size="h3">{t`Where to`}</Title>
        <MultiSelect
          label={t`Countries`}
          description={t`Numbers of all others are refused. Premium, raised-price and satellite numbers are refused everywhere.`}
          data={countries}
          searchable
          limit={COUNTRIES_SHOWN_MAX}
          nothingFoundMessage={t`Nothing found`}
          value={draft.countries}
          onChange={(value) => set({ countries: value })}
        />
        <Prefixes rules={draft.prefixes} onChange={(prefixes) => set({ prefixes })} />
        <TagsInput
          label={t`Further emergency numbers`}
          description={t`Numbers of 2 to 6 digits that are never refused, besides those of your country. Press Enter after each.`}
          value={draft.emergencyNumbers}
          dir="ltr"
          onChange={(values) =>
            set({
              emergencyNumbers: [...new Set(values.map((each) => normaliseDigits(each).trim()).filter((each) => /^\d{2,6}$/u.test(each)))],
            })
          }
        />
        <Title order={2} size="h3">{t`How calls go out`}</Title>
        <Text size="sm" c="dimmed">{t`All of them pass the same rules as a call that an agent dials.`}</Text>
        <Checkbox
          label={t`Agents may transfer customers to outside numbers`}
          description={t`Also what a carrier's side passes on by REFER, where its trunk lets it. A called side that redirects a call elsewhere is never followed.`}
          checked={draft.kinds.transfer}
          onChange={(event) => set({ kinds: { ...draft.kinds, transfer: event.currentTarget.checked } })}
        />
        <Title order={2} size="h3">{t`When`}</Title>
        <Group align="start" grow>
          <Select
            label={t`Hours for outgoing calls`}
            description={t`From the list of opening hours.`}
            data={[{ value: "", label: t`At any time` }, ...hoursChoices]}
            allowDeselect={false}
            value={draft.hoursId ?? ""}
            onChange={(value) => value !== null && set({ hoursId: value === "" ? null : value })}
          />
          <Select
            label={t`Outside these hours`}
            description={t`At night a stolen password costs most.`}
            data={[
              { value: "deny", label: t`No outgoing calls` },
              { value: "domesticOnly", label: t`Only within the country` },
            ]}
            allowDeselect={false}
            disabled={draft.hoursId === null}
            value={draft.outsideHours}
            onChange={(value) => set({ outsideHours: value === "domesticOnly" ? "domesticOnly" : "deny" })}
          />
        </Group>
        <Title order={2} size="h3">{t`How much`}</Title>
        <Text size="sm" c="dimmed">{t`An empty field is no cap. A day is a day of your time zone.`}</Text>
        <CapsTable caps={draft.caps} onChange={(caps) => set({ caps })} />
        <Group align="start" grow>
          <WholeNumber
            label={t`Longest call, minutes`}
            value={draft.callMinutesMax}
            min={1}
            max={1_440}
            onChange={(callMinutesMax) => set({ callMinutesMax })}
          />
          <WholeNumber
            label={t`Stop everything above, calls a minute`}
            value={draft.velocity.callsPerMinute}
            min={1}
            max={100_000}
            onChange={(callsPerMinute) => set({ velocity: { ...draft.velocity, callsPerMinute } })}
          />
          <NumberInput
            label={t`Stop everything above, cost an hour`}
            min={0}
            max={1_000_000}
            value={draft.velocity.costPerHour ?? ""}
            onChange={(value) => set({ velocity: { ...draft.velocity, costPerHour: typeof value === "number" ? value : null } })}
          />
        </Group>
        <Text size="sm" c="dimmed">
          {t`Above either of the last two the program stops all outgoing calls by itself, as a thief's calls come by the hundred. Leads see it in every room and let them go on.`}
        </Text>
        <Title order={2} size="h3">{t`Prices`}</Title>
        <Group align="end" grow>
          <TextInput
            label={t`Currency`}
            dir="ltr"
            maxLength={3}
            value={draft.currency}
            error={/^[A-Z]{3}$/u.test(draft.currency) ? null : t`Three letters, such as EUR.`}
            onChange={(event) => set({ currency: event.currentTarget.value.toUpperCase() })}
          />
          <NumberInput
            label={t`Price a minute for all else`}
            description={t`Empty: unknown. With a cap on cost such a call is refused.`}
            min={0}
            max={1_000_000}
            decimalScale={4}
            value={draft.otherPerMinute ?? ""}
            onChange={(value) => set({ otherPerMinute: typeof value === "number" ? value : null })}
          />
        </Group>
        <Textarea
          label={t`Price list`}
          description={t`A line for each beginning of a number: the beginning, a space, the price of a minute. It can be pasted from your carrier's list.`}
          placeholder={"+7 0.02\n+7495 0.01"}
          dir="ltr"
          autosize
          minRows={3}
          maxRows={12}
          value={rates !== null && (!readPrices.ok || same(readPrices.rates, draft.rates)) ? rates : ratesText(draft.rates)}
          error={readPrices.ok ? null : t`Line ${format.number(readPrices.line)} can't be read, or its beginning is there twice.`}
          onChange={({ currentTarget: { value } }) => {
            setRates(value);
            const read = readRates(value);
            if (read.ok) set({ rates: read.rates });
          }}
        />
        <Problem failure={form.clashes.length > 0 ? null : save.error} />
        <Group justify="flex-end">
          <Button
            type="submit"
            loading={save.isPending}
            disabled={!isChanged || form.clashes.length > 0 || !readPrices.ok || !prefixesAreWhole || !/^[A-Z]{3}$/u.test(draft.currency)}
          >
            {t`Save`}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Prefixes({
  rules,
  onChange,
}: {
  readonly rules: DialPolicy["prefixes"];
  readonly onChange: (rules: DialPolicy["prefixes"]) => void;
}): ReactNode {
  const { t } = useLingui();
  const put = (index: number, change: Partial<PrefixRule>): void =>
    onChange(rules.map((rule, at) => (at === index ? { ...rule, ...change } : rule)));
  return (
    <div>
      <Text size="sm" fw={500}>{t`Beginnings of numbers`}</Text>
      <Text size="xs" c="dimmed" mb={4}>{t`The longest that fits a number decides, over the countries.`}</Text>
      <Stack gap="xs">
        {rules.map((rule, index) => (
          // A rule has no identity but its place.
          // oxlint-disable-next-line react/no-array-index-key
          <Group key={index} gap="xs" wrap="nowrap">
            <TextInput
              aria-label={t`Beginning of the number`}
              placeholder="+7495"
              dir="ltr"
              maxLength={16}
              value={rule.prefix}
              error={rule.prefix === "" || /^\+[1-9]\d{0,14}$/u.test(rule.prefix) ? null : t`Begins with + and the country`}
              onChange={(event) => put(index, { prefix: normaliseDigits(event.currentTarget.value).replaceAll(/[^\d+]/gu, "") })}
            />
            <Select
              aria-label={t`What holds for it`}
              data={[
                { value: "allow", label: t({ message: "Allowed", context: "beginning of numbers" }) },
                { value: "allowCostly", label: t({ message: "Allowed, costly numbers too", context: "beginning of numbers" }) },
                { value: "deny", label: t({ message: "Forbidden", context: "beginning of numbers" }) },
              ]}
              allowDeselect={false}
              value={rule.rule}
              onChange={(value) => put(index, { rule: value === "deny" || value === "allowCostly" ? value : "allow" })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t`Remove ${rule.prefix}`}
              onClick={() => onChange(rules.filter((_each, at) => at !== index))}
            >
              <IconX size={16} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
        <div>
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => onChange([...rules, { prefix: "", rule: "deny" }])}
          >{t`Add a beginning`}</Button>
        </div>
      </Stack>
    </div>
  );
}

function CapsTable({
  caps,
  onChange,
}: {
  readonly caps: DialPolicy["caps"];
  readonly onChange: (caps: DialPolicy["caps"]) => void;
}): ReactNode {
  const { i18n } = useLingui();
  return (
    <div className={own["scroll"]}>
      <table className={own["caps"]}>
        <thead>
          <tr>
            <td />
            {CAPS.map((cap) => (
              <th key={cap} scope="col">
                {i18n._(capNames[cap])}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {dialScopes.map((scope) => (
            <tr key={scope}>
              <th scope="row">{i18n._(scopeNames[scope])}</th>
              {CAPS.map((cap) => (
                <td key={cap}>
                  <NumberInput
                    aria-label={`${i18n._(scopeNames[scope])}: ${i18n._(capNames[cap])}`}
                    min={0}
                    max={cap === "concurrent" ? 10_000 : 1_000_000}
                    allowDecimal={cap === "costPerDay"}
                    hideControls
                    value={caps[scope][cap] ?? ""}
                    onChange={(value) =>
                      onChange({ ...caps, [scope]: { ...caps[scope], [cap]: typeof value === "number" ? value : null } })
                    }
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function WholeNumber(props: {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}): ReactNode {
  const { onChange, ...rest } = props;
  return (
    <NumberInput {...rest} allowDecimal={false} clampBehavior="blur" onChange={(value) => typeof value === "number" && onChange(value)} />
  );
}
