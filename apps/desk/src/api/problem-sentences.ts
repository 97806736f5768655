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
  numberUnreadable: msg`This isn't a number that can be called. Check it; numbers abroad begin with "+" and the country's code.`,
  dialRefused: msg`This number may not be called, or not now. A lead or an administrator finds the reason under outgoing calls.`,
  dialStopped: msg`Outgoing calls are switched off or stopped now. Ask a lead or an administrator.`,
  exchangeDraining: msg`No new calls are made now: the telephone exchange is running empty for maintenance. Emergency numbers still work.`,
  exchangeFull: msg`The telephone exchange carries as many calls as it can now. Try again in a moment. Emergency numbers still work.`,
  noTrunk: msg`There is no line to call out by. An administrator adds a trunk in Setup.`,
  noCallerNumber: msg`The project has no number of its own to call from. An administrator adds one in Setup.`,
  colleagueBusy: msg`This colleague can't be reached now: in another call, or without a phone. Choose someone else or a queue.`,
  colleagueNotFree: msg`This colleague can't be reached now: in a call, or without a phone. Try again when they are shown as free.`,
  internalCallsFull: msg`Too many colleagues speak with each other now. Try again in a moment.`,
  slotsFull: msg`Every slot of the project is taken. Pick one up first, or keep the customer on hold.`,
  pickedUpAlready: msg`Somebody else has picked this call up, or the caller has left.`,
  alreadyConsulting: msg`Someone is being asked already. End that first.`,
  conferenceFull: msg`There are as many in this call as can be.`,
  partyGone: msg`This colleague is no longer in the call.`,
  notYours: msg`This isn't yours to end.`,
  queueEmpty: msg`Nobody works in this queue now. The customer is still with you.`,
  queueFull: msg`This queue is full. The customer is still with you.`,
  contactGone: msg`This call has already ended.`,
  tooEarly: msg`Not yet: the customer has to be warned first, and a lead to have had the time to come.`,
  verificationNeeded: msg`This field opens only once the caller is verified.`,
  verificationLocked: msg`Too many wrong answers: nobody can be verified in this call any more.`,
  wrongState: msg`It can't be done at this moment. The screen now shows how things stand.`,
  phoneNotReady: msg`Your phone isn't connected yet, so the call can't be answered here.`,
  alreadyExtended: msg`Wrap-up was already extended once.`,
  beyondOwnRights: msg`Nobody can give more than they may do themselves, nor change the login of someone who may do more.`,
  nothingToMake: msg`All of it is there already: nothing was made.`,
  lastAdministrator: msg`One administrator must stay. Give someone else the role first.`,
  passwordWeak: msg`This password is too easy to guess. Take a longer one.`,
  wrongPassword: msg`The current password isn't right.`,
  audioInvalid: msg`This file can't be used: a WAV with mono sound is needed.`,
  fileTooLarge: msg`The file is too large.`,
  recordingUnavailable: msg`The recording can't be played.`,
  databaseUnavailable: msg`The database is away for the moment. Calls go on; try again shortly.`,
  recordingMissing: msg`The recording isn't there: its file is missing.`,
  recordingErased: msg`The recording was erased.`,
  recordingDamaged: msg`The recording is damaged and can't be played.`,
  notYourContact: msg`This call is not yours, or no longer.`,
  ownLogin: msg`You can't do this to your own login. Ask another administrator.`,
  notSignedIn: msg`This person isn't signed in.`,
  alreadyOpen: msg`The phone is already open in another place.`,
  tooMany: msg`There are too many already. Retire one first.`,
  crossOrigin: msg`The request came from another address than the desk's. Open the desk by its own address.`,
  httpsNeeded: msg`This needs an encrypted connection: open the desk by its https:// address.`,
  fixedBySettings: msg`A setting of the program decides this; it can't be changed here.`,
  wouldLockOut: msg`Your own browser comes from the network, so this would shut you out. Do it on the machine itself.`,
  notBuilt: msg`This isn't there yet.`,
  starting: msg`The program is starting. Try again in a moment.`,
  unavailable: msg`This part is starting or away for the moment. Try again shortly.`,
  internal: msg`Something failed on the server. Nothing was changed; try again, and tell an administrator if it stays.`,
};

