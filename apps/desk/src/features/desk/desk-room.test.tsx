// @vitest-environment happy-dom
import type { DeskContact } from "@allo/contract";
import { createMemoryHistory } from "@tanstack/react-router";
import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { App } from "../../app/app.tsx";
import { showLanguage } from "../../i18n/language.ts";
import { agentMe, deskContact, deskState } from "../../testing/desk-fixtures.ts";
import { FakeServer } from "../../testing/fake-server.ts";

let server: FakeServer;
let restore = (): void => undefined;
const names = (en: string, ru: string, fa: string) => ({ en, ru, fa });
const code = (wrapUpCodeId: string, en: string, ru: string, fa: string) => ({
  wrapUpCodeId,
  names: names(en, ru, fa),
  position: 0,
  retired: false,
  version: 1,
});

beforeEach(async () => {
  // happy-dom has no fonts to wait for.
  if (!("fonts" in document)) Object.assign(document, { fonts: new EventTarget() });
  localStorage.clear();
  await showLanguage("en");
  server = new FakeServer();
  server.on("queuesList", () => ({
    body: {
      items: [
        {
          queueId: "que_1aaa",
          names: names("Support", "Поддержка", "پشتیبانی"),
          greetingWords: names("Good day", "Добрый день", "سلام"),
          holdReminderSeconds: 45,
        },
      ],
    },
  }));
  server.on("wrapUpCodesList", () => ({
    body: { items: [code("cod_1aaa", "Solved", "Решено", "حل شد"), code("cod_2aaa", "Complaint", "Жалоба", "شکایت")] },
  }));
  server.on("customerGet", () => ({
    body: { customerId: "cus_1aaa", name: "Peter", identities: [{ kind: "phone", value: "+74951234567" }], fields: {}, note: "" },
  }));
  server.on("sessionPatch", () => ({ body: server.me }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
});

const openDesk = (): void => void render(<App history={createMemoryHistory({ initialEntries: ["/desk"] })} />);
const askedFor = (name: string) => server.asked.filter((asked) => asked.name === name);
const ringing = () => deskState({ state: "ringing", contact: deskContact({ offerId: "ofr_1aaa", offeredAt: Date.now() }) });
const talking = () =>
  deskState({ state: "talking", contact: deskContact({ connectedAt: Date.now(), customer: { customerId: "cus_1aaa", name: "Peter" } }) });
const wrapUp = () => deskState({ state: "wrapUp", contact: deskContact({ endedAt: Date.now(), wrapUpEndsAt: Date.now() + 30_000 }) });

describe("a ringing contact", () => {
  it("takes the bar with the number, the queue and the words to greet with, and is answered by a button", async () => {
    openDesk();
    await screen.findByText("You are on the line");
    act(() => server.show(ringing()));
    const bar = await screen.findByTestId("call-bar");
    fireEvent.click(await within(bar).findByRole("button", { name: "Answer" }));
    await waitFor(() => expect(askedFor("offerAccept")).toMatchObject([{ params: { offerId: "ofr_1aaa" } }]));
    expect(await screen.findByText("Good day")).toBeTruthy();
    expect(within(bar).getByText("Support")).toBeTruthy();
    expect(screen.getAllByText("8 495 123-45-67").length).toBeGreaterThan(0);
  });
  it("is answered by its key while a note is typed, and takes no focus", async () => {
    server.desk = talking();
    openDesk();
    const note = await screen.findByLabelText("Note");
    note.focus();
    act(() => server.show(ringing()));
    await screen.findByRole("button", { name: "Answer" });
    fireEvent.keyDown(document.body, { key: "F2", code: "F2" });
    await waitFor(() => expect(askedFor("offerAccept")).toHaveLength(1));
  });
  it("names the unknown", async () => {
    server.desk = deskState({ state: "ringing", contact: deskContact({ offerId: "ofr_1aaa", callerNumber: null }) });
    openDesk();
    expect((await screen.findAllByText("Unknown number")).length).toBeGreaterThan(0);
  });
  it("says why where it was no longer there to be answered", async () => {
    server.on("offerAccept", () => ({ status: 409, body: { code: "offerGone" } }));
    server.desk = ringing();
    openDesk();
    fireEvent.click(await screen.findByRole("button", { name: "Answer" }));
    expect(await screen.findByText(/no longer ringing here/u)).toBeTruthy();
  });
});

describe("a desk phone in the browser's place", () => {
  const device = { deviceId: "dev_1aaa", name: "Desk 7", autoAnswer: false, trouble: null } as const;
  const devices = [{ deviceId: "dev_1aaa", name: "Desk 7", canRing: true }];
  it("is chosen from the phone's sign, and not during a call", async () => {
    server.on("deskPhonePut", () => ({ body: deskState({ device, devices }) }));
    server.desk = deskState({ devices });
    openDesk();
    fireEvent.click(await screen.findByTestId("phone"));
    const choice = await screen.findByTestId("phone-choice");
    fireEvent.click(within(choice).getByLabelText("Desk 7"));
    await waitFor(() => expect(askedFor("deskPhonePut")).toMatchObject([{ body: { deviceId: "dev_1aaa" } }]));
    act(() => server.show({ ...talking(), device, devices }));
    await waitFor(() => expect(within(choice).getByLabelText("This browser")).toHaveProperty("disabled", true));
  });
  it("is picked up to answer where it can't be answered from here: no button, no key", async () => {
    server.desk = { ...ringing(), device, devices };
    openDesk();
    expect((await screen.findByTestId("pick-up")).textContent).toContain("Desk 7");
    expect(screen.queryByRole("button", { name: "Answer" })).toBeNull();
    expect(screen.getByRole("button", { name: "Decline" })).toBeTruthy();
    fireEvent.keyDown(document.body, { key: "F2", code: "F2" });
    expect(askedFor("offerAccept")).toEqual([]);
    act(() => server.show({ ...ringing(), device: { ...device, autoAnswer: true }, devices }));
    fireEvent.click(await screen.findByRole("button", { name: "Answer" }));
    await waitFor(() => expect(askedFor("offerAccept")).toHaveLength(1));
  });
  it("needs no microphone to go ready", async () => {
    server.desk = deskState({ state: "notReady", device, devices });
    openDesk();
    fireEvent.click(await screen.findByRole("button", { name: "Go ready" }));
    await waitFor(() => expect(askedFor("deskReady")).toHaveLength(1));
    expect(screen.queryByText("Your microphone")).toBeNull();
  });
  it("that can't ring says so and why, and the browser may ring instead", async () => {
    server.on("deskPhonePut", () => ({ body: deskState({ devices }) }));
    server.desk = deskState({ device: { ...device, trouble: "noAnswer" }, devices, phone: { registered: false, proven: false } });
    openDesk();
    const away = await screen.findByTestId("device-away");
    expect(away.textContent).toContain("doesn't answer when it is called");
    fireEvent.click(within(away).getByRole("button", { name: "Let this browser ring" }));
    await waitFor(() => expect(askedFor("deskPhonePut")).toMatchObject([{ body: { deviceId: null } }]));
    // The browser's phone starts with the press, whatever becomes of the card.
    expect(localStorage.getItem("allo.phone.working")).toBe(server.me?.personId);
  });
  it("that was put down with the customer on hold is called back by one press", async () => {
    server.on("deskPhoneCall", () => ({ body: server.desk }));
    const contact = deskContact({ connectedAt: Date.now(), heldSince: Date.now(), mediaLostSince: Date.now() });
    server.desk = deskState({ state: "talking", device, devices, contact });
    openDesk();
    fireEvent.click(await screen.findByRole("button", { name: "Call my phone" }));
    await waitFor(() => expect(askedFor("deskPhoneCall")).toHaveLength(1));
  });
});

describe("a contact that connects by itself", () => {
  it("says so while the tone is heard", async () => {
    server.desk = deskState({ state: "ringing", contact: deskContact({ offerId: "ofr_1aaa", answersItself: true }) });
    openDesk();
    expect(await screen.findByText(/Connects by itself/u)).toBeTruthy();
  });
});

describe("a mentor", () => {
  const trainee = {
    personId: "per_2aaa",
    name: "Anna",
    state: "talking",
    contactId: "con_2aaa",
    askedAt: null,
    isAccompanied: false,
  } as const;
  const mentorMe = { ...agentMe, permissions: [...agentMe.permissions, "calls.mentor" as const] };

  it("sees who asks and goes into the call in one press; who doesn't ask needs a reason", async () => {
    server.me = mentorMe;
    server.desk = deskState({ trainees: [trainee] });
    openDesk();
    const card = await screen.findByTestId("trainees");
    fireEvent.click(within(card).getByRole("button", { name: /Into the call of .*Anna/u }));
    const why = await screen.findByLabelText(/^Why/u);
    expect(askedFor("callMentor")).toEqual([]);
    fireEvent.change(why, { target: { value: "First week" } });
    fireEvent.click(screen.getByRole("button", { name: "Into the call" }));
    await waitFor(() =>
      expect(askedFor("callMentor")).toMatchObject([{ params: { contactId: "con_2aaa" }, body: { reason: "First week" } }]),
    );
    act(() => server.show(deskState({ trainees: [{ ...trainee, askedAt: Date.now() }] })));
    expect(await within(card).findByText(/Asks for you since/u)).toBeTruthy();
    fireEvent.click(within(card).getByRole("button", { name: /Into the call of .*Anna/u }));
    await waitFor(() => expect(askedFor("callMentor")).toHaveLength(2));
  });

  it("is no lead: speaks to the trainee, and can neither join nor take over", async () => {
    const mine = {
      partyId: "pty_1aaa",
      personId: "per_1aaa",
      name: "Max",
      number: null,
      how: "monitor",
      place: "mentor",
      state: "joined",
      joinedAt: Date.now(),
      muted: false,
    } as const;
    server.desk = deskState({
      state: "talking",
      contact: deskContact({ connectedAt: Date.now(), role: "monitor", partyId: "pty_1aaa", ownerName: "Anna", parties: [mine] }),
    });
    openDesk();
    const bar = await screen.findByTestId("call-bar");
    expect(await within(bar).findByText("Only the agent hears you.")).toBeTruthy();
    expect(within(bar).getByRole("button", { name: "Mute" })).toBeTruthy();
    expect(within(bar).queryByRole("button", { name: "Take over" })).toBeNull();
    expect(within(bar).queryByRole("radio")).toBeNull();
  });

  it("is asked for from the call, and no longer; once there the button is gone and the agent sees the mentor", async () => {
    const mentor = { names: ["Max"], available: true, askedAt: null };
    const contact = (change: Partial<DeskContact>) => deskContact({ connectedAt: Date.now(), mentor, ...change });
    server.desk = deskState({ state: "talking", contact: contact({}) });
    openDesk();
    fireEvent.click(await screen.findByRole("button", { name: "Ask the mentor" }));
    await waitFor(() => expect(askedFor("callMentorAsk")).toMatchObject([{ body: { asks: true } }]));
    act(() => server.show(deskState({ state: "talking", contact: contact({ mentor: { ...mentor, askedAt: Date.now() } }) })));
    fireEvent.click(await screen.findByRole("button", { name: "Asking for the mentor" }));
    await waitFor(() => expect(askedFor("callMentorAsk")).toMatchObject([{}, { body: { asks: false } }]));
    const there = {
      partyId: "pty_1aaa",
      personId: "per_9aaa",
      name: "Max",
      number: null,
      how: "monitor",
      place: "mentor",
      state: "joined",
      joinedAt: Date.now(),
      muted: false,
    } as const;
    act(() => server.show(deskState({ state: "talking", contact: contact({ parties: [there] }) })));
    expect((await screen.findByTestId("watched")).textContent).toMatch(/Max is your mentor/u);
    expect(screen.queryByRole("button", { name: "Ask the mentor" })).toBeNull();
  });
});

describe("a lead", () => {
  const contact = (change: Partial<DeskContact>) =>
    deskContact({ connectedAt: Date.now(), help: { askedAt: null, about: null }, ...change });

  it("is asked for by a press or by the key, and no longer", async () => {
    server.desk = deskState({ state: "talking", contact: contact({}) });
    openDesk();
    fireEvent.click(await screen.findByRole("button", { name: "Lead" }));
    fireEvent.click(await screen.findByRole("menuitem", { name: /Ask a lead into the call/u }));
    await waitFor(() => expect(askedFor("callHelp")).toMatchObject([{ body: { asks: true } }]));
    act(() => server.show(deskState({ state: "talking", contact: contact({ help: { askedAt: Date.now(), about: "help" } }) })));
    expect(await screen.findByRole("button", { name: /A lead is asked for/u })).toBeTruthy();
    fireEvent.keyDown(document.body, { key: "F9", code: "F9" });
    await waitFor(() => expect(askedFor("callHelp")).toMatchObject([{}, { body: { asks: false } }]));
  });

  it("is told of insults; the customer is warned in their own language, and the call ends for them once a lead could have come", async () => {
    server.desk = deskState({ state: "talking", contact: contact({}) });
    openDesk();
    fireEvent.click(await screen.findByRole("button", { name: "Lead" }));
    fireEvent.click(await screen.findByRole("menuitem", { name: "The customer insults or threatens" }));
    await waitFor(() => expect(askedFor("callAbuse")).toMatchObject([{ body: { step: "reported" } }]));
    const reportedAt = Date.now();
    const abused = (abuse: DeskContact["abuse"]) =>
      act(() => server.show(deskState({ state: "talking", contact: contact({ language: "fa", abuse: abuse ?? null }) })));
    abused({ reportedAt, warnedAt: null, endsFrom: null });
    const card = await screen.findByTestId("abuse");
    expect(
      within(card)
        .getByText(/بدون توهین/u)
        .getAttribute("lang"),
    ).toBe("fa");
    expect(within(card).queryByRole("button", { name: "End the call for this reason" })).toBeNull();
    fireEvent.click(within(card).getByRole("button", { name: "I have said it" }));
    await waitFor(() => expect(askedFor("callAbuse")).toMatchObject([{}, { body: { step: "warned" } }]));
    abused({ reportedAt, warnedAt: reportedAt, endsFrom: Date.now() + 60_000 });
    const end = await within(card).findByRole("button", { name: "End the call for this reason" });
    expect((end as HTMLButtonElement).disabled).toBe(true);
    abused({ reportedAt, warnedAt: reportedAt, endsFrom: Date.now() - 1 });
    await waitFor(() => expect((end as HTMLButtonElement).disabled).toBe(false));
    fireEvent.click(end);
    await waitFor(() => expect(askedFor("callAbuse").at(-1)).toMatchObject({ body: { step: "ended" } }));
  });
});

describe("a caller who has to prove who they are", () => {
  it("opens protected fields by the agent's word, and shuts them by a wrong answer", async () => {
    const verification = { level: 0, how: null, failed: 0, locked: false };
    const contact = (change: object) =>
      deskContact({
        connectedAt: Date.now(),
        customer: { customerId: "cus_1aaa", name: "Peter" },
        verification: { ...verification, ...change },
      });
    let level = 0;
    server.on("customerFieldsList", () => ({
      body: {
        items: [
          {
            fieldId: "fld_1aaa",
            names: names("Limit", "Лимит", "سقف"),
            type: "text",
            position: 1,
            retired: false,
            pausesRecording: false,
            verifyLevel: 1,
          },
        ],
      },
    }));
    server.on("customerGet", () => ({
      body: {
        customerId: "cus_1aaa",
        name: "Peter",
        identities: [],
        fields: level === 0 ? {} : { fld_1aaa: "5000" },
        withheld: level === 0 ? ["fld_1aaa"] : [],
        note: "",
      },
    }));
    server.desk = deskState({ state: "talking", contact: contact({}) });
    openDesk();
    const panel = await screen.findByTestId("customer-panel");
    expect(await within(panel).findByText(/once verified/u)).toBeTruthy();
    expect(await within(panel).findByText("Not verified")).toBeTruthy();
    fireEvent.click(within(panel).getByRole("button", { name: "Verify" }));
    fireEvent.click(await screen.findByRole("menuitem", { name: "Answered the questions" }));
    await waitFor(() => expect(askedFor("callVerify")).toMatchObject([{ body: { how: "questions", passed: true } }]));
    level = 1;
    act(() => server.show(deskState({ state: "talking", contact: contact({ level: 1, how: "questions" }) })));
    expect(await within(panel).findByText("5000")).toBeTruthy();
    expect(await within(panel).findByText("Verified by questions")).toBeTruthy();
    level = 0;
    act(() => server.show(deskState({ state: "talking", contact: contact({ failed: 3, locked: true }) })));
    expect(await within(panel).findByText(/Too many wrong answers/u)).toBeTruthy();
    expect(within(panel).queryByRole("button", { name: "Verify" })).toBeNull();
  });
});

describe("a customer on hold", () => {
  it("is brought to mind as soon as the queue says", async () => {
    const held = (ms: number) => deskContact({ connectedAt: Date.now() - 300_000, heldSince: Date.now() - ms });
    server.desk = deskState({ state: "talking", contact: held(5_000) });
    openDesk();
    await screen.findByRole("button", { name: "Back to the call" });
    expect(screen.queryByText(/has been on hold for long/u)).toBeNull();
    act(() => server.show(deskState({ state: "talking", contact: held(46_000) })));
    expect(await screen.findByText(/has been on hold for long/u)).toBeTruthy();
  });
});

describe("a call out", () => {
  it("is placed from the desk as the number was written, rings, and can be given up", async () => {
    server.desk = deskState({ state: "ready", phone: { registered: true, proven: true } });
    openDesk();
    fireEvent.change(await screen.findByLabelText("Call a number"), { target: { value: " 8 (495) 123-45-67 " } });
    fireEvent.click(screen.getByRole("button", { name: "Call" }));
    await waitFor(() => expect(askedFor("callPlace")).toMatchObject([{ body: { number: "8 (495) 123-45-67" } }]));
    act(() => server.show(deskState({ state: "talking", contact: deskContact({ direction: "out", dialling: true }) })));
    const bar = await screen.findByTestId("call-bar");
    expect(await within(bar).findByText("Dialling")).toBeTruthy();
    expect(within(bar).queryByRole("button", { name: "Hold" })).toBeNull();
    expect(screen.queryByText("Good day")).toBeNull();
    fireEvent.click(within(bar).getByRole("button", { name: "Hang up" }));
    await waitFor(() => expect(askedFor("contactHangUp")).toHaveLength(1));
  });

  it("that reached nobody says what became of it, and is made again in one press", async () => {
    server.desk = deskState({
      state: "ready",
      phone: { registered: true, proven: true },
      lastDial: {
        contactId: "con_1aaa",
        number: "+74951234567",
        queueId: "que_1aaa",
        lostCallId: "los_1aaa",
        cause: { by: "caller", why: "busy" },
        at: Date.now(),
      },
    });
    openDesk();
    expect(await screen.findByText(/The line was busy/u)).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Call again" }));
    await waitFor(() =>
      expect(askedFor("callPlace")).toMatchObject([{ body: { number: "+74951234567", queueId: "que_1aaa", lostCallId: "los_1aaa" } }]),
    );
  });

  it("says why it can't be placed", async () => {
    server.on("callPlace", () => ({ status: 409, body: { code: "dialStopped" } }));
    server.desk = deskState({ state: "notReady", phone: { registered: true, proven: true } });
    openDesk();
    fireEvent.change(await screen.findByLabelText("Call a number"), { target: { value: "112" } });
    fireEvent.click(screen.getByRole("button", { name: "Call" }));
    expect(await screen.findByText(/switched off or stopped/u)).toBeTruthy();
  });
});

describe("a call with a colleague", () => {
  const bob = {
    partyId: "pty_1aaa",
    personId: "per_2aaa",
    name: "Bob",
    number: null,
    how: "consult",
    place: "aside",
    state: "joined",
    joinedAt: Date.now(),
    muted: false,
  } as const;
  const talk = (change: Parameters<typeof deskContact>[0]) =>
    deskState({ state: "talking", contact: deskContact({ connectedAt: Date.now(), ...change }) });

  it("is begun from a dialog that says who is free, with a note for who takes it", async () => {
    server.on("callTargets", () => ({
      body: {
        agents: [
          { personId: "per_3aaa", name: "Vera", state: "talking", available: false },
          { personId: "per_2aaa", name: "Bob", state: "notReady", available: true },
        ],
        queues: [{ queueId: "que_2aaa", names: names("Repairs", "Ремонт", "تعمیرات"), waiting: 2, signedIn: 3, available: 1 }],
      },
    }));
    server.desk = talking();
    openDesk();
    fireEvent.click(await screen.findByRole("button", { name: "Transfer" }));
    const dialog = await screen.findByRole("dialog");
    expect((await within(dialog).findByRole<HTMLInputElement>("radio", { name: "Vera" })).disabled).toBe(true);
    fireEvent.click(within(dialog).getByRole("radio", { name: "Bob" }));
    fireEvent.change(within(dialog).getByLabelText(/Why the customer calls/u), { target: { value: "Wants a refund" } });
    fireEvent.click(within(dialog).getByRole("button", { name: "Speak first" }));
    await waitFor(() =>
      expect(askedFor("callConsult")).toMatchObject([
        { params: { contactId: "con_1aaa" }, body: { personId: "per_2aaa", note: "Wants a refund" } },
      ]),
    );
    fireEvent.click(await screen.findByRole("button", { name: "Transfer" }));
    const again = await screen.findByRole("dialog");
    fireEvent.click(await within(again).findByRole("radio", { name: "Repairs" }));
    fireEvent.click(within(again).getByRole("button", { name: "Transfer to the queue" }));
    await waitFor(() => expect(askedFor("callTransferToQueue")).toMatchObject([{ body: { queueId: "que_2aaa" } }]));
  });

  it("goes to and fro, all together, and over to the colleague", async () => {
    server.desk = talk({ aside: true, heldSince: Date.now(), parties: [bob] });
    openDesk();
    const bar = await screen.findByTestId("call-bar");
    expect(await within(bar).findByText("Consulting")).toBeTruthy();
    fireEvent.click(within(bar).getByRole("button", { name: "To the customer" }));
    await waitFor(() => expect(askedFor("callTurn")).toMatchObject([{ body: { to: "customer" } }]));
    fireEvent.click(within(bar).getByRole("button", { name: "All together" }));
    fireEvent.click(within(bar).getByRole("button", { name: "Hand over" }));
    await waitFor(() => expect(askedFor("callComplete")).toMatchObject([{ body: { partyId: "pty_1aaa" } }]));
    expect(askedFor("callConference")).toHaveLength(1);
    fireEvent.click(screen.getByRole("button", { name: "Take out" }));
    await waitFor(() => expect(askedFor("callPartyRemove")).toMatchObject([{ params: { partyId: "pty_1aaa" } }]));
  });

  it("hung up in the middle of it, by button or key, leaves the customer where they are", async () => {
    server.desk = talk({ aside: true, heldSince: Date.now(), parties: [bob] });
    openDesk();
    const bar = await screen.findByTestId("call-bar");
    fireEvent.click(await within(bar).findByRole("button", { name: "End the consultation" }));
    await waitFor(() => expect(askedFor("callPartyRemove")).toMatchObject([{ params: { partyId: "pty_1aaa" } }]));
    act(() => server.show(talk({ heldSince: Date.now(), parties: [{ ...bob, state: "asked", joinedAt: null }] })));
    await within(bar).findByRole("button", { name: "Stop ringing" });
    fireEvent.keyDown(window, { key: "F8", code: "F8", shiftKey: true });
    await waitFor(() => expect(askedFor("callPartyRemove")).toHaveLength(2));
    expect(askedFor("contactHangUp")).toEqual([]);
  });

  it("who speaks with all leaves room for more; of several the list says who gets the call", async () => {
    server.on("callTargets", () => ({ body: { agents: [], queues: [] } }));
    server.desk = talk({ parties: [{ ...bob, place: "talk" }] });
    openDesk();
    const bar = await screen.findByTestId("call-bar");
    expect(await within(bar).findByRole("button", { name: "Hand over" })).toBeTruthy();
    expect(within(bar).getByRole("button", { name: "Hang up for all" })).toBeTruthy();
    fireEvent.click(within(bar).getByRole("button", { name: "Transfer" }));
    await screen.findByRole("dialog");
    const vera = { ...bob, partyId: "pty_2aaa", personId: "per_3aaa", name: "Vera", place: "talk" as const };
    act(() => server.show(talk({ parties: [{ ...bob, place: "talk" }, vera] })));
    fireEvent.click(await screen.findByRole("button", { name: /Hand over to .*Vera/u, hidden: true }));
    await waitFor(() => expect(askedFor("callComplete")).toMatchObject([{ body: { partyId: "pty_2aaa" } }]));
    expect(within(bar).queryByRole("button", { name: "Hand over", hidden: true })).toBeNull();
  });

  it("calls a number outside, says why the rules refuse one, and leaves the customer with whoever answered", async () => {
    server.desk = talk({});
    server.on("callTargets", () => ({ body: { agents: [], queues: [] } }));
    openDesk();
    const bar = await screen.findByTestId("call-bar");
    fireEvent.click(await within(bar).findByRole("button", { name: "Transfer" }));
    const dialog = await screen.findByRole("dialog");
    fireEvent.click(await within(dialog).findByRole("radio", { name: "A number outside" }));
    fireEvent.change(within(dialog).getByRole("textbox", { name: "Number" }), { target: { value: "+1 415 555 0188" } });
    fireEvent.click(within(dialog).getByRole("button", { name: "Speak first" }));
    await waitFor(() => expect(askedFor("callOutside")).toMatchObject([{ body: { number: "+1 415 555 0188", how: "consult" } }]));
    const outsider = { ...bob, personId: null, name: "", number: "+14155550188" };
    act(() => server.show(talk({ aside: true, heldSince: Date.now(), parties: [outsider] })));
    expect((await screen.findByTestId("call-parties")).textContent).toContain("415");
    fireEvent.click(await within(bar).findByRole("button", { name: "Connect them and leave" }));
    await waitFor(() => expect(askedFor("callComplete")).toMatchObject([{ body: { partyId: outsider.partyId } }]));
  });

  it("parks the call, and picks one up", async () => {
    server.desk = talk({});
    openDesk();
    fireEvent.click(await screen.findByRole("button", { name: "Park" }));
    await waitFor(() => expect(askedFor("callPark")).toHaveLength(1));
    const parked = {
      contactId: "con_7aaa",
      slot: 3,
      queueId: "que_1aaa",
      callerNumber: "+74951234567",
      customerName: null,
      parkedByName: "Anna",
      since: Date.now(),
    };
    act(() => server.show(deskState({ parked: [parked] })));
    fireEvent.click(await screen.findByRole("button", { name: "Pick up slot 3" }));
    await waitFor(() => expect(askedFor("callPickUp")).toMatchObject([{ params: { contactId: "con_7aaa" } }]));
  });

  it("records a call out once the customer was told", async () => {
    server.desk = talk({ direction: "out", recording: "off", recordable: true });
    openDesk();
    fireEvent.click(await screen.findByRole("button", { name: "Customer told: record" }));
    await waitFor(() => expect(askedFor("callRecord")).toHaveLength(1));
  });

  it("tells who is asked why, by whom, and what was written", async () => {
    server.desk = deskState({
      state: "ringing",
      contact: deskContact({
        offerId: "ofr_1aaa",
        role: "consult",
        partyId: "pty_1aaa",
        ownerName: "Anna",
        notes: [{ noteId: "not_1aaa", at: Date.now(), authorName: "Anna", text: "Wants a refund" }],
      }),
    });
    openDesk();
    expect((await screen.findByTestId("came-from")).textContent).toMatch(/Anna.* asks you for advice/u);
    expect(await screen.findByText("Wants a refund")).toBeTruthy();
  });

  it("says to whoever was asked whether the customer hears them", async () => {
    const shown = (place: "aside" | "talk", heldSince: number | null) =>
      talk({ role: "consult", partyId: bob.partyId, ownerName: "Anna", heldSince, parties: [{ ...bob, place }] });
    const says = async (words: RegExp) => waitFor(() => expect(screen.getByTestId("came-from").textContent).toMatch(words));
    server.desk = shown("aside", Date.now());
    openDesk();
    await says(/asks you for advice: the customer is on hold/u);
    act(() => server.show(shown("aside", null)));
    await says(/speaks with the customer: you hear music/u);
    act(() => server.show(shown("talk", null)));
    await says(/and the customer: both hear you/u);
  });

  it("shows its agent that a lead listens, and lets the lead speak, take over and leave", async () => {
    const lead = { ...bob, partyId: "pty_2aaa", name: "Lea", how: "monitor", place: "listen" } as const;
    server.desk = talk({ parties: [lead] });
    openDesk();
    expect((await screen.findByTestId("watched")).textContent).toMatch(/Lea listens/u);
    expect(screen.queryByRole("button", { name: "Take out" })).toBeNull();
    act(() => server.show(talk({ role: "monitor", partyId: "pty_2aaa", ownerName: "Anna", parties: [lead] })));
    const bar = screen.getByTestId("call-bar");
    // Nobody hears who listens: there is no microphone to turn off.
    expect(within(bar).queryByRole("button", { name: "Mute" })).toBeNull();
    fireEvent.click(await within(bar).findByRole("radio", { name: "Whisper" }));
    await waitFor(() => expect(askedFor("callMonitor")).toMatchObject([{ body: { mode: "whisper" } }]));
    fireEvent.click(within(bar).getByRole("button", { name: "Take over" }));
    fireEvent.click(within(bar).getByRole("button", { name: "Leave the call" }));
    await waitFor(() => expect(askedFor("contactHangUp")).toHaveLength(1));
    expect(askedFor("callTakeOver")).toHaveLength(1);
  });
});

describe("a call", () => {
  it("takes keys for a menu at the other end, pressed or typed in any digits, and none into music", async () => {
    server.on("contactKeysPress", () => ({ body: { ok: true } }));
    server.desk = talking();
    openDesk();
    const bar = await screen.findByTestId("call-bar");
    fireEvent.click(await within(bar).findByRole("button", { name: "Keypad" }));
    const seven = await screen.findByRole("button", { name: "7" });
    fireEvent.click(seven);
    fireEvent.keyDown(seven, { key: "#" });
    fireEvent.keyDown(seven, { key: "\u06f4" });
    await waitFor(() =>
      expect(askedFor("contactKeysPress").map(({ body }) => body)).toEqual([{ keys: "7" }, { keys: "#" }, { keys: "4" }]),
    );
    expect(screen.getByText("7#4")).toBeTruthy();
    act(() => server.show(deskState({ state: "talking", contact: deskContact({ heldSince: Date.now() }) })));
    await waitFor(() => expect((within(bar).getByRole("button", { name: "Keypad" }) as HTMLButtonElement).disabled).toBe(true));
  });

  it("keeps what is said out of the recording while it is paused", async () => {
    server.desk = talking();
    openDesk();
    const bar = await screen.findByTestId("call-bar");
    fireEvent.click(await within(bar).findByRole("button", { name: "Pause the recording" }));
    await waitFor(() =>
      expect(askedFor("contactRecordingPut")).toMatchObject([{ params: { contactId: "con_1aaa" }, body: { paused: true } }]),
    );
    act(() =>
      server.show(deskState({ state: "talking", contact: deskContact({ recording: "paused", recordingPausedSince: Date.now() - 5_000 }) })),
    );
    const goOn = await within(bar).findByRole("button", { name: /^Go on recording/u });
    expect(goOn.getAttribute("aria-pressed")).toBe("true");
    act(() => server.show(deskState({ state: "talking", contact: deskContact({ recording: "off" }) })));
    await waitFor(() => expect(within(bar).queryByRole("button", { name: /recording/u })).toBeNull());
  });

  it("says at once and aloud that it fails, in the place of the button, and that it goes on again", async () => {
    server.desk = talking();
    openDesk();
    const bar = await screen.findByTestId("call-bar");
    await within(bar).findByRole("button", { name: "Pause the recording" });
    const failed = "This call is not being recorded because of an error. Carry on as usual.";
    act(() => server.show(deskState({ state: "talking", contact: deskContact({ recording: "failed" }) })));
    expect((await within(bar).findByTestId("recording-failed")).textContent).toContain(failed);
    const aloud = (): readonly (string | null)[] =>
      within(bar)
        .getAllByRole("status")
        .map(({ textContent }) => textContent);
    expect(aloud()).toContain(failed);
    expect(within(bar).queryByRole("button", { name: /recording/u })).toBeNull();
    act(() => server.show(deskState({ state: "talking", contact: deskContact({ recording: "on" }) })));
    await within(bar).findByRole("button", { name: "Pause the recording" });
    expect(within(bar).queryByTestId("recording-failed")).toBeNull();
    expect(aloud()).toContain("The call is being recorded again.");
  });

  it("says that a field keeps it out of the recording, and hides the customer's keys on a press", async () => {
    server.desk = talking();
    server.on("contactKeysMaskPut", () => ({ body: server.desk }));
    openDesk();
    const bar = await screen.findByTestId("call-bar");
    fireEvent.click(await within(bar).findByRole("button", { name: "Hide the customer's keys" }));
    await waitFor(() =>
      expect(askedFor("contactKeysMaskPut")).toMatchObject([{ params: { contactId: "con_1aaa" }, body: { masked: true } }]),
    );
    const paused = { recording: "paused", recordingPausedBy: "field", recordingPausedSince: Date.now(), keysMasked: true } as const;
    act(() => server.show(deskState({ state: "talking", contact: deskContact(paused) })));
    expect(await within(bar).findByText("Not recorded while you fill in the field")).toBeTruthy();
    expect(within(bar).getByRole("button", { name: "Hear the keys again" }).getAttribute("aria-pressed")).toBe("true");
  });

  it("shows how it sounds by a sign with words, and says it aloud where it is bad", async () => {
    openDesk();
    await screen.findByText("You are on the line");
    const sounding = (line: DeskContact["line"]) =>
      deskState({ state: "talking", contact: deskContact({ connectedAt: Date.now(), ...(line === undefined ? {} : { line }) }) });
    act(() => server.show(sounding({ band: "good", mos: 4.4, side: null, trouble: null })));
    const bar = await screen.findByTestId("call-bar");
    expect((await within(bar).findByTestId("line-mark")).getAttribute("aria-label")).toMatch(/Good.*both sides/u);
    expect(within(bar).queryByText(/loses words/u)).toBeNull();
    act(() => server.show(sounding({ band: "poor", mos: 3.1, side: "customer", trouble: "loss" })));
    await within(bar).findByText("The customer's line loses words; the agent's side is good.");
    act(() => server.show(sounding(undefined)));
    await waitFor(() => expect(within(bar).queryByTestId("line-mark")).toBeNull());
  });

  it("is muted, held, taken back and ended", async () => {
    server.desk = talking();
    openDesk();
    fireEvent.click(await screen.findByRole("button", { name: "Mute" }));
    fireEvent.click(screen.getByRole("button", { name: "Hold" }));
    await waitFor(() => expect(askedFor("contactHold")).toHaveLength(1));
    expect(askedFor("contactMute")).toMatchObject([{ params: { contactId: "con_1aaa" }, body: { muted: true } }]);
    act(() => server.show(deskState({ state: "talking", contact: deskContact({ connectedAt: Date.now(), heldSince: Date.now() }) })));
    fireEvent.click(await screen.findByRole("button", { name: "Back to the call" }));
    await waitFor(() => expect(askedFor("contactResume")).toHaveLength(1));
    fireEvent.click(screen.getByRole("button", { name: "Hang up" }));
    await waitFor(() => expect(askedFor("contactHangUp")).toHaveLength(1));
  });
  it("keeps the note as it is typed", async () => {
    server.desk = talking();
    openDesk();
    const note = await screen.findByLabelText("Note");
    fireEvent.change(note, { target: { value: "asks for an invoice" } });
    fireEvent.blur(note);
    await waitFor(() =>
      expect(askedFor("noteDraft")).toMatchObject([{ params: { contactId: "con_1aaa" }, body: { text: "asks for an invoice" } }]),
    );
    expect(await screen.findByText("Saved.")).toBeTruthy();
  });

  it("says that a card's number stands in the note, and takes it out by one press", async () => {
    server.desk = talking();
    openDesk();
    const note = await screen.findByLabelText("Note");
    fireEvent.change(note, { target: { value: "Card 4111 1111 1111 1111" } });
    fireEvent.click(await screen.findByRole("button", { name: "Hide it" }));
    expect(note).toHaveProperty("value", "Card •••• •••• •••• 1111");
    expect(screen.queryByRole("button", { name: "Hide it" })).toBeNull();
  });
});

describe("wrap-up", () => {
  it("finds a code by typing, and ends with it by the keyboard alone", async () => {
    server.desk = wrapUp();
    openDesk();
    const search = await screen.findByRole("combobox", { name: "Result of the call" });
    await screen.findByRole("option", { name: "Solved" });
    fireEvent.change(search, { target: { value: "zzz" } });
    fireEvent.change(search, { target: { value: "жал" } });
    fireEvent.keyDown(search, { key: "Enter" });
    fireEvent.keyDown(search, { key: "Enter", ctrlKey: true });
    await waitFor(() => expect(askedFor("wrapUpFinish")).toMatchObject([{ body: { wrapUpCodeId: "cod_2aaa" } }]));
  });
  it("is extended once", async () => {
    server.desk = wrapUp();
    openDesk();
    fireEvent.click(await screen.findByRole("button", { name: "Extend once" }));
    await waitFor(() => expect(askedFor("wrapUpExtend")).toHaveLength(1));
    act(() =>
      server.show(
        deskState({ state: "wrapUp", contact: deskContact({ endedAt: 1, wrapUpEndsAt: Date.now() + 60_000, wrapUpExtended: true }) }),
      ),
    );
    await waitFor(() => expect(screen.queryByRole("button", { name: "Extend once" })).toBeNull());
  });
});

describe("the desk", () => {
  it("says why it gets no calls after missed rings", async () => {
    server.desk = deskState({ state: "notReady", systemCause: "afterMissedRings", missedRings: 2 });
    openDesk();
    expect(await screen.findByText(/2 calls in a row rang here unanswered/u)).toBeTruthy();
    expect(screen.getAllByRole("button", { name: "Go ready" }).length).toBeGreaterThan(0);
  });
  it("turns to Persian at once, right to left, and keeps what is typed", async () => {
    server.desk = talking();
    openDesk();
    const note = await screen.findByLabelText("Note");
    fireEvent.change(note, { target: { value: "half a sen" } });
    await act(() => showLanguage("fa"));
    expect(document.documentElement.dir).toBe("rtl");
    expect(((await screen.findByLabelText("یادداشت")) as HTMLTextAreaElement).value).toBe("half a sen");
    expect(screen.getByRole("button", { name: "پایان تماس" })).toBeTruthy();
  });
  it("says since when it is disconnected, and shows the last known", async () => {
    server.desk = talking();
    openDesk();
    await screen.findByRole("button", { name: "Hang up" });
    act(() => server.cut());
    expect(await screen.findByText(/Disconnected since/u)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Hang up" })).toBeTruthy();
  });
  it("leads who isn't signed in to the sign-in page, and takes a wrong password calmly", async () => {
    server.me = null;
    server.on("sessionCreate", () => ({ status: 401, body: { code: "wrongCredentials" } }));
    openDesk();
    fireEvent.change(await screen.findByLabelText(/^E-mail/u), { target: { value: "anna@example.org" } });
    fireEvent.change(screen.getByLabelText(/^Password/u), { target: { value: "wrong" } });
    fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
    expect(await screen.findByText(/password isn't right/u)).toBeTruthy();
  });
});
