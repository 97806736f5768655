import type { PresetItem, PresetKind, PresetUndoStep, Trade } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { IconBuildingBank, IconBuildingStore, IconHeadset, IconStethoscope, IconCar, IconWorldWww, type Icon } from "@tabler/icons-react";
import type { SetupSection } from "../setup/sections.ts";

export const tradeIcons: Readonly<Record<Trade, Icon>> = {
  isp: IconWorldWww,
  bank: IconBuildingBank,
  taxi: IconCar,
  shop: IconBuildingStore,
  clinic: IconStethoscope,
  outsourcer: IconHeadset,
};

export const kindNames: Readonly<Record<PresetKind, MessageDescriptor>> = {
  project: msg({ message: "Projects", context: "setup" }),
  hours: msg({ message: "Opening hours", context: "setup" }),
  skill: msg({ message: "Skills", context: "setup" }),
  queue: msg({ message: "Queues", context: "setup" }),
  number: msg({ message: "Numbers", context: "setup" }),
  wrapUpCode: msg({ message: "Results of calls", context: "setup" }),
  reason: msg({ message: "Reasons of being not ready", context: "setup" }),
  role: msg({ message: "Roles", context: "setup" }),
  customerField: msg({ message: "Fields of the customer card", context: "setup" }),
};

/** Where what was made is looked after; roles stand with the people. */
export const kindSections: Readonly<Record<Exclude<PresetKind, "role">, SetupSection>> = {
  project: "projects",
  hours: "hours",
  skill: "skills",
  queue: "queues",
  number: "numbers",
  wrapUpCode: "wrap-up-codes",
  reason: "not-ready-reasons",
  customerField: "customer-fields",
};

/** Why a part isn't made, on a label beside its name. */
export const whyNotMade: Readonly<Record<NonNullable<PresetItem["why"]>, MessageDescriptor>> = {
  sameName: msg({ message: "there already", context: "part of a set-up" }),
  sameNumber: msg({ message: "there already", context: "part of a set-up" }),
  numberNeeded: msg({ message: "needs a number", context: "part of a set-up" }),
  beyondOwnRights: msg({ message: "more than you may give", context: "part of a set-up" }),
};

export const whyItStays: Readonly<Record<NonNullable<PresetUndoStep["why"]>, MessageDescriptor>> = {
  changed: msg({ message: "changed since", context: "stays when a set-up is undone" }),
  inUse: msg({ message: "used by", context: "stays when a set-up is undone" }),
  held: msg({ message: "held by", context: "stays when a set-up is undone" }),
  lastOne: msg({ message: "one must stay", context: "stays when a set-up is undone" }),
};
