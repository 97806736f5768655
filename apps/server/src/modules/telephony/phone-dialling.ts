// Somebody lifts their own desk phone or softphone and dials: a colleague by their extension, or a number outside. It is what the desk does,
// by the same rules; the phone that dialled is the one that talks.
import type { Clock, ContactId, DeviceId, OrganisationId, PersonId, PhoneId } from "@allo/kernel";
import { SECOND_MS } from "@allo/kernel";
import { ApiError } from "../../platform/api-error.ts";
import type { Logger } from "../../platform/log.ts";
import type { ContactFacts, Contacts } from "../contacts/index.ts";
import type { VoiceDirectory } from "../routing/index.ts";
import type { ColleagueCalls } from "./colleague-calls.ts";
import { targetOf, type DialTarget } from "./dial-plan.ts";
import type { DialRefusals } from "./dial-refusals.ts";
import type { OutboundCalls } from "./outbound-api.ts";
import { saidOfEnd, saidOfRefusal } from "./phone-dial-words.ts";
import type { CallingOut, PhoneBook, PhoneWish } from "./ports.ts";
import type { Telephony } from "./service.ts";

export const phoneDialLimits = {
  /** Dialled so long ago, nobody holds the phone at their ear any more. */
  staleMs: 10 * SECOND_MS,
} as const;

type Dialled = Extract<PhoneWish, { readonly kind: "phoneDialAsked" }>;
type Owner = { readonly organisationId: OrganisationId; readonly personId: PersonId };

export function createPhoneDialling(deps: {
  readonly contacts: Contacts;
  readonly directory: VoiceDirectory;
  readonly telephony: Telephony;
  readonly colleagues: ColleagueCalls;
  readonly outbound: OutboundCalls;
  readonly refusals: DialRefusals;
  readonly callingOut: CallingOut;
  readonly phoneBook: PhoneBook;
  readonly clock: Clock;
  readonly log: Logger;
}): void {
  const { contacts, directory, telephony, colleagues, outbound, refusals, callingOut, phoneBook, clock, log } = deps;
  /** Calls out that were dialled at a phone, and whoever was called hasn't answered. */
  const dialling = new Map<ContactId, { readonly phoneId: PhoneId; readonly token: string }>();

  const isForHelp = ({ organisationId, personId }: Owner, destination: string): boolean =>
    callingOut.gate.emergency({ organisationId, destination, kind: "agent", personId }) !== null;

  const place = async (owner: Owner, { phoneId, token, destination, onlyForHelp }: Dialled): Promise<void> => {
    const { organisationId, personId } = owner;
    const at = { deviceId: phoneId as string as DeviceId, dialToken: token };
    const help = isForHelp(owner, destination);
    // A call for help waits for nothing, and whoever may call is asked of nobody.
    if (!help && onlyForHelp) throw new ApiError(callingOut.isDraining() ? "exchangeDraining" : "exchangeFull", 409);
    const target: DialTarget = help ? { kind: "outside", number: destination } : targetOf(directory.config(organisationId), destination);
    const permission = target.kind === "person" ? "internalCalls.place" : "desk.work";
    if (!help && !(await callingOut.may(organisationId, personId, permission))) throw new ApiError("forbidden", 403);
    if (target.kind === "person") {
      const name = phoneBook(organisationId).find((each) => each.personId === personId)?.name ?? "";
      colleagues.place({ organisationId, personId, name }, target.personId, token);
      return;
    }
    const contactId = await outbound.place({ organisationId, personId, projectIds: "*" }, { number: destination }, at);
    // Into a talk that goes on: the phone which has it is called upon, and this call of it is over.
    if (contactId === null) telephony.send({ kind: "tellPhone", phoneId, token, status: 486, reason: "In your call now" });
    else {
      dialling.set(contactId, { phoneId, token });
      look(contactId, contacts.facts(contactId) ?? null);
    }
  };

  /** The edge knows the carrier's word and has said it; where nobody was asked, it waits for ours. Null: over and gone by now. */
  const look = (contactId: ContactId, facts: ContactFacts | null): void => {
    const phone = dialling.get(contactId);
    const isConnected = facts !== null && facts.connectedAt !== null;
    if (phone === undefined || (facts !== null && !isConnected && facts.endedAt === null)) return;
    dialling.delete(contactId);
    if (!isConnected) telephony.send({ kind: "tellPhone", ...phone, ...saidOfEnd(facts?.cause?.why ?? null) });
  };

  const refuse = (owner: Owner | null, { phoneId, token }: Dialled, error: ApiError | null): void => {
    const { status, reason, sentence } = saidOfRefusal(error);
    const audioIds = owner === null || sentence === undefined ? [] : sentenceOf(owner.organisationId, sentence);
    telephony.send({ kind: "tellPhone", phoneId, token, status, reason, ...(audioIds.length === 0 ? {} : { audioIds }) });
    if (owner !== null) refusals.note(owner, { code: error?.code ?? "internal", detail: error?.message ?? null });
  };
  const sentenceOf = (organisationId: OrganisationId, sentence: string): readonly string[] => {
    const number = directory.config(organisationId)?.numbers.find(({ retired }) => !retired);
    return number === undefined ? [] : [directory.audioFor(organisationId, sentence, number.language)];
  };

  const dialled = async (event: Dialled): Promise<void> => {
    const { phoneId } = event;
    if (clock.now() - event.at > phoneDialLimits.staleMs) {
      refuse(null, event, null);
      return;
    }
    const owner = telephony.ownerOf(phoneId);
    if (owner === null) {
      // Nobody's chosen phone: there is nobody whom a call from it would be of.
      refuse(null, event, new ApiError("forbidden", 403));
      return;
    }
    refusals.forget(owner);
    try {
      await place(owner, event);
      log.info({ event: "phoneDialled", phoneId, personId: owner.personId }, "a call was dialled at a phone");
    } catch (error) {
      const known = error instanceof ApiError ? error : null;
      if (known === null) log.error({ err: error, phoneId }, "what was dialled at a phone failed");
      else log.info({ event: "phoneDialRefused", phoneId, personId: owner.personId, code: known.code }, "a call that was dialled can't be");
      refuse(owner, event, known);
    }
  };

  telephony.onPhoneWish((event) => {
    if (event.kind === "phoneDialAsked") void dialled(event);
  });
  contacts.events.on("contactChanged", ({ contactId, facts }) => look(contactId, facts));
}
