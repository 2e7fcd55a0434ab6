/* The service worker of the phone. FACTS (version, scope, shell, assets, scripts) is put before this file. */
importScripts.apply(self, FACTS.scripts);
const CACHE = "yuanqiao-" + FACTS.version;
const PATIENCE = 6000;

/* The page that stands in without a network; not kept where the answer is the sign-in page. */
function keepShell() {
  return fetch(FACTS.shell, { credentials: "same-origin", redirect: "manual", cache: "no-store" }).then(function (answer) {
    if (!answer.ok) return null;
    return caches.open(CACHE).then(function (cache) { return cache.put(FACTS.shell, answer); });
  }).catch(function () { return null; });
}

self.addEventListener("install", function (event) {
  event.waitUntil(caches.open(CACHE).then(function (cache) {
    return cache.addAll(FACTS.assets);
  }).then(keepShell).then(function () { return self.skipWaiting(); }));
});

self.addEventListener("activate", function (event) {
  event.waitUntil(caches.keys().then(function (names) {
    return Promise.all(names.filter(function (name) { return name.indexOf("yuanqiao-") === 0 && name !== CACHE; })
      .map(function (name) { return caches.delete(name); }));
  }).then(function () { return self.clients.claim(); }));
});

function shell() {
  return caches.match(FACTS.shell).then(function (kept) { return kept || Response.error(); });
}

function page(request) {
  const late = new Promise(function (done) { setTimeout(done, PATIENCE); }).then(function () {
    return caches.match(FACTS.shell).then(function (kept) { return kept || new Promise(function () {}); });
  });
  return Promise.race([fetch(request).catch(shell), late]);
}

self.addEventListener("fetch", function (event) {
  const request = event.request, address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (FACTS.assets.indexOf(address.pathname) >= 0) {
    event.respondWith(caches.match(request, { ignoreSearch: true }).then(function (kept) { return kept || fetch(request); }));
  } else if (request.mode === "navigate") {
    event.respondWith(page(request));
  }
});

self.addEventListener("sync", function (event) {
  if (event.tag === "yuanqiao-send") event.waitUntil(Sending.send(FACTS.scope).then(tell));
});

function tell(result) {
  return self.clients.matchAll({ type: "window" }).then(function (open) {
    open.forEach(function (one) { one.postMessage({ sent: result }); });
  });
}

self.addEventListener("message", function (event) {
  if (event.data === "shell") event.waitUntil(keepShell());
});
