import Type from "typebox";
import type { TSchema, TUnion, TNull } from "typebox";

/** The schema's value, or null. */
export function nullable<T extends TSchema>(schema: T): TUnion<[T, TNull]> {
  return Type.Union([schema, Type.Null()]);
}
