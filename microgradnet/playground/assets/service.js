// The static playground without a network: after the first visit, its own files come from a cache of this build.
const VERSION = "%version%", FILES = "%files%".split(" "); // written by the build
const OURS = `microgradnet ${registration.scope} `; // other programs of the origin have caches, too
const NAME = OURS + VERSION;

// A new build takes the place of an old one when no tab has that any more: none gets files of both.
addEventListener("install", (event) => {
  const requests = FILES.map((file) => new Request(file, { cache: "no-cache" })); // else an old file may be in the new cache
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(requests)));
});

addEventListener("activate", (event) => {
  const drop = (names) => Promise.all(names.filter((name) => name.startsWith(OURS) && name !== NAME).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(drop));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(registration.scope)) return;
  const kept = caches.open(NAME).then((cache) => cache.match(request, { ignoreSearch: true }));
  event.respondWith(kept.then((answer) => answer ?? fetch(request)));
});
