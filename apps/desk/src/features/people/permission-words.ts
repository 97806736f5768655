import type { Permission } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

/** A permission in a few words, as it stands in a list after "may". */
export const permissionNames: Readonly<Record<Permission, MessageDescriptor>> = {
  "desk.work": msg({ message: "take calls", context: "permission" }),
  "floor.read": msg({ message: "see the floor", context: "permission" }),
  "agents.steer": msg({ message: "set agents not ready", context: "permission" }),
  "calls.monitor": msg({ message: "listen to and join calls", context: "permission" }),
  "calls.mentor": msg({ message: "be a mentor in trainees' calls", context: "permission" }),
  "contacts.readOwn": msg({ message: "see own calls", context: "permission" }),
  "contacts.readAll": msg({ message: "see everyone's calls", context: "permission" }),
  "recordings.play": msg({ message: "play recordings", context: "permission" }),
  "customers.read": msg({ message: "see customers", context: "permission" }),
  "customers.write": msg({ message: "change customers", context: "permission" }),
  "customers.protected": msg({ message: "see protected fields of customers without a verified caller", context: "permission" }),
  "lostCalls.work": msg({ message: "work on lost calls", context: "permission" }),
  "internalCalls.place": msg({ message: "call colleagues", context: "permission" }),
  "internalCalls.readAll": msg({ message: "see who called which colleague", context: "permission" }),
  "dialling.steer": msg({ message: "stop and release outgoing calls", context: "permission" }),
  "setup.manage": msg({ message: "change the setup", context: "permission" }),
  "people.manage": msg({ message: "manage people and roles", context: "permission" }),
  "audit.read": msg({ message: "see who changed what", context: "permission" }),
  "traces.read": msg({ message: "see the signalling of calls", context: "permission" }),
};

/** What it opens, and what one should know before giving it. */
export const permissionMeanings: Readonly<Record<Permission, MessageDescriptor>> = {
  "desk.work": msg`The desk: going ready, answering, notes and results of calls. Whoever is to be a member of a queue needs it.`,
  "floor.read": msg`Queues and agents as they are this moment, today's figures, and the list of people.`,
  "agents.steer": msg`On the floor: sends an agent who has left the workplace on a break.`,
  "calls.monitor": msg`In the calls of others: listens, speaks to the agent alone or to both, takes the call over, and ends one that goes on without an agent. Each time is noted with its reason, and the agent sees it.`,
  "calls.mentor": msg`In the calls of those whose mentor they are: hears both, is heard by the trainee alone, can't join or take over. Each time is noted, and the trainee sees it.`,
  "contacts.readOwn": msg`Calls that rang at or were taken by this person, with their recordings.`,
  "contacts.readAll": msg`The calls of all agents with customers' numbers, notes and timelines.`,
  "recordings.play": msg`Listens to the recordings of all calls that the person can see. Each playing is noted.`,
  "customers.read": msg`Customers' cards, with numbers, addresses and own fields.`,
  "customers.write": msg`Adds and changes cards, and ties calls to customers.`,
  "customers.protected": msg`Fields of the card that others see only in a call whose caller has proved who they are.`,
  "lostCalls.work": msg`The list of callers whom nobody answered: call back, settle.`,
  "internalCalls.place": msg`Finds colleagues by name, sees who is free and calls them from the desk. Whoever works at a desk can be called without it.`,
  "internalCalls.readAll": msg`The list of calls between colleagues: who called whom, when, for how long. What was said is never recorded. Each look at the list is noted.`,
  "dialling.steer": msg`Stops all outgoing calls at once, and lets them go on after the program has stopped them, with a reason.`,
  "setup.manage": msg`Queues, numbers, opening hours, prompts: what is changed works for all callers at once.`,
  "people.manage": msg`Adds and blocks people, gives roles. Nobody can give more than they may do themselves.`,
  "audit.read": msg`The list of all changes with names and addresses.`,
  "traces.read": msg`The SIP messages of calls: numbers, addresses, programs. For whoever looks for faults with a carrier or a phone.`,
};
