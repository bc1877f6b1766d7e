// Recording completeness: for every camera and window, recorded plus gaps is the window; each gap with its reason.
import { add, debounce, fill, h, icon, svg } from '../core/dom.js';
import { api, iso } from '../core/api.js';
import { full, number, siteZone, span, t, toSiteTime, word } from '../core/i18n.js';
import { saveCsv } from '../core/csv.js';
import { errorText, toastError } from '../core/dialog.js';
import { link, replaceRoute } from '../core/router.js';
import { cameraName, serverNow, state } from '../core/store.js';
import { cameraLabel, cameraSelect, sortedCameras } from '../parts/cameras.js';
import { empty, failed } from '../parts/marks.js';
import { windowFilter } from '../parts/spans.js';

/** Gaps drawn in the strips, at most. */
const STRIP_GAPS = 2000;
/** Reasons a gap can be asked for by. */
const REASONS = ['starting', 'unauthorised', 'unknownHost', 'refused', 'notAStream', 'timeout', 'closed', 'noPackets', 'unsupportedCodec', 'discontinuity', 'sourceError', 'disk', 'restart', 'crash', 'power', 'paused', 'deleted', 'notRecorded'];
const MIN_SECONDS = [0, 1, 10, 60, 600, 3600];

/** @param {any} row seconds of the window since the camera's first recording: before it there was nothing to lose */
const knownSeconds = (row) => row.knownSeconds ?? Math.max(0, row.windowSeconds - (row.byReason?.notRecorded ?? 0));
/**
 * The share of the time since the first recording as percent, never rounded up to 100 while something is missing.
 * @param {any} row
 */
export function shareText(row) {
  const known = knownSeconds(row);
  // A camera that nothing was ever recorded of has no share.
  if (known <= 0.01) return '–';
  const share = Math.min(1, row.recordedSeconds / known);
  return `${number(Math.floor(share * 100_000) / 1000, 3)} %`;
}
/** @param {number} seconds */
const length = (seconds) => (seconds > 0 && seconds < 10 ? t('complete.seconds', { n: number(seconds, 2) }) : span(seconds * 1000));

/**
 * Seconds as hours, minutes and seconds to a hundredth, as accounts are kept: 23:51:03.20
 * @param {number} seconds
 */
function exact(seconds) {
  const whole = Math.max(0, Math.round((seconds ?? 0) * 100));
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return `${two(Math.floor(whole / 360_000))}:${two(Math.floor(whole / 6000) % 60)}:${two(Math.floor(whole / 100) % 60)}.${two(whole % 100)}`;
}

/**
 * Where the gaps of a camera lie in the window.
 * @param {any[]} gaps
 * @param {{from: number, to: number}} range
 */
function strip(gaps, range) {
  const whole = range.to - range.from;
  const box = svg('svg', { viewBox: '0 0 1000 14', preserveAspectRatio: 'none', class: 'gap-strip', role: 'img', 'aria-label': t('complete.strip', { n: gaps.length }) }, svg('rect', { width: 1000, height: 14, class: 'strip-recorded' }));
  for (const gap of gaps) {
    const from = Math.max(0, (Date.parse(gap.from) - range.from) / whole);
    const to = Math.min(1, ((gap.to ? Date.parse(gap.to) : serverNow()) - range.from) / whole);
    if (to > from) box.append(svg('rect', { x: from * 1000, width: Math.max(1.5, (to - from) * 1000), height: 14, class: 'strip-gap', 'data-reason': gap.reason }));
  }
  return box;
}

