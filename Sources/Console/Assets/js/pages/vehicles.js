// Vehicles: where each is, its track, its rules, and what it did of its plans.
import { debounce, fill, h, icon } from '../core/dom.js';
import { api, iso } from '../core/api.js';
import { byName, full, moment, number, span, t, word } from '../core/i18n.js';
import { errorText } from '../core/dialog.js';
import { link, replaceRoute } from '../core/router.js';
import { className, serverNow, state } from '../core/store.js';
import { empty, failed } from '../parts/marks.js';
import { siteMap } from '../parts/map.js';
import { metresOf, vehicleRuleText } from '../parts/vehicle.js';

const HOUR = 3_600_000;
const SPANS = [1, 6, 24];
/** After so long without a position a vehicle counts as silent, ms. */
const SILENT = 10 * 60_000;
const SHAPES = { alarm: '▲', stale: '◆', ok: '●', silent: '○' };
/** @param {any} v */
const stateOf = (v) => (v.alarmIds?.length ? 'alarm' : !v.last ? 'silent' : serverNow() - Date.parse(v.last.receivedAt) > SILENT ? 'stale' : 'ok');

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  /** @type {string|null} */ let chosen = context.route.id;
  let hours = 1;
  let plans = /** @type {any[]} */ ([]);
  /** @type {import('../parts/map.js').SiteMap|null} */ let map = null;
  root.classList.toggle('detail-open', Boolean(chosen));
  const find = h('input', { type: 'search', placeholder: t('vehicles.find'), 'aria-label': t('vehicles.find') });
  const body = h('tbody');
  const note = h('div.list-foot');
  const detail = h('section.detail', { 'aria-label': t('page.vehicles') });
  /** @type {Map<string, any>} */ const rows = new Map();

  /** @param {any} v */
  const cells = (v) => [
    h('td', null, h('span.mark', { data: { sensor: stateOf(v) } }, SHAPES[stateOf(v)]), ' ', word('sensorState', stateOf(v))),
    h('td', null, h('b', null, v.name ?? v.id), v.name && v.name !== v.id ? h('span.dim.mono', null, ` ${v.id}`) : null), h('td.dim', null, word('vehicleKind', v.kind)),
    h('td.mono.right', null, v.last ? `${number(v.last.speedKmh, 0)} km/h` : '–'), h('td.dim', null, v.last ? t('sensors.ago', { span: span(serverNow() - Date.parse(v.last.receivedAt)) }) : '–'),
  ];
  function drawTable() {
    const text = find.value.trim().toLowerCase();
    const list = [...state.vehicle.values()].filter((v) => !text || [v.id, v.name].some((x) => String(x ?? '').toLowerCase().includes(text)))
      .sort((a, b) => Number(stateOf(b) === 'alarm') - Number(stateOf(a) === 'alarm') || byName(a.id, b.id));
    rows.clear();
    fill(body, list.slice(0, 500).map((v) => {
      const row = h('tr', { tabindex: '0', data: { vehicle: v.id }, 'aria-selected': String(v.id === chosen), onclick: () => choose(v.id), onkeydown: (/** @type {KeyboardEvent} */ e) => { if (e.key === 'Enter') choose(v.id); } }, cells(v));
      rows.set(v.id, row);
      return row;
    }));
    fill(note, list.length === 0 ? empty(t('vehicles.none'), 'truck') : h('span.dim', null, t('list.count', { n: list.length })));
  }
  /** @param {string} id */
  function choose(id) {
    chosen = id;
    root.classList.add('detail-open');
    replaceRoute(link('vehicles', id));
    for (const [key, row] of rows) row.setAttribute('aria-selected', String(key === id));
    void show();
  }
  /** @param {any} v */
  const facts = (v) => {
    const last = v.last;
    const quality = last?.quality ? ` · ${word('quality', last.quality)}` : '';
    return [
      [t('sensors.last'), last ? `${full(last.occurredAt)} · ${last.lat.toFixed(5)}, ${last.lon.toFixed(5)}${quality}` : '–'],
      [t('vehicles.speed'), last ? `${number(last.speedKmh, 0)} km/h` : '–'],
      last?.ignition === undefined ? null : [t('vehicles.ignition'), t(last.ignition ? 'vehicles.on' : 'vehicles.off')],
      last?.mileageKm === undefined ? null : [t('vehicles.mileage'), `${number(last.mileageKm, 1)} km`],
      last?.datum === undefined ? null : [t('vehicles.datum'), String(last.datum).toUpperCase()],
      ...(v.rules ?? []).map((/** @type {any} */ rule) => [t('vehicles.rule'), `${vehicleRuleText(rule)}${rule.classCode ? ` → ${className(rule.classCode)}` : ''}`]),
    ].filter((row) => row !== null).map((row) => { const [k, text] = /** @type {string[]} */ (row); return [h('dt', null, k), h('dd', null, text)]; });
  };
  async function show() {
    map?.destroy();
    map = null;
    const v = chosen ? state.vehicle.get(chosen) : null;
    if (!v) { fill(detail, empty(t('vehicles.choose'), 'truck')); return; }
    const id = v.id;
    const canvas = h('div.map.vehicle-map', { role: 'application', 'aria-label': t('vehicles.track') });
    const length = h('p.hint');
    const values = h('dl.facts', null, facts(v));
    const coverage = h('div');
    fill(detail,
      h('header.detail-head', null, h('button.narrow-only.ghost.square', { type: 'button', 'aria-label': t('action.back'), onclick: () => root.classList.remove('detail-open') }, icon('arrow-left')),
        h('span.mark', { data: { sensor: stateOf(v) } }, SHAPES[stateOf(v)]), h('h2', null, v.name ?? v.id), h('span.dim', null, word('vehicleKind', v.kind))),
      h('div.toolbar', null, h('div.segmented', { role: 'group', 'aria-label': t('sensors.span') }, SPANS.map((n) => h('button', { type: 'button', 'aria-pressed': String(n === hours), onclick: () => { hours = n; void show(); } }, t(`sensors.span${n}`))))),
      canvas, length, values,
      h('div.button-row', null, (v.alarmIds ?? []).map((/** @type {string} */ alarm) => h('a.button', { href: link('alarms', alarm) }, icon('bell'), t('case.alarm'))),
        h('a.button', { href: `/api/v1/vehicles/${encodeURIComponent(id)}/track.csv?from=${iso(serverNow() - hours * HOUR)}&to=${iso(serverNow())}`, download: `${id}.csv` }, icon('download'), t('sensors.csv')),
        h('a.button', { href: link('map', null, { vehicle: id }) }, icon('geo-alt'), t('page.map'))),
      coverage);
    try {
      const from = serverNow() - hours * HOUR;
      const made = await siteMap(canvas, v.last ? { center: v.last, zoom: 16 } : {});
      if (chosen !== id) { made.destroy(); return; }
      map = made;
      const track = (await api.get(`/vehicles/${encodeURIComponent(id)}/track`, { from: iso(from), to: iso(serverNow()), simplify: 5 })).items;
      if (chosen !== id || map !== made) return;
      map.track(track);
      const now = state.vehicle.get(id)?.last;
      if (now) map.set(`vehicle ${id}`, now, { kind: 'vehicle', heading: now.heading, label: v.name ?? id });
      fill(length, track.length === 0 ? t('vehicles.noTrack') : t('vehicles.points', { n: number(track.length, 0), km: number(metresOf(track) / 1000, 2) }));
      await showPlans(id, from, coverage);
    } catch (error) { if (chosen === id) fill(coverage, failed(errorText(error), show)); }
  }
  /** @param {string} id @param {number} from @param {HTMLElement} element */
  async function showPlans(id, from, element) {
    const own = plans.filter((plan) => plan.vehicles.includes(id));
    if (own.length === 0) { fill(element, h('p.dim', null, t('vehicles.noPlans'))); return; }
    const found = await Promise.all(own.map((plan) => api.get(`/plans/${encodeURIComponent(plan.id)}/coverage`, { from: iso(from), to: iso(serverNow()) })));
    if (chosen !== id) return;
    fill(element, h('h3', null, t('vehicles.plans')), own.map((plan, at) => planPanel(plan, found[at])));
  }
  /** @param {any} plan @param {any} found */
  function planPanel(plan, found) {
    const done = found.sections.filter((/** @type {any} */ s) => s.isDone).length;
    const emptied = found.bins.filter((/** @type {any} */ b) => b.at).length;
    const proof = (/** @type {any} */ s) => s.proofs.slice(0, 3).map((/** @type {any} */ p) => `${p.vehicle} ${moment(p.from)}–${moment(p.to)}`).join('; ') || '–';
    return h('section.panel', { data: { plan: plan.id } }, h('h3', null, plan.name), found.sections.length + found.bins.length === 0 ? null : h('p.hint', null, t('vehicles.summary', { done, all: found.sections.length, bins: emptied, allBins: found.bins.length })),
      found.cells ? h('p', null, t('vehicles.cells', { share: `${Math.round(found.cells.share * 100)} %` })) : null,
      found.sections.length ? h('table.table.coverage', null, h('thead', null, h('tr', null, ['vehicles.section', 'vehicles.share', 'field.state', 'vehicles.proof'].map((k) => h('th', { scope: 'col' }, t(k))))),
        h('tbody', null, found.sections.map((/** @type {any} */ s) => h('tr', { data: { done: String(s.isDone) } }, h('td', null, s.name), h('td.right.mono', null, `${Math.round(s.share * 100)} %`), h('td', null, s.isDone ? `✓ ${t('vehicles.done')}` : s.share > 0.05 ? `◐ ${t('vehicles.partly')}` : h('b.bad', null, `✗ ${t('vehicles.missed')}`)), h('td.dim.small.wrap', null, proof(s)))))) : null,
      found.bins.length ? h('table.table.coverage', null, h('thead', null, h('tr', null, ['vehicles.bin', 'vehicles.emptied', 'vehicles.proof'].map((k) => h('th', { scope: 'col' }, t(k))))),
        h('tbody', null, found.bins.map((/** @type {any} */ b) => h('tr', { data: { done: String(Boolean(b.at)) } }, h('td', null, b.id), h('td', null, b.at ? full(b.at) : h('b.bad', null, `✗ ${t('vehicles.missedBin')}`)), h('td.dim.mono', null, b.vehicle ?? '–'))))) : null);
  }
  fill(root, h('div.split.wide-list', null,
    h('section.list-pane', null, h('div.toolbar', null, find),
      h('div.table-wrap', null, h('table.table.cards.sensor-table', null, h('thead', null, h('tr', null, ['field.state', 'sensors.name', 'vehicles.kind', 'vehicles.speed', 'vehicles.age'].map((k) => h('th', { scope: 'col', class: k === 'vehicles.speed' ? 'right' : '' }, t(k))))), body)), note), detail));
  find.addEventListener('input', debounce(drawTable, 150));
  const later = debounce(drawTable, 500);
  context.on('vehicle', (changed) => {
    const v = state.vehicle.get(changed.id);
    const row = rows.get(changed.id);
    if (!row) { later(); return; }
    fill(row, cells(v));
    if (changed.id !== chosen) return;
    const values = detail.querySelector('dl.facts');
    if (values) fill(/** @type {HTMLElement} */ (values), facts(v));
    if (v.last) map?.set(`vehicle ${v.id}`, v.last, { kind: 'vehicle', heading: v.last.heading, label: v.name ?? v.id });
  });
  context.on('reset', () => { drawTable(); void show(); });
  context.every(10_000, () => { for (const [id, row] of rows) { const v = state.vehicle.get(id); if (v) fill(row, cells(v)); } });
  context.leave(() => map?.destroy());
  drawTable();
  void api.get('/plans').then((found) => { plans = found.items; }).catch(() => {}).finally(() => void show());
  return { update: (/** @type {import('../core/router.js').Route} */ route) => { if (route.id) choose(route.id); return true; } };
}
