import { useLingui } from "@lingui/react";
import { createElement, lazy, useEffect, useState, type ComponentType, type ReactNode } from "react";
import { allWords } from "../i18n/language.ts";
import { useLive } from "../live/live-client.ts";
import { toastProblem } from "./toasts.tsx";

/** `ahead` fetches it before it is shown: it then stands with the rest of its screen, and pushes nothing aside by coming later. */
export type LazyPart<Props> = ((props: Props) => ReactNode) & { readonly ahead: () => Promise<void> };

/**
 * A part of the screen that is fetched when it is first shown: not while the server is away, for browsers keep a fetch that failed and
 * never ask again. One that couldn't be had all the same says so and stays out: it must not take the call, the rail and the room with it.
 */
export function lazyPart<Props extends object>(load: () => Promise<ComponentType<Props>>): LazyPart<Props> {
  return partBy(load, allWords);
}

/** One whose words come with the first load (vite.config.ts names it): shown by itself soon after the desk, it must not fetch all others'. */
export function earlyPart<Props extends object>(load: () => Promise<ComponentType<Props>>): LazyPart<Props> {
  return partBy(load, () => Promise.resolve());
}

function partBy<Props extends object>(load: () => Promise<ComponentType<Props>>, words: () => Promise<void>): LazyPart<Props> {
  let fetched: ComponentType<Props> | null = null;
  const Later: ComponentType<Props> = lazy(async () => ({ default: await partOf(load, { words: words() }) })) as never;
  // React holds a part that suspended back for 300 ms after the last such one, also where all of it is there: one that is, doesn't suspend.
  const Part = (props: Props): ReactNode => {
    const [Shown] = useState(() => fetched ?? Later);
    return createElement(Shown, props);
  };
  const ahead = async (): Promise<void> => {
    await connected();
    // What fails is asked for again, and told, where it is shown.
    const [part] = await Promise.allSettled([load(), words()]);
    if (part.status === "fulfilled") fetched = part.value;
  };
  return Object.assign(Part, { ahead });
}

export async function partOf<Props>(
  load: () => Promise<ComponentType<Props>>,
  given: { readonly words?: Promise<void> } = {},
): Promise<ComponentType<Props>> {
  await connected();
  try {
    const [part] = await Promise.all([load(), given.words ?? allWords()]);
    return part;
  } catch (failure) {
    return missing(failure);
  }
}

/** At once where the live connection stands, or has never been lost. */
function connected(): Promise<void> {
  if (useLive.getState().lostSince === null) return Promise.resolve();
  return new Promise((resume) => {
    const stop = useLive.subscribe(({ lostSince }) => {
      if (lostSince !== null) return;
      stop();
      resume();
    });
  });
}

function missing(failure: unknown): () => null {
  return function MissingPart() {
    const { i18n } = useLingui();
    useEffect(() => toastProblem(i18n, failure), [i18n]);
    return null;
  };
}