/** @param {string} at @returns {string} to the millisecond */
const precise = (at) => `${full(at)}.${String(new Date(at).getUTCMilliseconds()).padStart(3, '0')}`;
/** @param {Record<string, number>} reasons seconds by reason, as a line of text */
const reasonLine = (reasons) => Object.entries(reasons ?? {}).filter(([, s]) => s > 0).sort((a, b) => b[1] - a[1]).map(([reason, seconds]) => `${word('reason', reason)} ${length(seconds)}`).join(' · ');
/** @param {Record<string, number>} reasons seconds by reason */
const reasonTags = (reasons) => h('div.reason-tags', null, Object.entries(reasons ?? {}).filter(([, s]) => s > 0).sort((a, b) => b[1] - a[1]).map(([reason, seconds]) => h('span.tag', { data: { reason } }, word('reason', reason), h('span.mono', null, ` ${length(seconds)}`))));

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  const query = context.route.query;
  /** @type {any[]} */ let rows = [];
  /** @type {any[]} */ let gaps = [];
  /** @type {string|null} */ let next = null;
  let turn = 0;
  /** @type {{from: number, to: number}} */ let range = { from: 0, to: 0 };
  const window_ = windowFilter(query, () => load());
  const camera = cameraSelect(query.camera);
  const reason = h('select', { 'aria-label': t('field.reason'), data: { filter: 'reason' } }, h('option', { value: '' }, t('filter.allReasons')), REASONS.map((r) => h('option', { value: r }, word('reason', r))));
  reason.value = query.reason ?? '';
  const least = h('select', { 'aria-label': t('complete.least'), data: { filter: 'least' } }, MIN_SECONDS.map((n) => h('option', { value: String(n) }, n === 0 ? t('complete.anyLength') : t('complete.atLeast', { span: span(n * 1000) }))));
  least.value = MIN_SECONDS.includes(Number(query.min)) ? query.min : '0';
  const printHead = h('div.print-only');
  const summary = h('div');
  const table = h('div');
  const gapBody = h('tbody');
  const gapFoot = h('div.list-foot');
  const note = h('div');

  const gapQuery = () => ({ cameraId: camera.value, from: iso(range.from), to: iso(range.to), reason: reason.value, minSeconds: least.value === '0' ? '' : least.value });
  async function load() {
    const mine = ++turn;
    try {
      range = window_.range();
    } catch (error) { fill(note, h('p.form-error', { role: 'alert' }, errorText(error))); return; }
    replaceRoute(link('completeness', null, { ...window_.query(), camera: camera.value, reason: reason.value, min: least.value === '0' ? '' : least.value }));
    root.setAttribute('aria-busy', 'true');
    try {
      const asked = { from: iso(range.from), to: iso(range.to), cameraId: camera.value };
      const [found, all] = await Promise.all([api.get('/accounting', asked), api.all('/gaps', asked, STRIP_GAPS), loadGaps(mine)]);
      if (mine !== turn) return;
      rows = found.items ?? found.cameras ?? [];
      fill(note);
      draw(all);
    } catch (error) {
      if (mine === turn) fill(note, failed(errorText(error), load));
    } finally { if (mine === turn) root.removeAttribute('aria-busy'); }
  }
  /** @param {number} mine @param {string|null} [cursor] */
  async function loadGaps(mine, cursor) {
    const page = await api.get('/gaps', { ...gapQuery(), limit: 100, cursor });
    if (mine !== turn) return;
    gaps = cursor ? [...gaps, ...page.items] : page.items;
    next = page.next;
    drawGaps();
  }

  /** @param {any[]} all gaps for the strips */
  function draw(all) {
    /** @type {Record<string, number>} */ const reasons = {};
    const sum = { recordedSeconds: 0, gapSeconds: 0, windowSeconds: 0, gaps: 0, knownSeconds: 0 };
    for (const row of rows) {
      for (const key of /** @type {const} */ (['recordedSeconds', 'gapSeconds', 'windowSeconds', 'gaps'])) sum[key] += row[key] ?? 0;
      sum.knownSeconds += knownSeconds(row);
      for (const [name, seconds] of Object.entries(row.byReason ?? {})) reasons[name] = (reasons[name] ?? 0) + Number(seconds);
    }
    const holds = Math.abs(sum.recordedSeconds + sum.gapSeconds - sum.windowSeconds) <= Math.max(0.1, rows.length * 0.05);
    fill(printHead, h('h1', null, `${state.site.name} · ${t('page.completeness')}`), h('p', null, `${full(range.from)} – ${full(range.to)} (${siteZone()}) · ${camera.value ? cameraName(camera.value) : t('filter.allCameras')}`),
      h('p', null, t('complete.printed', { by: state.user.displayName || state.user.name, at: full(serverNow()) })));
    fill(summary, h('div.figures', null,
      h('div.figure', null, h('span.dim', null, t('complete.share')), h('b', { data: { field: 'share' } }, sum.windowSeconds ? shareText(sum) : '–'), h('span.dim.small', null, t('complete.cameras', { n: rows.length }), sum.knownSeconds < sum.windowSeconds - 0.05 ? ` · ${t('complete.sinceFirst')}` : null)),
      h('div.figure', null, h('span.dim', null, t('complete.recorded')), h('b', null, exact(sum.recordedSeconds)), h('span.dim.small', null, t('complete.ofWindow', { span: exact(sum.windowSeconds) }))),
      h('div.figure', { data: { good: String(sum.gaps === 0) } }, h('span.dim', null, t('complete.gaps')), h('b', null, number(sum.gaps, 0)), h('span.dim.small', null, exact(sum.gapSeconds))),
      h('div.figure', { data: { good: String(holds) } }, h('span.dim', null, t('complete.sum')), h('b', null, holds ? `✓ ${t('complete.sumHolds')}` : `▲ ${t('complete.sumFails')}`), h('span.dim.small', null, t('complete.sumText')))), reasonTags(reasons));
    const byCamera = new Map(rows.map((row) => [row.cameraId, all.filter((gap) => gap.cameraId === row.cameraId)]));
    const order = new Map(sortedCameras().map((c, i) => [c.id, i]));
    const columns = ['playback.camera', 'complete.share', 'complete.where', 'complete.recorded', 'complete.missing', 'complete.gaps', 'complete.byReason'];
    fill(table, rows.length === 0 ? empty(t('live.noneFound'), 'camera-video') : h('div.table-wrap', null, h('table.table.cards.complete-table', null, h('thead', null, h('tr', null, columns.map((k, i) => h('th', { scope: 'col', class: [1, 3, 4, 5].includes(i) ? 'right' : '' }, t(k))))),
      h('tbody', null, [...rows].sort((a, b) => (order.get(a.cameraId) ?? 1e6) - (order.get(b.cameraId) ?? 1e6)).map((row) => h('tr', { data: { camera: row.cameraId, gaps: String(row.gaps) } },
        h('td.wrap', null, cameraLabel(row.cameraId)), h('td.right.mono', { class: row.gaps ? '' : 'full' }, shareText(row)), h('td.strip-cell', null, strip(byCamera.get(row.cameraId) ?? [], range)),
        h('td.right.mono', { data: { label: t('complete.recorded') } }, exact(row.recordedSeconds)), h('td.right.mono', { data: { label: t('complete.missing') } }, row.gapSeconds ? exact(row.gapSeconds) : '–'), h('td.right.mono', { data: { label: t('complete.gaps') } }, number(row.gaps, 0)), h('td.wrap.small', null, reasonLine(row.byReason))))))));
    if (all.length >= STRIP_GAPS) add(table, [h('p.hint', null, t('complete.stripCut', { n: STRIP_GAPS }))]);
  }
  function drawGaps() {
    fill(gapBody, gaps.map((gap) => h('tr', { data: { gap: gap.reason, camera: gap.cameraId, open: String(!gap.to) } },
      h('td', null, cameraLabel(gap.cameraId)), h('td.mono', null, precise(gap.from)), h('td.mono', null, gap.to ? precise(gap.to) : h('span.tag', { data: { recording: 'paused' } }, t('complete.stillOpen'))), h('td.right', null, length(gap.seconds ?? 0)),
      h('td.wrap', null, h('b', null, word('reason', gap.reason)), (gap.laterReasons ?? []).length ? h('div.dim.small', null, t('complete.later', { reasons: gap.laterReasons.map((/** @type {any} */ r) => word('reason', typeof r === 'object' ? r.reason : r)).join(', ') })) : null), h('td.wrap.dim', null, (gap.reason !== 'paused' && gap.detail) || '–'),
      h('td.tools.no-print', null, h('a.button.square', { href: link('playback', null, { camera: gap.cameraId, at: iso(Date.parse(gap.from) - 10_000) }), title: t('complete.toPlayback'), 'aria-label': t('complete.toPlayback'), data: { act: 'playback' } }, icon('clock-history'))))));
    fill(gapFoot, gaps.length === 0 ? empty(t('complete.noGaps'), 'check2-circle') : null, next ? h('button.no-print', { type: 'button', onclick: () => loadGaps(turn, next).catch(toastError) }, t('list.more')) : gaps.length ? h('span.dim', null, t('list.count', { n: gaps.length })) : null);
  }
  const stamp = () => `${toSiteTime(range.from).slice(0, 16)}_${toSiteTime(range.to).slice(0, 16)}`.replaceAll(':', '');
  const saveAccounting = () => {
    const reasons = [...new Set(rows.flatMap((r) => Object.keys(r.byReason ?? {})))].sort();
    saveCsv(`completeness_${stamp()}`, ['camera', 'name', 'from', 'to', 'windowSeconds', 'recordedSeconds', 'gapSeconds', 'gaps', 'share', 'knownSeconds', 'knownShare', ...reasons.map((r) => `seconds_${r}`)],
      rows.map((r) => [r.cameraId, cameraName(r.cameraId), iso(range.from), iso(range.to), r.windowSeconds, r.recordedSeconds, r.gapSeconds, r.gaps, r.share, knownSeconds(r), r.knownShare, ...reasons.map((name) => r.byReason?.[name] ?? 0)]));
  };
  const saveGaps = async () => {
    try {
      const all = await api.all('/gaps', gapQuery(), 20_000);
      saveCsv(`gaps_${stamp()}`, ['camera', 'name', 'from', 'to', 'seconds', 'reason', 'laterReasons', 'detail'], all.map((g) => [g.cameraId, cameraName(g.cameraId), g.from, g.to, g.seconds, g.reason, (g.laterReasons ?? []).map((/** @type {any} */ r) => (typeof r === 'object' ? r.reason : r)).join(' '), g.detail]));
    } catch (error) { toastError(error); }
  };
  camera.addEventListener('change', load);
  reason.addEventListener('change', load);
  least.addEventListener('change', load);
  fill(root, h('div.list-page.completeness', null, printHead,
    h('div.toolbar.no-print', null, h('h1', null, t('page.completeness')), window_.element, camera, h('span.grow'),
      h('button', { type: 'button', id: 'accounting-csv', onclick: saveAccounting }, icon('filetype-csv'), 'CSV'), h('button', { type: 'button', id: 'print', onclick: () => window.print() }, icon('printer'), t('action.print'))),
    note, summary, h('section.panel', null, h('h2', null, icon('camera-video'), t('complete.perCamera')), table),
    h('section.panel', null, h('h2', null, icon('slash-circle'), t('complete.list'), h('span.grow'), h('span.toolbar.no-print', null, reason, least, h('button', { type: 'button', id: 'gaps-csv', onclick: saveGaps }, icon('filetype-csv'), 'CSV'))),
      h('div.table-wrap', null, h('table.table.cards.gap-table', null, h('thead', null, h('tr', null, ['playback.camera', 'range.from', 'range.to', 'bookmark.length', 'field.reason', 'field.note'].map((k) => h('th', { scope: 'col', class: k === 'bookmark.length' ? 'right' : '' }, t(k))), h('th.no-print'))), gapBody)), gapFoot)));
  context.on('reset', debounce(load, 500));
  context.every(60_000, () => { if (range.to > serverNow() - 180_000 && gaps.length <= 100 && !document.hidden) void load(); });
  void load();
  return {};
}
