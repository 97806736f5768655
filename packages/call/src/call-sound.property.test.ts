import fc from "fast-check";
import { expect, test } from "vitest";
import type { CallId, ContactId, NumberId, OfferId, PartyId, PersonId, PhoneId, RecordingId } from "@allo/kernel";
import { beginCall, stepCall } from "./call-machine.ts";
import type { CallCommand, CallEvent, CallState, OutsideParty, RecordingOrder, Seat } from "./call-types.ts";

const CUSTOMER = "leg_customer";
const PEOPLE = ["per_0", "per_1", "per_2", "per_3"] as const;
const SEATS: readonly Seat[] = [
  { kind: "talk" },
  { kind: "aside" },
  { kind: "monitor", mode: "listen" },
  { kind: "monitor", mode: "whisper" },
  { kind: "monitor", mode: "barge" },
  { kind: "monitor", mode: "mentor" },
];
const REMINDER = { afterMs: 60_000, everyMs: 30_000, audioId: "tone.reminder" };
const technical = { audioIds: ["en/refuse.technical"] };

const move = fc.record({
  what: fc.constantFrom(
    "accept",
    "greetingEnds",
    "bridge",
    "bridge",
    "hold",
    "aside",
    "aside",
    "resume",
    "timer",
    "mute",
    "pause",
    "fieldPause",
    "leaveField",
    "mask",
    "record",
    "join",
    "join",
    "join",
    "seat",
    "seat",
    "muteParty",
    "part",
    "handOver",
    "detach",
    "stops",
    "flows",
    "say",
    "farewell",
    "outside",
    "outside",
    "outsideAnswers",
    "outsideAnswers",
    "outsideGone",
    "outsideSilent",
    "passOn",
    "pickUp",
    "record",
    "hangUp",
    "gone",
  ),
  who: fc.nat(3),
  seat: fc.nat(5),
  on: fc.boolean(),
});
type Move = { readonly what: string; readonly who: number; readonly seat: number; readonly on: boolean };

/** What the engine has been told, as it would stand there. */
class Engine {
  readonly paths = new Map<string, { readonly kind: string; readonly voices: readonly string[] }>();
  readonly muted = new Set<string>();
  readonly masked = new Set<string>();
  /** Legs that were reminded by the last event. */
  tones: string[] = [];
  readonly recordings = new Map<string, "open" | "closed">();
  recorded: { left: string | null; right: string | null | readonly string[] } = { left: null, right: null };
  isClosed = false;
  /** Lines of people outside that stand. */
  readonly lines = new Set<string>();

  obey(command: CallCommand): void {
    switch (command.kind) {
      case "playTo":
        return void this.paths.set(command.legId, { kind: "plays", voices: [] });
      case "silence":
        return void this.paths.set(command.legId, { kind: "silence", voices: [] });
      case "join":
        return void this.paths.set(command.legId, { kind: "voices", voices: [command.peerLegId] });
      case "mix":
        if (command.over !== undefined) this.tones.push(command.legId);
        return void this.paths.set(command.legId, { kind: command.voices.length === 0 ? "silence" : "voices", voices: command.voices });
      case "setMuted":
        if (command.muted) this.muted.add(command.legId);
        else this.muted.delete(command.legId);
        return;
      case "setMasked":
        if (command.masked) this.masked.add(command.legId);
        else this.masked.delete(command.legId);
        return;
      case "startRecording":
        expect(this.recordings.has(command.order.recordingId)).toBe(false);
        this.recordings.set(command.order.recordingId, "open");
        this.recorded = { left: command.left, right: command.right };
        return;
      case "setRecordingLegs":
        expect(this.recordings.get(command.recordingId)).toBe("open");
        this.recorded = { left: command.left, right: command.right };
        return;
      case "stopRecording":
        expect(this.recordings.get(command.recordingId)).toBe("open");
        this.recordings.set(command.recordingId, "closed");
        this.recorded = { left: null, right: null };
        return;
      case "dropOutside":
        expect(this.lines.delete(command.partyId), "a line is given back once").toBe(true);
        return;
      case "closeCallerLeg":
        this.isClosed = true;
        this.paths.delete(CUSTOMER);
        return;
      default:
    }
  }
  hears(legId: string): readonly string[] {
    return this.paths.get(legId)?.voices ?? [];
  }
}

class Story {
  state: CallState;
  readonly engine = new Engine();
  /** The standing leg of each person: a new one whenever their media comes back. */
  readonly legs = new Map<string, string>(PEOPLE.map((person) => [person, `leg_${person}`]));
  #recordings = 0;
  #parties = 0;

