/** Bytes [from, to) of a whole of `size`. */
export type ReadRange =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly from: number; readonly to: number }
  /** RFC 9110 §15.5.17: nothing of it can be given. */
  | { readonly kind: "unsatisfiable" };

/** Reads a Range header (RFC 9110 §14.2). What isn't one range of bytes is passed over, as the RFC allows: the whole is given. */
export function readRange(header: string | undefined, size: number): ReadRange {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "");
  if (match === null) return { kind: "whole" };
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return { kind: "whole" };
  if (first === "") {
    const suffix = Math.min(Number(last), size);
    return suffix === 0 ? { kind: "unsatisfiable" } : { kind: "part", from: size - suffix, to: size };
  }
  const from = Number(first);
  if (last !== "" && Number(last) < from) return { kind: "whole" };
  if (from >= size) return { kind: "unsatisfiable" };
  return { kind: "part", from, to: last === "" ? size : Math.min(Number(last) + 1, size) };
}
