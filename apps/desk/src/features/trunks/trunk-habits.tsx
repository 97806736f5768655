import { callerIdPlaces } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { MultiSelect, NumberInput, Select, Switch, TagsInput } from "@mantine/core";
import type { ReactNode } from "react";
import { normaliseDigits } from "../../ui/format.ts";
import type { TrunkDraft } from "./trunk-draft.ts";
import styles from "./trunks.module.css";

type Habits = TrunkDraft["habits"];

const places: Readonly<Record<(typeof callerIdPlaces)[number], string>> = {
  from: "From",
  pAssertedIdentity: "P-Asserted-Identity",
  remotePartyId: "Remote-Party-ID",
  diversion: "Diversion",
  pPreferredIdentity: "P-Preferred-Identity",
};

/** Everything in which carriers differ; each with what it is for. */
export function TrunkHabitFields({
  habits,
  onChange,
}: {
  readonly habits: Habits;
  readonly onChange: (change: Partial<Habits>) => void;
}): ReactNode {
  const { t } = useLingui();
  const number = (key: "t1Ms" | "giveUpMs" | "udpBytesMax" | "optionsSeconds", min: number, max: number) => ({
    min,
    max,
    allowDecimal: false,
    clampBehavior: "blur" as const,
    value: habits[key],
    onChange: (value: string | number) => typeof value === "number" && onChange({ [key]: value }),
  });
  const flag = (key: "ignoreContactHost" | "fromUserIsAccount" | "contactTransport" | "contactSips" | "userPhone" | "srtp") => ({
    checked: habits[key],
    onChange: (event: { readonly currentTarget: { readonly checked: boolean } }) => onChange({ [key]: event.currentTarget.checked }),
  });
  return (
    <fieldset className={styles["group"]}>
      <legend>{t`Habits of the carrier`}</legend>
      <MultiSelect
        label={t`Headers that carry your number`}
        description={t`Most carriers read From; some want the account there and your number in another one.`}
        data={callerIdPlaces.map((value) => ({ value, label: places[value] }))}
        dir="ltr"
        value={[...habits.callerIdIn]}
        onChange={(chosen) => chosen.length > 0 && onChange({ callerIdIn: callerIdPlaces.filter((place) => chosen.includes(place)) })}
      />
      <Switch
        {...flag("fromUserIsAccount")}
        label={t`From names the account`}
        description={t`Where the carrier recognises you by the user in From and refuses calls otherwise.`}
      />
      <Switch
        {...flag("userPhone")}
        label={t`Mark numbers as phone numbers`}
        description={t`Adds user=phone to addresses; a few carriers want it.`}
      />
      <Switch
        {...flag("ignoreContactHost")}
        label={t`Answer to where messages come from`}
        description={t`For a carrier behind NAT whose Contact names an address that can't be reached: without it calls end after half a minute.`}
      />
      <Switch
        {...flag("srtp")}
        label={t`Offer encrypted audio (SRTP)`}
        description={t`Over TLS only. What the carrier offers encrypted is taken so in any case.`}
      />
      <Switch
        {...flag("contactTransport")}
        label={t`Name the transport in Contact`}
        description={t`Switch it off where a carrier trips over it.`}
      />
      <Switch {...flag("contactSips")} label={t`Contact with sips: over TLS`} description={t`Only where the carrier insists on it.`} />
      <div className={styles["pair"]}>
        <NumberInput
          label={t`Ask by OPTIONS, every so many seconds`}
          description={t`Tells whether each address is alive, and keeps the way through NAT open. 0: never.`}
          {...number("optionsSeconds", 0, 3_600)}
        />
        <NumberInput
          label={t`Give an address up after, ms`}
          description={t`A call without any answer for so long goes on to the next address (timer B).`}
          {...number("giveUpMs", 1_000, 64_000)}
        />
        <NumberInput
          label={t`Longest message over UDP, bytes`}
          description={t`Longer ones go by TCP, since networks drop what has to be cut up. 0: no limit.`}
          {...number("udpBytesMax", 0, 65_000)}
        />
        <NumberInput
          label={t`First repetition after, ms`}
          description={t`Timer T1: longer for satellite links.`}
          {...number("t1Ms", 100, 4_000)}
        />
      </div>
      <TagsInput
        label={t`Answers that send a call on`}
        description={t`Beside silence, 408 and 5xx. Busy, declined and unknown numbers never do.`}
        dir="ltr"
        splitChars={[",", " "]}
        value={habits.failoverCodes.map(String)}
        onChange={(codes) =>
          onChange({
            failoverCodes: codes
              .map((code) => Number(normaliseDigits(code)))
              .filter((code) => Number.isInteger(code) && code >= 300 && code < 700),
          })
        }
      />
      <div className={styles["pair"]}>
        <Select
          label={t`Acknowledged ringing (PRACK)`}
          description={t`Some carriers can't do without it, others stumble over it.`}
          data={[
            { value: "auto", label: t({ message: "When the carrier wants it", context: "PRACK" }) },
            { value: "required", label: t({ message: "Always", context: "PRACK" }) },
            { value: "forbidden", label: t({ message: "Never", context: "PRACK" }) },
          ]}
          allowDeselect={false}
          value={habits.prack}
          onChange={(value) => value !== null && onChange({ prack: value as Habits["prack"] })}
        />
        <Select
          label={t`Session timer`}
          description={t`Finds calls whose other end vanished. Off only where a carrier ends calls because of it.`}
          data={[
            { value: "auto", label: t({ message: "On", context: "session timer" }) },
            { value: "off", label: t({ message: "Off", context: "session timer" }) },
          ]}
          allowDeselect={false}
          value={habits.sessionTimer}
          onChange={(value) => value !== null && onChange({ sessionTimer: value as Habits["sessionTimer"] })}
        />
      </div>
      <Select
        label={t`Codec offered first`}
        description={t`A-law in Europe and most of the world, µ-law in North America and Japan.`}
        data={[
          { value: "PCMA,PCMU", label: "A-law, µ-law" },
          { value: "PCMU,PCMA", label: "µ-law, A-law" },
          { value: "PCMA", label: t`A-law only` },
          { value: "PCMU", label: t`µ-law only` },
        ]}
        allowDeselect={false}
        value={habits.codecs.join(",")}
        onChange={(value) => value !== null && onChange({ codecs: value.split(",") as Habits["codecs"] })}
      />
    </fieldset>
  );
}