  constructor() {
    const begun = beginCall({ callId: "cal_1" as CallId, numberId: "num_1" as NumberId, arrivedAt: 0, callerLegId: CUSTOMER });
    this.state = begun.state;
  }

  feed(event: CallEvent): void {
    const step = stepCall(this.state, event, technical);
    this.state = step.state;
    this.engine.tones = [];
    for (const command of step.commands) this.engine.obey(command);
    // The reminder is for the agent who has the call, while the customer waits, and for nobody else.
    const ear = this.state.kind === "talking" && this.state.held ? this.state.owner.legId : null;
    for (const legId of this.engine.tones) expect(legId).toBe(ear);
  }

  play({ what, who, seat, on }: Move): void {
    const personId = PEOPLE[who] as PersonId;
    const phoneId = `phn_${who}` as PhoneId;
    const legId = this.legs.get(personId) ?? "";
    const chosen = SEATS[seat] as Seat;
    const parties = this.state.kind === "talking" ? this.state.parties : [];
    const partyId = parties[who % Math.max(1, parties.length)]?.partyId ?? ("pty_none" as PartyId);
    const at = 1;
    const loop = "music.main";
    switch (what) {
      case "accept":
        return this.feed({ kind: "accepted", at, contactId: "con_1" as ContactId, token: "greeting", greeting: ["g"], thenLoop: loop });
      case "greetingEnds":
        return this.feed({ kind: "sequenceEnded", at, token: "greeting", completed: on });
      case "bridge": {
        const recording = on ? this.#order(seat) : null;
        return this.feed({ kind: "bridgeOrdered", at, offerId: "off_1" as OfferId, phoneId, personId, legId, recording, holdLoop: loop });
      }
      case "hold":
        return this.feed({ kind: "holdOrdered", at, loop, reminder: on ? REMINDER : null });
      case "aside":
        return this.feed({ kind: "stepAsideOrdered", at, loop, reminder: on ? REMINDER : null });
      case "timer":
        return this.feed({ kind: "timerFired", at, timer: "holdReminder" });
      case "resume":
        return this.feed({ kind: "resumeOrdered", at });
      case "mute":
        return this.feed({ kind: "muteOrdered", at, muted: on });
      case "pause":
        return this.feed({ kind: "recordingPauseOrdered", at, paused: on });
      case "fieldPause":
        return this.feed({ kind: "fieldPauseOrdered", at, limitMs: 20_000, renewed: on });
      case "leaveField":
        return this.feed(on ? { kind: "fieldPauseEnded", at } : { kind: "timerFired", at, timer: "fieldPause" });
      case "mask":
        return this.feed({ kind: "keysMaskOrdered", at, masked: on });
      case "record":
        return this.feed({ kind: "recordOrdered", at, recording: this.#order(seat) });
      case "join":
        this.#parties += 1;
        return this.feed({
          kind: "partyJoinOrdered",
          at,
          partyId: `pty_${this.#parties}` as PartyId,
          phoneId,
          personId,
          legId: on ? legId : null,
          seat: chosen,
        });
      case "seat":
        return this.feed({ kind: "partySeatOrdered", at, partyId, seat: chosen });
      case "muteParty":
        return this.feed({ kind: "partyMuteOrdered", at, partyId, muted: on });
      case "part":
        return this.feed({ kind: "partyPartOrdered", at, partyId });
      case "handOver":
        return this.feed({ kind: "handOverOrdered", at, partyId, loop });
      case "detach":
        return this.feed({ kind: "detachOrdered", at, audioIds: ["en/agent.cutOff"], thenLoop: loop });
      case "stops":
        return this.feed({ kind: "agentMediaStopped", at, legId });
      case "flows": {
        if (on) this.legs.set(personId, `${legId}'`);
        return this.feed({ kind: "agentMediaFlowing", at, personId, phoneId, legId: this.legs.get(personId) ?? "" });
      }
      case "outside": {
        this.#parties += 1;
        const outsideId = `pty_${this.#parties}` as PartyId;
        this.engine.lines.add(outsideId);
        const outsideLeg = `leg_out_${this.#parties}`;
        return this.feed({
          kind: "outsideCallOrdered",
          at,
          partyId: outsideId,
          legId: outsideLeg,
          ringback: "tone.ring",
          recorded: on,
          loop,
          reminder: null,
        });
      }
      case "outsideAnswers":
        if (!on) this.feed({ kind: "outsideProgressed", at, partyId: this.#outside(who), early: seat > 1 });
        return this.feed({ kind: "outsideAnswered", at, partyId: this.#outside(who) });
      case "outsideGone":
        return this.feed({ kind: "outsideGone", at, partyId: this.#outside(who), cause: { by: "carrier", why: "outsideLeft" } });
      case "outsideSilent":
        return this.feed({ kind: "outsideMediaStopped", at, partyId: this.#outside(who) });
      case "passOn":
        return this.feed({ kind: "passOnOrdered", at, partyId: this.#outside(who), talkMsMax: 60_000 });
      case "pickUp":
        return this.feed({ kind: "pickUpOrdered", at, phoneId, personId, legId: on ? legId : null, recording: null, holdLoop: loop });
      case "say":
        return this.feed({ kind: "playOrdered", at, token: "reminder", audioIds: ["q"], thenLoop: loop });
      case "farewell":
        if (on) this.feed({ kind: "farewellOrdered", at, audioIds: ["bye"], cause: { by: "system", why: "technical" }, toAll: who === 1 });
        return;
      case "hangUp":
        if (on) this.feed({ kind: "hangUpOrdered", at, cause: { by: "agent", why: "hungUp" } });
        return;
      default:
        if (on && who === 0) this.feed({ kind: "callerGone", at, cause: { by: "caller", why: "hungUp" } });
    }
  }

  #order(seat: number): RecordingOrder {
    this.#recordings += 1;
    const policy = { waiting: seat % 2 === 1, hold: seat > 1, maskPaused: seat !== 3 };
    return { recordingId: `rec_${this.#recordings}` as RecordingId, keyBase64: "", filePath: "", policy };
  }

  /** One of the people outside. */
  #outside(who: number): PartyId {
    const all = this.outside();
    return all[who % Math.max(1, all.length)]?.partyId ?? ("pty_none" as PartyId);
  }
  outside(): readonly OutsideParty[] {
    if (this.state.kind === "talking") return this.state.outside;
    return this.state.kind === "passedOn" ? [this.state.outside] : [];
  }

  check(): void {
    const { state, engine } = this;
    expect([...engine.lines].toSorted(), "each line is somebody's").toEqual(
      this.outside()
        .map(({ partyId }) => partyId as string)
        .toSorted(),
    );
    const people =
      state.kind === "talking"
        ? [state.owner, ...state.parties].flatMap(({ legId }) => (legId === null ? [] : [legId]))
        : state.kind === "leaving"
          ? state.alsoHeardBy.map(({ legId }) => legId)
          : [];
    const seated = [...people, ...this.outside().map(({ legId }) => legId)];
    expect(new Set(seated).size, "one leg a party").toBe(seated.length);
    if (state.kind === "ended") {
      expect(engine.isClosed).toBe(true);
      expect([...engine.recordings.values()]).not.toContain("open");
    }
    // Every leg of nobody's is free: silence, its microphone on.
    for (const [legId, path] of engine.paths) {
      if (legId === CUSTOMER || seated.includes(legId)) continue;
      expect(path.kind, `${legId} is free`).toBe("silence");
      expect(engine.muted.has(legId), `${legId} is free`).toBe(false);
    }
    for (const [legId, { voices }] of engine.paths) {
      expect(voices).not.toContain(legId);
      for (const voice of voices) expect([CUSTOMER, ...seated], `${legId} hears ${voice}`).toContain(voice);
    }
    if (state.kind === "arriving" || state.kind === "ended") return;
    // The customer always hears something.
    expect(engine.paths.get(CUSTOMER)?.kind).not.toBe("silence");
    if (state.kind === "passedOn") {
      const { outside, recording } = state;
      expect([engine.hears(CUSTOMER), engine.hears(outside.legId)]).toEqual([[outside.legId], [CUSTOMER]]);
      expect(engine.recorded).toEqual(recording === null ? { left: null, right: null } : { left: CUSTOMER, right: outside.legId });
      if (recording !== null) expect(outside.recorded, "who wasn't told isn't written").toBe(true);
      return;
    }
    if (state.kind !== "talking") {
      expect(engine.hears(CUSTOMER)).toEqual([]);
      expect(engine.masked.size).toBe(0);
      if (state.kind === "waiting" && state.recording !== null) expect(engine.recorded).toEqual({ left: CUSTOMER, right: null });
      return;
    }
    this.#checkTalk(state);
  }

  #checkTalk({ owner, held, parties, outside, recordingPause, keysMasked }: Extract<CallState, { kind: "talking" }>): void {
    const { engine } = this;
    const customerHears = engine.hears(CUSTOMER);
    if (held) {
      // Only music; and nobody hears a customer who is on hold.
      expect(customerHears).toEqual([]);
      for (const [legId] of engine.paths) expect(engine.hears(legId), `${legId} hears a held customer`).not.toContain(CUSTOMER);
    }
    if (owner.seat === "aside" && owner.legId !== null) {
      expect(customerHears).not.toContain(owner.legId);
      expect(engine.hears(owner.legId)).not.toContain(CUSTOMER);
    }
    for (const { legId, seat } of parties) {
      if (legId === null) continue;
      const isHeardBy = (other: string): boolean => engine.hears(other).includes(legId);
      if (seat.kind === "aside") {
        expect(isHeardBy(CUSTOMER)).toBe(false);
        expect(engine.hears(legId)).not.toContain(CUSTOMER);
      }
      if (seat.kind !== "monitor") continue;
      if (seat.mode !== "barge") expect(isHeardBy(CUSTOMER), "the customer hears no whisper").toBe(false);
      for (const other of parties)
        if (other.legId !== null && seat.mode !== "barge") expect(isHeardBy(other.legId), "only their agent hears a whisper").toBe(false);
      if (owner.legId === null) continue;
      expect(isHeardBy(owner.legId)).toBe(seat.mode !== "listen");
      expect(engine.hears(legId)).toContain(owner.legId);
    }
    for (const side of [owner, ...parties]) if (side.legId !== null) expect(engine.muted.has(side.legId)).toBe(side.muted);
    const isPaused = recordingPause !== null;
    expect(engine.masked.has(CUSTOMER)).toBe(keysMasked || (isPaused && owner.recording?.policy.maskPaused === true));
    // What is written is what the customer hears and says; nothing of a whisper, of a pause nothing at all. Of a hold nothing either, or
    // by policy the agent and who is aside with them, and never the customer.
    const voices = [engine.recorded.right ?? []].flat();
    const unwritten = new Set(outside.flatMap(({ legId, recorded }) => (recorded ? [] : [legId])));
    for (const { legId, seat, progress } of outside) {
      const isHeard = customerHears.includes(legId);
      expect(isHeard, "a customer hears who is outside in the talk alone").toBe(!held && seat === "talk" && progress !== "calling");
      if (progress !== "answered") expect(engine.hears(legId), "nobody is heard before an answer").toEqual([]);
      if (seat === "aside") expect(engine.hears(legId)).not.toContain(CUSTOMER);
    }
    if (owner.recording?.policy.hold === true && held && !isPaused) {
      expect(engine.recorded.left).toBeNull();
      expect(voices.includes(owner.legId ?? "")).toBe(owner.legId !== null);
      for (const { legId, seat } of parties)
        if (legId !== null && seat.kind === "monitor" && seat.mode !== "barge") expect(voices).not.toContain(legId);
    } else if (owner.recording !== null && !isPaused) {
      expect(voices.toSorted()).toEqual(customerHears.filter((legId) => !unwritten.has(legId)).toSorted());
      expect(engine.recorded.left).toBe(voices.length === 0 ? null : CUSTOMER);
    } else expect([voices, engine.recorded.left]).toEqual([[], null]);
  }
}

test("in thousands of calls nobody hears who shouldn't, the customer always hears something, legs and recordings are given back", () => {
  fc.assert(
    fc.property(fc.array(move, { minLength: 5, maxLength: 60 }), (moves) => {
      const story = new Story();
      story.play({ what: "accept", who: 0, seat: 0, on: true });
      for (const one of moves) {
        story.play(one);
        story.check();
      }
      story.feed({ kind: "callerGone", at: 2, cause: { by: "caller", why: "hungUp" } });
      story.check();
    }),
    {
      numRuns: 1_500,
      // In a pause another recording takes the place of one, under a policy that hides keys.
      examples: [
        [
          [
            { what: "pickUp", who: 0, seat: 0, on: true },
            { what: "record", who: 0, seat: 3, on: false },
            { what: "pause", who: 0, seat: 0, on: true },
            { what: "accept", who: 0, seat: 0, on: false },
            { what: "record", who: 0, seat: 0, on: false },
            { what: "accept", who: 0, seat: 0, on: false },
          ],
        ],
      ],
    },
  );
});

test("a call taken over, handed over or left for a consultation is never cut at the customer's side", () => {
  fc.assert(
    fc.property(fc.array(move, { minLength: 5, maxLength: 40 }), (moves) => {
      const story = new Story();
      story.play({ what: "accept", who: 0, seat: 0, on: true });
      story.play({ what: "bridge", who: 0, seat: 0, on: true });
      for (const one of moves) {
        if (["hangUp", "gone", "farewell"].includes(one.what)) continue;
        // Left with somebody outside, the call is theirs to end.
        if (story.state.kind === "passedOn") break;
        story.play(one);
        expect(story.engine.isClosed).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});
