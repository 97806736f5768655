import { type DestinationStream, pino, type Logger } from "pino";
import type { LogLevel } from "./config.ts";

export type { Logger } from "pino";

/** Fields that never reach a log, wherever they stand; a number dialled or typed, a name and a text belong to the contact, not here. */
const SECRET_FIELDS = [
  "password",
  "secret",
  "token",
  "cookie",
  "authorization",
  "setCookie",
  "key",
  "digits",
  "dtmf",
  "number",
  "callerNumber",
  "calledNumber",
  "name",
  "displayName",
  "email",
  "notes",
  "body",
  "databaseUrl",
  "url",
] as const;
const DEPTHS = ["", "*.", "*.*."] as const;

/** One JSON object per line on standard output, which the supervisor writes to ALLO_DATA/logs/<role>.log. */
export function createLogger(
  { role, level }: { readonly role: string; readonly level: LogLevel },
  destination: DestinationStream = pino.destination(1),
): Logger {
  const options = {
    level,
    base: { role },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: DEPTHS.flatMap((depth) => SECRET_FIELDS.map((field) => `${depth}${field}`)), censor: "[removed]" },
  };
  return pino(options, destination);
}
