import { describe, expect, it } from "vitest";
import { printRecordingMetadata, type RecordingMetadata } from "./recording-metadata.ts";

/** 2026-11-28T08:15:30.250Z */
const AT = 1_795_853_730_250;
const talk: RecordingMetadata = {
  mode: "complete",
  session: { id: "c2Vzc2lvbg==", startedAt: AT, references: [{ name: "contact", value: "con_1" }] },
  participants: [
    {
      id: "Y3VzdG9tZXI=",
      aor: "sip:+4930123456@example.org",
      name: null,
      joinedAt: AT,
      leftAt: null,
      sends: ["bGVmdA=="],
      hears: ["cmlnaHQ="],
    },
    {
      id: "YWdlbnQ=",
      aor: "sip:per_1@example.org",
      name: "Ann Öz",
      joinedAt: AT + 1_000,
      leftAt: AT + 5_000,
      sends: ["cmlnaHQ="],
      hears: ["bGVmdA=="],
    },
  ],
  streams: [
    { id: "bGVmdA==", label: "1" },
    { id: "cmlnaHQ=", label: "2" },
  ],
};
const lines = (metadata: RecordingMetadata): readonly string[] => printRecordingMetadata(metadata).split("\r\n");

describe("the metadata of a recording session", () => {
  it("sip-rtp 6.2 RFC 7865: tells the session, who takes part, the streams and who is heard in which", () => {
    expect(lines(talk)).toEqual([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<recording xmlns="urn:ietf:params:xml:ns:recording:1" xmlns:allo="urn:allo:recording:1">',
      "  <datamode>complete</datamode>",
      '  <session session_id="c2Vzc2lvbg==">',
      "    <start-time>2026-11-28T08:15:30.250Z</start-time>",
      "    <allo:contact>con_1</allo:contact>",
      "  </session>",
      '  <participant participant_id="Y3VzdG9tZXI=">',
      '    <nameID aor="sip:+4930123456@example.org"/>',
      "  </participant>",
      '  <participant participant_id="YWdlbnQ=">',
      '    <nameID aor="sip:per_1@example.org">',
      "      <name>Ann Öz</name>",
      "    </nameID>",
      "  </participant>",
      '  <stream stream_id="bGVmdA==" session_id="c2Vzc2lvbg==">',
      "    <label>1</label>",
      "  </stream>",
      '  <stream stream_id="cmlnaHQ=" session_id="c2Vzc2lvbg==">',
      "    <label>2</label>",
      "  </stream>",
      '  <sessionrecordingassoc session_id="c2Vzc2lvbg==">',
      "    <associate-time>2026-11-28T08:15:30.250Z</associate-time>",
      "  </sessionrecordingassoc>",
      '  <participantsessionassoc participant_id="Y3VzdG9tZXI=" session_id="c2Vzc2lvbg==">',
      "    <associate-time>2026-11-28T08:15:30.250Z</associate-time>",
      "  </participantsessionassoc>",
      '  <participantsessionassoc participant_id="YWdlbnQ=" session_id="c2Vzc2lvbg==">',
      "    <associate-time>2026-11-28T08:15:31.250Z</associate-time>",
      "    <disassociate-time>2026-11-28T08:15:35.250Z</disassociate-time>",
      "  </participantsessionassoc>",
      '  <participantstreamassoc participant_id="Y3VzdG9tZXI=">',
      "    <send>bGVmdA==</send>",
      "    <recv>cmlnaHQ=</recv>",
      "  </participantstreamassoc>",
      '  <participantstreamassoc participant_id="YWdlbnQ=">',
      "    <send>cmlnaHQ=</send>",
      "    <recv>bGVmdA==</recv>",
      "  </participantstreamassoc>",
      "</recording>",
      "",
    ]);
  });

  it("keeps text as text, whatever a caller calls himself", () => {
    const [customer] = talk.participants;
    const named = { ...(customer as RecordingMetadata["participants"][number]), name: `</name><x a="b">&'\u0000\u0007\uD800` };
    const printed = printRecordingMetadata({ ...talk, participants: [named] });
    expect(printed).toContain("      <name>&lt;/name&gt;&lt;x a=&quot;b&quot;&gt;&amp;&apos;</name>");
    expect(printed).not.toContain("<x");
  });

  it.each([
    [0, "1970-01-01T00:00:00.000Z"],
    [951_782_399_999, "2000-02-28T23:59:59.999Z"],
    [951_782_400_000, "2000-02-29T00:00:00.000Z"],
    [1_709_251_200_000, "2024-03-01T00:00:00.000Z"],
    [4_107_542_400_000, "2100-03-01T00:00:00.000Z"],
  ])("writes %d as %s", (at, written) => {
    const printed = printRecordingMetadata({ ...talk, session: { ...talk.session, startedAt: at } });
    expect(printed).toContain(`<start-time>${written}</start-time>`);
  });
});
