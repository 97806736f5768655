import type { DoctorFinding, DoctorPart, DoctorRun, TrunkFinding } from "@allo/contract";
import { trunkFindingCodes } from "@allo/contract";
import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { Format } from "../../ui/format.ts";
import { findingSentence, sideNames, type Tone } from "../trunks/trunk-words.ts";

export const partNames: Readonly<Record<DoctorPart, MessageDescriptor>> = {
  exchange: msg({ message: "The exchange's doors", context: "network doctor" }),
  sound: msg({ message: "Ways of the sound", context: "network doctor" }),
  browser: msg({ message: "This browser", context: "network doctor" }),
  certificate: msg({ message: "Certificate", context: "network doctor" }),
  clock: msg({ message: "Clock", context: "network doctor" }),
  trunks: msg({ message: "Trunks", context: "network doctor" }),
  testCall: msg({ message: "Test call", context: "network doctor" }),
};

/** What isn't right yet works meanwhile: it is to be looked at, no fault. */
const LOOK_AT: readonly DoctorFinding["code"][] = [
  "answersRefusing",
  "otherAddressSeen",
  "certificateEndsSoon",
  "clockDiffers",
  "noNumbers",
  "audioPortsFew",
  "privateAddressNamed",
  "ownCertificateEndsSoon",
  "addressUncovered",
  "browserClockDiffers",
  "testCallLossy",
];
const QUIET: readonly DoctorFinding["code"][] = [
  "secureDoorClosed",
  "soundUnknown",
  "relaysNone",
  "clockUnknown",
  "noTrunks",
  "ownAuthority",
  "testCallUnanswered",
];

export function toneOf({ code, side }: Pick<DoctorFinding, "code" | "side">): Tone {
  if (side !== "none") return LOOK_AT.includes(code) ? "warning" : "bad";
  return QUIET.includes(code) || code === "noCertificate" ? "quiet" : "good";
}

/** How many are wrong, and how many to be looked at. */
export function countsOf(run: Pick<DoctorRun, "findings">): { readonly bad: number; readonly warning: number } {
  const count = (tone: Tone): number => run.findings.filter((finding) => toneOf(finding) === tone).length;
  return { bad: count("bad"), warning: count("warning") };
}

function isOfTrunks(code: DoctorFinding["code"]): code is TrunkFinding["code"] {
  return (trunkFindingCodes as readonly string[]).includes(code);
}

