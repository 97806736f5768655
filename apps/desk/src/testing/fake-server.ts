import { routes, type DeskState, type LiveFromServer, type LiveTopics, type Me, type RouteName } from "@allo/contract";
import { setApiPorts } from "../api/client.ts";
import { agentMe, deskState } from "./desk-fixtures.ts";

type Answer = { readonly status?: number; readonly body: unknown };
export type Asked = { readonly name: RouteName; readonly params: Readonly<Record<string, string>>; readonly body: unknown };

/** A server in memory, for tests of screens: routes of the contract, and one live socket. */
export class FakeServer {
  me: Me | null = agentMe;
  desk: DeskState = deskState();
  readonly asked: Asked[] = [];
  readonly #answers = new Map<RouteName, (asked: Asked) => Answer>();
  readonly #sockets = new Set<FakeSocket>();
  #sequence = 1;
  #workVersion = 1;

  /** Answers a route; what isn't given answers with an empty list. */
  on(name: RouteName, answer: (asked: Asked) => Answer): void {
    this.#answers.set(name, answer);
  }

  /** Takes the place of fetch and of WebSocket; gives back what puts them in place again. */
  install(): () => void {
    const restore = setApiPorts({ fetch: (url, init) => Promise.resolve(this.#answer(String(url), init ?? {})) });
    const before = globalThis.WebSocket;
    const sockets = this.#sockets;
    const greet = (socket: FakeSocket): void => this.#greet(socket);
    globalThis.WebSocket = class extends FakeSocket {
      constructor() {
        super();
        sockets.add(this);
        queueMicrotask(() => greet(this));
      }
    } as unknown as typeof WebSocket;
    return () => {
      restore();
      globalThis.WebSocket = before;
    };
  }

  /** The desk changed: every open tab hears of it. */
  show(desk: DeskState): void {
    this.desk = desk;
    this.#sequence += 1;
    for (const socket of this.#sockets)
      socket.hear({ kind: "delta", topic: "desk", stream: "t", sequence: this.#sequence, patch: { op: "replace", state: desk } });
  }

  /** Contacts, lost calls or customers changed: every open tab hears which. */
  tellWork(changed: LiveTopics["work"]["changed"]): void {
    this.#workVersion += 1;
    const state = { version: this.#workVersion, changed };
    for (const socket of this.#sockets)
      socket.hear({ kind: "delta", topic: "work", stream: "t", sequence: this.#workVersion, patch: { op: "replace", state } });
  }

  /** The connection breaks. */
  cut(): void {
    for (const socket of this.#sockets) socket.close();
    this.#sockets.clear();
  }

  #greet(socket: FakeSocket): void {
    socket.onSend = (text) => {
      const message = JSON.parse(text) as { kind: string; topic?: string };
      if (message.kind !== "subscribe") return;
      if (message.topic === "desk")
        socket.hear({ kind: "snapshot", topic: "desk", stream: "t", sequence: this.#sequence, state: this.desk });
      if (message.topic === "setup")
        socket.hear({ kind: "snapshot", topic: "setup", stream: "t", sequence: 1, state: { version: 1, changed: [] } });
      if (message.topic === "work")
        socket.hear({
          kind: "snapshot",
          topic: "work",
          stream: "t",
          sequence: this.#workVersion,
          state: { version: this.#workVersion, changed: [] },
        });
    };
    socket.open();
    socket.hear({ kind: "hello", serverTime: Date.now(), version: "test" });
  }

  #answer(url: string, init: RequestInit): Response {
    const path = url.replace("/api/v1", "").split("?")[0] ?? "";
    for (const name of Object.keys(routes) as RouteName[]) {
      const route = routes[name];
      const names = [...route.path.matchAll(/:([a-zA-Z]+)/gu)].map((found) => String(found[1]));
      const found = new RegExp(`^${route.path.replaceAll(/:[a-zA-Z]+/gu, "([^/]+)")}$`, "u").exec(path);
      if (found === null || route.method !== (init.method ?? "GET")) continue;
      const params = Object.fromEntries(names.map((key, index) => [key, decodeURIComponent(found[index + 1] ?? "")]));
      const asked: Asked = { name, params, body: typeof init.body === "string" ? JSON.parse(init.body) : undefined };
      this.asked.push(asked);
      const { status = 200, body } = (this.#answers.get(name) ?? ((given) => this.#usual(given)))(asked);
      return new Response(JSON.stringify(body), { status });
    }
    return new Response("{}", { status: 404 });
  }

  #usual({ name }: Asked): Answer {
    if (name === "sessionGet") return this.me === null ? { status: 401, body: { code: "unauthenticated" } } : { body: this.me };
    if (name === "setupGet") return { body: { state: "done", localNetworks: [], demo: false } };
    if (name.startsWith("desk") || name.startsWith("offer") || /^contact(?:Hold|Resume|Mute|HangUp)|^wrapUp(?:Finish|Extend)/u.test(name))
      return { body: this.desk };
    if (name === "recordingFailuresGet") return { body: { calls: 0, since: null } };
    if (name === "helpBoardGet") return { body: { open: [] } };
    if (name === "helpFiguresGet") return { body: { from: 0, to: 1, asked: 0, answered: 0, unanswered: 0, medianMs: null, p90Ms: null } };
    return { body: { items: [], nextCursor: null } };
  }
}

class FakeSocket extends EventTarget {
  readyState = 0;
  onSend: (text: string) => void = () => undefined;
  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }
  hear(message: LiveFromServer): void {
    if (this.readyState === 1) this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }
  send(text: string): void {
    this.onSend(text);
  }
  close(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.dispatchEvent(new Event("close"));
  }
}
