import type { AccessState } from "@allo/contract";
import type { Clock, OrganisationId, Timers } from "@allo/kernel";
import { ApiError } from "../../platform/api-error.ts";
import type { Config, TlsMode } from "../../platform/config.ts";
import type { Database } from "../../platform/db.ts";
import { describeError } from "../../platform/describe-error.ts";
import type { Api, Principal } from "../../platform/http.ts";
import {
  acmeLimits,
  AcmeError,
  isLoopback,
  outsideAddresses,
  tlsLimits,
  type DoorOutcome,
  type FrontDoor,
  type StoredAccess,
  type TlsKeeper,
} from "../../platform/tls/index.ts";
import type { Audit } from "../identity/index.ts";
import { iceServersFor } from "./turn.ts";
import { addressesOf, installUrl, isLoopbackBind, wantedDoors, type Door } from "./core/access-view.ts";

export type AccessDeps = {
  readonly db: Database;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: { warn(fields: object, message: string): void };
  readonly tls: TlsKeeper;
  readonly frontDoor: FrontDoor;
  readonly port: () => number;
  readonly organisations: () => readonly OrganisationId[];
  readonly settings: {
    readonly bind: string;
    readonly mode: TlsMode;
    readonly origins: readonly string[];
    readonly trustedProxies: readonly string[];
    readonly acme: { readonly name: string | undefined; readonly email: string | undefined; readonly directory: string };
  };
  readonly turn: Config["turn"];
  /** Where browsers and public authorities knock; none in tests, which take only free ports. */
  readonly knownPorts?: readonly number[];
  readonly outside?: () => readonly string[];
};

export type Access = {
  /** What the setup page shows. */
  state(): AccessState;
  register(api: Api): void;
  /** Once the program listens: opens further doors and looks after certificates from now on. */
  start(): Promise<void>;
  close(): void;
};

type Caller = { readonly principal: Principal; readonly address: string };

