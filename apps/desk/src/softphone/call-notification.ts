import { create } from "zustand";
import { browserStorage } from "../i18n/language.ts";

const KEY = "allo.notify.named";

/** Whether the person lets a caller's name or number stand in notifications of this browser. */
export const useNaming = create<{ readonly named: boolean }>(() => ({ named: browserStorage()?.getItem(KEY) === "yes" }));

export function chooseNaming(named: boolean): void {
  browserStorage()?.setItem(KEY, named ? "yes" : "no");
  useNaming.setState({ named });
}

export type CallNotice = { readonly offerId: string; readonly title: string; readonly body: string };

/** Announces a ringing call outside the tab; a click brings the tab forward. Gives what takes the notice away. */
export function announceCall({ offerId, title, body }: CallNotice): () => void {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return () => undefined;
  try {
    const notice = new Notification(title, { body, tag: offerId, requireInteraction: true, icon: "/icons/allo-192.png" });
    notice.addEventListener("click", () => {
      globalThis.focus();
      notice.close();
    });
    return () => notice.close();
  } catch {
    // Android lets only service workers announce: the installed desk does it there.
    return announceByWorker({ offerId, title, body });
  }
}

function announceByWorker({ offerId, title, body }: CallNotice): () => void {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  void workers?.ready.then((registration) => registration.showNotification(title, { body, tag: offerId, icon: "/icons/allo-192.png" }));
  return () =>
    void workers?.ready
      .then((registration) => registration.getNotifications({ tag: offerId }))
      .then((shown) => shown?.forEach((notice) => notice.close()));
}
