import type { CopyTrouble, Recorder, RecorderLogEntry, RecorderSettings } from "@allo/contract";
import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg, plural } from "@lingui/core/macro";
import type { Format } from "../../ui/format.ts";
import type { Said, Tone } from "../trunks/trunk-words.ts";

type Trouble = NonNullable<RecorderLogEntry["trouble"]>;

export const pauseNames: Readonly<Record<RecorderSettings["pausedAs"], MessageDescriptor>> = {
  inactive: msg({ message: "The streams stop, and the recorder is told", context: "pause of a recording" }),
  silence: msg({ message: "The streams go on in silence", context: "pause of a recording" }),
};

/** Why a call isn't copied, or its recorder isn't well: the rest of a sentence. */
export const copyTroubles: Readonly<Record<Trouble | CopyTrouble, MessageDescriptor>> = {
  noAnswer: msg({ message: "it doesn't answer", context: "recorder" }),
  connectionFailed: msg({ message: "no connection can be made", context: "recorder" }),
  nameUnresolved: msg({ message: "its name has no address", context: "recorder" }),
  busy: msg({ message: "it says that it takes no calls now", context: "recorder" }),
  certificate: msg({ message: "its certificate can't be trusted", context: "recorder" }),
  noMedia: msg({ message: "the exchange had no audio port for it", context: "recorder" }),
  unreachable: msg({ message: "it can't be reached", context: "recorder" }),
  refused: msg({ message: "it refused", context: "recorder" }),
  noStreams: msg({ message: "it took none of the audio as it is offered", context: "recorder" }),
  dropped: msg({ message: "it ended the recording while the call went on", context: "recorder" }),
  notSetUp: msg({ message: "it isn't set up any more", context: "recorder" }),
};

/** How a recorder fares, in sentences; the worst first. */
export function recorderSentences(recorder: Recorder, i18n: I18n, format: Format): readonly Said[] {
  if (recorder.retired) return [];
  if (!recorder.enabled) return [{ tone: "quiet", text: i18n._(msg`Switched off: it gets no calls.`) }];
  const { state } = recorder;
  if (state === null) return [{ tone: "quiet", text: i18n._(msg`Nothing is known of it yet.`) }];
  const said: Said[] = [];
  const since = format.shortDateTime(state.since);
  const why = state.trouble === null ? "" : i18n._(copyTroubles[state.trouble]);
  switch (state.health) {
    case "up": {
      const ms = state.roundTripMs === null ? "" : format.number(Math.round(state.roundTripMs));
      said.push({ tone: "good", text: ms === "" ? i18n._(msg`It answers.`) : i18n._(msg`It answers in ${ms} ms.`) });
      break;
    }
    case "degraded":
      said.push({ tone: "warning", text: i18n._(msg`Shaky since ${since}: ${why}.`) });
      break;
    case "down":
      said.push({ tone: "bad", text: i18n._(msg`Down since ${since}: ${why}. Calls are recorded here all the same.`) });
      break;
    case "unknown":
      said.push({ tone: "quiet", text: i18n._(msg`It hasn't been asked yet; calls will show whether it answers.`) });
      break;
  }
  const { sessions, missing } = state;
  if (sessions > 0)
    said.push({ tone: "good", text: i18n._(msg`${plural(sessions, { one: "It gets # call now.", other: "It gets # calls now." })}`) });
  if (missing > 0)
    said.push({
      tone: "bad",
      text: i18n._(
        msg`${plural(missing, { one: "# call should come to it and doesn't.", other: "# calls should come to it and don't." })}`,
      ),
    });
  const rank: Readonly<Record<Tone, number>> = { bad: 0, warning: 1, good: 2, quiet: 3 };
  return said.toSorted((a, b) => rank[a.tone] - rank[b.tone]);
}

/** A line of the recorder's log. */
export function recorderLogSentence(entry: RecorderLogEntry, i18n: I18n, format: Format): Said {
  const status = entry.status === null ? "" : format.digits(String(entry.status));
  const cause = i18n._(copyTroubles[entry.trouble ?? "noAnswer"]);
  const why =
    status === "" ? cause : i18n._(msg({ message: `${cause} (${status})`, context: "recorder: a reason and the answer's number" }));
  switch (entry.what) {
    case "up":
      return { tone: "good", text: i18n._(msg`It answers.`) };
    case "degraded":
      return { tone: "warning", text: i18n._(msg`It is shaky: ${why}.`) };
    case "down":
      return { tone: "bad", text: i18n._(msg`It is down: ${why}.`) };
    case "sessionBegan":
      return { tone: "quiet", text: i18n._(msg`A call comes to it.`) };
    case "sessionFailed":
      return { tone: "bad", text: i18n._(msg`A call doesn't come to it: ${why}.`) };
    case "sessionEnded":
      return { tone: "quiet", text: i18n._(msg`A call has ended.`) };
    default:
      return entry.what satisfies never;
  }
}
