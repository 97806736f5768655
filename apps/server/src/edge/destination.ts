import { unescapeUser, type Uri } from "@allo/sip";

const DESTINATION_CHARS_MAX = 60;

/** Whom a Request-URI or a Refer-To names: its user part, or what tel: holds; null where that is nobody. */
export function destinationOf(uri: Uri): string | null {
  const text = uri.kind === "sip" ? (uri.user === null ? null : unescapeUser(uri.user)) : uri.scheme === "tel" ? uri.rest : null;
  const number = text?.split(";")[0]?.trim() ?? "";
  return number === "" || number.length > DESTINATION_CHARS_MAX ? null : number;
}