/** The same thing under the names that HTTP libraries and neighbours use for it. */
const byStatus: Readonly<Record<number, string>> = {
  400: "invalidInput",
  401: "unauthenticated",
  403: "forbidden",
  404: "notFound",
  409: "wrongState",
  410: "linkInvalid",
  412: "versionConflict",
  413: "fileTooLarge",
  415: "audioInvalid",
  422: "invalidInput",
  429: "tooManyAttempts",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
};

/** What to tell a person about a failure, in the language of the screen. */
export function problemSentence(i18n: I18n, failure: unknown): string {
  const sentence = i18n._(problemDescriptor(failure));
  const users = usersOf(failure);
  if (users.length === 0) return sentence;
  const names = users.slice(0, USERS_NAMED_MAX).map((name) => `\u2068${name}\u2069`);
  const named = new Intl.ListFormat(i18n.locale, { type: "unit" }).format(names);
  const count = users.length - names.length;
  return `${sentence} ${count === 0 ? i18n._(msg`Used by: ${named}.`) : i18n._(msg`Used by: ${named}, and others.`)}`;
}
const USERS_NAMED_MAX = 5;

/** The names of what still uses something that was to be retired. */
export function usersOf(failure: unknown): readonly string[] {
  if (!(failure instanceof ApiProblem) || failure.code !== "inUse") return [];
  return failure.fields.filter((field) => field.code === "inUse").map((field) => field.message);
}

export function problemDescriptor(failure: unknown): MessageDescriptor {
  const fallback = sentences["internal"] as MessageDescriptor;
  if (!(failure instanceof ApiProblem)) return fallback;
  return sentences[failure.code] ?? sentences[byStatus[failure.status] ?? "internal"] ?? fallback;
}

/** What is wrong with one field, by its code. */
const fieldSentences: Readonly<Record<string, MessageDescriptor>> = {
  empty: msg`must not be empty`,
  required: msg`must be filled in`,
  missing: msg`must be filled in`,
  unknown: msg`isn't there, or no longer`,
  unknownPerson: msg`isn't there, or no longer`,
  unknownSkill: msg`isn't there, or no longer`,
  unknownProject: msg`isn't there, or no longer`,
  hasContacts: msg`can't be changed any more: calls have come to it. Make another queue for the other project`,
  emptyInterval: msg`ends at the time at which it begins`,
  overlap: msg`overlap one another`,
  unknownField: msg`isn't there, or no longer`,
  alreadyExists: msg`is in use already`,
  badExtension: msg`is not two to six digits`,
  beyondOwnRights: msg`is more than you may give`,
  retired: msg`is retired`,
  fixed: msg`can't be changed`,
  twice: msg`stands here twice`,
  tooMany: msg`has too many entries`,
  tooLong: msg`is too long`,
  notANetwork: msg`is not a network such as 192.168.0.0/24`,
  notANumber: msg`is not a phone number`,
  notAnEmail: msg`is not an e-mail`,
  notADate: msg`is not a date`,
  changed: msg`was changed meanwhile`,
  tooWide: msg`is so wide that strangers could call by it`,
  rule: msg`is no rule that can be applied`,
  never: msg`says something of the person called: another address would say the same`,
  notAnAddress: msg`is not an IP address`,
  notACertificate: msg`is not a certificate in PEM form`,
};
const fieldFallback = msg`isn't right`;

export function fieldSentence(i18n: I18n, code: string): string {
  return i18n._(fieldSentences[code] ?? fieldFallback);
}

/** The codes that have a sentence of their own; a test holds them against the server's. */
export const knownProblemCodes: readonly string[] = Object.keys(sentences);
