/** A bug: an invariant does not hold. Never caught where it is thrown; see docs/STYLE.md, "Errors". */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Throws InvariantError unless `condition` holds. For bugs only; expected outcomes are values. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Marks a branch that the types prove impossible. */
export function unreachable(value: never, message = "unreachable"): never {
  throw new InvariantError(`${message}: ${JSON.stringify(value)}`);
}

/** The value, or InvariantError where it is absent. */
export function must<T>(value: T | null | undefined, message = "value is missing"): T {
  if (value === null || value === undefined) throw new InvariantError(message);
  return value;
}
