import { ApiError } from "./api-error.ts";

/** The place after which the next page begins: values of the sorting columns, opaque to clients. */
export function encodeCursor(place: readonly [string, string]): string {
  return Buffer.from(JSON.stringify(place), "utf8").toString("base64url");
}

/** Null where no cursor was given; a problem where it isn't one of ours. */
export function decodeCursor(cursor: string | undefined): readonly [string, string] | null {
  if (cursor === undefined || cursor === "") return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (Array.isArray(value) && value.length === 2 && typeof value[0] === "string" && typeof value[1] === "string")
      return [value[0], value[1]];
  } catch {
    // Not JSON: said below.
  }
  throw new ApiError("invalidInput", 400, "The cursor is not one of this list", [
    { path: "cursor", code: "cursor", message: "is not one of this list" },
  ]);
}

/** A cursor that is a sequence: entries below it follow. */
export function decodeSequenceCursor(cursor: string | undefined): number | null {
  if (cursor === undefined || cursor === "") return null;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new ApiError("invalidInput", 400, "The cursor is not one of this list", [
    { path: "cursor", code: "cursor", message: "is not one of this list" },
  ]);
}
