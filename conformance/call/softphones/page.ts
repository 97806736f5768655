/// <reference lib="dom" />
// A page as a CRM might bring it along: the two softphones for browsers that everybody uses, with buttons that a test can press.
import JsSIP from "jssip";
import { Web } from "sip.js";

export type Account = { readonly server: string; readonly domain: string; readonly user: string; readonly password: string };
export type SoftphoneState = "new" | "registered" | "refused" | "ringing" | "calling" | "talking" | "held" | "over";
export type Softphone = {
  readonly state: () => SoftphoneState;
  readonly dial: (number: string) => Promise<void>;
  readonly answer: () => Promise<void>;
  readonly hold: () => Promise<void>;
  readonly resume: () => Promise<void>;
  readonly hangUp: () => Promise<void>;
};

const MEDIA = { audio: true, video: false } as const;
/** No STUN server of anybody: Allo is reached by its own candidates. */
const PEER_CONNECTION = { iceServers: [] };

/** JsSIP leaves playing what is heard to the page; SIP.js has an element for it. */
function soundOf(connection: RTCPeerConnection): void {
  connection.addEventListener("track", ({ track }) => {
    const audio = new Audio();
    audio.srcObject = new MediaStream([track]);
    void audio.play();
  });
}

function startJsSip({ server, domain, user, password }: Account): Softphone {
  let state: SoftphoneState = "new";
  type Session = ReturnType<InstanceType<typeof JsSIP.UA>["call"]>;
  let session: Session | null = null;
  const phone = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(server)],
    uri: `sip:${user}@${domain}`,
    authorization_user: user,
    password,
    register: true,
  });
  phone.on("registered", () => {
    if (state === "new") state = "registered";
  });
  phone.on("registrationFailed", () => (state = "refused"));
  phone.on("newRTCSession", ({ session: next }: { session: Session }) => {
    session = next;
    next.on("peerconnection", ({ peerconnection }: { peerconnection: RTCPeerConnection }) => soundOf(peerconnection));
    // One of our own has made its connection before it tells of itself.
    if (next.connection != null) soundOf(next.connection);
    state = String(next.direction) === "incoming" ? "ringing" : "calling";
    next.on("confirmed", () => (state = "talking"));
    next.on("hold", () => (state = "held"));
    next.on("unhold", () => (state = "talking"));
    next.on("ended", () => (state = "over"));
    next.on("failed", () => (state = "over"));
  });
  phone.start();
  const current = (): Session => {
    if (session === null) throw new Error("no call");
    return session;
  };
  return {
    state: () => state,
    dial: async (number) => void phone.call(`sip:${number}@${domain}`, { mediaConstraints: MEDIA, pcConfig: PEER_CONNECTION }),
    answer: async () => current().answer({ mediaConstraints: MEDIA, pcConfig: PEER_CONNECTION }),
    hold: async () => void current().hold(),
    resume: async () => void current().unhold(),
    hangUp: async () => current().terminate(),
  };
}

function startSipJs({ server, domain, user, password }: Account): Softphone {
  let state: SoftphoneState = "new";
  const phone = new Web.SimpleUser(server, {
    aor: `sip:${user}@${domain}`,
    media: { constraints: MEDIA, remote: { audio: new Audio() } },
    userAgentOptions: {
      authorizationUsername: user,
      authorizationPassword: password,
      logLevel: "error",
      sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: PEER_CONNECTION },
    },
    delegate: {
      onRegistered: () => (state = "registered"),
      onCallReceived: () => (state = "ringing"),
      onCallCreated: () => (state = state === "ringing" ? state : "calling"),
      onCallAnswered: () => (state = "talking"),
      onCallHold: (isHeld: boolean) => (state = isHeld ? "held" : "talking"),
      onCallHangup: () => (state = "over"),
    },
  });
  phone
    .connect()
    .then(() => phone.register({ requestDelegate: { onReject: () => (state = "refused") } }))
    .catch(() => (state = "refused"));
  return {
    state: () => state,
    dial: (number) => phone.call(`sip:${number}@${domain}`),
    answer: () => phone.answer(),
    hold: () => phone.hold(),
    resume: () => phone.unhold(),
    hangUp: () => phone.hangup(),
  };
}

const started = new Map<string, Softphone>();
Object.assign(window, {
  startSoftphone: (kind: "JsSIP" | "SIP.js", account: Account) =>
    void started.set(kind, kind === "JsSIP" ? startJsSip(account) : startSipJs(account)),
  softphoneState: (kind: string) => started.get(kind)?.state(),
  pressSoftphone: (kind: string, key: Exclude<keyof Softphone, "state">, number = "") => started.get(kind)?.[key](number),
});
