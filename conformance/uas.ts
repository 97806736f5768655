// A user agent server as small as can be, on the real engine: what it does with one datagram is the verdict.
import { createPrng, utf8Decode } from "@allo/kernel";
import { addressOfRecord, createRegistrar, createSipStack, headerAll } from "@allo/sip";
import type { SipCommand, SipFlow, SipRequest } from "@allo/sip";

const flow: SipFlow = {
  id: "udp-1",
  transport: "udp",
  local: { address: "192.0.2.200", port: 5060 },
  remote: { address: "192.0.2.66", port: 5066 },
};

export type Outcome = {
  /** "ok", "drop", "accept" (a response that was understood) or the status answered. */
  readonly verdict: string;
  readonly answers: readonly string[];
  /** What reached the application. */
  readonly request: SipRequest | null;
  readonly drops: readonly string[];
};

/** Feeds one datagram to a fresh stack and tells what became of it. */
export function feed(bytes: Uint8Array): Outcome {
  let serial = 0;
  const stack = createSipStack({
    ids: { next: (prefix) => `${prefix}${(serial += 1)}` },
    prng: createPrng("uas"),
    methods: ["REGISTER", "INFO", "UPDATE"],
  });
  const registrar = createRegistrar();
  const answers: string[] = [];
  const drops: string[] = [];
  let request: SipRequest | null = null;
  const run = (commands: readonly SipCommand[]): void => {
    for (const command of commands) {
      if (command.kind === "sendBytes") answers.push(utf8Decode(command.bytes));
      if (command.kind !== "emit") continue;
      const { event } = command;
      if (event.kind === "messageDropped") drops.push(event.reason);
      if (event.kind === "inviteReceived") request = event.request;
      if (event.kind === "requestReceived") {
        request = event.request;
        const identity = addressOfRecord(event.request.to.uri) ?? "";
        const answer = registrar.register({ at: 0, request: event.request, flow, identity });
        run(stack.respond(event.transactionId, { status: answer.status, headers: answer.headers }).commands);
      }
    }
  };
  run(stack.handle({ kind: "messageReceived", at: 0, flow, bytes }));
  return { verdict: verdictOf(answers, request, drops), answers, request, drops };
}

function verdictOf(answers: readonly string[], request: SipRequest | null, drops: readonly string[]): string {
  const status = answers.map((answer) => answer.slice(8, 11)).find((each) => each !== "100");
  if (status === undefined) return request !== null ? "ok" : drops.includes("stray response") ? "accept" : "drop";
  // 481 says that the message is sound and names a dialog that does not exist here: RFC 4475 §3.1.1.1 has a To tag.
  return status.startsWith("2") || status === "481" ? "ok" : status;
}

/** The Contact values of a request that reached the application. */
export function contactsOf(outcome: Outcome): readonly string[] {
  return outcome.request === null ? [] : headerAll(outcome.request, "Contact");
}
