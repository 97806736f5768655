import type { MessagePort } from "node:worker_threads";
import { parentPort } from "node:worker_threads";
import { must } from "@allo/kernel";
import { DtlsHandshake, makeCertificate } from "./dtls-handshake.ts";
import { wakeUp } from "./wake.ts";
import type { Wake } from "./wake.ts";
import type { FromHandshake, FromHandshakeToEngine, ToHandshake, ToHandshakeFromEngine } from "./worker-messages.ts";

// The handshake thread: some 20 ms of arithmetic per browser, which on a media worker would be heard.

const engine = must(parentPort, "runs as a worker thread");
const certificate = makeCertificate();

engine.on("message", (message: ToHandshakeFromEngine) => {
  const handshakes = new Map<number, DtlsHandshake>();
  message.port.on("message", (command: ToHandshake) => void serve(message, handshakes, command));
  message.port.on("close", () => {
    for (const handshake of handshakes.values()) handshake.end();
    handshakes.clear();
  });
});
engine.postMessage({ kind: "certificate", fingerprint: (await certificate).fingerprint } satisfies FromHandshakeToEngine);

async function serve(
  { port, wake }: { readonly port: MessagePort; readonly wake: Wake | null },
  handshakes: Map<number, DtlsHandshake>,
  command: ToHandshake,
): Promise<void> {
  const ours = await certificate;
  const { number } = command;
  const post = (message: FromHandshake): void => {
    port.postMessage(message);
    if (wake !== null) wakeUp(wake);
  };
  switch (command.kind) {
    case "begin": {
      const { attempt } = command;
      handshakes.get(number)?.end();
      handshakes.set(
        number,
        new DtlsHandshake({
          certificate: ours,
          remoteFingerprint: command.fingerprint,
          send: (bytes) => post({ kind: "send", number, attempt, bytes: Uint8Array.from(bytes) }),
          onConnected: (keys) => post({ kind: "connected", number, attempt, keys }),
          onFailed: (reason) => post({ kind: "failed", number, attempt, reason }),
        }),
      );
      return;
    }
    case "record":
      handshakes.get(number)?.received(command.bytes);
      return;
    case "end":
      handshakes.get(number)?.end();
      handshakes.delete(number);
      return;
  }
}
