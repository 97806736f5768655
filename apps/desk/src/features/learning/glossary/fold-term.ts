import { normaliseInput } from "../../../ui/format.ts";

/** A word as searches compare it: without case, accents, spaces, half-spaces, and with е for ё. */
export function foldTerm(text: string): string {
  return normaliseInput(text)
    .toLocaleLowerCase()
    .normalize("NFD")
    .replaceAll(/\p{Mark}|\p{Format}|\s|-/gu, "");
}
