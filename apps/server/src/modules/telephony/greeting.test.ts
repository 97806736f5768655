import { describe, expect, it } from "vitest";
import { greetingOf, NOTICE, PLAIN, RECORDED } from "./greeting.ts";

describe("what a caller hears first", () => {
  it.each([
    { chosen: NOTICE, isRecorded: true, hasOwnPlain: false, heard: [NOTICE] },
    { chosen: NOTICE, isRecorded: false, hasOwnPlain: false, heard: [NOTICE] },
    { chosen: PLAIN, isRecorded: false, hasOwnPlain: false, heard: [PLAIN] },
    { chosen: PLAIN, isRecorded: false, hasOwnPlain: true, heard: [PLAIN] },
    { chosen: PLAIN, isRecorded: true, hasOwnPlain: false, heard: [NOTICE] },
    { chosen: PLAIN, isRecorded: true, hasOwnPlain: true, heard: [PLAIN, RECORDED] },
    { chosen: "greeting.winter", isRecorded: true, hasOwnPlain: false, heard: ["greeting.winter", RECORDED] },
    { chosen: "greeting.winter", isRecorded: false, hasOwnPlain: false, heard: ["greeting.winter"] },
    { chosen: undefined, isRecorded: true, hasOwnPlain: true, heard: [NOTICE] },
    { chosen: "", isRecorded: false, hasOwnPlain: false, heard: [PLAIN] },
  ])("is $heard where $chosen is chosen (recorded: $isRecorded, own plain greeting: $hasOwnPlain)", ({ heard, ...setting }) => {
    expect(greetingOf({ ...setting, chosenSaysNotice: false })).toEqual(heard);
  });
  it.each([
    { isRecorded: true, chosenSaysNotice: true, heard: ["greeting.spring"] },
    { isRecorded: false, chosenSaysNotice: true, heard: ["greeting.spring"] },
    { isRecorded: true, chosenSaysNotice: false, heard: ["greeting.spring", RECORDED] },
    { isRecorded: false, chosenSaysNotice: false, heard: ["greeting.spring"] },
  ])("is $heard of an added greeting (recorded: $isRecorded, it says so itself: $chosenSaysNotice)", ({ heard, ...setting }) => {
    expect(greetingOf({ ...setting, chosen: "greeting.spring", hasOwnPlain: false })).toEqual(heard);
  });
});
