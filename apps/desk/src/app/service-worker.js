// The shell of the desk, kept in the browser so that it opens without the server and says so. Never the API: what is shown is live or absent.
// BUILD and FILES are put in front by the build (vite.config.ts).
/* global BUILD, FILES */
const CACHE = `allo-shell-${BUILD}`;

self.addEventListener("install", (event) => {
  // A new version waits until its page says so: no reload in the middle of a call.
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name.startsWith("allo-shell-") && name !== CACHE).map((name) => caches.delete(name))),
      )
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("message", (event) => {
  if (event.data === "takeOver") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/api") || url.pathname.startsWith("/install")) return;
  if (request.mode === "navigate") {
    // The newest page where the server answers; what it says in trouble is better than nothing only if there is no page.
    event.respondWith(fetch(request).catch(() => caches.match("/index.html", { cacheName: CACHE })));
    return;
  }
  if (!FILES.includes(url.pathname)) return;
  event.respondWith(caches.match(url.pathname, { cacheName: CACHE }).then((kept) => kept ?? fetch(request)));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(
    self.clients
      .matchAll({ type: "window", includeUncontrolled: true })
      .then((pages) => (pages.length > 0 ? pages[0].focus() : self.clients.openWindow("/desk"))),
  );
});
