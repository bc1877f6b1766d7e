// What a phone has to send: kept in the browser until the server has taken it, each thing once, with its original time.
import { api, ApiError } from './api.js';
import { full } from './i18n.js';
import { state } from './store.js';

/**
 * A report or a step of a case. `files` are sent first; their ids are put into `body`.
 * @typedef {{id: string, user: string, kind: 'report'|'action', title: string, path: string, body: Record<string, any>,
 *   files: {field: string, many: boolean, blob: Blob, attachment?: string}[], at: string, tries: number, error?: string}} Parcel
 */

const NAME = 'gridwatch-field';
/** Where the browser keeps nothing: only as long as the page is open. */
const memory = new Map();
/** @type {Promise<IDBDatabase|null>|null} */
let opening = null;
let sending = false;
/** @type {Set<() => void>} */
const watchers = new Set();

/** @returns {Promise<IDBDatabase|null>} */
function open() {
  opening ??= new Promise((resolve) => {
    if (!('indexedDB' in window)) { resolve(null); return; }
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('parcels', { keyPath: 'id' });
      request.result.createObjectStore('positions', { keyPath: 'at' });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
  });
  return opening;
}

/**
 * @param {string} store @param {IDBTransactionMode} mode @param {(s: IDBObjectStore) => IDBRequest} use
 * @returns {Promise<any>}
 */
async function ask(store, mode, use) {
  const base = await open();
  if (!base) return undefined;
  return new Promise((resolve, reject) => {
    const transaction = base.transaction(store, mode);
    const request = use(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** @param {Parcel} parcel */
async function keep(parcel) {
  memory.set(parcel.id, parcel);
  await ask('parcels', 'readwrite', (s) => s.put(parcel)).catch((error) => console.warn(error));
}

/** @param {string} id */
export async function forget(id) {
  memory.delete(id);
  await ask('parcels', 'readwrite', (s) => s.delete(id)).catch(() => null);
  tell();
}

/** What this user still has to send, oldest first. @returns {Promise<Parcel[]>} */
export async function parcels() {
  const kept = /** @type {Parcel[]} */ (await ask('parcels', 'readonly', (s) => s.getAll()).catch(() => [])) ?? [];
  for (const parcel of memory.values()) if (!kept.some((k) => k.id === parcel.id)) kept.push(parcel);
  return kept.filter((p) => p.user === state.user?.name).sort((a, b) => (a.at < b.at ? -1 : 1));
}

/**
 * Called after each change.
 * @param {() => void} f
 */
export function onOutbox(f) {
  watchers.add(f);
  return () => void watchers.delete(f);
}
const tell = () => watchers.forEach((f) => f());

/**
 * Keeps something to be sent and tries at once; resolves when it is kept, whether it was sent or not.
 * @param {Omit<Parcel, 'user'|'tries'>} parcel
 */
export async function post(parcel) {
  await keep({ ...parcel, user: state.user.name, tries: 0 });
  tell();
  void flush();
}

/**
 * Whether trying later may help: the link is broken, or the server is busy, full or being restarted.
 * @param {unknown} error
 */
const isPassing = (error) => !(error instanceof ApiError) || error.status === 0 || error.status === 401 || error.status === 408 || error.status === 429 || error.status >= 500;

/** Sends what waits, oldest first; stops at the first thing that the link doesn't carry. */
export async function flush() {
  if (sending || !state.user) return;
  sending = true;
  try {
    for (const parcel of await parcels()) {
      if (parcel.error) continue;
      try {
        await send(parcel);
        await forget(parcel.id);
      } catch (error) {
        parcel.tries += 1;
        if (isPassing(error)) { await keep(parcel); break; }
        // The server will never take it: a person has to see why.
        parcel.error = error instanceof ApiError ? error.text : String(error);
        await keep(parcel);
      }
    }
    await sendPositions();
  } catch (error) { console.warn(error); } finally {
    sending = false;
    tell();
  }
}

/** @param {Parcel} parcel */
async function send(parcel) {
  const body = { ...parcel.body };
  for (const file of parcel.files) {
    // The same bytes of the same user are one attachment, however often a broken link sends them.
    if (!file.attachment) { file.attachment = (await api.post('/attachments', file.blob)).id; await keep(parcel); }
    if (file.many) body[file.field] = [...(body[file.field] ?? []), file.attachment];
    else body[file.field] = file.attachment;
  }
  if (parcel.kind === 'report') { await api.post(parcel.path, { ...body, clientId: parcel.id, at: parcel.at }); return; }
  // A step has no time of its own: what was seen long before it arrives says so.
  if (Date.now() - Date.parse(parcel.at) > 120_000) body.note = `${body.note ?? ''} [${full(parcel.at)}]`.trim();
  try { await api.post(parcel.path, body); } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409 || !(await wasTaken(parcel))) throw error;
  }
}

/**
 * Whether the step arrived before and only its answer was lost: the log of the case tells.
 * @param {Parcel} parcel
 */
async function wasTaken(parcel) {
  const [, id, action] = parcel.path.match(/^\/cases\/([^/]+)\/actions\/(\w+)$/) ?? [];
  const log = id ? await api.all(`/cases/${id}/log`, {}, 1000) : [];
  return log.some((entry) => entry.action === action && entry.by === parcel.user && entry.at >= parcel.at);
}

// MARK: where one was

/** @param {{at: string, position: {lat: number, lon: number}, accuracyMetres: number|null}} position */
export const keepPosition = (position) => ask('positions', 'readwrite', (s) => s.put({ ...position, user: state.user.name })).catch(() => null);

async function sendPositions() {
  const all = /** @type {any[]} */ (await ask('positions', 'readonly', (s) => s.getAll()).catch(() => [])) ?? [];
  const own = all.filter((p) => p.user === state.user.name);
  for (let i = 0; i < own.length; i += 200) {
    const batch = own.slice(i, i + 200);
    await api.post('/field/positions', { positions: batch.map(({ user, ...position }) => position) });
    for (const sent of batch) await ask('positions', 'readwrite', (s) => s.delete(sent.at));
  }
}

/** Lets the pages of a phone open without a link; only where the browser has service workers (TLS, or this machine). */
export async function workOffline() {
  if (!('serviceWorker' in navigator) || !window.isSecureContext) return false;
  try {
    await navigator.serviceWorker.register('/assets/app/worker/field.js', { scope: '/' });
    return true;
  } catch (error) { console.warn(error); return false; }
}

/** What was kept to work offline goes with the session: the next one may be somebody else's. */
export async function forgetOffline() {
  if ('caches' in window) for (const name of await caches.keys()) await caches.delete(name);
}
