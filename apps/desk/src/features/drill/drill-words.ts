import type { Drill, DrillObstacle, DrillStage, DrillTarget, EndCause } from "@allo/contract";
import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg, plural } from "@lingui/core/macro";
import type { Format } from "../../ui/format.ts";
import { causeWords } from "../contacts/cause-words.ts";
import type { Said } from "../trunks/trunk-words.ts";

/** What a gap of the sound may last before it is one that callers notice. */
const NOTICED_MS = 200;

export const targetNames: Readonly<Record<DrillTarget, MessageDescriptor>> = {
  core: msg({ message: "core, which decides: queues, desks, screens", context: "drill" }),
  edge: msg({ message: "edge, the telephone part: calls and their sound", context: "drill" }),
};

export const targetHints: Readonly<Record<DrillTarget, MessageDescriptor>> = {
  core: msg`Calls should go on as if nothing had happened. Desks and screens lose their connection for a moment, this page too.`,
  edge: msg`Every call at the exchange ends: the drill shows how fast new callers are answered again, and that each lost call is on record.`,
};

export const stageNames: Readonly<Record<DrillStage, MessageDescriptor>> = {
  placing: msg({ message: "Callers are calling in", context: "drill" }),
  listening: msg({ message: "All callers hear music", context: "drill" }),
  killed: msg({ message: "Killed; waiting for it to be there again", context: "drill" }),
  back: msg({ message: "It is back; a new caller is calling", context: "drill" }),
  ending: msg({ message: "Looking at what is on record", context: "drill" }),
  over: msg({ message: "Over", context: "drill" }),
};

export const obstacleSentences: Readonly<Record<DrillObstacle, MessageDescriptor>> = {
  unsupervised: msg`No drill is possible here: nothing would start a killed process again, because the program was not started as a whole.`,
  elsewhere: msg`This part runs as a program of its own; from here it can't be killed.`,
  away: msg`The telephone exchange is starting or away for the moment. Try again shortly.`,
  draining: msg`No drill now: the exchange is running empty for maintenance and takes no new calls.`,
  callsGoOn: msg`No drill now: calls are going on, and nobody's call is put at risk. Wait until they are over, best after hours.`,
  noNumber: msg`No drill is possible: it needs a number in use that takes this many calls at once, with a queue in which callers may wait two minutes.`,
  underWay: msg`A drill is going on already.`,
};

const reasonSentences: Readonly<Record<NonNullable<Drill["reason"]>, MessageDescriptor>> = {
  callsGoOn: msg`Called off before anything was killed: a call came in.`,
  cancelled: msg`Called off before anything was killed, as somebody wished.`,
  notWaiting: msg`Called off before anything was killed: the drill's callers did not all come to hear music in a queue. Try a test call to find out why.`,
  notAdmitted: msg`Called off before anything was killed: the exchange did not let the drill's callers in.`,
  outOfTouch: msg`Called off before anything was killed: it was not certain that no call was going on.`,
  notBack: msg`The killed process was not there again in time. Its log says why.`,
  noNewCall: msg`The process came back, but no new call was answered in time.`,
};

/** The verdict in one line. */
export function drillVerdict({ outcome, target, figures, log }: Drill, i18n: I18n): string {
  switch (outcome) {
    case null:
      return i18n._(msg({ message: "A drill is going on", context: "drill" }));
    case "calledOff":
      return i18n._(msg({ message: "Called off, nothing was killed", context: "drill" }));
    case "failed":
      return i18n._(msg({ message: "Not everything came back", context: "drill" }));
    case "interrupted":
      return i18n._(msg({ message: "Broken off: the program stopped meanwhile", context: "drill" }));
    case "done": {
      const lost = figures?.callers.filter(({ lived }) => !lived).length ?? 0;
      if (target === "edge" && log !== null && log.owed === log.contacts && log.leftOpen === 0)
        return i18n._(msg({ message: "Back again, and every lost call is on record", context: "drill" }));
      return lost === 0
        ? i18n._(msg({ message: "No call was lost", context: "drill" }))
        : i18n._(msg`${plural(lost, { one: "# call was lost", other: "# calls were lost" })}`);
    }
    default:
      return outcome satisfies never;
  }
}

