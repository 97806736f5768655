import { callerIdPlaces, trunkPacketLengths } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { MultiSelect, NumberInput, Select, Switch, TagsInput, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { normaliseDigits } from "../../ui/format.ts";
import { useFormat } from "../../ui/use-format.ts";
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
  const format = useFormat();
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
        {...flag("takesRefer")}
        label={t`May pass a talk on (REFER)`}
        description={t`The other side of a talk may ask you to call another number in its place. The rules for outgoing calls hold, and you pay for that call: leave it off for carriers of the public network.`}
      />
      <Switch
        {...flag("sendsRefer")}
        label={t`Leave passed-on calls to the carrier`}
        description={t`When an agent leaves a customer with somebody outside and both are on this trunk, the carrier is asked (REFER) to join them itself, which frees two lines. Where it declines, they stay joined here. What is said after that isn't recorded.`}
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
      <Select
        label={t`Encrypted audio (SRTP)`}
        description={t`Keys go in the call's messages (SDES), so the trunk should speak TLS. What the carrier offers encrypted is taken so in any case.`}
        data={[
          { value: "off", label: t({ message: "Not offered", context: "SRTP" }) },
          { value: "optional", label: t({ message: "Offered; in clear where the carrier can't", context: "SRTP" }) },
          { value: "required", label: t({ message: "Required: no call without", context: "SRTP" }) },
        ]}
        allowDeselect={false}
        value={habits.srtp}
        onChange={(value) => value !== null && onChange({ srtp: value as Habits["srtp"] })}
      />
      <div className={styles["pair"]}>
        <Select
          label={t`Length of audio packets`}
          description={t`What Allo asks the carrier for. What it sends follows the carrier's own wish; where it says none, this. Longer packets save bandwidth and add delay.`}
          data={trunkPacketLengths.map((ms) => {
            const shown = format.number(ms);
            return { value: String(ms), label: t`${shown} ms` };
          })}
          allowDeselect={false}
          value={String(habits.ptimeMs)}
          onChange={(value) => value !== null && onChange({ ptimeMs: Number(value) as Habits["ptimeMs"] })}
        />
        <Select
          label={t`Sound while it rings`}
          description={t`Some carriers send silence or noise before the answer: then Allo's own ringing is better. It hides the carrier's announcements.`}
          data={[
            { value: "carrier", label: t({ message: "What the carrier sends", context: "ringing" }) },
            { value: "own", label: t({ message: "Allo's own ringing", context: "ringing" }) },
          ]}
          allowDeselect={false}
          value={habits.ringing}
          onChange={(value) => value !== null && onChange({ ringing: value as Habits["ringing"] })}
        />
        <Select
          label={t`Keys (DTMF)`}
          description={t`How pressed keys go to the carrier and come from it. Change it only where menus don't understand keys, or hear each twice.`}
          data={[
            { value: "auto", label: t({ message: "Automatic", context: "DTMF" }) },
            { value: "events", label: t({ message: "Always RFC 4733", context: "DTMF" }) },
            { value: "info", label: "SIP INFO" },
            { value: "tones", label: t({ message: "In the sound (in-band)", context: "DTMF" }) },
          ]}
          allowDeselect={false}
          value={habits.keys}
          onChange={(value) => value !== null && onChange({ keys: value as Habits["keys"] })}
        />
        <NumberInput
          label={t`Payload type of keys`}
          description={t`The number that Allo's offers give to keys of RFC 4733; some carriers know one only. What the carrier names is always used.`}
          disabled={habits.keys === "info" || habits.keys === "tones"}
          {...number("keysPayloadType", 96, 127)}
        />
      </div>
      <TextInput
        label={t`Trunk group`}
        description={t`Only where the carrier gave you one: it stands in Contact as tgrp (RFC 4904), with @ and a context behind it if there is one.`}
        dir="ltr"
        placeholder="group-7@carrier.example"
        value={habits.trunkGroup ?? ""}
        onChange={({ currentTarget: { value } }) => onChange({ trunkGroup: value === "" ? null : value })}
      />
    </fieldset>
  );
}
