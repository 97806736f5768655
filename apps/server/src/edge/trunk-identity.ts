// How a call of ours is written for one carrier: whom it is for, who calls, where we are (sip-rtp 6.6.5, 6.6.6, 6.6.9, 6.6.16).
import { applyNumberRules, type TrunkConfig } from "@allo/contract";
import { quote, type HostPort, type PeerAddress, type SipHeader } from "@allo/sip";

export type DialCallerId = { readonly number: string | null; readonly name: string | null; readonly isAnonymous: boolean };

export type DialAddressing = {
  readonly target: string;
  readonly from: string;
  readonly to: string;
  readonly headers: readonly SipHeader[];
};

export function addressCall(
  trunk: TrunkConfig,
  call: { readonly destination: string; readonly callerId: DialCallerId },
  peer: PeerAddress,
): DialAddressing {
  const { habits } = trunk;
  const domain = domainOf(trunk, peer);
  const dialled = uriOf(applyNumberRules(trunk.rules.dialled, call.destination).number, domain, habits.userPhone);
  const own = fromDomainOf(trunk, domain);
  const number = call.callerId.number === null ? null : applyNumberRules(trunk.rules.callerOut, call.callerId.number).number;
  const name = call.callerId.isAnonymous ? null : call.callerId.name;
  const account = trunk.account?.user ?? null;
  const isHidden = call.callerId.isAnonymous || number === null;
  // RFC 3323 §4.1.1.3: who must not be known is anonymous in From; who pays stands in headers that the carrier takes away.
  const fromUser =
    habits.fromUserIsAccount && account !== null
      ? account
      : habits.callerIdIn.includes("from") && !isHidden
        ? number
        : isHidden
          ? null
          : (account ?? number);
  const from =
    fromUser === null
      ? '"Anonymous" <sip:anonymous@anonymous.invalid>'
      : named(call.callerId.isAnonymous ? "Anonymous" : name, uriOf(fromUser, own, habits.userPhone && fromUser === number));
  const headers: SipHeader[] = [];
  const identity = number ?? account;
  if (identity !== null) {
    const uri = uriOf(identity, own, habits.userPhone && identity === number);
    for (const place of habits.callerIdIn) {
      if (place === "pAssertedIdentity") headers.push({ name: "P-Asserted-Identity", value: named(name, uri) });
      else if (place === "pPreferredIdentity") headers.push({ name: "P-Preferred-Identity", value: named(name, uri) });
      else if (place === "remotePartyId") {
        headers.push({
          name: "Remote-Party-ID",
          value: `${named(name, uri)};party=calling;screen=yes;privacy=${call.callerId.isAnonymous ? "full" : "off"}`,
        });
      } else if (place === "diversion") headers.push({ name: "Diversion", value: `<${uri}>;reason=unconditional` });
    }
  }
  if (call.callerId.isAnonymous) headers.push({ name: "Privacy", value: "id" });
  return { target: dialled, from, to: `<${dialled}>`, headers };
}

/** Our Contact towards a carrier; it is the same from REGISTER to BYE, and says which trunk it belongs to. */
export function contactUri(trunk: TrunkConfig, transport: PeerAddress["transport"], local: HostPort): string {
  const { habits } = trunk;
  const scheme = habits.contactSips && transport === "tls" ? "sips" : "sip";
  const parameter = habits.contactTransport && transport !== "udp" ? `;transport=${transport}` : "";
  return `${scheme}:${escapeUser(trunk.account?.user ?? "allo")}${groupOf(habits.trunkGroup)}@${host(local.address)}:${local.port};line=${trunk.trunkId}${parameter}`;
}

export function domainOf(trunk: TrunkConfig, peer: PeerAddress): string {
  if (trunk.domain !== null) return trunk.domain;
  const set = trunk.targets.find((target) => target.host === peer.host || target.host === `[${peer.host}]`);
  return set?.port === null || set === undefined ? host(peer.host) : `${host(peer.host)}:${set.port}`;
}

export function fromDomainOf(trunk: TrunkConfig, domain: string): string {
  return trunk.fromDomain ?? domain;
}

/** RFC 4904 §5: the group that a call comes from stands in the user part of Contact. */
function groupOf(trunkGroup: string | null): string {
  const [group, context] = trunkGroup?.split("@") ?? [];
  return group === undefined ? "" : `;tgrp=${group}${context === undefined ? "" : `;trunk-context=${context}`}`;
}

/** The account's own address at the carrier: To and From of REGISTER. */
export function accountUri(trunk: TrunkConfig, domain: string): string {
  return uriOf(trunk.account?.user ?? "allo", fromDomainOf(trunk, domain), false);
}

function uriOf(user: string, domain: string, isPhone: boolean): string {
  return `sip:${escapeUser(user)}@${domain}${isPhone ? ";user=phone" : ""}`;
}

export function named(name: string | null, uri: string): string {
  return name === null || name === "" ? `<${uri}>` : `${quote(name)} <${uri}>`;
}

/** RFC 3261 §25.1: what may not stand in a user part is escaped, "#" of a dial string among it. */
export function escapeUser(user: string): string {
  return encodeURIComponent(user)
    .replaceAll("%2B", "+")
    .replaceAll("%26", "&")
    .replaceAll("%3D", "=")
    .replaceAll("%24", "$")
    .replaceAll("%2C", ",");
}

export function host(name: string): string {
  return name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
}
