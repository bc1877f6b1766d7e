// What is known of a camera's recording over a range: recorded, gaps with their reasons, events.
import { api, iso } from '../core/api.js';
import { number, span, t, word } from '../core/i18n.js';
import { serverNow, state } from '../core/store.js';

/** @typedef {{from: number, to: number}} Range */
/** @typedef {Range & {reason: string, detail?: string}} Gap */
/** @typedef {Range & {share?: number}} Activity */
/**
 * @typedef {{from: number, to: number, runs: Range[], gaps: Gap[], activity: Activity[], alarms: any[], bookmarks: any[], holds: any[], signedUntil: number|null}} Lanes
 * `from` and `to`: the range that was asked for.
 */

const HOUR = 3_600_000;
/** As long as the server answers about. */
export const LONGEST = 30 * 86_400_000;

/** @returns {Lanes} */
export const noLanes = () => ({ from: 0, to: 0, runs: [], gaps: [], activity: [], alarms: [], bookmarks: [], holds: [], signedUntil: null });

/** @param {any} data from the API @param {number} from ms @param {number} to ms @returns {Lanes} */
export function readLanes(data, from, to) {
  const ranges = (/** @type {any[]} */ list) => (list ?? []).map((r) => ({ ...r, from: Date.parse(r.from), to: r.to ? Date.parse(r.to) : to }));
  return {
    from, to,
    runs: ranges(data.runs), gaps: ranges(data.gaps), activity: ranges(data.activity), bookmarks: ranges(data.bookmarks),
    holds: ranges(data.holds).filter((hold) => !hold.releasedAt && hold.state !== 'released' && hold.state !== 'expired'),
    alarms: (data.alarms ?? []).map((/** @type {any} */ a) => ({ ...a, from: Date.parse(a.openedAt), to: a.clearedAt ? Date.parse(a.clearedAt) : Date.parse(a.openedAt) + 1000 })),
    signedUntil: data.signedUntil ? Date.parse(data.signedUntil) : null,
  };
}

/** @param {string} camera @param {number} from ms @param {number} to ms */
export async function loadLanes(camera, from, to) {
  const end = Math.min(to, serverNow());
  const start = Math.max(Math.min(from, end - 1000), end - LONGEST);
  return readLanes(await api.get(`/cameras/${encodeURIComponent(camera)}/timeline`, { from: iso(start), to: iso(end) }), start, end);
}

/** @param {Lanes} lanes @param {number} at */
export const gapAt = (lanes, at) => lanes.gaps.find((g) => g.from <= at && at < g.to) ?? null;

/**
 * Where recording goes on after a moment, or (direction below 0) where it ended before it; null where it isn't known.
 * @param {Lanes} lanes @param {number} at @param {number} direction
 */
export function nextRecorded(lanes, at, direction) {
  let found = null;
  for (const run of lanes.runs) {
    if (direction > 0 && run.to > at + 20 && (found === null || run.from < found)) found = Math.max(run.from, at);
    if (direction < 0 && run.from < at - 20 && (found === null || run.to > found)) found = Math.min(run.to - 1, at);
  }
  return found;
}

/**
 * How much of a window is recorded, how much is missing, and how much nobody kept: before the first recording, or deleted.
 * @param {Lanes} lanes @param {number} from @param {number} to
 */
export function totals(lanes, from, to) {
  const inside = (/** @type {Range} */ r) => Math.max(0, Math.min(r.to, to) - Math.max(r.from, from));
  const sum = (/** @type {Range[]} */ list) => list.reduce((all, r) => all + inside(r), 0);
  const inWindow = lanes.gaps.filter((g) => inside(g) > 0);
  const lost = inWindow.filter((g) => gapKind(g.reason) !== 'none');
  return { recorded: sum(lanes.runs), gap: sum(lost), gaps: lost.length, none: sum(inWindow) - sum(lost) };
}

/**
 * Kinds of reasons, each with a colour of its own.
 * @type {Record<string, string>}
 */
const KINDS = { paused: 'planned', notRecorded: 'none', deleted: 'none', restart: 'system', crash: 'system', power: 'system', disk: 'system', overload: 'system', backlog: 'system', slowDisk: 'system', isolated: 'system', quarantined: 'system' };
/** @param {string} reason */
export const gapKind = (reason) => KINDS[reason] ?? 'source';
export const GAP_KINDS = ['source', 'system', 'planned', 'none'];

/**
 * That and why nothing is recorded.
 * @param {string} reason
 */
export const gapWords = (reason) => (gapKind(reason) === 'none' ? word('reason', reason) : t('timeline.gap', { reason: word('reason', reason) }));
/** @param {Gap} gap */
export const gapText = (gap) => `${gapWords(gap.reason)} (${lengthOf(gap.to - gap.from)})`;

/**
 * A length that is never rounded down to nothing.
 * @param {number} ms
 */
export const lengthOf = (ms) => (ms < 10_000 ? t('span.seconds', { n: number(ms / 1000, ms < 1000 ? 2 : 1) }) : span(ms));

/**
 * An hour around the moment; less where the camera has been recorded for less.
 * @param {string} camera
 * @param {number} at ms
 */
export function firstView(camera, at) {
  const now = serverNow();
  const first = Date.parse(state.camera.get(camera)?.recordedFrom ?? '');
  const length = Number.isFinite(first) && at >= first ? Math.min(HOUR, Math.max(HOUR / 6, (now - first) * 1.2)) : HOUR;
  const from = Math.min(at - length / 2, now - length * 0.9);
  return { from, to: from + length };
}
