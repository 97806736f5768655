/** An expected outcome, success or failure, as a value. */
export type Result<T, F> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: F };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function fail<F>(failure: F): { readonly ok: false; readonly failure: F } {
  return { ok: false, failure };
}

/** What a pure step returns: the next state and the commands that the shell executes after it. */
export type Step<S, C> = { readonly state: S; readonly commands: readonly C[] };
