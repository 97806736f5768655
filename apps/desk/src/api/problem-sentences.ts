import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { ApiProblem } from "./problem.ts";

/** Each code of the server as a sentence: what happened, and what to do. */
const sentences: Readonly<Record<string, MessageDescriptor>> = {
  unreachable: msg`The server can't be reached. Nothing was changed; check the network and try again.`,
  badAnswer: msg`The answer couldn't be read: something between here and the server changed it. Try again.`,
  unauthenticated: msg`You are signed out. Sign in again to go on.`,
  wrongCredentials: msg`The e-mail or the password isn't right.`,
  tooManyAttempts: msg`Too many attempts. Wait a few minutes, then try again.`,
  personBlocked: msg`This login is blocked. Ask an administrator.`,
  forbidden: msg`You may not do this. Ask an administrator for the right.`,
  notFound: msg`It isn't there: it may have been removed, or the link is old.`,
  linkInvalid: msg`This link no longer works. Ask an administrator for a new one.`,
  setupDone: msg`The organisation is already set up. Sign in instead.`,
  setupTokenInvalid: msg`The setup link isn't right. Take the newest one from the program's output.`,
  versionConflict: msg`Someone changed this meanwhile. The newest is shown now; look at it and save again.`,
  alreadyExists: msg`There is one like this already.`,
  inUse: msg`It is still used elsewhere, so it can't be removed.`,
  invalidInput: msg`Something isn't filled in right. The fields say what.`,
  offerGone: msg`This call is no longer ringing here: the caller left or a colleague took it.`,
  contactGone: msg`This call has already ended.`,
  wrongState: msg`It can't be done at this moment. The screen now shows how things stand.`,
  phoneNotReady: msg`Your phone isn't connected yet, so the call can't be answered here.`,
  alreadyExtended: msg`Wrap-up was already extended once.`,
  lastAdministrator: msg`One administrator must stay. Give someone else the role first.`,
  passwordWeak: msg`This password is too easy to guess. Take a longer one.`,
  wrongPassword: msg`The current password isn't right.`,
  audioInvalid: msg`This file can't be used: a WAV with mono sound is needed.`,
  fileTooLarge: msg`The file is too large.`,
  recordingUnavailable: msg`The recording can't be played.`,
  databaseUnavailable: msg`The database is away for the moment. Calls go on; try again shortly.`,
  unavailable: msg`This part is starting or away for the moment. Try again shortly.`,
  internal: msg`Something failed on the server. Nothing was changed; try again, and tell an administrator if it stays.`,
};

/** The same thing under the names that HTTP libraries and neighbours use for it. */
const byStatus: Readonly<Record<number, string>> = {
  400: "invalidInput", 401: "unauthenticated", 403: "forbidden", 404: "notFound", 409: "wrongState", 410: "linkInvalid", 412: "versionConflict",
  413: "fileTooLarge", 415: "audioInvalid", 422: "invalidInput", 429: "tooManyAttempts", 502: "unavailable", 503: "unavailable", 504: "unavailable",
};

/** What to tell a person about a failure, in the language of the screen. */
export function problemSentence(i18n: I18n, failure: unknown): string {
  return i18n._(problemDescriptor(failure));
}

export function problemDescriptor(failure: unknown): MessageDescriptor {
  const fallback = sentences["internal"] as MessageDescriptor;
  if (!(failure instanceof ApiProblem)) return fallback;
  return sentences[failure.code] ?? sentences[byStatus[failure.status] ?? "internal"] ?? fallback;
}

/** The codes that have a sentence of their own; a test holds them against the server's. */
export const knownProblemCodes: readonly string[] = Object.keys(sentences);
