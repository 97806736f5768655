import { trunkHabitDefaults, type TrunkConfig } from "@allo/contract";
import { expect, it } from "vitest";
import { contactUri } from "./trunk-identity.ts";

it("sip-rtp 6.6.16: the trunk group stands in Contact, with its context where there is one", () => {
  const contact = (trunkGroup: string | null): string =>
    contactUri({ trunkId: "trk_1", account: null, habits: { ...trunkHabitDefaults, trunkGroup } } as TrunkConfig, "udp", {
      address: "192.0.2.1",
      port: 5_060,
    });
  expect(contact(null)).toBe("sip:allo@192.0.2.1:5060;line=trk_1");
  expect(contact("group-7")).toBe("sip:allo;tgrp=group-7@192.0.2.1:5060;line=trk_1");
  expect(contact("7@carrier.example")).toBe("sip:allo;tgrp=7;trunk-context=carrier.example@192.0.2.1:5060;line=trk_1");
});
