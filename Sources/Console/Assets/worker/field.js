// The service worker of collectors' phones: opens the pages and the last known tasks where there is no link.
// Fresh answers always win; nothing but what is read is kept, and it goes with the session.

const NAME = 'gridwatch-pages';
const KEPT = [/^\/$/, /^\/assets\//, /^\/api\/v1\/(session|site|openapi\.json|channels|field\/tasks|field\/areas)$/];
/** A link that says nothing for so long is as good as none. */
const PATIENCE = 6000;

self.addEventListener('install', (event) => {
  /** @type {any} */ (event).waitUntil(/** @type {any} */ (self).skipWaiting());
});
self.addEventListener('activate', (event) => {
  /** @type {any} */ (event).waitUntil(/** @type {any} */ (self).clients.claim());
});

self.addEventListener('fetch', (event) => {
  const { request } = /** @type {any} */ (event);
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || !KEPT.some((pattern) => pattern.test(url.pathname))) return;
  /** @type {any} */ (event).respondWith(fresh(request));
});

/** @param {Request} request */
async function fresh(request) {
  const cache = await caches.open(NAME);
  try {
    const answer = await Promise.race([
      fetch(request),
      new Promise((_, reject) => { setTimeout(() => reject(new Error('no answer')), PATIENCE); }),
    ]);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(request);
    // Marked, so that nobody takes the time in it for the present one.
    if (kept) return new Response(kept.body, { status: kept.status, statusText: kept.statusText, headers: [...kept.headers, ['Gridwatch-Kept', 'true']] });
    throw error;
  }
}
