import type { ContactId } from "@allo/kernel";
import { ApiError } from "../../platform/api-error.ts";
import type { Api, Principal } from "../../platform/http.ts";
import type { Contacts } from "../contacts/index.ts";
import type { Routing } from "../routing/index.ts";
import type { Desk } from "./desk.ts";
import type { Telephony } from "./service.ts";

/** Keeps which of a person's phones rings; refuses a device that isn't theirs. */
export type ChoosePhone = (by: { readonly principal: Principal; readonly address: string }, deviceId: string | null) => Promise<void>;

/** Which of one's phones rings, and calling it back into a talk. */
export function registerPhoneApi({
  api,
  contacts,
  routing,
  telephony,
  desk,
  choosePhone,
}: {
  readonly api: Api;
  readonly contacts: Contacts;
  readonly routing: Routing;
  readonly telephony: Telephony;
  readonly desk: Desk;
  readonly choosePhone: ChoosePhone;
}): void {
  api.on("deskPhonePut", async ({ principal, address, body }) => {
    const { organisationId, personId } = principal;
    const state = routing.agent(organisationId, personId)?.state;
    // The call is on the phone that it came to. With its sound gone another phone may go on with it.
    if (state?.kind === "ringing" || (state?.kind === "talking" && !state.mediaLost))
      throw new ApiError("wrongState", 409, "Not during a call: its sound is on the other phone");
    await choosePhone({ principal, address }, body.deviceId);
    desk.touch(organisationId, personId);
    return desk.stateOf(organisationId, personId);
  });

  api.on("deskPhoneCall", async ({ principal }) => {
    const { organisationId, personId } = principal;
    const state = routing.agent(organisationId, personId)?.state;
    if (telephony.chosenDevice(personId) === null) throw new ApiError("wrongState", 409, "Your phone is the browser");
    if (state?.kind !== "talking" || !state.mediaLost) throw new ApiError("wrongState", 409, "There is no call whose sound is away");
    const beside = telephony.contactBeside(state.contact);
    const facts = contacts.facts(beside ?? (state.contact as ContactId));
    if (facts === undefined) throw new ApiError("wrongState", 409, "The call is over");
    telephony.callPhone(facts, personId);
    return desk.stateOf(organisationId, personId);
  });
}
