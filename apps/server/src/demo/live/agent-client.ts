// One simulated agent's computer: session, the live desk, the phone. It does what the machine says, by the public API, and shows the
// machine what the desk's screen would show.
import { applyLivePatch, type DeskState, type LiveFromClient, type LiveFromServer } from "@allo/contract";
import type { AgentPhone, AgentPhones } from "@allo/node-caller";
import { WebSocket } from "ws";
import { createApiClient, ApiRefusal, type ApiClient } from "./api-client.ts";
import type { AgentCommand, DeskView } from "./core/agent-machine.ts";

export const agentClientLimits = { reconnectMsMin: 1_000, reconnectMsMax: 5_000 } as const;

export type AgentClient = {
  /** Null: not signed in, or the desk isn't known yet. */
  readonly desk: () => DeskView | null;
  readonly phone: AgentPhone | null;
  readonly isSignedIn: () => boolean;
  /** Does what is a matter of the API; expected refusals (the caller was quicker) are passed over. */
  readonly act: (command: Exclude<AgentCommand, { readonly kind: "voice" | "say" }>) => Promise<void>;
  readonly close: () => Promise<void>;
};

type Link = { readonly close: () => void };

export function createAgentClient(options: {
  readonly url: string;
  readonly who: { readonly personId: string; readonly email: string; readonly password: string };
  readonly phones: AgentPhones;
  readonly log: { warn(fields: object, message: string): void };
  /** Called whenever the desk's state came. */
  readonly onDesk?: (desk: DeskState) => void;
}): AgentClient {
  const { who } = options;
  const { host, hostname, protocol } = new URL(options.url);
  const sockets = `${protocol === "https:" ? "wss" : "ws"}://${host}/api/v1`;
  const api: ApiClient = createApiClient(options.url);
  let isIn = false;
  let isEntering = false;
  let desk: DeskState | null = null;
  let sequence = 0;
  let phone: AgentPhone | null = null;
  let links: readonly Link[] = [];

  const leave = (): void => {
    isIn = false;
    desk = null;
    for (const link of links) link.close();
    links = [];
    phone?.close();
    phone = null;
    api.forget();
  };

  const enter = async (): Promise<void> => {
    if (isIn || isEntering) return;
    isEntering = true;
    try {
      await api.call("sessionCreate", { body: { email: who.email, password: who.password } });
      isIn = true;
      let phoneSocket: WebSocket | null = null;
      const opened = options.phones.open({
        personId: who.personId,
        domain: hostname,
        send: (text) => {
          if (phoneSocket?.readyState === WebSocket.OPEN) phoneSocket.send(text);
        },
      });
      phone = opened;
      links = [
        keepOpen({
          connect: () => new WebSocket(`${sockets}/live`, { headers: api.headers(), perMessageDeflate: false }),
          onOpen: (socket) => tell(socket, { kind: "subscribe", topic: "desk" }),
          onText: (text, socket) => heed(JSON.parse(text) as LiveFromServer, socket),
          onClose: () => {
            desk = null;
          },
          onRefused: leave,
        }),
        keepOpen({
          connect: () => new WebSocket(`${sockets}/phone`, ["sip"], { headers: api.headers(), perMessageDeflate: false }),
          onOpen: (socket) => {
            phoneSocket = socket;
            opened.linkUp();
          },
          onText: (text) => opened.received(text),
          onClose: () => opened.linkDown(),
          onRefused: leave,
        }),
      ];
    } finally {
      isEntering = false;
    }
  };

  const heed = (message: LiveFromServer, socket: WebSocket): void => {
    switch (message.kind) {
      case "ping":
        return tell(socket, { kind: "pong" });
      case "snapshot":
        if (message.topic !== "desk") return;
        desk = message.state;
        sequence = message.sequence;
        options.onDesk?.(desk);
        return;
      case "delta":
        if (message.topic !== "desk" || desk === null) return;
        if (message.sequence !== sequence + 1) return tell(socket, { kind: "subscribe", topic: "desk" });
        sequence = message.sequence;
        desk = applyLivePatch(desk, message.patch);
        options.onDesk?.(desk);
        return;
      case "sessionEnded":
        return leave();
      default:
        return;
    }
  };

  return {
    desk: () => (desk === null ? null : viewOf(desk)),
    get phone() {
      return phone;
    },
    isSignedIn: () => isIn,
    act: async (command) => {
      try {
        await perform(command);
      } catch (error) {
        if (error instanceof ApiRefusal && error.status === 401) leave();
        // What was offered or under way is over: the desk will show it.
        else if (!(error instanceof ApiRefusal && error.status === 409))
          options.log.warn({ personId: who.personId, command: command.kind, error: String(error) }, "a simulated agent was refused");
      }
    },
    close: async () => {
      if (isIn) await api.call("sessionDelete").catch(() => undefined); // the centre may be stopping too
      leave();
    },
  };

  async function perform(command: Exclude<AgentCommand, { readonly kind: "voice" | "say" }>): Promise<void> {
    switch (command.kind) {
      case "signIn":
        return enter();
      case "signOut":
        await api.call("sessionDelete");
        return leave();
      case "goReady":
        await api.call("deskReady");
        return;
      case "goNotReady":
        await api.call("deskNotReady", { body: { reasonId: command.reasonId } });
        return;
      case "accept":
        await api.call("offerAccept", { params: { offerId: command.offerId } });
        return;
      case "hold":
        await api.call("contactHold", { params: { contactId: command.contactId } });
        return;
      case "resume":
        await api.call("contactResume", { params: { contactId: command.contactId } });
        return;
      case "hangUp":
        await api.call("contactHangUp", { params: { contactId: command.contactId } });
        return;
      case "finishWrapUp": {
        const { contactId, wrapUpCodeId, note } = command;
        await api.call("wrapUpFinish", { params: { contactId }, body: { wrapUpCodeId, note } });
        return;
      }
      default:
        return command satisfies never;
    }
  }
}

