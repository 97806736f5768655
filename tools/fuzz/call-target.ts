// The whole engine under a peer that knows the tags, the numbers and the branches, and lies about everything else.
import { utf8Decode, utf8Encode, type Prng } from "@allo/kernel";
import { createSipStack, parseMessage, parseUri } from "@allo/sip";
import type { SipCommand, SipFlow, SipStack, Uri } from "@allo/sip";
import { mutateBytes, mutateMessage, pick } from "./mutation.ts";

const STEPS_MAX = 14;
/** More timers than this to run down one short call is a timer that feeds itself. */
const TIMERS_MAX = 4_000;
const METHODS = ["INVITE", "ACK", "BYE", "CANCEL", "PRACK", "UPDATE", "REFER", "NOTIFY", "INFO", "OPTIONS", "MESSAGE"];
const STATUSES = [
  "100",
  "180",
  "183",
  "199",
  "200",
  "202",
  "302",
  "401",
  "407",
  "408",
  "422",
  "481",
  "486",
  "487",
  "491",
  "500",
  "503",
  "603",
];
const BODIES = [
  ["", ""],
  ["application/sdp", "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"],
  ["message/sipfrag", "SIP/2.0 200 OK\r\n"],
  ["application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"],
] as const;
const SDP = utf8Encode(BODIES[1][1]);
const flow: SipFlow = {
  id: "udp",
  transport: "udp",
  local: { address: "192.0.2.1", port: 5060 },
  remote: { address: "192.0.2.2", port: 5060 },
};

/** One case. Throws where a rule breaks; `note` is told each input. */
export function runCall(prng: Prng, corpus: readonly Uint8Array[], note: (bytes: Uint8Array) => void): void {
  let serial = 0;
  let now = 0;
  const stack = createSipStack({
    ids: { next: (prefix) => `${prefix}${(serial += 1)}` },
    prng: prng.child("stack"),
    supported: ["100rel", "timer", "replaces", "norefersub"],
    methods: ["REGISTER", "UPDATE", "INFO", "REFER"],
  });
  const timers: { at: number; id: number }[] = [];
  const sent: string[] = [];
  const handles: string[] = [];
  const refers: string[] = [];
  const run = (commands: readonly SipCommand[]): void => {
    for (const command of commands) {
      if (command.kind === "armTimer") timers.push({ at: now + command.afterMs, id: command.timerId });
      else if (command.kind === "cancelTimer") {
        const index = timers.findIndex((timer) => timer.id === command.timerId);
        if (index >= 0) timers.splice(index, 1);
      } else if (command.kind === "sendBytes") {
        checkOwn(command.bytes);
        if (sent.length < 64) sent.push(utf8Decode(command.bytes));
      } else heed(stack, command, { prng, run, handles, refers });
    }
  };
  if (prng.below(2) === 0) {
    const fields = {
      flow,
      target: "sip:b@192.0.2.2",
      from: "<sip:a@192.0.2.1>",
      to: "<sip:b@192.0.2.2>",
      sdp: prng.below(3) === 0 ? null : SDP,
    };
    const call = stack.inviteSend(fields);
    if (call.handle !== null) handles.push(call.handle);
    run(call.commands);
  }
  for (let step = 0; step < STEPS_MAX; step += 1) {
    now += prng.below(2_000);
    const bytes = nextInput(prng, sent, corpus, step);
    note(bytes);
    run(stack.handle({ kind: "messageReceived", at: now, flow, bytes }));
    const due = timers[prng.below(timers.length + 2)];
    if (due !== undefined) fire(due);
    if (prng.below(3) === 0) act(stack, { prng, run, handles, refers });
  }
  // However it went: what the application ends is over when the timers have run down, and nothing stays.
  for (const handle of handles) run(stack.dialogEnd(handle).commands);
  for (let fired = 0; timers.length > 0; fired += 1) {
    if (fired > TIMERS_MAX) throw new Error(`timers never end: ${JSON.stringify(stack.counts())}`);
    timers.sort((a, b) => a.at - b.at);
    fire(timers[0] as { at: number; id: number });
    if (fired % 50 === 0) for (const handle of handles) run(stack.dialogEnd(handle).commands);
  }
  const counts = stack.counts();
  if (counts.dialogs + counts.serverTransactions + counts.clientTransactions > 0)
    throw new Error(`something stays: ${JSON.stringify(counts)}`);

  function fire(timer: { at: number; id: number }): void {
    const index = timers.indexOf(timer);
    if (index >= 0) timers.splice(index, 1);
    now = Math.max(now, timer.at);
    run(stack.handle({ kind: "timerFired", at: now, timerId: timer.id }));
  }
}

/** A stateless refusal repeats headers as they came, so only what the engine built itself must parse. */
function checkOwn(bytes: Uint8Array): void {
  const parsed = parseMessage(bytes);
  if (!parsed.ok && !/^SIP\/2\.0 (400|505|513)/.test(utf8Decode(bytes)))
    throw new Error(`our own message does not parse: ${parsed.reason}`);
}

type Hand = {
  readonly prng: Prng;
  readonly run: (commands: readonly SipCommand[]) => void;
  readonly handles: string[];
  readonly refers: string[];
};

