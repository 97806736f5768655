// What a phone is told so that it registers here, in the words of each kind of phone. Pure: texts from values.
import type { PhoneTransport } from "@allo/contract";

export type PhoneAccount = {
  /** As its owner reads it. */
  readonly name: string;
  readonly domain: string;
  readonly port: number;
  readonly transport: PhoneTransport;
  readonly username: string;
  readonly password: string;
};

export type PhoneFile = { readonly contentType: string; readonly text: string };

/** The realm of the digest, which some phones want to know beforehand. */
const REALM = "allo";
const REGISTER_SECONDS = 600;

/** Linphone's remote provisioning. What is on the phone already and not named here stays as it is. */
export function linphoneFile(account: PhoneAccount): PhoneFile {
  const server = `<sip:${hostPort(account)};transport=${account.transport}>`;
  const sections: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    [
      "sip",
      [
        ["default_proxy", "0"],
        ["media_encryption", account.transport === "tls" ? "srtp" : "none"],
      ],
    ],
    [
      "proxy_0",
      [
        ["reg_identity", `${quoted(account.name)} <sip:${account.username}@${account.domain}>`],
        ["reg_proxy", server],
        ["reg_route", server],
        ["reg_expires", String(REGISTER_SECONDS)],
        ["reg_sendregister", "1"],
        ["publish", "0"],
      ],
    ],
    [
      "auth_info_0",
      [
        ["username", account.username],
        ["passwd", account.password],
        ["realm", REALM],
        ["domain", account.domain],
      ],
    ],
  ];
  const body = sections.map(
    ([name, entries]) =>
      `  <section name="${name}">\n${entries.map(([key, value]) => `    <entry name="${key}" overwrite="true">${escape(value)}</entry>`).join("\n")}\n  </section>`,
  );
  return xml([
    '<config xmlns="http://www.linphone.org/xsds/lpconfig.xsd" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.linphone.org/xsds/lpconfig.xsd lpconfig.xsd">',
    ...body,
    "</config>",
  ]);
}

/** Grandstream's desk phones, account 1 (P values of its configuration template). */
export function grandstreamFile(account: PhoneAccount): PhoneFile {
  const values: readonly (readonly [number, string])[] = [
    [271, "1"],
    [270, account.name],
    [47, hostPort(account)],
    [35, account.username],
    [36, account.username],
    [34, account.password],
    [3, account.name],
    [31, "1"],
    [32, String(REGISTER_SECONDS / 60)],
    [130, { udp: "0", tcp: "1", tls: "2" }[account.transport]],
    [183, account.transport === "tls" ? "1" : "0"],
  ];
  return xml([
    '<gs_provision version="1">',
    '  <config version="1">',
    ...values.map(([key, value]) => `    <P${key}>${escape(value)}</P${key}>`),
    "  </config>",
    "</gs_provision>",
  ]);
}

function xml(lines: readonly string[]): PhoneFile {
  return { contentType: "application/xml; charset=utf-8", text: `${['<?xml version="1.0" encoding="UTF-8"?>', ...lines].join("\n")}\n` };
}

function hostPort({ domain, port }: PhoneAccount): string {
  return `${domain.includes(":") && !domain.startsWith("[") ? `[${domain}]` : domain}:${port}`;
}

function quoted(name: string): string {
  return `"${name.replaceAll(/[\\"]/g, String.raw`\$&`)}"`;
}

function escape(text: string): string {
  // Control characters are no characters of XML 1.0.
  return text
    .replaceAll(/\p{Cc}/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
