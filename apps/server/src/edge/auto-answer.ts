import type { SipHeader } from "@allo/sip";

type Way = "answerMode" | "callInfo" | "alertInfo" | "ringAnswer";

/**
 * What each software goes by, as it names itself. One that isn't in the list gets all three ways of the standards: it passes over what it
 * doesn't know.
 */
const WAYS: readonly { readonly software: RegExp; readonly ways: readonly Way[] }[] = [
  { software: /grandstream|yealink|fanvil|snom/i, ways: ["callInfo"] },
  { software: /poly(com)?/i, ways: ["ringAnswer"] },
  { software: /linphone|baresip/i, ways: ["answerMode", "callInfo"] },
];
const ALL: readonly Way[] = ["answerMode", "callInfo", "alertInfo"];

/**
 * How a phone that may answer by itself is asked to (RFC 5373, RFC 3261 §20.9 and §20.4). `ours` is our host, `software` its User-Agent.
 */
export function autoAnswerHeaders(software: string | null, ours: string): readonly SipHeader[] {
  const ways = WAYS.find((each) => software !== null && each.software.test(software))?.ways ?? ALL;
  return ways.map((way) => headerOf(way, ours));
}

function headerOf(way: Way, ours: string): SipHeader {
  switch (way) {
    case "answerMode":
      return { name: "Answer-Mode", value: "Auto" };
    case "callInfo":
      return { name: "Call-Info", value: `<sip:${ours}>;answer-after=0` };
    case "alertInfo":
      return { name: "Alert-Info", value: `<sip:${ours}>;info=alert-autoanswer;delay=0` };
    case "ringAnswer":
      return { name: "Alert-Info", value: `<sip:${ours}>;info="Ring Answer"` };
  }
}
