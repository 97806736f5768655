import { useLingui } from "@lingui/react";
import { lazy, useEffect, type ComponentType, type LazyExoticComponent } from "react";
import { allWords } from "../i18n/language.ts";
import { useLive } from "../live/live-client.ts";
import { toastProblem } from "./toasts.tsx";

/**
 * A part of the screen that is fetched when it is first shown: not while the server is away, for browsers keep a fetch that failed and
 * never ask again. One that couldn't be had all the same says so and stays out: it must not take the call, the rail and the room with it.
 */
export function lazyPart<Props>(load: () => Promise<ComponentType<Props>>): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => ({ default: await partOf(load) }));
}

/** One whose words come with the first load (vite.config.ts names it): shown by itself soon after the desk, it must not fetch all others'. */
export function earlyPart<Props>(load: () => Promise<ComponentType<Props>>): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => ({ default: await partOf(load, { words: Promise.resolve() }) }));
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

/** Fetches parts before they are shown, so that they stand with the rest of their screen and push nothing aside when they come. */
export async function fetchAhead(loads: readonly (() => Promise<unknown>)[]): Promise<void> {
  await connected();
  // What fails is asked for again, and told, where it is shown.
  await Promise.allSettled([allWords(), ...loads.map((load) => load())]);
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