function heed(stack: SipStack, command: Extract<SipCommand, { kind: "emit" }>, { prng, run, handles, refers }: Hand): void {
  const { event } = command;
  const roll = prng.below(4);
  if (event.kind === "inviteReceived") {
    handles.push(event.dialogId);
    if (roll === 0) run(stack.inviteReject(event.dialogId, { status: 486 }).commands);
    if (roll === 1) run(stack.inviteProgress(event.dialogId, { status: 183, sdp: SDP, isReliable: true }).commands);
    if (roll >= 2) run(stack.inviteAccept(event.dialogId, { sdp: SDP }).commands);
  }
  if (event.kind === "requestReceived" || event.kind === "reInviteReceived" || event.kind === "referReceived") {
    if (event.kind === "referReceived") refers.push(event.transactionId);
    const body = event.kind === "referReceived" || roll === 0 ? null : { contentType: "application/sdp", bytes: SDP };
    // Now and then nobody answers: the engine is to forget it by itself or with its call.
    if (event.kind !== "reInviteReceived" && roll === 3) return;
    run(stack.respond(event.transactionId, { status: roll === 1 ? 488 : 200, body }).commands);
  }
  if (event.kind === "inviteAnswered" && event.ackNeeded) run(stack.ackSend(event.dialogId, { sdp: SDP }).commands);
  if (event.kind === "inviteProgressed" && event.prackNeeded) run(stack.prackSend(event.dialogId, { sdp: SDP }).commands);
}

function act(stack: SipStack, { prng, run, handles, refers }: Hand): void {
  const handle = handles.at(-1);
  if (handle === undefined) return;
  const referId = refers.at(-1);
  switch (prng.below(9)) {
    case 0:
      return run(stack.dialogEnd(handle).commands);
    case 1:
      return run(stack.inviteAccept(handle, { sdp: SDP }).commands);
    case 2:
      return run(stack.reInviteSend(handle, { sdp: prng.below(2) === 0 ? SDP : null }).commands);
    case 3:
      return run(stack.updateSend(handle, { sdp: SDP }).commands);
    case 4:
      return run(stack.referSend(handle, { target: parseUri("sip:c@192.0.2.3") as Uri }).commands);
    case 5:
      return run(stack.inviteProgress(handle, { status: 180, isReliable: true }).commands);
    case 6:
      return run(stack.inviteCancel(handle).commands);
    case 7:
      return referId === undefined ? undefined : run(stack.referNotify(referId, { status: pick(prng, [180, 200, 603]) }).commands);
    default:
      return run(stack.dialogRequestSend(handle, { method: "INFO" }).commands);
  }
}

/** A message out of what the engine sent itself, mostly: an answer to its request, or a request in the dialog that its answer made. */
function nextInput(prng: Prng, sent: readonly string[], corpus: readonly Uint8Array[], step: number): Uint8Array {
  const ours = sent[sent.length - 1 - prng.below(Math.min(4, sent.length) || 1)];
  const roll = prng.below(8);
  if (ours === undefined || roll === 0) {
    const plain = pick(prng, corpus);
    return prng.below(2) === 0 ? mutateBytes(plain, prng, corpus) : utf8Encode(mutateMessage(utf8Decode(plain), prng));
  }
  const field = (name: string): string => new RegExp(`^${name}: (.*)\r$`, "m").exec(ours)?.[1] ?? "";
  const [type, body] = pick(prng, BODIES);
  const tail = `${type === "" ? "" : `Content-Type: ${type}\r\n`}Content-Length: ${body.length}\r\n\r\n${body}`;
  let text: string;
  if (ours.startsWith("SIP/2.0")) {
    const method = pick(prng, METHODS);
    const number = Number.parseInt(field("CSeq"), 10) + prng.below(3);
    const rseq = field("RSeq");
    text =
      `${method} sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKf${step}${prng.below(3)}\r\n` +
      `From: ${field("From")}\r\nTo: ${field("To")}\r\nCall-ID: ${field("Call-ID")}\r\nCSeq: ${number} ${method}\r\n` +
      `Contact: <sip:b@192.0.2.2>\r\n${rseq === "" ? "" : `RAck: ${rseq} ${field("CSeq")}\r\n`}Refer-To: <sip:c@192.0.2.3>\r\n` +
      `Event: refer\r\nSubscription-State: active\r\n${tail}`;
  } else {
    const to = field("To");
    const tagged = to.includes("tag=") ? to : `${to};tag=${pick(prng, ["one", "two"])}`;
    text =
      `SIP/2.0 ${pick(prng, STATUSES)} X\r\nVia: ${field("Via")}\r\nFrom: ${field("From")}\r\nTo: ${tagged}\r\nCall-ID: ${field("Call-ID")}\r\n` +
      `CSeq: ${field("CSeq")}\r\nContact: <sip:b@192.0.2.2>\r\n${prng.below(2) === 0 ? "" : `Require: 100rel\r\nRSeq: ${prng.below(4)}\r\n`}${tail}`;
  }
  if (roll < 5) return utf8Encode(text);
  return roll < 7 ? utf8Encode(mutateMessage(text, prng)) : mutateBytes(utf8Encode(text), prng, corpus);
}
