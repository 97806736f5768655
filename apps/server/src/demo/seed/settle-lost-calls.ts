// The leads of the past worked their lost calls: they called back, or said why not. What is fresh still stands open.
import { permissionsOf } from "@allo/contract";
import type { Instant, OrganisationId, PersonId, Prng, ProjectId, SessionId } from "@allo/kernel";
import { DAY_MS } from "@allo/kernel";
import type { LookingBack } from "../../core/looking-back.ts";
import { isTrue } from "../history/draws.ts";
import type { LineMade, OrganisationMade } from "./set-up.ts";

/** Younger ones still wait for someone. */
const SETTLED_AFTER_MS = 1.5 * DAY_MS;
const UNREACHABLE_SHARE = 0.24;
const FORGOTTEN_SHARE = 0.03;
const PAGE = 100;

const hiddenReasons = {
  en: "Number withheld, no way to call back.",
  ru: "Номер скрыт, перезвонить некуда.",
  fa: "شماره پنهان است؛ تماس ممکن نیست.",
};

/** Settles what stood open at `at` for long enough. Those that are forgotten are never looked at again. */
export async function settleLostCalls({
  back,
  made,
  at,
  forgotten,
  prng,
}: {
  readonly back: Pick<LookingBack, "lostCalls">;
  readonly made: OrganisationMade;
  readonly at: Instant;
  readonly forgotten: Set<string>;
  readonly prng: Prng;
}): Promise<void> {
  for (const [index, line] of made.lines.entries()) {
    const lead = made.leads[index];
    if (lead === undefined) continue;
    const by = { principal: principalOf(lead, line, made.organisationId as OrganisationId), address: "" };
    const { items } = await back.lostCalls.list(by.principal, { state: "open", limit: PAGE });
    for (const { lostCallId, lastAt, callerNumber, version } of items.toSorted((a, b) => a.lastAt - b.lastAt)) {
      if (lastAt > at - SETTLED_AFTER_MS || forgotten.has(lostCallId)) continue;
      if (isTrue(prng, FORGOTTEN_SHARE)) forgotten.add(lostCallId);
      else if (callerNumber === null)
        await back.lostCalls.settle(by, lostCallId, { state: "dismissed", reason: hiddenReasons[line.seed.language], version });
      else {
        const isUnreachable = isTrue(prng, UNREACHABLE_SHARE);
        // A second attempt, where the first was in vain.
        for (let left = isUnreachable ? 2 : 1; left > 0; left -= 1) await back.lostCalls.attempt(by, lostCallId);
        const settled = {
          state: isUnreachable ? "unreachable" : "calledBack",
          reason: "",
          version: version + (isUnreachable ? 2 : 1),
        } as const;
        await back.lostCalls.settle(by, lostCallId, settled);
      }
    }
  }
}

function principalOf(lead: OrganisationMade["leads"][number], { projectId }: LineMade, organisationId: OrganisationId) {
  return {
    personId: lead.personId as PersonId,
    // In the making nobody has a browser open.
    sessionId: `ses_${lead.personId.slice(lead.personId.indexOf("_") + 1)}` as SessionId,
    organisationId,
    projectIds: [projectId as ProjectId],
    name: lead.name,
    permissions: permissionsOf(["lead"]),
    roles: ["lead"] as const,
  };
}
