// What this user may do at this server: its own table of paths and roles, so that a page never offers what would be refused.
import { api } from './api.js';
import { state } from './store.js';

/** @typedef {'get'|'post'|'put'|'delete'} Method */
/**
 * Roles by `method path`; null where any signed-in user may.
 * @type {Map<string, string[]|null>}
 */
const operations = new Map();

/** Asked at each start of the pages: a server that was replaced may offer more. */
export async function loadAbilities() {
  const document = await api.get('/openapi.json').catch(() => null);
  if (!document?.paths) return;
  operations.clear();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(/** @type {Record<string, any>} */ (methods))) {
      operations.set(`${method} ${path.replace('/api/v1', '')}`, operation['x-roles'] ?? null);
    }
  }
}

/**
 * Whether the path exists at this server and the user's role may use it.
 * @param {Method} method
 * @param {string} path as the route table writes it: `/holds/{id}/release`
 */
export function may(method, path) {
  const roles = operations.get(`${method} ${path}`);
  return roles === null || Boolean(roles?.includes(state.user?.role));
}
