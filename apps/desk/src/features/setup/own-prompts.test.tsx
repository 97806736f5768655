// @vitest-environment happy-dom
import type { Prompt } from "@allo/contract";
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { openRoom, prepareRooms } from "../../testing/rooms.tsx";

const winter: Prompt = {
  audioId: "greeting.7winter",
  language: "ru",
  text: "",
  durationMs: 4_000,
  replaced: false,
  replacedAt: 1_000,
  replacedBy: "Anna",
  kind: "greeting",
  own: true,
  title: "Winter",
  saysNotice: true,
  retired: false,
};
const violin: Prompt = { ...winter, audioId: "music.8violin", language: null, kind: "music", title: "Violin", saysNotice: false };
const number = {
  numberId: "num_1aaa",
  number: "100",
  e164: null,
  label: "",
  queueId: "que_1aaa",
  hoursId: null,
  closedAudioId: "refuse.closed",
  language: "ru",
  allowedNetworks: [],
  callsMax: 100,
  greetingAudioId: "greeting.notice",
  retired: false,
  version: 1,
};

/** XMLHttpRequest as far as an upload goes; each waits until the test answers. */
class FakeUpload {
  static sent: FakeUpload[] = [];
  readonly upload = new EventTarget();
  readonly #own = new EventTarget();
  address = "";
  file: File | null = null;
  status = 0;
  responseText = "";
  open(method: string, address: string): void {
    this.address = `${method} ${address}`;
  }
  setRequestHeader(): void {}
  addEventListener(kind: string, listener: () => void): void {
    this.#own.addEventListener(kind, listener);
  }
  send(form: FormData): void {
    this.file = form.get("file") as File;
    FakeUpload.sent.push(this);
  }
  answer(status: number, body: object): void {
    this.status = status;
    this.responseText = JSON.stringify(body);
    this.#own.dispatchEvent(new Event("load"));
  }
}

let server: FakeServer;
let restore = (): void => undefined;
let prompts: readonly Prompt[] = [];
beforeEach(async () => {
  prompts = [winter, violin];
  FakeUpload.sent = [];
  vi.stubGlobal("XMLHttpRequest", FakeUpload);
  server = await prepareRooms();
  server.on("promptsList", () => ({ body: { items: prompts } }));
  server.on("numbersList", () => ({ body: { items: [number] } }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
const choose = (within: Element, file: File): void => {
  const input = within.querySelector("input[type=file]") ?? document.querySelector("[role=dialog] input[type=file]");
  fireEvent.change(input as Element, { target: { files: [file] } });
};

it("adds a greeting of one's own from a file, and says exactly why another file wasn't taken", async () => {
  openRoom("/setup/prompts");
  fireEvent.click(await screen.findByRole("button", { name: "Add your own" }));
  const form = await screen.findByTestId("own-prompt-form");
  const add = within(form).getByRole("button", { name: "Add" }) as HTMLButtonElement;
  fireEvent.change(within(form).getByLabelText(/^Name/u), { target: { value: " Spring " } });
  expect(add.disabled).toBe(true);
  choose(form, new File(["x"], "spring.mp3"));
  expect(await within(form).findByText("spring.mp3")).toBeTruthy();
  fireEvent.click(within(form).getByLabelText(/^It says that calls are recorded/u));
  fireEvent.submit(form);
  await waitFor(() => expect(FakeUpload.sent).toHaveLength(1));
  expect(FakeUpload.sent[0]?.address).toBe("POST /api/v1/prompts?kind=greeting&title=Spring&language=en&saysNotice=true");
  FakeUpload.sent[0]?.upload.dispatchEvent(new ProgressEvent("progress", { lengthComputable: true, loaded: 1, total: 4 }));
  expect(await within(form).findByLabelText(/^Sent: 25/u)).toBeTruthy();
  FakeUpload.sent[0]?.answer(400, { code: "audioInvalid", fields: [{ path: "file", code: "notWav", message: "" }] });
  expect((await within(form).findByRole("alert")).textContent).toContain("not a WAV file");
  choose(form, new File(["RIFF"], "spring.wav"));
  expect(await within(form).findByText("spring.wav")).toBeTruthy();
  fireEvent.submit(form);
  await waitFor(() => expect(FakeUpload.sent).toHaveLength(2));
  expect(FakeUpload.sent[1]?.file?.name).toBe("spring.wav");
  const added: Prompt = { ...winter, audioId: "greeting.9spring", language: "en", title: "Spring" };
  prompts = [...prompts, added];
  FakeUpload.sent[1]?.answer(200, added);
  expect(await screen.findByText("Spring")).toBeTruthy();
  await waitFor(() => expect(screen.queryByTestId("own-prompt-form")).toBeNull());
});

it("asks neither language nor notice of music", async () => {
  openRoom("/setup/prompts");
  fireEvent.click(await screen.findByRole("button", { name: "Add your own" }));
  const form = await screen.findByTestId("own-prompt-form");
  fireEvent.click(within(form).getByLabelText(/^It says that calls are recorded/u));
  fireEvent.click(within(form).getByLabelText("Music"));
  await waitFor(() => expect(within(form).queryByLabelText(/^It says/u)).toBeNull());
  fireEvent.change(within(form).getByLabelText(/^Name/u), { target: { value: "Piano" } });
  choose(form, new File(["RIFF"], "piano.wav"));
  await within(form).findByText("piano.wav");
  fireEvent.submit(form);
  await waitFor(() =>
    expect(FakeUpload.sent[0]?.address).toBe("POST /api/v1/prompts?kind=music&title=Piano&language=any&saysNotice=false"),
  );
});

it("shows what was added with its languages, and retires it with a way back", async () => {
  for (const [name, retired] of [
    ["promptRetire", true],
    ["promptUnretire", false],
  ] as const)
    server.on(name, ({ params }) => {
      prompts = prompts.map((prompt) => (prompt.audioId === params["audioId"] ? { ...prompt, retired } : prompt));
      return { body: { items: prompts } };
    });
  openRoom("/setup/prompts");
  const [card, music] = (await screen.findAllByTestId("own-prompt")) as [HTMLElement, HTMLElement];
  expect(within(card).getByText("It says that calls are recorded")).toBeTruthy();
  expect(within(card).getByRole("button", { name: "Add the language: English" })).toBeTruthy();
  expect(within(card).queryByRole("button", { name: "Add the language: Русский" })).toBeNull();
  expect(within(music).queryByRole("button", { name: /^Add the language/u })).toBeNull();
  fireEvent.click(within(card).getByRole("button", { name: "Retire" }));
  await waitFor(() => expect(screen.getAllByRole("button", { name: "Use again" })).toHaveLength(1));
  fireEvent.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(() => expect(screen.queryByRole("button", { name: "Use again" })).toBeNull());
  const asked = server.asked.filter(({ name }) => name.startsWith("promptRe") || name.startsWith("promptUn"));
  expect(asked.map(({ name, params }) => [name, params["audioId"]])).toEqual([
    ["promptRetire", "greeting.7winter"],
    ["promptUnretire", "greeting.7winter"],
  ]);
});

it("offers own greetings for a number by their title, music not", async () => {
  openRoom("/setup/numbers");
  fireEvent.click(await screen.findByRole("button", { name: "Change" }));
  const form = await screen.findByTestId("number-form");
  fireEvent.click(within(form).getByRole("combobox", { name: "Greeting" }));
  const names = (await screen.findAllByRole("option", { hidden: true })).map((option) => option.textContent);
  expect(names).toEqual(expect.arrayContaining(["Greeting with the recording notice", "Winter"]));
  expect(names).not.toContain("Violin");
});
