import { callerIdPlaces, trunkPacketLengths } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { useSayings, type FieldWords } from "../../ui/field-words.ts";
import { useFormat } from "../../ui/use-format.ts";
import type { TrunkDraft } from "./trunk-draft.ts";

type Habits = TrunkDraft["habits"];
type Choices = readonly { readonly value: string; readonly label: string }[];
type Chosen = "callerIdIn" | "prack" | "sessionTimer" | "codecs" | "srtp" | "ptimeMs" | "ringing" | "keys";

const places: Readonly<Record<(typeof callerIdPlaces)[number], string>> = {
  from: "From",
  pAssertedIdentity: "P-Asserted-Identity",
  remotePartyId: "Remote-Party-ID",
  diversion: "Diversion",
  pPreferredIdentity: "P-Preferred-Identity",
};

/** What each habit is called, and what can be chosen. */
export function useHabitWords(): {
  readonly labels: Readonly<Record<keyof Habits, string>>;
  readonly choices: Readonly<Record<Chosen, { value: string; label: string }[]>>;
} {
  const { t } = useLingui();
  const format = useFormat();
  return {
    labels: {
      callerIdIn: t`Headers that carry your number`,
      fromUserIsAccount: t`From names the account`,
      userPhone: t`Mark numbers as phone numbers`,
      ignoreContactHost: t`Answer to where messages come from`,
      takesRefer: t`May pass a talk on (REFER)`,
      sendsRefer: t`Leave passed-on calls to the carrier`,
      contactTransport: t`Name the transport in Contact`,
      contactSips: t`Contact with sips: over TLS`,
      optionsSeconds: t`Ask by OPTIONS, every so many seconds`,
      giveUpMs: t`Give an address up after, ms`,
      udpBytesMax: t`Longest message over UDP, bytes`,
      t1Ms: t`First repetition after, ms`,
      failoverCodes: t`Answers that send a call on`,
      prack: t`Acknowledged ringing (PRACK)`,
      sessionTimer: t`Session timer`,
      codecs: t`Codec offered first`,
      srtp: t`Encrypted audio (SRTP)`,
      ptimeMs: t`Length of audio packets`,
      ringing: t`Sound while it rings`,
      keys: t`Keys (DTMF)`,
      keysPayloadType: t`Payload type of keys`,
      trunkGroup: t`Trunk group`,
    },
    choices: {
      callerIdIn: callerIdPlaces.map((value) => ({ value, label: places[value] })),
      prack: [
        { value: "auto", label: t({ message: "When the carrier wants it", context: "PRACK" }) },
        { value: "required", label: t({ message: "Always", context: "PRACK" }) },
        { value: "forbidden", label: t({ message: "Never", context: "PRACK" }) },
      ],
      sessionTimer: [
        { value: "auto", label: t({ message: "On", context: "session timer" }) },
        { value: "off", label: t({ message: "Off", context: "session timer" }) },
      ],
      codecs: [
        { value: "PCMA,PCMU", label: "A-law, µ-law" },
        { value: "PCMU,PCMA", label: "µ-law, A-law" },
        { value: "PCMA", label: t`A-law only` },
        { value: "PCMU", label: t`µ-law only` },
      ],
      srtp: [
        { value: "off", label: t({ message: "Not offered", context: "SRTP" }) },
        { value: "optional", label: t({ message: "Offered; in clear where the carrier can't", context: "SRTP" }) },
        { value: "required", label: t({ message: "Required: no call without", context: "SRTP" }) },
      ],
      ringing: [
        { value: "carrier", label: t({ message: "What the carrier sends", context: "ringing" }) },
        { value: "own", label: t({ message: "Allo's own ringing", context: "ringing" }) },
      ],
      keys: [
        { value: "auto", label: t({ message: "Automatic", context: "DTMF" }) },
        { value: "events", label: t({ message: "Always RFC 4733", context: "DTMF" }) },
        { value: "info", label: "SIP INFO" },
        { value: "tones", label: t({ message: "In the sound (in-band)", context: "DTMF" }) },
      ],
      ptimeMs: trunkPacketLengths.map((ms) => {
        const shown = format.number(ms);
        return { value: String(ms), label: t`${shown} ms` };
      }),
    },
  };
}

/** Each habit with its value in words. */
export function useHabitSayings(): FieldWords<Habits> {
  const { labels, choices } = useHabitWords();
  const { text, number, yesNo, list } = useSayings();
  const chosen = (of: Choices, value: string): string => of.find((each) => each.value === value)?.label ?? value;
  const say = <K extends keyof Habits>(key: K, words: (value: Habits[K]) => string) => ({ label: labels[key], say: words });
  return {
    ignoreContactHost: say("ignoreContactHost", yesNo),
    fromUserIsAccount: say("fromUserIsAccount", yesNo),
    callerIdIn: say("callerIdIn", (places) => list(places.map((place) => chosen(choices.callerIdIn, place)))),
    prack: say("prack", (value) => chosen(choices.prack, value)),
    sessionTimer: say("sessionTimer", (value) => chosen(choices.sessionTimer, value)),
    t1Ms: say("t1Ms", number),
    giveUpMs: say("giveUpMs", number),
    failoverCodes: say("failoverCodes", (codes) => list(codes.map(String))),
    codecs: say("codecs", (codecs) => chosen(choices.codecs, codecs.join(","))),
    contactTransport: say("contactTransport", yesNo),
    contactSips: say("contactSips", yesNo),
    userPhone: say("userPhone", yesNo),
    udpBytesMax: say("udpBytesMax", number),
    optionsSeconds: say("optionsSeconds", number),
    srtp: say("srtp", (value) => chosen(choices.srtp, value)),
    ptimeMs: say("ptimeMs", (value) => chosen(choices.ptimeMs, String(value))),
    keys: say("keys", (value) => chosen(choices.keys, value)),
    keysPayloadType: say("keysPayloadType", number),
    ringing: say("ringing", (value) => chosen(choices.ringing, value)),
    trunkGroup: say("trunkGroup", text),
    takesRefer: say("takesRefer", yesNo),
    sendsRefer: say("sendsRefer", yesNo),
  };
}
