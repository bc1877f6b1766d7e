// What a phone has to send: kept in the browser until the server has taken it, each thing once, with its original time.
import { api, ApiError, iso } from './api.js';
import { full } from './i18n.js';
import { serverNow, setServerTime, state } from './store.js';

/**
 * A report or a step of a case. `files` are sent first; their ids are put into `body`. `measured` says that `at` is the
 * server's time; otherwise it is this device's, put right when it is sent. `follow` is done to the case that the report
 * opens, with the report's first picture as the one from before.
 * @typedef {{field: string, many: boolean, blob: Blob, attachment?: string}} ParcelFile
 * @typedef {{title: string, action: string, body: Record<string, any>, files: ParcelFile[]}} Follow
 * @typedef {{id: string, user: string, kind: 'report'|'action', title: string, path: string, body: Record<string, any>,
 *   files: ParcelFile[], follow?: Follow, at: string, measured?: boolean, tries: number, error?: string, code?: string}} Parcel
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
 * @param {Omit<Parcel, 'user'|'tries'|'at'|'measured'>} parcel
 */
export async function post(parcel) {
  await keep({ ...parcel, at: iso(serverNow()), measured: state.clockMeasured, user: state.user.name, tries: 0 });
  tell();
  void flush();
}

/**
 * Sends once more what the server has refused: what it lacked may be there now.
 * @param {string} id
 */
export async function retry(id) {
  const parcel = (await parcels()).find((p) => p.id === id);
  if (!parcel) return;
  const { error, code, ...rest } = parcel;
  await keep({ ...rest, tries: 0, files: parcel.files.map(({ attachment, ...file }) => file) });
  tell();
  await flush();
}

/**
 * What a parcel's clock showed, as the server would have seen it.
 * @param {Parcel} parcel
 */
const timeOf = (parcel) => (parcel.measured ? parcel.at : iso(Date.parse(parcel.at) + state.clockOffset));

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
    // Opened without a link, this page doesn't know yet by how much the device's clock is wrong.
    if (!state.clockMeasured) setServerTime((await api.get('/session').catch(() => null))?.serverTime ?? '');
    let waiting = await parcels();
    while (waiting.length > 0) {
      const parcel = /** @type {Parcel} */ (waiting.shift());
      if (parcel.error) continue;
      try {
        await send(parcel);
        await forget(parcel.id);
        if (parcel.follow) waiting = await parcels();
      } catch (error) {
        parcel.tries += 1;
        if (isPassing(error)) { await keep(parcel); break; }
        // The server will never take it: a person has to see why.
        parcel.error = error instanceof ApiError ? error.text : String(error);
        parcel.code = error instanceof ApiError ? error.code : '';
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
  const at = timeOf(parcel);
  if (parcel.kind === 'report') {
    const told = await api.post(parcel.path, { ...body, clientId: parcel.id, at });
    if (parcel.follow) await keepFollow(parcel, told.caseId);
    return;
  }
  // A step has no time of its own: what was seen long before it arrives says so.
  if (serverNow() - Date.parse(at) > 120_000) body.note = `${body.note ?? ''} [${full(at)}]`.trim();
  // The same step sent again, because its answer was lost, is taken once.
  await api.post(parcel.path, { ...body, clientId: parcel.id });
}

/**
 * What is to be done to the case that a report has opened; sent with what waits. Kept before the report is forgotten, so
 * that it is lost at no moment.
 * @param {Parcel} parcel @param {string} caseId
 */
async function keepFollow(parcel, caseId) {
  const { title, action, body, files } = /** @type {Follow} */ (parcel.follow);
  await keep({
    id: `${parcel.id}-next`, user: parcel.user, kind: 'action', title, path: `/cases/${encodeURIComponent(caseId)}/actions/${action}`,
    body: { ...body, photoBefore: parcel.files.find((file) => file.field === 'photos')?.attachment }, files, at: parcel.at, measured: parcel.measured, tries: 0,
  });
}

// MARK: where one was

/**
 * Keeps where one was; `at` is ms of this device's clock.
 * @param {{at: number, position: {lat: number, lon: number}, accuracyMetres: number|null}} position
 */
export const keepPosition = ({ at, ...position }) =>
  ask('positions', 'readwrite', (s) => s.put({ ...position, at: iso(at + state.clockOffset), raw: !state.clockMeasured, user: state.user.name })).catch(() => null);

/**
 * Those that were kept before the server's time was known get it, once, so that one sent twice stays one.
 * @param {any[]} positions
 */
async function putRight(positions) {
  if (!state.clockMeasured) return;
  for (const position of positions.filter((p) => p.raw)) {
    const at = position.at;
    Object.assign(position, { at: iso(Date.parse(at) + state.clockOffset), raw: false });
    await ask('positions', 'readwrite', (s) => { s.delete(at); return s.put(position); });
  }
}

async function sendPositions() {
  const all = /** @type {any[]} */ (await ask('positions', 'readonly', (s) => s.getAll()).catch(() => [])) ?? [];
  const own = all.filter((p) => p.user === state.user.name);
  await putRight(own);
  for (let i = 0; i < own.length; i += 200) await sendBatch(own.slice(i, i + 200));
}

/**
 * What the server refuses of a batch goes as well: it never will take it.
 * @param {any[]} batch
 */
async function sendBatch(batch) {
  try {
    await api.post('/field/positions', { positions: batch.map(({ user, raw, ...position }) => position) });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 422) throw error;
    if (batch.length > 1) {
      const half = batch.length >> 1;
      await sendBatch(batch.slice(0, half));
      await sendBatch(batch.slice(half));
      return;
    }
    console.warn('a position that can’t be read is dropped', error);
  }
  for (const sent of batch) await ask('positions', 'readwrite', (s) => s.delete(sent.at));
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
