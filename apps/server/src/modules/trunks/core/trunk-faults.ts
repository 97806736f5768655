// What is wrong with a trunk as it is set up, field by field; nothing where it may stand.
import { numberRuleFault, type TrunkSettings } from "@allo/contract";
import { mayGoOn } from "@allo/sip";

export type TrunkFault = { readonly path: string; readonly code: string; readonly message: string };

/** Networks wider than this would let strangers in. */
const PREFIX_MIN = { v4: 8, v6: 16 } as const;

export function trunkFaults(
  trunk: TrunkSettings,
  known: {
    readonly hasPassword: boolean;
    readonly isNumber: (numberId: string) => boolean;
    readonly isProject: (projectId: string) => boolean;
    readonly ipFamily: (text: string) => 0 | 4 | 6;
    readonly isCertificate: (pem: string) => boolean;
  },
): readonly TrunkFault[] {
  const faults: TrunkFault[] = [];
  const fault = (path: string, code: string, message: string): void => void faults.push({ path, code, message });
  if (trunk.name.trim() === "") fault("name", "empty", "must not be empty");
  if (trunk.kind !== "digest" && trunk.targets.length === 0) fault("targets", "empty", "needs one address of the carrier at least");
  const seen = new Set<string>();
  for (const [index, { host, port, transport }] of trunk.targets.entries()) {
    const key = `${host.toLowerCase()} ${String(port)} ${String(transport)}`;
    if (seen.has(key)) fault(`targets.${index}`, "alreadyExists", "stands twice");
    seen.add(key);
  }
  if (trunk.kind === "registration") {
    if (trunk.account === null) fault("account", "empty", "needs the account that registers");
    else if (!known.hasPassword) fault("password", "empty", "needs the password of the account");
  }
  if (trunk.kind === "digest" && trunk.targets.length > 0 && trunk.account !== null && !known.hasPassword)
    fault("password", "empty", "needs the password of the account");
  for (const [index, network] of trunk.networks.entries()) {
    const [address = "", bits, ...rest] = network.split("/");
    const family = known.ipFamily(address);
    const length = bits === undefined ? (family === 4 ? 32 : 128) : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
    if (family === 0 || rest.length > 0 || length < 0 || length > (family === 4 ? 32 : 128))
      fault(`networks.${index}`, "notANetwork", "is not a network such as 203.0.113.0/24");
    else if (length < (family === 4 ? PREFIX_MIN.v4 : PREFIX_MIN.v6))
      fault(`networks.${index}`, "tooWide", "is so wide that strangers could call by this trunk");
  }
  for (const [index, numberId] of trunk.numberIds.entries())
    if (!known.isNumber(numberId)) fault(`numberIds.${index}`, "unknown", "names a number that isn't there");
  for (const [name, rules] of Object.entries(trunk.rules)) {
    for (const [index, rule] of rules.entries()) {
      const wrong = numberRuleFault(rule);
      if (wrong !== null) fault(`rules.${name}.${index}.${wrong}`, "rule", "is no rule that can be applied");
    }
  }
  for (const [index, { projectId }] of trunk.callerIds.numbers.entries())
    if (projectId !== null && !known.isProject(projectId))
      fault(`callerIds.numbers.${index}.projectId`, "unknown", "names a project that isn't there");
  if (trunk.callerIds.choice !== "passThrough" && trunk.callerIds.numbers.length === 0)
    fault("callerIds.numbers", "empty", "needs a number to show");
  for (const [index, code] of trunk.habits.failoverCodes.entries())
    if (!mayGoOn(code))
      fault(`habits.failoverCodes.${index}`, "never", "says something of the person called: another target would say the same");
  if (trunk.externalAddress !== null && known.ipFamily(trunk.externalAddress) === 0)
    fault("externalAddress", "notAnAddress", "must be an IP address");
  if (trunk.tls.caPem !== null && !known.isCertificate(trunk.tls.caPem))
    fault("tls.caPem", "notACertificate", "is no certificate in PEM form");
  return faults;
}
