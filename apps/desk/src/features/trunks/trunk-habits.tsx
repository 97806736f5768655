import { callerIdPlaces } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { MultiSelect, NumberInput, Select, Switch, TagsInput, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { normaliseDigits } from "../../ui/format.ts";
import type { TrunkDraft } from "./trunk-draft.ts";
import { useHabitWords } from "./trunk-habit-words.ts";
import styles from "./trunks.module.css";

type Habits = TrunkDraft["habits"];

/** Everything in which carriers differ; each with what it is for. */
export function TrunkHabitFields({
  habits,
  onChange,
}: {
  readonly habits: Habits;
  readonly onChange: (change: Partial<Habits>) => void;
}): ReactNode {
  const { t } = useLingui();
  const { labels, choices } = useHabitWords();
  const number = (key: "t1Ms" | "giveUpMs" | "udpBytesMax" | "optionsSeconds" | "keysPayloadType", min: number, max: number) => ({
    min,
    max,
    allowDecimal: false,
    clampBehavior: "blur" as const,
    value: habits[key],
    onChange: (value: string | number) => typeof value === "number" && onChange({ [key]: value }),
  });
  const flag = (
    key: "ignoreContactHost" | "fromUserIsAccount" | "contactTransport" | "contactSips" | "userPhone" | "takesRefer" | "sendsRefer",
  ) => ({
    checked: habits[key],
    onChange: (event: { readonly currentTarget: { readonly checked: boolean } }) => onChange({ [key]: event.currentTarget.checked }),
  });
  return (
    <fieldset className={styles["group"]}>
      <legend>{t`Habits of the carrier`}</legend>
      <MultiSelect
        label={labels.callerIdIn}
        description={t`Most carriers read From; some want the account there and your number in another one.`}
        data={choices.callerIdIn}
        dir="ltr"
        value={[...habits.callerIdIn]}
        onChange={(chosen) => chosen.length > 0 && onChange({ callerIdIn: callerIdPlaces.filter((place) => chosen.includes(place)) })}
      />
      <Switch
        {...flag("fromUserIsAccount")}
        label={labels.fromUserIsAccount}
        description={t`Where the carrier recognises you by the user in From and refuses calls otherwise.`}
      />
      <Switch {...flag("userPhone")} label={labels.userPhone} description={t`Adds user=phone to addresses; a few carriers want it.`} />
      <Switch
        {...flag("ignoreContactHost")}
        label={labels.ignoreContactHost}
        description={t`For a carrier behind NAT whose Contact names an address that can't be reached: without it calls end after half a minute.`}
      />
      <Switch
        {...flag("takesRefer")}
        label={labels.takesRefer}
        description={t`The other side of a talk may ask you to call another number in its place. The rules for outgoing calls hold, and you pay for that call: leave it off for carriers of the public network.`}
      />
      <Switch
        {...flag("sendsRefer")}
        label={labels.sendsRefer}
        description={t`When an agent leaves a customer with somebody outside and both are on this trunk, the carrier is asked (REFER) to join them itself, which frees two lines. Where it declines, they stay joined here. What is said after that isn't recorded.`}
      />
      <Switch {...flag("contactTransport")} label={labels.contactTransport} description={t`Switch it off where a carrier trips over it.`} />
      <Switch {...flag("contactSips")} label={labels.contactSips} description={t`Only where the carrier insists on it.`} />
      <div className={styles["pair"]}>
        <NumberInput
          label={labels.optionsSeconds}
          description={t`Tells whether each address is alive, and keeps the way through NAT open. 0: never.`}
          {...number("optionsSeconds", 0, 3_600)}
        />
        <NumberInput
          label={labels.giveUpMs}
          description={t`A call without any answer for so long goes on to the next address (timer B).`}
          {...number("giveUpMs", 1_000, 64_000)}
        />
        <NumberInput
          label={labels.udpBytesMax}
          description={t`Longer ones go by TCP, since networks drop what has to be cut up. 0: no limit.`}
          {...number("udpBytesMax", 0, 65_000)}
        />
        <NumberInput label={labels.t1Ms} description={t`Timer T1: longer for satellite links.`} {...number("t1Ms", 100, 4_000)} />
      </div>
      <TagsInput
        label={labels.failoverCodes}
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
          label={labels.prack}
          description={t`Some carriers can't do without it, others stumble over it.`}
          data={choices.prack}
          allowDeselect={false}
          value={habits.prack}
          onChange={(value) => value !== null && onChange({ prack: value as Habits["prack"] })}
        />
        <Select
          label={labels.sessionTimer}
          description={t`Finds calls whose other end vanished. Off only where a carrier ends calls because of it.`}
          data={choices.sessionTimer}
          allowDeselect={false}
          value={habits.sessionTimer}
          onChange={(value) => value !== null && onChange({ sessionTimer: value as Habits["sessionTimer"] })}
        />
      </div>
      <Select
        label={labels.codecs}
        description={t`A-law in Europe and most of the world, µ-law in North America and Japan.`}
        data={choices.codecs}
        allowDeselect={false}
        value={habits.codecs.join(",")}
        onChange={(value) => value !== null && onChange({ codecs: value.split(",") as Habits["codecs"] })}
      />
      <Select
        label={labels.srtp}
        description={t`Keys go in the call's messages (SDES), so the trunk should speak TLS. What the carrier offers encrypted is taken so in any case.`}
        data={choices.srtp}
        allowDeselect={false}
        value={habits.srtp}
        onChange={(value) => value !== null && onChange({ srtp: value as Habits["srtp"] })}
      />
      <div className={styles["pair"]}>
        <Select
          label={labels.ptimeMs}
          description={t`What Allo asks the carrier for. What it sends follows the carrier's own wish; where it says none, this. Longer packets save bandwidth and add delay.`}
          data={choices.ptimeMs}
          allowDeselect={false}
          value={String(habits.ptimeMs)}
          onChange={(value) => value !== null && onChange({ ptimeMs: Number(value) as Habits["ptimeMs"] })}
        />
        <Select
          label={labels.ringing}
          description={t`Some carriers send silence or noise before the answer: then Allo's own ringing is better. It hides the carrier's announcements.`}
          data={choices.ringing}
          allowDeselect={false}
          value={habits.ringing}
          onChange={(value) => value !== null && onChange({ ringing: value as Habits["ringing"] })}
        />
        <Select
          label={labels.keys}
          description={t`How pressed keys go to the carrier and come from it. Change it only where menus don't understand keys, or hear each twice.`}
          data={choices.keys}
          allowDeselect={false}
          value={habits.keys}
          onChange={(value) => value !== null && onChange({ keys: value as Habits["keys"] })}
        />
        <NumberInput
          label={labels.keysPayloadType}
          description={t`The number that Allo's offers give to keys of RFC 4733; some carriers know one only. What the carrier names is always used.`}
          disabled={habits.keys === "info" || habits.keys === "tones"}
          {...number("keysPayloadType", 96, 127)}
        />
      </div>
      <TextInput
        label={labels.trunkGroup}
        description={t`Only where the carrier gave you one: it stands in Contact as tgrp (RFC 4904), with @ and a context behind it if there is one.`}
        dir="ltr"
        placeholder="group-7@carrier.example"
        value={habits.trunkGroup ?? ""}
        onChange={({ currentTarget: { value } }) => onChange({ trunkGroup: value === "" ? null : value })}
      />
    </fieldset>
  );
}
