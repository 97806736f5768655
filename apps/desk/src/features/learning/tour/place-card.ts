export type Box = { readonly top: number; readonly left: number; readonly width: number; readonly height: number };
type Size = { readonly width: number; readonly height: number };
export type CardPlace = { readonly top: number; readonly left: number };

const GAP = 14;
const EDGE = 12;

/**
 * Where a tour's card stands beside what it points at: below, above, or at a side, wherever there is room; nothing to point at: the middle.
 * It never covers its target unless the target fills the screen. Narrow screens: at the end of the screen that is free.
 */
export function placeCard({
  target,
  card,
  screen,
  rightToLeft,
  awaitsTarget = false,
}: {
  /** It will be there in a moment: until then the card keeps out of the way. */
  readonly awaitsTarget?: boolean;
  readonly target: Box | null;
  readonly card: Size;
  readonly screen: Size;
  readonly rightToLeft: boolean;
}): CardPlace {
  const clampLeft = (left: number): number => Math.round(Math.min(Math.max(left, EDGE), Math.max(EDGE, screen.width - card.width - EDGE)));
  const clampTop = (top: number): number => Math.round(Math.min(Math.max(top, EDGE), Math.max(EDGE, screen.height - card.height - EDGE)));
  if (target === null && awaitsTarget) return { top: clampTop(screen.height), left: clampLeft(rightToLeft ? 0 : screen.width) };
  if (target === null) return { top: clampTop((screen.height - card.height) / 2), left: clampLeft((screen.width - card.width) / 2) };
  const along = clampLeft(rightToLeft ? target.left + target.width - card.width : target.left);
  const below = target.top + target.height + GAP;
  if (below + card.height + EDGE <= screen.height) return { top: Math.round(below), left: along };
  const above = target.top - GAP - card.height;
  if (above >= EDGE) return { top: Math.round(above), left: along };
  const atRight = target.left + target.width + GAP;
  const atLeft = target.left - GAP - card.width;
  const fitsRight = atRight + card.width + EDGE <= screen.width;
  const fitsLeft = atLeft >= EDGE;
  const top = clampTop(target.top);
  if (fitsLeft && (rightToLeft || !fitsRight)) return { top, left: Math.round(atLeft) };
  if (fitsRight) return { top, left: Math.round(atRight) };
  // It fills the screen: over its end, where it hides least.
  return { top: clampTop(screen.height - card.height - EDGE), left: clampLeft(rightToLeft ? 0 : screen.width) };
}