/** What was found, in sentences. */
export function drillSentences(drill: Drill, i18n: I18n, format: Format): readonly Said[] {
  const { figures, log, reason, target } = drill;
  const said: Said[] = [];
  if (reason !== null) said.push({ tone: figures === null ? "quiet" : "bad", text: i18n._(reasonSentences[reason]) });
  if (figures === null) return said;
  const seconds = (ms: number): string => format.number(ms / 1_000);
  const callers = figures.callers.length;
  const lived = figures.callers.filter((caller) => caller.lived).length;
  const [livedText, callersText] = [format.number(lived), format.number(callers)];
  if (lived === callers)
    said.push({ tone: "good", text: i18n._(msg`${plural(callers, { one: "The only call went on.", other: "All # calls went on." })}`) });
  else said.push({ tone: target === "edge" ? "warning" : "bad", text: i18n._(msg`Of ${callersText} calls ${livedText} went on.`) });
  said.push(...silences(drill, i18n, format));
  if (figures.backMs !== null) {
    const back = seconds(figures.backMs);
    said.push({ tone: "good", text: i18n._(msg`The process was there again after ${back} s.`) });
  }
  if (figures.newCallMs !== null) {
    const after = seconds(figures.newCallMs);
    said.push({ tone: "good", text: i18n._(msg`A new caller was answered ${after} s after the kill.`) });
  }
  if (log !== null) said.push(...onRecord(log, i18n, format));
  return said;
}

function silences({ figures }: Drill, i18n: I18n, format: Format): readonly Said[] {
  const those = figures?.callers.filter(({ lived }) => lived) ?? [];
  if (those.length === 0) {
    // They would hear nothing for as long as they hold the line.
    const ends = figures?.newCallMs == null ? null : format.number(figures.newCallMs / 1_000);
    return ends === null
      ? []
      : [{ tone: "warning", text: i18n._(msg`They heard nothing from the kill on. Who calls again is without us for ${ends} s.`) }];
  }
  const longest = Math.max(...those.map(({ longestGapMs }) => longestGapMs));
  const most = Math.max(...those.map(({ silentMs }) => silentMs));
  if (most === 0) return [{ tone: "good", text: i18n._(msg`Nobody missed a moment of sound.`) }];
  const [mostText, longestText] = [format.number(most), format.number(longest)];
  return [
    {
      tone: most <= NOTICED_MS ? "good" : "warning",
      text: i18n._(msg`Whoever heard least missed ${mostText} ms of sound in all, ${longestText} ms at a stretch.`),
    },
  ];
}

function onRecord(log: NonNullable<Drill["log"]>, i18n: I18n, format: Format): readonly Said[] {
  const said: Said[] = [];
  for (const { why, count } of log.closed) {
    const [number, cause] = [format.number(count), i18n._(causeWords({ by: "system", why: why as EndCause["why"] }))];
    said.push({ tone: "good", text: i18n._(msg`On record as ended: ${number}, with the cause “${cause}”.`) });
  }
  const [lost, owed] = [format.number(log.lostCalls), format.number(log.owed)];
  if (log.closed.length > 0)
    said.push({
      tone: log.owed < log.lostCalls ? "warning" : "good",
      text: i18n._(msg`Had customers called, ${lost} would now stand in the lost calls, ${owed} of them owed a call back.`),
    });
  if (log.closed.length === 0) said.push({ tone: "good", text: i18n._(msg`No call is on record as ended by the kill.`) });
  if (log.leftOpen > 0)
    said.push({
      tone: "bad",
      text: i18n._(
        msg`${plural(log.leftOpen, { one: "# call stands on record as still going on.", other: "# calls stand on record as still going on." })}`,
      ),
    });
  return said;
}
