import { expect, it } from "vitest";
import { createLiveClient, type LivePorts } from "./live-client.ts";
import { ReconnectLimits, type LiveState } from "./live-machine.ts";

/** A browser in which sockets do what the test says, and time passes when it says so. */
function fakeBrowser(): { readonly ports: LivePorts; readonly sockets: FakeSocket[]; readonly pass: (ms: number) => void } {
  const sockets: FakeSocket[] = [];
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  let now = 0;
  return {
    sockets,
    ports: {
      openSocket: () => {
        const socket = new FakeSocket();
        sockets.push(socket);
        return socket as unknown as WebSocket;
      },
      now: () => now,
      chance: () => 0,
      later: (delayMs, run) => {
        const timer = { at: now + delayMs, run };
        timers.push(timer);
        return () => {
          timers = timers.filter((each) => each !== timer);
        };
      },
    },
    pass: (ms) => {
      const end = now + ms;
      for (let next = first(); next !== undefined && next.at <= end; next = first()) {
        now = next.at;
        timers = timers.filter((each) => each !== next);
        next.run();
      }
      now = end;
    },
  };
  function first(): { readonly at: number; readonly run: () => void } | undefined {
    return timers.toSorted((a, b) => a.at - b.at)[0];
  }
}

class FakeSocket extends EventTarget {
  readyState = 0;
  closed = false;
  send(): void {}
  close(): void {
    this.closed = true;
  }
  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }
}

it("comes back where the server took the connection and never answered on it, as one that begins again may", () => {
  const { ports, sockets, pass } = fakeBrowser();
  const states: LiveState[] = [];
  const client = createLiveClient(ports, (state) => void states.push(state));
  client.start();
  sockets[0]?.open();
  sockets[0]?.dispatchEvent(new Event("close"));
  pass(ReconnectLimits.firstMs);
  expect(sockets).toHaveLength(2);
  // Neither open, error nor close.
  pass(ReconnectLimits.connectMs + 2 * ReconnectLimits.firstMs);
  expect(sockets[1]?.closed).toBe(true);
  expect(sockets).toHaveLength(3);
  sockets[1]?.open();
  expect(states.at(-1)?.lostSince).not.toBeNull();
  sockets[2]?.open();
  expect(states.at(-1)).toMatchObject({ link: "open", lostSince: null });
  client.stop();
  pass(60_000);
  expect(sockets).toHaveLength(3);
});

it("hears what the second connection says once it has opened, and closes the one that was in doubt", () => {
  const { ports, sockets, pass } = fakeBrowser();
  const states: LiveState[] = [];
  const client = createLiveClient(ports, (state) => void states.push(state));
  client.start();
  sockets[0]?.open();
  client.doubt();
  expect(sockets).toHaveLength(2);
  expect(sockets[0]?.closed).toBe(false);
  sockets[1]?.open();
  expect(sockets[0]?.closed).toBe(true);
  // What the dead one still says of itself is nothing to us.
  sockets[0]?.dispatchEvent(new Event("close"));
  expect(states.at(-1)).toMatchObject({ link: "open", lostSince: null });
  client.doubt();
  pass(100);
  sockets[2]?.dispatchEvent(new Event("error"));
  sockets[1]?.dispatchEvent(new Event("close"));
  expect(states.at(-1)?.link).toBe("waiting");
  client.stop();
});
