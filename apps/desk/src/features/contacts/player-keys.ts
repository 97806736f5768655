/** What a key does while the recording has the focus; null: it isn't the player's. Times always run left to right, in every language. */
export type PlayerAct =
  | { readonly kind: "toggle" }
  | { readonly kind: "seekBy"; readonly seconds: number }
  | { readonly kind: "seekTo"; readonly share: number }
  | { readonly kind: "rateBy"; readonly steps: number };
export const playerRates = [0.75, 1, 1.25, 1.5, 2] as const;
const SEEK_S = 5;
const FINE_SEEK_S = 1;

export function playerActOf(press: { readonly key: string; readonly shiftKey: boolean }): PlayerAct | null {
  const step = press.shiftKey ? FINE_SEEK_S : SEEK_S;
  switch (press.key) {
    case " ":
      return { kind: "toggle" };
    case "ArrowRight":
      return { kind: "seekBy", seconds: step };
    case "ArrowLeft":
      return { kind: "seekBy", seconds: -step };
    case "Home":
      return { kind: "seekTo", share: 0 };
    case "End":
      return { kind: "seekTo", share: 1 };
    case "ArrowUp":
      return { kind: "rateBy", steps: 1 };
    case "ArrowDown":
      return { kind: "rateBy", steps: -1 };
    default:
      return null;
  }
}

/** The next speed up or down; stays at the ends. */
export function rateAfter(rate: number, steps: number): number {
  const at = playerRates.findIndex((each) => each >= rate);
  const next = Math.max(0, Math.min(playerRates.length - 1, (at === -1 ? playerRates.length - 1 : at) + steps));
  return playerRates[next] ?? 1;
}
