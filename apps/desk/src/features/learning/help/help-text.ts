import { keyActions, type KeyAction } from "../../../keyboard/keys.ts";
import { isTerm, type TermId } from "../glossary/terms.ts";

/** A piece of a help text: words, a term of the glossary, the key of an act, a link to a page. */
export type HelpPiece =
  | { readonly kind: "words"; readonly text: string }
  | { readonly kind: "term"; readonly term: TermId; readonly text: string }
  | { readonly kind: "key"; readonly action: KeyAction }
  | { readonly kind: "link"; readonly href: string; readonly text: string };

const PIECE = /\[\[(\w+)\|([^\]]+)\]\]|\{key:(\w+)\}|\[([^\]]+)\]\((\/[^)\s]*)\)/gu;

/** Reads [[term|word]], {key:act} and [words](/address). What names nothing known stays as it is written: a test finds it. */
export function readHelpText(text: string): readonly HelpPiece[] {
  const pieces: HelpPiece[] = [];
  let from = 0;
  const words = (until: number): void => {
    if (until > from) pieces.push({ kind: "words", text: text.slice(from, until) });
  };
  for (const found of text.matchAll(PIECE)) {
    const piece = pieceOf(found);
    if (piece === null) continue;
    words(found.index);
    pieces.push(piece);
    from = found.index + found[0].length;
  }
  words(text.length);
  return pieces;
}

function pieceOf([, term, termText, key, linkText, href]: RegExpMatchArray): HelpPiece | null {
  if (term !== undefined && termText !== undefined) return isTerm(term) ? { kind: "term", term, text: termText } : null;
  if (linkText !== undefined && href !== undefined) return { kind: "link", href, text: linkText };
  const action = keyActions.find((each) => each === key);
  return action === undefined ? null : { kind: "key", action };
}
