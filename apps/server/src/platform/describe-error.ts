import pg from "pg";

const CAUSES_MAX = 3;
const FRAMES_MAX = 12;

/** An error for the log: what and where, without the values that a database puts into its messages. */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const described: Record<string, unknown> = { type: error.name };
  if ("code" in error) described["code"] = error.code;
  if (error instanceof pg.DatabaseError) Object.assign(described, { table: error.table, constraint: error.constraint });
  else described["message"] = error.message;
  described["frames"] = (error.stack ?? "")
    .split("\n")
    .filter((line) => line.startsWith("    at "))
    .slice(0, FRAMES_MAX)
    .map((line) => line.trim());
  if (error.cause !== undefined && depth < CAUSES_MAX) described["cause"] = describeError(error.cause, depth + 1);
  return described;
}
