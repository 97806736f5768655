import type { Trunk, TrunkFinding, TrunkLogEntry, TrunkSettings } from "@allo/contract";
import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg, plural } from "@lingui/core/macro";
import type { Format } from "../../ui/format.ts";

type State = NonNullable<Trunk["state"]>;
type Trouble = NonNullable<State["targets"][number]["reason"]>;
export type Tone = "good" | "warning" | "bad" | "quiet";
export type Said = { readonly tone: Tone; readonly text: string };

export const kindNames: Readonly<Record<TrunkSettings["kind"], MessageDescriptor>> = {
  registration: msg({ message: "By registration", context: "trunk" }),
  address: msg({ message: "By address", context: "trunk" }),
  digest: msg({ message: "By user and password", context: "trunk" }),
};
export const kindMeanings: Readonly<Record<TrunkSettings["kind"], MessageDescriptor>> = {
  registration: msg`The carrier gave you a user and a password. Allo registers with them and keeps it fresh.`,
  address: msg`You and the carrier know each other by your addresses; nobody registers.`,
  digest: msg`The other side, a gateway or another exchange, registers here with a user and a password that Allo makes.`,
};

const troubles: Readonly<Record<Trouble, MessageDescriptor>> = {
  credentialsRefused: msg`the carrier refuses user or password`,
  accountUnknown: msg`the carrier knows no such account`,
  noAnswer: msg`no answer came`,
  connectionFailed: msg`no connection can be made`,
  nameUnresolved: msg`its name has no address`,
  carrierBusy: msg`it says that it takes no calls now`,
  carrierRefused: msg`the carrier refuses`,
  certificate: msg`its certificate can't be trusted`,
  notSealed: msg`the trunk wants encrypted audio, and this way there is no TLS`,
};

/** How a trunk fares, in sentences; the worst first. */
export function trunkSentences(trunk: Trunk, i18n: I18n, format: Format): readonly Said[] {
  if (trunk.retired) return [];
  if (!trunk.enabled) return [{ tone: "quiet", text: i18n._(msg`Switched off: no calls come or go by it.`) }];
  const { state } = trunk;
  if (state === null) return [{ tone: "quiet", text: i18n._(msg`Nothing is known of it yet.`) }];
  const said: Said[] = [];
  const { registration } = state;
  if (registration?.kind === "registered" && registration.until !== null) {
    const until = format.time(registration.until);
    said.push({ tone: "good", text: i18n._(msg`Registered until ${until}; it is renewed before.`) });
  } else if (registration?.kind === "waiting") {
    const why = i18n._(troubles[registration.trouble ?? "carrierRefused"]);
    const at = registration.retryAt === null ? "" : format.timeWithSeconds(registration.retryAt);
    const status = registration.status === null ? "" : format.digits(String(registration.status));
    const text =
      status === ""
        ? i18n._(msg`Not registered: ${why}. Tried again at ${at}.`)
        : i18n._(msg`Not registered: ${why} (${status}). Tried again at ${at}.`);
    said.push({ tone: "bad", text });
  } else if (registration?.kind === "asking") said.push({ tone: "quiet", text: i18n._(msg`Registering now…`) });
  if (trunk.kind === "digest" && trunk.targets.length === 0) {
    const until = state.peerUntil === null ? "" : format.time(state.peerUntil);
    said.push(
      state.peerUntil === null
        ? { tone: "warning", text: i18n._(msg`The other side isn't registered here.`) }
        : { tone: "good", text: i18n._(msg`The other side is registered until ${until}.`) },
    );
  }
  for (const target of state.targets) {
    const where = `\u2066${placeOf(target)}\u2069`;
    const since = format.shortDateTime(target.since);
    const why = target.reason === null ? "" : i18n._(troubles[target.reason]);
    if (target.health === "up") {
      const ms = target.roundTripMs === null ? "" : format.number(Math.round(target.roundTripMs));
      const text = ms === "" ? i18n._(msg`${where} answers.`) : i18n._(msg`${where} answers in ${ms} ms.`);
      said.push({ tone: "good", text });
    } else if (target.health === "degraded") said.push({ tone: "warning", text: i18n._(msg`${where} is shaky since ${since}: ${why}.`) });
    else if (target.health === "down") said.push({ tone: "bad", text: i18n._(msg`${where} is down since ${since}: ${why}.`) });
    else said.push({ tone: "quiet", text: i18n._(msg`${where} hasn't been asked yet; calls will show whether it answers.`) });
  }
  const { calls } = state;
  if (calls > 0) said.push({ tone: "good", text: i18n._(msg`${plural(calls, { one: "# call now.", other: "# calls now." })}`) });
  const rank: Readonly<Record<Tone, number>> = { bad: 0, warning: 1, good: 2, quiet: 3 };
  return said.toSorted((a, b) => rank[a.tone] - rank[b.tone]);
}

