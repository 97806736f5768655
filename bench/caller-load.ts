// The callers of a bench in a process of their own, so that what they send and hear is not waited for by whoever measures.
import { createCallers, type PlacedCall } from "@allo/node-caller";

export type ToCallers =
  | { readonly kind: "dial"; readonly id: number; readonly sipPort: number; readonly number: string; readonly from: string }
  | { readonly kind: "hangUp"; readonly id: number }
  | { readonly kind: "close" };
export type FromCallers = { readonly kind: "open" } | { readonly kind: "ended"; readonly id: number } | { readonly kind: "closed" };

const ADDRESS = "127.0.0.1";
const callers = await createCallers({ bindAddress: ADDRESS, clock: { now: () => Date.now() } });
const calls = new Map<number, PlacedCall>();
const say = (message: FromCallers): void => void process.send?.(message);

process.on("message", (message: ToCallers) => {
  switch (message.kind) {
    case "dial": {
      const { id, sipPort, number, from } = message;
      const call = callers.place({ target: { address: ADDRESS, port: sipPort }, number, from: { number: from } });
      calls.set(id, call);
      call.on((event) => {
        if (event.kind === "ended" && calls.delete(id)) say({ kind: "ended", id });
      });
      return;
    }
    case "hangUp":
      calls.get(message.id)?.hangUp();
      return;
    case "close":
      void callers.close().then(() => {
        say({ kind: "closed" });
        process.disconnect?.();
      });
  }
});
say({ kind: "open" });
