// Requests to the server's JSON interface.
import { span, t, word } from './i18n.js';

const ROOT = '/api/v1';

/** An answer that is no success, with the stable code the server gave it. */
export class ApiError extends Error {
  /** @param {number} status @param {string} code @param {string} detail @param {Record<string, any>} params */
  constructor(status, code, detail, params) {
    super(detail || code);
    this.status = status;
    this.code = code;
    this.params = params;
  }

  /** What a person reads. */
  get text() {
    const params = { ...this.params };
    const late = this.code === 'illegalAction' && params.by;
    const key = late ? 'error.illegalActionBy' : `error.${this.code}`;
    if (params.state) params.state = t(`caseState.${params.state}`);
    if (params.action) params.action = word('logAction', params.action);
    if (params.obstacle) params.obstacle = word('obstacle', params.obstacle);
    if (params.side) params.side = word('caseSide', params.side);
    if (params.secondsAgo !== undefined) params.ago = span(params.secondsAgo * 1000);
    const text = t(key, params);
    return text === key ? t('error.other', { detail: this.message }) : text;
  }
}

/** @type {Set<() => void>} */
const signedOut = new Set();
/**
 * Called when the server no longer knows this session.
 * @param {() => void} f
 */
export const onSignedOut = (f) => signedOut.add(f);

/**
 * @param {string} method @param {string} path under /api/v1 @param {any} [body] JSON, or a Blob sent as it is
 * @param {{signal?: AbortSignal}} [options]
 */
async function call(method, path, body, options = {}) {
  /** @type {RequestInit} */
  const init = { method, credentials: 'same-origin', signal: options.signal, cache: 'no-store' };
  if (body instanceof Blob) {
    init.body = body;
    init.headers = { 'Content-Type': body.type };
  } else if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'Content-Type': 'application/json' };
  }
  let response;
  try {
    response = await fetch(ROOT + path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'unreachable', String(error), {});
  }
  if (!response.ok) {
    /** @type {any} */
    const problem = await response.json().catch(() => ({}));
    if (response.status === 401 && path !== '/session') signedOut.forEach((f) => f());
    throw new ApiError(response.status, problem.code ?? `http${response.status}`, problem.detail ?? '', problem.params ?? {});
  }
  if (response.status === 204) return null;
  if (!(response.headers.get('Content-Type') ?? '').includes('json')) return null;
  const answer = await response.json();
  // What the service worker has kept says nothing of the time now.
  if (response.headers.has('Gridwatch-Kept')) delete answer.serverTime;
  return answer;
}

export const api = {
  /** @param {string} path @param {Record<string, any>} [query] @param {{signal?: AbortSignal}} [options] */
  get: (path, query, options) => call('GET', path + queryText(query), undefined, options),
  /** @param {string} path @param {any} [body] */
  post: (path, body = {}) => call('POST', path, body),
  /** @param {string} path @param {any} [body] */
  put: (path, body = {}) => call('PUT', path, body),
  /** @param {string} path */
  delete: (path) => call('DELETE', path),
  /**
   * Follows the cursor to the end, at most `most` items.
   * @param {string} path
   * @param {Record<string, any>} [query]
   * @param {number} [most]
   */
  async all(path, query = {}, most = 2000) {
    /** @type {any[]} */
    const items = [];
    /** @type {string|null|undefined} */
    let cursor;
    do {
      /** @type {any} */
      const page = await call('GET', path + queryText({ limit: 500, ...query, cursor }));
      items.push(...page.items);
      cursor = page.next;
    } while (cursor && items.length < most);
    return items;
  },
};

/** @param {Record<string, any>} [query] */
export function queryText(query) {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return pairs.length ? `?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)]))}` : '';
}

/** @param {number} ms */
export const iso = (ms) => new Date(ms).toISOString();

/**
 * The recorded (or present) picture of a camera.
 * @param {string} camera
 * @param {number|null} [at] ms
 * @param {number} [width] pixels
 */
export const snapshotUrl = (camera, at, width) =>
  `${ROOT}/cameras/${encodeURIComponent(camera)}/snapshot.jpg${queryText({ at: at ? iso(at) : undefined, width })}`;
/** @param {string} camera @param {number} from ms @param {number} to ms */
export const clipUrl = (camera, from, to) =>
  `${ROOT}/cameras/${encodeURIComponent(camera)}/clip.mp4${queryText({ from: iso(from), to: iso(to) })}`;