function placeOf({ host, address, port, transport }: State["targets"][number]): string {
  if (address === null) return host;
  const place = `${address}:${String(port)} ${(transport ?? "udp").toUpperCase()}`;
  return host === address ? place : `${host} (${place})`;
}

/** A target as the log names it, "udp 192.0.2.1:5060", stands as elsewhere: the place, then how. */
const KEY = /^(udp|tcp|tls) (.+)$/u;

/** A line of the trunk's log. */
export function logSentence(entry: TrunkLogEntry, i18n: I18n, format: Format): Said {
  const where =
    entry.target === null
      ? ""
      : `\u2066${entry.target.replace(KEY, (_, transport: string, place: string) => `${place} ${transport.toUpperCase()}`)}\u2069`;
  const status = entry.status === null ? "" : format.digits(String(entry.status));
  const why =
    entry.trouble !== null && entry.trouble in troubles
      ? i18n._(troubles[entry.trouble as Trouble])
      : status === ""
        ? i18n._(msg`no answer came`)
        : i18n._(msg`answer ${status}`);
  switch (entry.what) {
    case "registered":
      return { tone: "good", text: i18n._(msg`Registered with the carrier.`) };
    case "registrationFailed":
      return { tone: "bad", text: i18n._(msg`Registration failed: ${why}.`) };
    case "unregistered":
      return { tone: "quiet", text: i18n._(msg`Registration taken back.`) };
    case "peerRegistered":
      return { tone: "good", text: i18n._(msg`The other side registered.`) };
    case "peerGone":
      return { tone: "warning", text: i18n._(msg`The other side's registration ended.`) };
    case "targetUp":
      return { tone: "good", text: i18n._(msg`${where} answers.`) };
    case "targetDegraded":
      return { tone: "warning", text: i18n._(msg`${where} is shaky: ${why}.`) };
    case "targetDown":
      return { tone: "bad", text: i18n._(msg`${where} is down: ${why}.`) };
    case "callIn":
      return { tone: "quiet", text: i18n._(msg`A call came in from ${where}.`) };
    case "callInRefused":
      return { tone: "warning", text: i18n._(msg`A call for a number that isn't this trunk's was refused.`) };
    case "callOut":
      return { tone: "quiet", text: i18n._(msg`A call went out to ${where}.`) };
    case "callOutFailed":
      return { tone: "bad", text: i18n._(msg`A call failed at ${where}: ${why}.`) };
    case "wentOn":
      return { tone: "warning", text: i18n._(msg`A call went on to the next target after ${where}: ${why}.`) };
    case "limitReached":
      return {
        tone: "warning",
        text:
          entry.trouble === "callsPerSecond"
            ? i18n._(msg`A call was refused: more a second than the trunk may.`)
            : i18n._(msg`A call was refused: as many at once as the trunk may.`),
      };
    default:
      return entry.what satisfies never;
  }
}

export const sideNames: Readonly<Record<TrunkFinding["side"], MessageDescriptor>> = {
  us: msg({ message: "Here", context: "which side is wrong" }),
  carrier: msg({ message: "The carrier", context: "which side is wrong" }),
  between: msg({ message: "On the way", context: "which side is wrong" }),
  none: msg({ message: "Fine", context: "which side is wrong" }),
};

