/** Both sides of the keys that differ, before and after, without the version: what an audit entry holds. */
export function differences<T extends object>(before: T, after: T): readonly [Partial<T>, Partial<T>] {
  const keys = (Object.keys(after) as (keyof T)[]).filter(
    (key) => key !== "version" && JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
  const pick = (from: T): Partial<T> => Object.fromEntries(keys.map((key) => [key, from[key]])) as Partial<T>;
  return [pick(before), pick(after)];
}