/** Keeps doors and certificates as the settings and the machine's addresses want them, and shows both. */
export function createAccess(deps: AccessDeps): Access {
  const { tls, frontDoor, settings, log } = deps;
  const outside = deps.outside ?? outsideAddresses;
  const knownPorts = deps.knownPorts ?? [acmeLimits.challengePort, acmeLimits.browserPort];
  const outcomes = new Map<string, DoorOutcome>();
  let cancel: (() => void) | null = null;
  let isClosed = false;
  let isStarted = false;

  const keep = async (): Promise<void> => {
    if (!isStarted) return;
    const wanted = wantedDoors({
      bind: settings.bind,
      port: deps.port(),
      outside: outside(),
      isStoredReachable: tls.stored().isReachable,
      plan: tls.plan(),
      knownPorts,
    });
    for (const door of frontDoor.doors()) if (!wanted.some((each) => isSame(each, door))) frontDoor.shut(door);
    outcomes.clear();
    for (const door of wanted) outcomes.set(keyOf(door), await frontDoor.open(door));
  };

  const tend = async (): Promise<void> => {
    try {
      await keep();
      await tls.tend();
    } catch (error) {
      log.warn({ event: "certificatesUntended", error: describeError(error) }, "Certificates could not be looked after");
    }
  };
  const arm = (): void => {
    if (isClosed) return;
    cancel = deps.timers.arm(tlsLimits.watchMs, () => void tend().finally(arm));
  };

  const state = (): AccessState => {
    const port = deps.port();
    const plan = tls.plan();
    const open = frontDoor.doors();
    const addresses = addressesOf({
      bind: settings.bind,
      port,
      mode: tls.mode(),
      outside: outside(),
      open,
      publicName: plan.acme?.name ?? null,
      origins: settings.origins,
      covers: tls.covers,
    });
    const isReachable = addresses.some((address) => address.kind === "localNetwork" || address.kind === "publicName");
    const reachFixedBy = fixedReach();
    const authority = plan.base === "local" ? tls.authority() : null;
    const page = installUrl({ outside: outside(), port });
    return {
      mode: tls.mode(),
      bind: settings.bind,
      port,
      addresses: [...addresses],
      reach: { isReachable, canChange: reachFixedBy === null, fixedBy: reachFixedBy },
      certificate: tls.certificate(),
      authority: authority?.facts ?? null,
      install: authority === null || page === null ? null : { url: page, isReachable },
      acme: { ...tls.acme(), directory: settings.acme.directory, fixedBy: fixedAcme(), port80: port80(port, open) },
      trustedProxies: [...settings.trustedProxies],
    };
  };

  const fixedReach = (): AccessState["reach"]["fixedBy"] => {
    if (!isLoopbackBind(settings.bind)) return "bind";
    if (settings.mode === "off") return "tlsOff";
    return deps.organisations().length > 1 ? "otherOrganisations" : null;
  };
  const fixedAcme = (): AccessState["acme"]["fixedBy"] => {
    if (settings.acme.name !== undefined && settings.acme.email !== undefined) return "environment";
    if (settings.mode === "off" || settings.mode === "local" || tls.plan().base === "given") return "tlsSetting";
    return deps.organisations().length > 1 ? "otherOrganisations" : null;
  };
  const port80 = (port: number, open: readonly Door[]): AccessState["acme"]["port80"] => {
    const isOpen = port === acmeLimits.challengePort || open.some((door) => door.port === acmeLimits.challengePort);
    if (isOpen) return "open";
    const tried = [...outcomes].filter(([key]) => key.endsWith(` ${acmeLimits.challengePort}`)).map(([, outcome]) => outcome);
    return tried.find((outcome) => outcome === "taken" || outcome === "forbidden") ?? "closed";
  };

  /** The audit's row and the change stand together or not at all. */
  const change = async (
    { principal, address }: Caller,
    { action, before, after, next }: { action: string; before: unknown; after: unknown; next: StoredAccess },
  ): Promise<AccessState> => {
    await deps.db.withScope({ organisationId: principal.organisationId, projectIds: "*" }, async (tx) => {
      await deps.audit.write(tx, {
        actor: principal,
        action,
        objectType: "access",
        objectId: "installation",
        before,
        after,
        address,
        at: deps.clock.now(),
      });
      await tls.store(next);
    });
    await keep();
    return state();
  };

  return {
    state,
    register(api) {
      api.on("iceServersGet", ({ principal }) => Promise.resolve(iceServersFor(deps.turn, principal.personId, deps.clock.now())));
      api.on("accessGet", () => Promise.resolve(state()));
      api.on("accessReachPut", async (call) => {
        const { isReachable } = call.body;
        const stored = tls.stored();
        const fixedBy = fixedReach();
        if (fixedBy !== null) throw new ApiError("fixedBySettings", 409, fixedBy);
        if (stored.isReachable === isReachable) return state();
        if (!isReachable && !isLoopback(call.address))
          throw new ApiError("wouldLockOut", 409, "This very browser comes from the network: close it on the machine itself");
        const next = { ...stored, isReachable };
        return change(call, { action: "access.reach", before: { isReachable: stored.isReachable }, after: { isReachable }, next });
      });
      api.on("accessAcmePut", async (call) => {
        const stored = tls.stored();
        const fixedBy = fixedAcme();
        if (fixedBy !== null) throw new ApiError("fixedBySettings", 409, fixedBy);
        const acme = { name: call.body.name.toLowerCase(), email: call.body.email };
        return change(call, { action: "access.acme", before: stored.acme, after: acme, next: { ...stored, acme } });
      });
      api.on("accessAcmeDelete", async (call) => {
        const stored = tls.stored();
        const fixedBy = fixedAcme();
        if (fixedBy !== null) throw new ApiError("fixedBySettings", 409, fixedBy);
        if (stored.acme === null) return state();
        // Who came in by the public name stays in by the local network.
        const next = { isReachable: stored.isReachable || isLoopbackBind(settings.bind), acme: null };
        return change(call, { action: "access.acme", before: stored.acme, after: null, next });
      });
      api.on("accessAcmeRetry", () => {
        tls.tryAcme();
        return Promise.resolve(state());
      });
      api.on("accessTerms", async () => {
        try {
          return { termsUrl: await tls.terms() };
        } catch (error) {
          if (error instanceof AcmeError) return { termsUrl: null };
          throw error;
        }
      });
    },
    async start() {
      isStarted = true;
      await tend();
      arm();
    },
    close() {
      isClosed = true;
      cancel?.();
      tls.close();
    },
  };
}

function keyOf({ address, port }: Door): string {
  return `${address} ${port}`;
}

function isSame(a: Door, b: Door): boolean {
  return a.address === b.address && a.port === b.port;
}