/** What a check found, and what to do. */
export function findingSentence(finding: TrunkFinding, i18n: I18n, format: Format): string {
  const target = finding.target === null ? "" : `\u2066${finding.target}\u2069`;
  const seen = finding.seen === null ? "" : `\u2066${finding.seen}\u2069`;
  const value = finding.value === null ? "" : format.number(finding.value);
  const date = finding.value === null ? "" : format.date(finding.value);
  const status = finding.value === null ? "" : format.digits(String(finding.value));
  switch (finding.code) {
    case "nameResolved":
      return i18n._(msg`DNS knows ${target}.`);
    case "nameUnresolved":
      return i18n._(
        msg`DNS has no address for ${target}. Look whether the carrier's name is spelt rightly, and whether this machine reaches a DNS server.`,
      );
    case "answers":
      return i18n._(msg`${target} answers in ${value} ms.`);
    case "answersRefusing":
      return i18n._(
        msg`${target} answers our question with ${status}: it lives, and many carriers answer so. If calls are refused as well, ask the carrier to allow your address.`,
      );
    case "busy":
      return i18n._(msg`${target} answers 503: the carrier takes no calls there now. Ask the carrier.`);
    case "silentUdp":
      return i18n._(
        msg`${target} says nothing. Either the carrier doesn't know your address, or a firewall between drops UDP. Ask the carrier to allow your address; try TCP or TLS.`,
      );
    case "silentStream":
      return i18n._(msg`${target} takes the connection and says nothing. Ask the carrier whether this port speaks SIP.`);
    case "portClosed":
      return i18n._(
        msg`No connection to ${target}: the port is closed there, or a firewall here lets nothing out. Look at port and transport.`,
      );
    case "registers":
      return i18n._(msg`The registration is accepted.`);
    case "credentialsRefused":
      return i18n._(
        msg`The carrier refuses user or password (${status}). Type the password anew; some carriers want another user for the password: it has a field of its own.`,
      );
    case "accountUnknown":
      return i18n._(msg`The carrier knows no such account (404). Look at the user and the domain.`);
    case "registerRefused":
      return i18n._(msg`The carrier refuses the registration with ${status}. Ask the carrier, naming this answer.`);
    case "registerSilent":
      return i18n._(
        msg`No answer to the registration, though the target may answer otherwise. Ask the carrier whether it expects registrations there.`,
      );
    case "clockDiffers":
      return i18n._(msg`The carrier's clock and this machine's differ by ${value} s. Switch on time synchronisation here.`);
    case "certificateGood":
      return i18n._(msg`The certificate of ${target} is good until ${date}.`);
    case "certificateEndsSoon":
      return i18n._(msg`The certificate of ${target} ends on ${date}. Tell the carrier.`);
    case "certificateEnded":
      return i18n._(msg`The certificate of ${target} ended on ${date}. The carrier must renew it; look also at this machine's clock.`);
    case "certificateWrongName":
      return i18n._(
        msg`The certificate of ${target} is for another name. Use the name that the carrier gave, not an address, or pin its fingerprint.`,
      );
    case "certificateUntrusted":
      return i18n._(
        msg`The certificate of ${target} comes from an authority that this machine doesn't know. Enter the carrier's authority, or pin the fingerprint.`,
      );
    case "certificateOther":
      return i18n._(
        msg`${target} shows another certificate than the pinned one. Ask the carrier whether it was renewed before you pin the new one.`,
      );
    case "privateAddressShown":
      return i18n._(
        msg`We tell the carrier the private address ${target}, and it sees us as ${seen}: audio and calls can't find back. Enter ${seen} as the external address.`,
      );
    case "otherAddressSeen":
      return i18n._(
        msg`The carrier sees us as ${seen}, and we name ${target}. If calls have no sound, enter ${seen} as the external address.`,
      );
    case "messagesRewritten":
      return i18n._(
        msg`A router on the way rewrites our messages (SIP ALG). Switch SIP ALG off in the router, or use TLS, which it can't read.`,
      );
    case "noNumbers":
      return i18n._(msg`No number belongs to this trunk: calls that come by it are refused.`);
    case "noSoundFromCarrier":
      return i18n._(
        msg`On a call now no sound comes from the carrier. Open the UDP ports of audio in the firewall, and look at the external address.`,
      );
    case "soundBothWays":
      return i18n._(msg`Sound goes both ways on the calls of this moment.`);
    case "notRunning":
      return i18n._(msg`The trunk isn't running: it is switched off, or the exchange is being restarted.`);
    default:
      return finding.code satisfies never;
  }
}
