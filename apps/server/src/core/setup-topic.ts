import type { OrganisationId } from "@allo/kernel";
import type { Dialling } from "../modules/dialling/index.ts";
import type { Directory } from "../modules/directory/index.ts";
import type { Identity } from "../modules/identity/index.ts";
import type { LiveHub } from "../platform/live.ts";

/** The live topic "setup": counts up whenever a list of the setup or the people changed, so that open screens fetch it again. */
export function createSetupTopic({
  live,
  identity,
  directory,
  dialling,
}: {
  readonly live: LiveHub;
  readonly identity: Identity;
  readonly directory: Directory;
  readonly dialling: Dialling;
}): void {
  const versions = new Map<OrganisationId, number>();
  const bump = (organisationId: OrganisationId, changed: readonly string[]): void => {
    const version = (versions.get(organisationId) ?? 0) + 1;
    versions.set(organisationId, version);
    live.publish("setup", organisationId, { op: "replace", state: { version, changed } });
  };
  live.provide("setup", {
    key: (principal) => principal.organisationId,
    allowed: () => true,
    snapshot: (principal) => Promise.resolve({ version: versions.get(principal.organisationId) ?? 0, changed: [] }),
  });
  identity.onPeopleChanged((change) => {
    bump(change.organisationId, ["people"]);
  });
  identity.onRolesChanged((organisationId) => {
    bump(organisationId, ["roles"]);
  });
  directory.onChanged((change) => {
    bump(change.organisationId, change.changed);
  });
  dialling.onChanged((organisationId) => {
    bump(organisationId, ["dialling"]);
  });
}
