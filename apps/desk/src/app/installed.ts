import { create } from "zustand";
import { useLanguage } from "../i18n/language.ts";

/** Whether a newer desk than this page waits to take over. */
export const useUpdate = create<{ readonly waiting: boolean }>(() => ({ waiting: false }));

/** An open tab looks for a new version so often. */
const LOOK_EVERY_MS = 30 * 60_000;
/** The page that was asked for comes first; what is kept for later is fetched after it. */
const KEEP_AFTER_MS = 5_000;
let registration: ServiceWorkerRegistration | null = null;
let reloads = false;

/** Keeps the shell in the browser, so that the desk can be installed and opens without the server. Browsers without it lose nothing else. */
export function keepShell(): void {
  followLanguage();
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!import.meta.env.PROD || workers === undefined) return;
  workers.addEventListener("controllerchange", () => reloads && location.reload());
  setTimeout(() => register(workers), KEEP_AFTER_MS);
}

function register(workers: ServiceWorkerContainer): void {
  workers.register("/sw.js", { updateViaCache: "none" }).then(
    (found) => {
      registration = found;
      const noticed = (): void => useUpdate.setState({ waiting: found.waiting !== null && workers.controller !== null });
      noticed();
      found.addEventListener("updatefound", () => found.installing?.addEventListener("statechange", noticed));
      setInterval(() => void found.update().catch(() => undefined), LOOK_EVERY_MS);
    },
    () => undefined, // a private window, or a certificate that isn't trusted: the desk works as a page
  );
}

/** Lets the new version take over; the page is loaded anew. Only from a press, outside of calls. */
export function takeUpdate(): void {
  reloads = true;
  const waiting = registration?.waiting ?? null;
  if (waiting === null) location.reload();
  else waiting.postMessage("takeOver");
}

/** The installed desk is named in the language that it is installed in. */
function followLanguage(): void {
  const show = (language: string): void =>
    document.querySelector<HTMLLinkElement>("link[rel=manifest]")?.setAttribute("href", `/manifest.${language}.webmanifest`);
  show(useLanguage.getState().language);
  useLanguage.subscribe((state, before) => state.language !== before.language && show(state.language));
}
