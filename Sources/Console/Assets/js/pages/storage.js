// Storage: what the volumes hold, for how long it lasts, and what each camera takes of it.
import { fill, h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api } from '../core/api.js';
import { byName, full, number, siteDate, size, t, word } from '../core/i18n.js';
import { saveCsv } from '../core/csv.js';
import { errorText } from '../core/dialog.js';
import { cameraName, state } from '../core/store.js';
import { cameraLabel } from '../parts/cameras.js';
import { plain } from '../parts/declared.js';
import { empty, failed } from '../parts/marks.js';
import { volumeTable } from '../parts/volumes.js';

/** @param {string} label @param {any} value @param {any} [note] @param {boolean} [bad] */
const figure = (label, value, note, bad) => h('div.figure', { data: { good: String(!bad) } }, h('span.dim', null, label), h('b', null, bad ? '▲ ' : '', value), note ? h('span.dim.small', null, note) : null);
/** @param {number|null|undefined} days */
const dayCount = (days) => (days === null || days === undefined ? '–' : days === 1 ? t('storage.oneDay') : t('storage.days', { n: number(days, days < 10 ? 1 : 0) }));

/**
 * The figures above: when it is full, and out of which rates that comes.
 * @param {any} found
 */
function figures(found) {
  const volumes = found.volumes ?? [];
  const free = volumes.reduce((/** @type {number} */ n, /** @type {any} */ v) => n + (v.freeBytes ?? 0), 0);
  const usable = volumes.reduce((/** @type {number} */ n, /** @type {any} */ v) => n + Math.max(0, (v.freeBytes ?? 0) - (v.floorBytes ?? 0)), 0);
  const full1 = found.fullInDays;
  const soon = full1 !== null && full1 !== undefined && full1 < 3;
  return h('div.figures', null,
    figure(t('storage.fullIn'), full1 === null || full1 === undefined ? t('storage.notFull') : dayCount(full1), full1 === null || full1 === undefined ? t('storage.notFullWhy') : found.fullAt ? full(found.fullAt) : null, soon),
    figure(t('storage.rate'), `${size(found.bytesPerDay)} / ${t('storage.day')}`, t('storage.rateWhy', { n: (found.cameras ?? []).length })),
    figure(t('storage.usable'), size(usable), t('storage.usableWhy', { free: size(free), floor: size(free - usable) })),
    figure(t('storage.recorded'), size(found.recordedBytes)),
    figure(t('storage.held'), size(found.heldBytes), found.recordedBytes ? t('storage.heldShare', { share: number(((found.heldBytes ?? 0) / found.recordedBytes) * 100, 1) }) : null));
}

/** @param {any} camera of GET /storage */
function policyText(camera) {
  const parts = [camera.keepDays ? dayCount(camera.keepDays) : null, camera.keepBytes ? size(camera.keepBytes) : null].filter(Boolean);
  return parts.length ? parts.join(' · ') : t('storage.noLimit');
}

/** @param {any[]} policies by priority, and one of all recordings together */
const policyTable = (policies) => h('div.table-wrap', null, h('table.table', null, h('thead', null, h('tr', null, ['storage.priority', 'storage.keepDays', 'storage.keepBytes'].map((k, i) => h('th', { scope: 'col', class: i ? 'right' : '' }, t(k))))),
  h('tbody', null, policies.map((p) => h('tr', null, h('td', null, p.priority === null ? t('storage.allTogether') : word('priority', plain(p.priority))), h('td.right', null, dayCount(p.keepDays)), h('td.right', null, p.keepBytes === null ? '–' : size(p.keepBytes)))))));

