import { callApi } from "../api/client.ts";
import { playOn, useAudioChoice } from "./audio-devices.ts";
import { openMicrophone } from "./microphone.ts";
import { startBeat } from "./beat.ts";
import { PathLimits, pathUnknown, stepPath, type PathEvent } from "./path-watch.ts";
import { phoneAtRest, stepPhone, type PhoneCommand, type PhoneEvent, type PhoneState } from "./phone-machine.ts";
import { startSipAgent, type SipAgent } from "./sip-agent.ts";

export type PhoneShell = {
  readonly dispatch: (event: PhoneEvent) => void;
  /** Lets the person's voice through, or sends silence: never both wrong at once, the server mutes too. */
  readonly setVoice: (open: boolean) => void;
  readonly playSound: () => void;
  /** Figures of the standing call at this moment; null where there is none. */
  readonly stats: () => Promise<RTCStatsReport | null>;
};
export type PhoneShellOptions = {
  readonly personId: string;
  readonly publish: (state: PhoneState) => void;
  readonly onSoundBlocked: (blocked: boolean) => void;
  /** Nothing is received any more by the path of this browser's sound: what else goes by it may be dead as well. */
  readonly onPathLost: () => void;
};

/** Runs the phone's machine in this browser: locks, microphone, JsSIP, the loudspeaker. */
export function createPhoneShell({ personId, publish, onSoundBlocked, onPathLost }: PhoneShellOptions): PhoneShell {
  let state = phoneAtRest;
  let agent: Promise<SipAgent> | null = null;
  let microphone: MediaStream | null = null;
  let voiceOpen = true;
  let inputs = "";
  let releaseLock: (() => void) | null = null;
  let abandonLock = new AbortController();
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let stopBeat: (() => void) | null = null;
  const loudspeaker = new Audio();
  loudspeaker.autoplay = true;
  void playOn(loudspeaker, useAudioChoice.getState().headset);
  useAudioChoice.subscribe((choice, before) => {
    if (choice.headset !== before.headset) void playOn(loudspeaker, choice.headset);
    if (choice.microphone !== before.microphone && microphone !== null && state.wanted) void takeMicrophone();
  });

  const dispatch = (event: PhoneEvent): void => {
    const step = stepPhone(state, event);
    const changed = step.state !== state;
    state = step.state;
    step.commands.forEach(run);
    if (changed) publish(state);
  };
  const run = (command: PhoneCommand): void => {
    switch (command.kind) {
      case "requestLock":
        return requestLock();
      case "releaseLock":
        abandonLock.abort();
        releaseLock?.();
        releaseLock = null;
        return;
      case "askMicrophone":
        void takeMicrophone();
        return;
      case "stopMicrophone":
        stopTracks(microphone);
        microphone = null;
        return;
      case "startAgent":
        agent = startSipAgent({
          personId,
          report: dispatch,
          now: () => Date.now(),
          onSound: play,
          askRelays: () => callApi("iceServersGet", {}),
        });
        agent.catch((failure: unknown) => dispatch({ kind: "unregistered", cause: String(failure) }));
        stopBeat ??= watchPath();
        return;
      case "stopAgent":
        clearTimeout(retryTimer);
        stopBeat?.();
        stopBeat = null;
        void agent?.then((running) => running.stop());
        agent = null;
        loudspeaker.srcObject = null;
        return;
      case "dial":
        void agent?.then((running) => microphone !== null && running.dial(command.epoch, microphone));
        return;
      case "hangUpStanding":
        void agent?.then((running) => running.hangUp());
        return;
      case "renewLink":
        void agent?.then((running) => running.renewLink());
        return;
      case "dialSpare":
        void agent?.then((running) => microphone !== null && running.dialSpare(command.epoch, microphone));
        return;
      case "dropSpare":
        void agent?.then((running) => running.dropSpare());
        return;
      case "useSpare":
        void agent?.then((running) => running.useSpare());
        return;
      case "armRetry":
        clearTimeout(retryTimer);
        retryTimer = setTimeout(() => dispatch({ kind: "retryDue", epoch: command.epoch }), command.delayMs);
        return;
      default:
        return command satisfies never;
    }
  };

  /** Looks again and again whether the standing call's path carries sound. */
  const watchPath = (): (() => void) => {
    let watch = pathUnknown(Math.random());
    let looking = false;
    const step = (event: PathEvent): void => {
      const { watch: next, verdict } = stepPath(watch, event);
      watch = next;
      if (verdict === null) return;
      if (verdict === "lost") onPathLost();
      dispatch(verdict === "lost" ? { kind: "pathLost", at: event.at } : { kind: "pathBack" });
    };
    const look = async (): Promise<void> => {
      if (looking) return;
      looking = true;
      const packets = (await (await agent)?.packetsHeard().catch(() => null)) ?? null;
      looking = false;
      step({ kind: "sampled", at: Date.now(), packets });
    };
    const hint = (): void => step({ kind: "networkHinted", at: Date.now() });
    const connection = (navigator as { readonly connection?: EventTarget }).connection;
    for (const name of ["online", "offline"]) globalThis.addEventListener(name, hint);
    connection?.addEventListener("change", hint);
    const stop = startBeat(PathLimits.sampleMs, () => void look());
    return () => {
      stop();
      for (const name of ["online", "offline"]) globalThis.removeEventListener(name, hint);
      connection?.removeEventListener("change", hint);
    };
  };

  /** One tab of the person holds the phone; the lock goes to the next when it closes. */
  const requestLock = (): void => {
    const locks = navigator.locks as LockManager | null | undefined;
    if (locks == null) return dispatch({ kind: "lockGot" });
    const name = `allo.phone.${personId}`;
    abandonLock = new AbortController();
    const hold = (): Promise<void> =>
      new Promise((resolve) => {
        releaseLock = resolve;
        dispatch({ kind: "lockGot" });
      });
    const wait = (): Promise<void> => locks.request(name, { signal: abandonLock.signal }, hold);
    locks
      .request(name, { ifAvailable: true }, (lock) => (lock === null ? "taken" : hold()))
      .then((answer) => {
        if (answer !== "taken") return undefined;
        dispatch({ kind: "lockElsewhere" });
        return wait();
      })
      .catch(() => undefined); // aborted: the person went home
  };

  const takeMicrophone = async (): Promise<void> => {
    const answer = await openMicrophone();
    if (answer.kind === "failed") return dispatch({ kind: "microphoneFailed", problem: answer.problem });
    stopTracks(microphone);
    microphone = answer.stream;
    for (const track of microphone.getAudioTracks()) {
      track.enabled = voiceOpen;
      track.addEventListener("ended", () => microphone === answer.stream && void changeMicrophone());
    }
    dispatch({ kind: "microphoneOn" });
    inputs = await inputsNow();
    if (!state.wanted) stopTracks(answer.stream);
    else await (await agent)?.replaceMicrophone(answer.stream);
  };

  /** A headset was pulled out or put in: the call goes on with what there is now. */
  const changeMicrophone = async (): Promise<void> => {
    if (microphone === null || !state.wanted) return;
    const before = inputs;
    inputs = await inputsNow();
    const lost = microphone.getAudioTracks().every((track) => track.readyState === "ended");
    if (lost || before !== inputs) await takeMicrophone();
  };

  const play = (stream: MediaStream): void => {
    loudspeaker.srcObject = stream;
    playSound();
  };
  const playSound = (): void => {
    loudspeaker.play().then(
      () => onSoundBlocked(false),
      (failure: unknown) => onSoundBlocked(failure instanceof DOMException && failure.name === "NotAllowedError"),
    );
  };

  (navigator.mediaDevices as MediaDevices | undefined)?.addEventListener("devicechange", () => void changeMicrophone());
  globalThis.addEventListener("online", () => dispatch({ kind: "wokeUp" }));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && dispatch({ kind: "wokeUp" }));

  return {
    dispatch,
    playSound,
    stats: async () => (await (await agent)?.stats()) ?? null,
    setVoice: (open) => {
      voiceOpen = open;
      for (const track of microphone?.getAudioTracks() ?? []) track.enabled = open;
    },
  };
}

/** The audio inputs there are, as one text to compare. */
async function inputsNow(): Promise<string> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter((device) => device.kind === "audioinput")
    .map((device) => `${device.deviceId}/${device.groupId}`)
    .sort()
    .join();
}

function stopTracks(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
