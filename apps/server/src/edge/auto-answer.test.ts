import { expect, it } from "vitest";
import { autoAnswerHeaders } from "./auto-answer.ts";

const asked = (software: string | null): readonly string[] =>
  autoAnswerHeaders(software, "192.0.2.1").map(({ name, value }) => `${name}: ${value}`);

it.each(["Grandstream GXP2170 1.0.11.16", "Yealink SIP-T46U 108.86.0.20", "Fanvil X4U 2.12", "snomD785/10.1.127.10"])(
  "asks %s by Call-Info alone",
  (software) => expect(asked(software)).toEqual(["Call-Info: <sip:192.0.2.1>;answer-after=0"]),
);

it("asks Polycom by the ring class that its settings name", () => {
  expect(asked("PolycomVVX-VVX_411-UA/6.4.0")).toEqual(['Alert-Info: <sip:192.0.2.1>;info="Ring Answer"']);
});

it.each([null, "Another phone 7"])("asks %s in every way of the standards", (software) => {
  expect(asked(software)).toEqual([
    "Answer-Mode: Auto",
    "Call-Info: <sip:192.0.2.1>;answer-after=0",
    "Alert-Info: <sip:192.0.2.1>;info=alert-autoanswer;delay=0",
  ]);
});
