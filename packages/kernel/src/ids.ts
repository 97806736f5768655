declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

export type OrganisationId = Brand<string, "OrganisationId">; // org_
export type ProjectId = Brand<string, "ProjectId">; // prj_
export type PersonId = Brand<string, "PersonId">; // per_: a login; an agent is a person who serves queues
export type QueueId = Brand<string, "QueueId">; // que_
export type SkillId = Brand<string, "SkillId">; // skl_
export type NumberId = Brand<string, "NumberId">; // num_
export type PromptId = Brand<string, "PromptId">; // prm_
export type WrapUpCodeId = Brand<string, "WrapUpCodeId">; // wuc_
export type ReasonId = Brand<string, "ReasonId">; // rsn_: a reason of being not ready
export type DeviceId = Brand<string, "DeviceId">; // dev_: a registered desk phone or softphone
export type CustomerId = Brand<string, "CustomerId">; // cus_
export type ContactId = Brand<string, "ContactId">; // con_
export type CallId = Brand<string, "CallId">; // cal_: the call at the edge that carries a voice contact
export type LegId = Brand<string, "LegId">; // leg_
export type OfferId = Brand<string, "OfferId">; // off_
export type RecordingId = Brand<string, "RecordingId">; // rec_
export type SessionId = Brand<string, "SessionId">; // ses_: a signed-in browser
export type PhoneId = Brand<string, "PhoneId">; // phn_: a browser phone, one per person at a time
export type PartyId = Brand<string, "PartyId">; // pty_: one more in a call than the customer and the agent who has it
export type LostCallId = Brand<string, "LostCallId">; // los_
export type InternalCallId = Brand<string, "InternalCallId">; // int_: two colleagues with each other, no customer's contact

/** Which process wrote or owns something: a node's name and the number of its start. Recovery closes only lapsed epochs. */
export type Epoch = { readonly node: string; readonly epoch: number };
