// The process that plays all phones of the media bench, in a loop of its own without Node's sockets, so that it costs little and
// sees packets as soon as they come.
import { must } from "@allo/kernel";
import { EpollSockets, OpenDescriptors } from "../packages/node-media/src/epoll-sockets.ts";
import { loadLibc } from "../packages/node-media/src/libc.ts";
import type { FromLoad, ToLoad } from "./load.ts";
import { LOAD_SOCKETS, newPacket, packetsDue, PACKET_BYTES, Tally } from "./load.ts";

/** How long the loop keeps Node's waiting. */
const TURN_MS = 100;

const sockets = new EpollSockets(loadLibc(), { wakeFd: null, descriptors: new OpenDescriptors() });
const tally = new Tally();
const onDatagram = (packet: Uint8Array, length: number): void => tally.received(packet, length);
const ours = Array.from({ length: LOAD_SOCKETS }, () => sockets.bindNow({ address: "127.0.0.1", port: 0, onDatagram }));
let targets: { readonly address: string; readonly port: number }[] = [];
let packets: Buffer[] = [];
let [next, startedAt] = [0, 0];

process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToLoad) => {
  if (message.kind === "begin") tally.begin();
  else if (message.kind === "end") tally.end();
  else if (message.kind === "talk") {
    targets = message.ports.map((port) => ({ address: "127.0.0.1", port }));
    packets = targets.map((_, leg) => newPacket(leg));
    [startedAt, next] = [performance.now(), 0];
  }
});
process.send?.({ kind: "ports", ports: ours.map((socket) => socket.port) } satisfies FromLoad);
turn();

function turn(): void {
  const leaveAt = performance.now() + TURN_MS;
  while (performance.now() < leaveAt) {
    sockets.serve(sockets.wait(1), 0);
    const due = packetsDue(startedAt, targets.length);
    for (; next < due; next += 1) {
      const leg = next % targets.length;
      const packet = must(packets[leg]);
      tally.stamp(packet);
      must(ours[leg % LOAD_SOCKETS]).send(packet, PACKET_BYTES, must(targets[leg]));
    }
  }
  setTimeout(turn);
}