/** What was found, and what to do. */
export function doctorSentence(finding: DoctorFinding, i18n: I18n, format: Format): string {
  const { code } = finding;
  if (isOfTrunks(code)) return findingSentence({ ...finding, code }, i18n, format);
  const target = finding.target === null ? "" : `\u2066${finding.target}\u2069`;
  const seen = finding.seen === null ? "" : `\u2066${finding.seen}\u2069`;
  const value = finding.value === null ? "" : format.number(finding.value);
  const status = finding.value === null ? "" : format.digits(String(finding.value));
  const date = finding.value === null ? "" : format.date(finding.value);
  switch (code) {
    case "exchangeAway":
      return i18n._(msg`The exchange doesn't answer: it is being restarted, or it ended. Look again in a minute, then into its log.`);
    case "doorAnswers":
      return i18n._(msg`${target} answers on this machine.`);
    case "doorSilent":
      return i18n._(
        msg`${target} says nothing at ${seen}, though the program listens there. A firewall on this machine drops it: open the port there.`,
      );
    case "doorClosed":
      return i18n._(
        msg`Nobody listens on ${target} at ${seen}. Another program may have the port, or the program is bound to another address.`,
      );
    case "secureDoorClosed":
      return i18n._(msg`SIP over TLS isn't open: there is no certificate for it. Trunks and phones over UDP and TCP don't need it.`);
    case "secureDoorNeeded":
      return i18n._(
        msg`A trunk speaks TLS, and SIP over TLS isn't open here, since there is no certificate for it: the carrier can neither call nor hang up. Open Address and certificate.`,
      );
    case "audioPortsFree":
      return i18n._(
        msg`Audio ports ${target} are free: enough for ${value} calls. The same range must be open in every firewall on the way.`,
      );
    case "audioPortsTaken":
      return i18n._(msg`Most of the audio ports ${target} are taken by another program. Choose another range with ALLO_RTP_PORTS.`);
    case "audioPortsFew":
      return i18n._(msg`Audio ports ${target} are enough for ${value} calls only. Widen the range with ALLO_RTP_PORTS.`);
    case "audioArrives":
      return i18n._(msg`Packets of sound arrive on this machine.`);
    case "audioStopped":
      return i18n._(msg`Packets of sound don't arrive at ${target}: a firewall on this machine drops UDP. Open the audio ports there.`);
    case "addressNamed":
      return i18n._(msg`Carriers and phones outside are told to send sound to ${target}.`);
    case "privateAddressNamed":
      return i18n._(
        msg`Whoever is outside is told the private address ${target}, where nothing from outside arrives: calls have no sound. Set ALLO_PUBLIC_ADDRESS, or the external address of the trunk. Within your own network it is right.`,
      );
    case "socketOpen":
      return i18n._(msg`The desk's live connection (WebSocket) stands.`);
    case "socketFailed":
      return i18n._(
        msg`The desk's live connection (WebSocket) doesn't come about. A proxy on the way doesn't pass it on: it must let Upgrade through.`,
      );
    case "soundProven":
      return i18n._(msg`Sound goes between this browser and the exchange.`);
    case "soundBlocked":
      return i18n._(
        msg`No sound gets from this browser to the exchange: a firewall on the way drops UDP to the audio ports. Open them, or set up a relay (TURN) on port 443.`,
      );
    case "soundUnknown":
      return i18n._(
        msg`The phone of this browser isn't on, so its way wasn't tried. Open the desk and look again, or run the workplace check.`,
      );
    case "relaysNone":
      return i18n._(
        msg`No relay (TURN) is set up. It is needed only where browsers sit behind firewalls that let nothing but the web through.`,
      );
    case "relayAnswers":
      return i18n._(msg`The relay ${target} lends an address to this browser.`);
    case "relaySilent":
      return i18n._(
        msg`The relay ${target} lends this browser no address. Look whether it runs, whether its secret is the same as here, and whether the way there is open.`,
      );
    case "noCertificate":
      return i18n._(
        msg`Pages go without a certificate: browsers of other machines don't give the microphone to such pages. Open Address and certificate.`,
      );
    case "ownAuthority":
      return i18n._(
        msg`The certificate comes from this centre's own authority: each machine must trust it once, as Address and certificate shows.`,
      );
    case "ownCertificateGood":
      return i18n._(msg`The centre's certificate for ${target} is good until ${date}.`);
    case "ownCertificateEndsSoon":
      return i18n._(
        msg`The centre's certificate for ${target} ends on ${date}. Put the new one in its place; it is taken without a restart.`,
      );
    case "ownCertificateEnded":
      return i18n._(msg`The centre's certificate for ${target} ended on ${date}: browsers warn, phones over TLS stay away. Renew it.`);
    case "addressUncovered":
      return i18n._(msg`The certificate doesn't name ${target}: browsers that open this address warn. Use an address that it names.`);
    case "certificateNotGot":
      return i18n._(msg`A public certificate for ${target} could not be got. Address and certificate says why.`);
    case "clockSynchronised":
      return i18n._(msg`This machine's clock is synchronised.`);
    case "clockUnsynchronised":
      return i18n._(
        msg`This machine's clock isn't synchronised: certificates, figures and schedules go by it. Switch on time synchronisation.`,
      );
    case "clockUnknown":
      return i18n._(
        msg`This machine doesn't say whether its clock is synchronised. The clocks of carriers that answer are compared with it.`,
      );
    case "browserClockDiffers":
      return i18n._(msg`This browser's clock and the centre's differ by ${value} s. One of them is wrong: look at both.`);
    case "noTrunks":
      return i18n._(msg`No trunk is in use.`);
    case "testCallEchoed":
      return i18n._(msg`What we said came back: sound goes both ways.`);
    case "testCallHeard":
      return i18n._(msg`Sound comes from there, and the other side reports that it gets ours: both ways are open.`);
    case "testCallArrives":
      return i18n._(msg`Sound comes from there. Whether ours arrives this number can't tell: call one that echoes, or ask who answered.`);
    case "testCallSilent":
      return i18n._(
        msg`The call was answered, and no sound came from there. Open the UDP ports of audio in the firewall, and look at the external address.`,
      );
    case "testCallLossy":
      return i18n._(msg`Of the call's packets ${value} % were lost: the line on the way is too full, or bad. Ask whoever keeps it.`);
    case "testCallUnanswered":
      return i18n._(msg`Nobody answered the test call. Try a number that always does.`);
    case "testCallFailed":
      return status === ""
        ? i18n._(msg`The test call came to nothing. What stands with the trunk above says more.`)
        : i18n._(msg`The carrier refused the test call (${status}). Ask the carrier, naming this answer.`);
    case "testCallDenied":
      return i18n._(msg`The rules for outgoing calls don't allow this number. Setup, Outgoing calls, says why.`);
    case "testCallAway":
      return i18n._(msg`The test call could not be placed: the exchange is away.`);
    default:
      return code satisfies never;
  }
}

/** A run as text, to be sent to whoever keeps the network. */
export function runText(run: DoctorRun, i18n: I18n, format: Format): string {
  const lines = run.findings.map((finding) => {
    const side = finding.side === "none" ? "" : `${i18n._(sideNames[finding.side])}: `;
    const trunk = finding.trunkName === null ? "" : `${finding.trunkName}: `;
    const mark = { good: "+", quiet: "·", warning: "!", bad: "✗" }[toneOf(finding)];
    return `${mark} ${i18n._(partNames[finding.part])}: ${trunk}${side}${doctorSentence(finding, i18n, format)}`;
  });
  const title = i18n._(msg`Network doctor, ${format.shortDateTime(run.startedAt)}`);
  return [title, ...lines].join("\n").replaceAll(/[\u2066\u2069]/g, "");
}
