/**
 * Keeps what has a hash in its name (it never changes) and the last page of each application, so that a page opens
 * without a network and says so. Nothing of a consultation, nothing of the API is ever kept. The version and the list of
 * files are filled in by tools/finish.mjs.
 */
const cacheName = "hoichan-__VERSION__";
const files = "__FILES__";
const pages = /^\/(join|kiosk|admin)\/?$/;
/** A page tells what it has loaded: that is in the browser's own cache, so keeping it costs no second download. */
self.addEventListener("message", (event) => {
  const addresses = Array.isArray(event.data?.keep) ? event.data.keep : [];
  event.waitUntil(keep(addresses.filter((address) => typeof address === "string" && (address.startsWith("/assets/") || pages.test(address)))));
});

async function keep(addresses) {
  const cache = await caches.open(cacheName);
  await Promise.allSettled(addresses.map(async (address) => (await cache.match(address)) ?? cache.add(address)));
}

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(cacheName)
      .then((cache) => Promise.allSettled(files.map((file) => cache.add(file))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((n) => n.startsWith("hoichan-") && n !== cacheName).map((n) => caches.delete(n))))
      .then(() => self.clients.claim()),
  );
});

async function fromCacheFirst(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(cacheName)).put(request, answer.clone());
  return answer;
}

/** A new version is seen at once when there is a network; the kept page serves when there is none. */
async function fromNetworkFirst(request, address) {
  const cache = await caches.open(cacheName);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(address, answer.clone());
    return answer;
  } catch {
    return (await cache.match(address)) ?? (await caches.match("/offline.html")) ?? Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/assets/") || url.pathname.startsWith("/icons/")) event.respondWith(fromCacheFirst(event.request));
  else if (event.request.mode === "navigate" && pages.test(url.pathname)) event.respondWith(fromNetworkFirst(event.request, url.pathname.replace(/\/$/, "")));
});