function viewOf(desk: DeskState): DeskView {
  const { contact } = desk;
  return {
    state: desk.state,
    reasonId: desk.reasonId,
    pendingReasonId: desk.pendingReasonId,
    systemCause: desk.systemCause,
    proven: desk.phone.proven,
    contact:
      contact === null
        ? null
        : {
            contactId: contact.contactId,
            offerId: contact.offerId,
            queueId: contact.queueId,
            connectedAt: contact.connectedAt,
            heldSince: contact.heldSince,
            wrapUpEndsAt: contact.wrapUpEndsAt,
          },
  };
}

function tell(socket: WebSocket, message: LiveFromClient): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

/** Opens a WebSocket and opens it again when it closes, with pauses that grow, until `close`. */
function keepOpen(options: {
  readonly connect: () => WebSocket;
  readonly onOpen: (socket: WebSocket) => void;
  readonly onText: (text: string, socket: WebSocket) => void;
  readonly onClose: () => void;
  /** The session isn't one any more. */
  readonly onRefused: () => void;
}): Link {
  let socket: WebSocket | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let pauseMs: number = agentClientLimits.reconnectMsMin;
  const open = (): void => {
    const own = options.connect();
    socket = own;
    own.on("open", () => {
      pauseMs = agentClientLimits.reconnectMsMin;
      options.onOpen(own);
    });
    own.on("message", (bytes: Buffer) => options.onText(bytes.toString("utf8"), own));
    own.on("error", () => undefined); // "close" follows
    own.on("unexpected-response", (request, response) => {
      request.destroy();
      if (response.statusCode === 401) options.onRefused();
      else again();
    });
    own.on("close", () => {
      options.onClose();
      again();
    });
  };
  const again = (): void => {
    if (isClosed || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      open();
    }, pauseMs);
    pauseMs = Math.min(agentClientLimits.reconnectMsMax, pauseMs * 2);
  };
  open();
  return {
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      socket?.removeAllListeners();
      socket?.on("error", () => undefined); // closed before it had opened
      socket?.close();
    },
  };
}
