export const NOTICE = "greeting.notice";
export const PLAIN = "greeting.plain";
/** The notice alone, without a welcome. */
export const RECORDED = "notice.recorded";

/**
 * What a caller hears first: the number's own greeting. Where the talk will be recorded the notice is never left out: it follows a
 * greeting that doesn't say it, and the shipped plain greeting gives way to the one with the notice, whose words are the same.
 */
export function greetingOf({
  chosen,
  isRecorded,
  hasOwnPlain,
  chosenSaysNotice,
}: {
  /** The number's setting; a number that is gone has none. */
  readonly chosen: string | undefined;
  readonly isRecorded: boolean;
  /** The organisation has put a sound of its own in the plain greeting's place. */
  readonly hasOwnPlain: boolean;
  /** The number's greeting is one that the organisation has added, and says that calls are recorded. */
  readonly chosenSaysNotice: boolean;
}): readonly string[] {
  if (chosen === undefined || chosen === "") return [isRecorded ? NOTICE : PLAIN];
  if (!isRecorded || chosen === NOTICE || chosenSaysNotice) return [chosen];
  return chosen === PLAIN && !hasOwnPlain ? [NOTICE] : [chosen, RECORDED];
}
