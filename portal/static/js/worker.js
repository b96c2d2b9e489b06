// Keeps the window page usable without a network (离线服务). `KEPT` is written in front of this by portal/offline.py.
// Only public files and the page as a visitor sees it are kept; answers about licences never are.

const STORE = `yinxin-window-${KEPT.edition}`;

self.addEventListener("install", (event) => {
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

async function fill() {
  const store = await caches.open(STORE);
  const page = await fetch(KEPT.page, { credentials: "omit", cache: "no-store" });
  if (!page.ok) throw new Error(`page ${page.status}`);
  await store.put("/window/offline", page);
  await store.addAll(KEPT.files);
}

self.addEventListener("activate", (event) => {
  event.waitUntil(forget().then(() => self.clients.claim()));
});

async function forget() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("yinxin-window-") && name !== STORE).map((name) => caches.delete(name)));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && pathname === "/window") {
    event.respondWith(fetch(request).catch(() => caches.match("/window/offline")));
  } else if (pathname.startsWith("/static/")) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});
