// Hash routes: `#/playback?camera=a&at=2026-11-23T10:00:00Z`, `#/cases/ID`.

/** @typedef {{page: string, id: string|null, query: Record<string, string>}} Route */

/** @returns {Route} */
export function currentRoute() {
  const [path, search] = location.hash.replace(/^#\/?/, '').split('?');
  const [page, id] = path.split('/');
  return { page, id: id ? decodeURIComponent(id) : null, query: Object.fromEntries(new URLSearchParams(search ?? '')) };
}

/** @param {string} page @param {string|null} [id] @param {Record<string, any>} [query] */
export function link(page, id, query) {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const search = pairs.length ? `?${new URLSearchParams(pairs.map(([k, v]) => [k, String(v)]))}` : '';
  return `#/${page}${id ? `/${encodeURIComponent(id)}` : ''}${search}`;
}

/** @param {string} hash */
export function go(hash) {
  if (location.hash === hash) window.dispatchEvent(new HashChangeEvent('hashchange'));
  else location.hash = hash;
}

/**
 * Changes the address without leaving the page.
 * @param {string} hash
 */
export const replaceRoute = (hash) => history.replaceState(null, '', hash);
