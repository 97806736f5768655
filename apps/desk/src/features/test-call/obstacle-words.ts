import type { TestCallObstacle, TestCallObstacleCode } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { MicrophoneProblem } from "../../softphone/phone-machine.ts";
import type { Obstacle } from "./test-call-view.ts";

/** What is in the way in one sentence, and what to do about it, the likeliest first. */
export type ObstacleWords = { readonly title: MessageDescriptor; readonly remedies: readonly MessageDescriptor[] };
export type Browser = "chromium" | "firefox" | "safari";

/** Which browser's menus to speak of. */
export function browserOf(userAgent: string): Browser {
  if (/Firefox\//u.test(userAgent)) return "firefox";
  return /Safari\//u.test(userAgent) && !/Chrom(?:e|ium)\//u.test(userAgent) ? "safari" : "chromium";
}

const allowIn: Readonly<Record<Browser, MessageDescriptor>> = {
  chromium: msg`Press the sign at the beginning of the address, set “Microphone” to “Allow”, then try again.`,
  firefox: msg`Press the crossed-out microphone in the address bar, take the block away with ×, then try again.`,
  safari: msg`Open Safari → Settings for this website, set “Microphone” to “Allow”, then try again.`,
};

const microphones: Readonly<Record<MicrophoneProblem, (browser: Browser) => ObstacleWords>> = {
  denied: (browser) => ({
    title: msg`The browser refuses the microphone to this site`,
    remedies: [allowIn[browser], msg`The system may refuse it too: look at the privacy settings of Windows or macOS, under “Microphone”.`],
  }),
  absent: () => ({
    title: msg`This computer has no microphone`,
    remedies: [
      msg`Plug a headset in, wait a moment, then try again.`,
      msg`It is plugged in? Choose it in the system's sound settings, and take it out of any virtual machine or remote desktop.`,
    ],
  }),
  busy: () => ({
    title: msg`The microphone doesn't open`,
    remedies: [
      msg`Close other programs that use it, such as video calls, then try again.`,
      msg`Take the headset out and plug it in again.`,
    ],
  }),
  insecure: () => ({
    title: msg`Browsers give the microphone to secure addresses only`,
    remedies: [
      msg`Open this page by its https:// address, or on the machine on which the program runs.`,
      msg`No https:// address yet? Under Setup, “Address and certificate”, one is made in a minute.`,
    ],
  }),
  unsupported: () => ({
    title: msg`This browser can't make calls`,
    remedies: [msg`Use a current Chrome, Edge, Firefox or Safari.`],
  }),
};

const lines: Readonly<Record<"socket" | "udp" | "elsewhere", ObstacleWords>> = {
  socket: {
    title: msg`The phone doesn't reach the server`,
    remedies: [
      msg`A proxy or a firewall may block WebSocket connections: let them through to this address.`,
      msg`Reload this page, then try again.`,
    ],
  },
  udp: {
    title: msg`Sound doesn't get through between this browser and the server`,
    remedies: [
      msg`A firewall may block UDP: open the media ports of the server, 20000–29999 unless set otherwise (ALLO_RTP_PORTS).`,
      msg`Is the server behind a router or in a container? Then tell it the address that browsers see: ALLO_PUBLIC_ADDRESS.`,
      msg`Switch a VPN off, or try another network, to see whose side it is.`,
    ],
  },
  elsewhere: {
    title: msg`Another tab of this browser holds the phone`,
    remedies: [msg`Close the other tab: the phone moves here. Then try again.`],
  },
};

const server: Readonly<Record<TestCallObstacleCode, ObstacleWords>> = {
  phoneNotConnected: {
    title: msg`Your phone isn't connected`,
    remedies: [msg`Wait until the sign in the top bar says “Phone works”, then try again.`, msg`Reload this page if it lasts.`],
  },
  notReady: {
    title: msg`You are not ready, so no call may ring here`,
    remedies: [msg`Try again: you go ready by it.`],
  },
  inCall: {
    title: msg`You are in a call`,
    remedies: [msg`Finish the call and its wrap-up, then try again.`],
  },
  noNumber: {
    title: msg`There is no number to call`,
    remedies: [msg`Add a number that leads to a queue, under Setup, “Numbers”.`],
  },
  edgeAway: {
    title: msg`The telephone part of the program isn't running`,
    remedies: [
      msg`It starts again by itself within seconds: try again in a moment.`,
      msg`If it lasts, look at the log of the edge: logs/edge.log in the data folder.`,
    ],
  },
  sipUnreachable: {
    title: msg`Nothing answers on the telephone port`,
    remedies: [
      msg`A firewall of this machine may block it: let UDP through to the port.`,
      msg`Another program may hold the port: stop it, or choose another one by ALLO_SIP_PORT.`,
    ],
  },
  refused: {
    title: msg`The call was refused before it could ring`,
    remedies: [msg`The cause stands below: it says what to change at the number or its queue.`],
  },
  noAudioFromUs: {
    title: msg`The call was answered, but the caller hears nothing`,
    remedies: [
      msg`A firewall of this machine blocks UDP between its own ports: let the media ports through, 20000–29999 unless set otherwise.`,
    ],
  },
  noAudioFromAgent: {
    title: msg`You answered, but none of your sound reached the server`,
    remedies: [
      msg`A firewall may block UDP from this browser to the server: open its media ports, 20000–29999 unless set otherwise.`,
      msg`Choose another microphone in the browser's settings for this site, then try again.`,
    ],
  },
  notAnswered: {
    title: msg`It rang, and nobody answered`,
    remedies: [msg`Press “Answer” or Enter while it rings.`],
  },
  agentHungUp: {
    title: msg`The call was ended before the test was over`,
    remedies: [msg`Stay on the line until the caller has said whether you were heard.`],
  },
  timedOut: {
    title: msg`The call never got through to you`,
    remedies: [
      msg`Try again: another call may have been in the way.`,
      msg`If it happens again, the course of the call says where it stopped.`,
    ],
  },
  limit: {
    title: msg`Too many test calls at once`,
    remedies: [msg`Colleagues test too: try again in a minute.`],
  },
};

const unheard: Readonly<Record<"silence" | "noise", ObstacleWords>> = {
  silence: {
    title: msg`Your microphone sends pure silence: it is muted`,
    remedies: [
      msg`Look for a mute switch on the headset or its cable.`,
      msg`Look at the system's sound settings: the microphone may be muted or turned down there.`,
      msg`Choose another microphone in the browser's settings for this site.`,
    ],
  },
  noise: {
    title: msg`The caller heard no voice, only a little noise`,
    remedies: [
      msg`Speak louder and nearer to the microphone; count to five.`,
      msg`The browser may listen to another microphone, a camera's for instance: choose the headset in its settings for this site.`,
      msg`Turn the microphone up in the system's sound settings.`,
    ],
  },
};

const busy: ObstacleWords = server.inCall;

/** The words for what is in the way; null where the failure speaks for itself. */
export function obstacleWords(obstacle: Obstacle, browser: Browser): ObstacleWords | null {
  switch (obstacle.kind) {
    case "microphone":
      return microphones[obstacle.problem](browser);
    case "line":
      return lines[obstacle.at];
    case "busy":
      return busy;
    case "server":
      return server[obstacle.obstacle.code];
    case "notHeard":
      return unheard[obstacle.sound];
    case "request":
      return null;
    default:
      return obstacle satisfies never;
  }
}

const refusals: Readonly<Record<string, MessageDescriptor>> = {
  nobodySignedIn: msg`Nobody of this queue is signed in: become a member of it, under Setup, “Queues”.`,
  queueFull: msg`The queue is full: raise its limit under Setup, “Queues”.`,
  tooManyCalls: msg`There are too many calls at once.`,
  closed: msg`The number is closed at this hour: look at its opening hours.`,
  technical: msg`A technical fault: the log of the program says more.`,
};

/** Why the system turned the call away, where it is known. */
export function refusalOf({ cause }: TestCallObstacle): MessageDescriptor | null {
  return cause === null ? null : (refusals[cause] ?? null);
}
