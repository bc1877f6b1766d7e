// What the page knows: the user, the site, and the live objects that the stream keeps fresh.
import { api } from './api.js';
import { isChinese } from './i18n.js';

/** @typedef {'camera'|'sensor'|'vehicle'|'alarm'|'case'|'bookmark'|'export'|'health'|'base'|'order'|'duty'|'reset'|'status'|'session'} Topic */

export const state = {
  /** @type {any} */ user: null,
  /** @type {any} */ site: { name: 'gridwatch', timeZone: 'Asia/Shanghai', language: 'zh-CN', classes: [], units: [], features: {} },
  /** @type {Map<string, any>} */ camera: new Map(),
  /** @type {Map<string, any>} */ sensor: new Map(),
  /** @type {Map<string, any>} */ vehicle: new Map(),
  /** @type {Map<string, any>} */ alarm: new Map(),
  /** @type {any} */ health: null,
  connection: { open: false, lastHeard: Date.now() },
  /** Server time minus this machine's, ms. */
  clockOffset: 0,
  /** Whether the server has said since this page was opened what time it is. */
  clockMeasured: false,
};

/** The server's present time in ms. */
export const serverNow = () => Date.now() + state.clockOffset;
/** @param {string} serverTime */
export function setServerTime(serverTime) {
  const ms = Date.parse(serverTime);
  if (!Number.isFinite(ms)) return;
  state.clockOffset = ms - Date.now();
  state.clockMeasured = true;
}

/** @type {Map<Topic, Set<(data: any) => void>>} */
const listeners = new Map();

/** @param {Topic} topic @param {(data: any) => void} f @returns {() => void} stops listening */
export function on(topic, f) {
  let set = listeners.get(topic);
  if (!set) listeners.set(topic, (set = new Set()));
  set.add(f);
  return () => void listeners.get(topic)?.delete(f);
}

/** @param {Topic} topic @param {any} [data] */
export function emit(topic, data) {
  for (const f of [...(listeners.get(topic) ?? [])]) {
    try { f(data); } catch (error) { console.error(error); }
  }
}

/** How far each case's log was at its last change; of those that changed while this page was open. @type {Map<string, number>} */
const caseSeqs = new Map();
/**
 * Whether a change of a case is older than one that has come already: two quick steps may overtake each other on their way.
 * @param {any} data
 */
function isOlder(data) {
  if (typeof data.seq !== 'number') return false;
  if (data.seq < (caseSeqs.get(data.id) ?? 0)) return true;
  caseSeqs.delete(data.id);
  caseSeqs.set(data.id, data.seq);
  if (caseSeqs.size > 5000) for (const first of caseSeqs.keys()) { caseSeqs.delete(first); break; }
  return false;
}

export const isOpenAlarm = (/** @type {any} */ alarm) => alarm.state !== 'cleared';

/**
 * One change from the stream.
 * @param {string} topic
 * @param {any} data
 */
export function apply(topic, data) {
  if (topic === 'case' && isOlder(data)) return;
  if (topic === 'health') state.health = data;
  else if (topic === 'alarm') {
    if (isOpenAlarm(data)) state.alarm.set(data.id, data);
    else state.alarm.delete(data.id);
  } else if (topic === 'camera' || topic === 'sensor' || topic === 'vehicle') {
    const map = state[topic];
    if (data.removed) map.delete(data.id);
    else map.set(data.id, { ...map.get(data.id), ...data });
  }
  emit(/** @type {Topic} */ (topic), data);
}

/** Loads what a role may see; what it may not is left empty. */
export async function loadAll() {
  /** @param {'camera'|'sensor'|'vehicle'} topic @param {string} path */
  const list = async (topic, path) => {
    const items = await api.all(path).catch(() => null);
    if (!items) return;
    state[topic].clear();
    for (const item of items) state[topic].set(item.id, item);
  };
  const alarms = async () => {
    const items = await Promise.all(['open', 'confirmed', 'rejected'].map((s) => api.get('/alarms', { state: s, limit: 200 }))).catch(() => null);
    if (!items) return;
    state.alarm.clear();
    for (const page of items) for (const item of page.items) state.alarm.set(item.id, item);
  };
  const health = async () => {
    state.health = await api.get('/health').catch(() => state.health);
    if (state.health?.serverTime) setServerTime(state.health.serverTime);
  };
  await Promise.all([list('camera', '/cameras'), list('sensor', '/sensors'), list('vehicle', '/vehicles'), alarms(), health()]);
}

/** Open alarms nobody has judged, newest first. */
export const unjudged = () =>
  [...state.alarm.values()].filter((a) => !a.verdict && !a.parent && a.state === 'open').sort((a, b) => (a.openedAt < b.openedAt ? 1 : -1));

/** @param {string} id */
export const cameraName = (id) => state.camera.get(id)?.name ?? id;
/** @param {string|null|undefined} code @param {string} [fallback] */
export function className(code, fallback) {
  if (!code) return '–';
  const found = state.site.classes.find((/** @type {any} */ c) => c.code === code);
  const name = (found && (isChinese() ? found.name : found.nameEn || found.name)) || fallback || code;
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}
/** @param {string|null|undefined} id @param {string} [fallback] */
export function unitName(id, fallback) {
  if (!id) return '–';
  const found = state.site.units.find((/** @type {any} */ u) => u.id === id);
  return (found && (isChinese() ? found.name : found.nameEn || found.name)) || fallback || id;
}

/** @param {...string} roles */
export const isRole = (...roles) => roles.includes(state.user?.role);

/**
 * Small choices kept in this browser.
 * @param {string} key
 * @param {any} fallback
 */
export function remembered(key, fallback) {
  try {
    const text = localStorage.getItem(`gridwatch.${key}`);
    return text === null ? fallback : JSON.parse(text);
  } catch { return fallback; }
}
/** @param {string} key @param {any} value */
export function remember(key, value) {
  try { localStorage.setItem(`gridwatch.${key}`, JSON.stringify(value)); } catch { /* private mode: not kept */ }
}
