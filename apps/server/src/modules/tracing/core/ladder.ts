// From the messages of a call to a ladder: who spoke to whom, and what it said. Reads texts of any shape.
import type { CallTraceEntry, TraceMedia, TraceParty, TraceStep } from "@allo/contract";

export const ALLO_PARTY = "allo";

export type Ladder = { readonly parties: readonly TraceParty[]; readonly steps: readonly TraceStep[] };

/** In the order given. The same text twice in one direction between the same two is a repetition (RFC 3261 §17). */
export function ladderOf(entries: readonly CallTraceEntry[]): Ladder {
  const parties = new Map<string, TraceParty>();
  const [first] = entries;
  if (first !== undefined)
    parties.set(ALLO_PARTY, { partyId: ALLO_PARTY, kind: "allo", transport: first.transport, place: { ...first.local } });
  const seen = new Set<string>();
  const steps = entries.map((entry): TraceStep => {
    const partyId = `${entry.transport} ${entry.remote.address} ${entry.remote.port}`;
    if (!parties.has(partyId)) parties.set(partyId, { partyId, kind: "peer", transport: entry.transport, place: { ...entry.remote } });
    const token = `${entry.direction} ${partyId}\n${entry.text}`;
    const isRepeat = seen.has(token);
    seen.add(token);
    const [from, to] = entry.direction === "in" ? [partyId, ALLO_PARTY] : [ALLO_PARTY, partyId];
    return {
      at: entry.at,
      from,
      to,
      ...firstLine(entry.text),
      cseq: cseqOf(entry.text),
      isRepeat,
      media: mediaOf(entry.text),
      text: entry.text,
    };
  });
  return { parties: [...parties.values()], steps };
}

function firstLine(text: string): Pick<TraceStep, "label" | "kind"> {
  const line = text.slice(0, text.search(/\r?\n|$/)).slice(0, 256);
  const response = /^SIP\/2\.0 ([1-6]\d\d) ?(.{0,80})/.exec(line);
  if (response !== null) {
    const status = Number(response[1]);
    const kind = status < 200 ? "progress" : status < 300 ? "success" : "failure";
    return { label: `${status} ${response[2] ?? ""}`.trim(), kind };
  }
  const request = /^([A-Z]{1,32}) \S/.exec(line);
  return request === null ? { label: "?", kind: "unreadable" } : { label: request[1] ?? "", kind: "request" };
}

function cseqOf(text: string): string {
  return (/\ncseq\s*:\s*(\d{1,10}\s+[A-Za-z]{1,32})/i.exec(text)?.[1] ?? "").replaceAll(/\s+/g, " ");
}

/** The first audio line of the description, with its own or the session's address (RFC 8866 §5.7). */
function mediaOf(text: string): TraceMedia | null {
  const start = /\r?\n\r?\n/.exec(text);
  if (start === null) return null;
  const lines = text.slice(start.index + start[0].length).split(/\r?\n/);
  const at = lines.findIndex((line) => line.startsWith("m=audio "));
  const audio = /^m=audio (\d{1,5})(?:\/\d+)? (\S{1,32}) (.{1,256})/.exec(lines[at] ?? "");
  if (audio === null) return null;
  const next = lines.findIndex((line, place) => place > at && line.startsWith("m="));
  const own = lines.slice(at + 1, next < 0 ? undefined : next);
  const session = lines.slice(0, at);
  const address = [...own, ...session].map((line) => /^c=IN IP[46] (\S{1,64})/.exec(line)?.[1]).find((each) => each !== undefined) ?? "";
  const names = new Map(
    own.flatMap((line) => {
      const map = /^a=rtpmap:(\d{1,3}) ([^/\s]{1,32})/.exec(line);
      return map === null ? [] : [[map[1] ?? "", map[2] ?? ""] as const];
    }),
  );
  const direction = [...own, ...session]
    .map((line) => /^a=(sendrecv|sendonly|recvonly|inactive)$/.exec(line.trim())?.[1])
    .find((each) => each !== undefined);
  return {
    address,
    port: Number(audio[1]),
    profile: audio[2] ?? "",
    codecs: (audio[3] ?? "")
      .trim()
      .split(/\s+/)
      .slice(0, 16)
      .map((type) => names.get(type) ?? STATIC_TYPES[type] ?? type),
    direction: (direction ?? "sendrecv") as TraceMedia["direction"],
  };
}

/** RFC 3551 §6. */
const STATIC_TYPES: Readonly<Record<string, string>> = { "0": "PCMU", "3": "GSM", "8": "PCMA", "9": "G722", "13": "CN", "18": "G729" };