/** @param {any[]} cameras */
function cameraTable(cameras) {
  const columns = ['playback.camera', 'storage.bytes', 'storage.held', 'storage.perDay', 'system.recordedFrom', 'storage.policy', 'storage.priority', 'storage.expected', ''];
  return h('div.table-wrap', null, h('table.table.cards.storage-table', null, h('thead', null, h('tr', null, columns.map((k, i) => h('th', { scope: 'col', class: [1, 2, 3, 7].includes(i) ? 'right' : '' }, k ? t(k) : '')))),
    h('tbody', null, cameras.map((c) => h('tr', { data: { camera: c.cameraId, shortfall: String(Boolean(c.shortfall)) } },
      h('td.wrap', null, cameraLabel(c.cameraId), c.declared === false ? h('span.tag', null, t('storage.undeclared')) : null), h('td.right.mono', { data: { label: t('storage.bytes') } }, size(c.bytes)), h('td.right.mono', { data: { label: t('storage.held') } }, c.heldBytes ? size(c.heldBytes) : '–'), h('td.right.mono', { data: { label: t('storage.perDay') } }, size(c.bytesPerDay)),
      h('td.mono', { data: { label: t('system.recordedFrom') } }, full(c.recordedFrom)), h('td', { data: { label: t('storage.policy') } }, policyText(c)), h('td', { data: { label: t('storage.priority') } }, word('priority', plain(c.priority))), h('td.right', { data: { label: t('storage.expected') } }, dayCount(c.expectedDays)),
      h('td.wrap', null, c.shortfall ? h('span.warn', null, `▲ ${t('storage.shortfall')}`) : null))))));
}

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  /** @type {any} */ let found = null;
  const top = h('div');
  const volumes = h('div');
  const cameras = h('div');
  const policies = h('div');
  const order = h('select', { 'aria-label': t('storage.order') }, ['shortfall', 'bytes', 'perDay', 'name'].map((k) => h('option', { value: k }, t(`storageOrder.${k}`))));
  const sorted = () => [...(found?.cameras ?? [])].sort((a, b) => {
    const names = byName(cameraName(a.cameraId), cameraName(b.cameraId));
    if (order.value === 'bytes') return (b.bytes ?? 0) - (a.bytes ?? 0) || names;
    if (order.value === 'perDay') return (b.bytesPerDay ?? 0) - (a.bytesPerDay ?? 0) || names;
    return (order.value === 'shortfall' ? Number(Boolean(b.shortfall)) - Number(Boolean(a.shortfall)) : 0) || names;
  });
  function draw() {
    if (!found) return;
    fill(top, figures(found));
    fill(volumes, volumeTable(found.volumes ?? []));
    const list = sorted();
    fill(cameras, list.length ? cameraTable(list) : empty(t('live.noneFound'), 'camera-video'));
    fill(policies, (found.policies ?? []).length ? policyTable(found.policies) : h('p.dim', null, t('storage.noPolicies')));
  }
  async function load() {
    try {
      found = await api.get('/storage');
      draw();
    } catch (error) { fill(top, failed(errorText(error), load)); }
  }
  const csv = () => found && saveCsv(`storage_${siteDate(found.serverTime ?? Date.now())}`, ['camera', 'name', 'bytes', 'heldBytes', 'bytesPerDay', 'recordedFrom', 'keepDays', 'keepBytes', 'priority', 'expectedDays', 'shortfall'],
    sorted().map((c) => [c.cameraId, cameraName(c.cameraId), c.bytes, c.heldBytes, c.bytesPerDay, c.recordedFrom, c.keepDays, c.keepBytes, c.priority, c.expectedDays, c.shortfall]));
  order.addEventListener('change', draw);
  fill(root, h('div.list-page', null, h('div.toolbar', null, h('h1', null, t('page.storage')), h('span.grow'), h('button.no-print', { type: 'button', id: 'storage-csv', onclick: csv }, icon('filetype-csv'), 'CSV'),
    h('button.no-print', { type: 'button', 'aria-label': t('action.refresh'), title: t('action.refresh'), onclick: load }, icon('arrow-clockwise'))), top,
    h('section.panel', null, h('h2', null, icon('hdd-stack'), t('storage.volumes')), volumes),
    h('section.panel', null, h('h2', null, icon('camera-video'), t('storage.perCamera'), h('span.grow'), order), cameras),
    h('section.panel', null, h('h2', null, icon('sliders'), t('storage.policies')), h('p.hint', null, t('system.declaredHint')), policies)));
  context.every(60_000, load);
  context.on('reset', load);
  context.on('camera', draw);
  if (may('get', '/storage')) void load();
  else fill(top, empty(state.user ? t('error.forbidden') : '', 'shield-lock'));
  return {};
}
