// Sensors: the table by profile, the curve of one, what was rejected.
import { debounce, fill, h, icon } from '../core/dom.js';
import { api, iso } from '../core/api.js';
import { byName, full, moment, number, span, t, word } from '../core/i18n.js';
import { may } from '../core/abilities.js';
import { confirmDialog, errorText, toast, toastError } from '../core/dialog.js';
import { link, replaceRoute } from '../core/router.js';
import { className, serverNow, state } from '../core/store.js';
import { curve } from '../parts/curve.js';
import { empty, failed } from '../parts/marks.js';
import { editSensor, mayEditSensors } from '../parts/ownSensor.js';
import { mayEditProfiles, profilesDialog } from '../parts/profiles.js';
import { unknownList } from '../parts/unknown.js';
import { fieldName, lastText, readingsOf, ruleText, thresholds, unitOf, valuesOf } from '../parts/sensor.js';

const HOUR = 3_600_000;
const SPANS = [1, 6, 24, 168, 720, 8760];
/** @param {any} sensor */
const stateOf = (sensor) => (sensor.alarmIds?.length ? 'alarm' : sensor.stale ? 'stale' : sensor.last ? 'ok' : 'silent');
const SHAPES = { alarm: '▲', stale: '◆', ok: '●', silent: '○' };

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  /** @type {string|null} */ let chosen = context.route.id;
  let hours = 1;
  root.classList.toggle('detail-open', Boolean(chosen));
  const find = h('input', { type: 'search', placeholder: t('sensors.find'), 'aria-label': t('sensors.find') });
  const onlyBad = h('input', { type: 'checkbox' });
  const profiles = [...new Set([...state.sensor.values()].map((s) => s.profile))].sort();
  const profile = h('select', { 'aria-label': t('sensors.profile') }, h('option', { value: '' }, t('filter.allProfiles')), profiles.map((p) => h('option', { value: p }, word('profile', p))));
  const body = h('tbody');
  const note = h('div.list-foot');
  const detail = h('section.detail', { 'aria-label': t('sensors.detail') });
  const graph = curve({ label: t('sensors.curve') });
  /** @type {Map<string, any>} */ const rows = new Map();

  const visible = () => {
    const text = find.value.trim().toLowerCase();
    return [...state.sensor.values()].filter((s) => (!profile.value || s.profile === profile.value) && (!onlyBad.checked || stateOf(s) !== 'ok') && (!text || [s.id, s.name, s.address].some((v) => String(v ?? '').toLowerCase().includes(text))))
      .sort((a, b) => Number(stateOf(b) === 'alarm') - Number(stateOf(a) === 'alarm') || byName(a.profile, b.profile) || byName(a.id, b.id));
  };
  /** @param {any} s */
  function cells(s) {
    const status = stateOf(s);
    return [
      h('td', null, h('span.mark', { data: { sensor: status } }, SHAPES[status]), ' ', word('sensorState', status)),
      h('td', null, h('b', null, s.name ?? s.id), s.name && s.name !== s.id ? h('span.dim.mono', null, ` ${s.id}`) : null), h('td.dim', null, word('profile', s.profile)),
      h('td.mono.right', null, lastText(s)), h('td.dim', null, s.last ? t('sensors.ago', { span: span(serverNow() - Date.parse(s.last.receivedAt)) }) : '–'),
      h('td.right', { data: { rejected: String((s.rejected?.count ?? 0) > 0) } }, number(s.rejected?.count ?? 0, 0)),
    ];
  }
  function drawTable() {
    const list = visible();
    rows.clear();
    fill(body, list.slice(0, 500).map((s) => {
      const row = h('tr', { tabindex: '0', data: { sensor: s.id, state: stateOf(s) }, 'aria-selected': String(s.id === chosen), onclick: () => choose(s.id), onkeydown: (/** @type {KeyboardEvent} */ e) => { if (e.key === 'Enter') choose(s.id); } }, cells(s));
      rows.set(s.id, row);
      return row;
    }));
    fill(note, list.length === 0 ? empty(t('sensors.none'), 'activity') : h('span.dim', null, t('list.count', { n: list.length })));
  }
  /** @param {string} id */
  function choose(id) {
    chosen = id;
    root.classList.add('detail-open');
    replaceRoute(link('sensors', id));
    for (const [key, row] of rows) row.setAttribute('aria-selected', String(key === id));
    void show();
  }
  /** @param {string} id */
  async function reprocess(id) {
    try {
      const outcome = await api.post(`/rejected/${encodeURIComponent(id)}/reprocess`);
      toast(t('sensors.reprocessed', outcome), outcome.rejected ? 'info' : 'good');
      if (chosen === id) void show();
    } catch (error) { toastError(error); }
  }
  /** @param {string} id */
  async function remove(id) {
    if (!await confirmDialog(t('sensors.remove'), t('sensors.removeAsk', { id }), t('sensors.remove'), () => api.delete(`/sensors/${encodeURIComponent(id)}`))) return;
    state.sensor.delete(id);
    chosen = null;
    drawTable();
    void show();
  }
  /** @param {any} sensor */
  async function edit(sensor) {
    const changed = await editSensor(sensor).catch((error) => { toastError(error); return null; });
    if (!changed) return;
    drawTable();
    if (chosen === changed.id) void show();
  }
  const newestText = (/** @type {any} */ s) => `${lastText(s)}${s.last ? ` · ${full(s.last.occurredAt)}` : ''}`;
  /** @type {((sensor: any) => void)|null} */
  let arrived = null;
  async function show() {
    arrived = null;
    const sensor = chosen ? state.sensor.get(chosen) : null;
    if (!sensor) { fill(detail, empty(t('sensors.choose'), 'activity')); return; }
    const fields = h('select', { 'aria-label': t('sensors.field') });
    const rejected = h('div');
    const sampled = h('p.hint', { hidden: true }, t('sensors.sampled'));
    const newest = h('dd', null, newestText(sensor));
    fill(detail,
      h('header.detail-head', null, h('button.narrow-only.ghost.square', { type: 'button', 'aria-label': t('action.back'), onclick: () => root.classList.remove('detail-open') }, icon('arrow-left')),
        h('span.mark', { data: { sensor: stateOf(sensor) } }, SHAPES[stateOf(sensor)]), h('h2', null, sensor.name ?? sensor.id), h('span.dim', null, word('profile', sensor.profile), sensor.own ? ` · ${t('sensors.own')}` : '')),
      h('div.toolbar', null, h('div.segmented', { role: 'group', 'aria-label': t('sensors.span') }, SPANS.map((n) => h('button', { type: 'button', 'aria-pressed': String(n === hours), onclick: () => { hours = n; void show(); } }, t(`sensors.span${n}`)))), fields),
      graph, sampled,
      h('dl.facts', null,
        h('dt', null, t('sensors.last')), newest,
        h('dt', null, t('field.place')), h('dd', null, sensor.address ?? (sensor.position ? `${sensor.position.lat.toFixed(5)}, ${sensor.position.lon.toFixed(5)}` : '–')),
        sensor.group ? [h('dt', null, t('sensors.group')), h('dd', null, sensor.group)] : null,
        (sensor.rules ?? []).map((/** @type {any} */ rule) => [h('dt', null, t('sensors.rule')), h('dd', null, ruleText(rule, sensor.profile), rule.class ? h('span.dim', null, ` → ${className(rule.class)}`) : null)])),
      h('div.button-row', null, (sensor.alarmIds ?? []).map((/** @type {string} */ id) => h('a.button', { href: link('alarms', id) }, icon('bell'), t('case.alarm'))),
        h('a.button', { href: `/api/v1/sensors/${encodeURIComponent(sensor.id)}/readings.csv?from=${iso(serverNow() - Math.min(hours, 744) * HOUR)}&to=${iso(serverNow())}`, download: `${sensor.id}.csv` }, icon('download'), t('sensors.csv')),
        sensor.own && mayEditSensors() ? h('button', { type: 'button', id: 'edit-sensor', onclick: () => void edit(sensor) }, icon('pencil'), t('sensors.edit')) : null,
        sensor.own && may('delete', '/sensors/{id}') ? h('button.danger', { type: 'button', id: 'remove-sensor', onclick: () => void remove(sensor.id) }, icon('trash'), t('sensors.remove')) : null,
        sensor.position ? h('a.button', { href: link('map', null, { lat: sensor.position.lat, lon: sensor.position.lon }) }, icon('geo-alt'), t('page.map')) : null),
      rejected);
    const id = sensor.id;
    const to = serverNow();
    const from = to - hours * HOUR;
    try {
      const [found, bad] = await Promise.all([
        readingsOf(id, from, to),
        (sensor.rejected?.count ?? 0) > 0 ? api.get(`/sensors/${encodeURIComponent(id)}/rejected`, { limit: 50 }) : { items: [] },
      ]);
      if (chosen !== id) return;
      const readings = found.items;
      sampled.hidden = !found.sampled;
      const names = [...new Set(readings.flatMap((r) => Object.keys(valuesOf(r))))];
      fill(fields, names.map((name) => h('option', { value: name }, `${fieldName(sensor.profile, name)}${unitOf(sensor.profile, name) ? ` (${unitOf(sensor.profile, name)})` : ''}`)));
      fields.hidden = names.length < 2;
      const watched = (sensor.rules ?? []).find((/** @type {any} */ r) => r.kind !== 'noData' && names.includes(r.field ?? 'value'));
      if (watched) fields.value = watched.field ?? 'value';
      const draw = () => graph.show({
        from: Math.max(from, serverNow() - hours * HOUR), to: serverNow(), samples: readings.map((r) => ({ at: Date.parse(r.occurredAt), value: valuesOf(r)[fields.value || names[0]] })).filter((s) => Number.isFinite(s.value)),
        lines: thresholds(sensor, fields.value || names[0]),
      });
      fields.addEventListener('change', draw);
      draw();
      arrived = (changed) => {
        fill(newest, newestText(changed));
        if (!changed.last || changed.last.occurredAt === readings[readings.length - 1]?.occurredAt) return;
        readings.push(changed.last);
        if (readings.length > 20_000) readings.shift();
        draw();
      };
      if (bad.items.length) {
        fill(rejected, h('h3', null, t('sensors.rejected', { n: sensor.rejected.count }), ' ', may('post', '/rejected/{id}/reprocess') ? h('button', { type: 'button', id: 'reprocess', onclick: () => void reprocess(id) }, icon('arrow-clockwise'), t('sensors.reprocess')) : null), h('ul.rejected', null, bad.items.map((/** @type {any} */ r) =>
          h('li', null, h('div', null, h('b', null, word('rejectedReason', r.reason)), h('span.dim.mono', null, ` ${moment(r.receivedAt)} ${r.topic}`)), h('pre', null, r.payload)))));
      }
    } catch (error) { if (chosen === id) fill(rejected, failed(errorText(error), show)); }
  }
  const unknown = unknownList(() => drawTable());
  const editProfiles = mayEditProfiles() ? h('button', { type: 'button', id: 'edit-profiles', onclick: () => void profilesDialog(chosen ? state.sensor.get(chosen)?.profile : undefined).catch(toastError) }, icon('braces'), t('profiles.title')) : null;
  fill(root, h('div.split.wide-list', null,
    h('section.list-pane', null, h('div.toolbar', null, profile, h('label.check', null, onlyBad, t('sensors.onlyBad')), find, h('span.grow'), editProfiles),
      h('div.table-wrap', null, h('table.table.cards.sensor-table', null, h('thead', null, h('tr', null, ['field.state', 'sensors.name', 'sensors.profile', 'sensors.value', 'sensors.age', 'sensors.rejectedCount'].map((k) => h('th', { scope: 'col', class: k === 'sensors.value' || k === 'sensors.rejectedCount' ? 'right' : '' }, t(k))))), body)), note, unknown.element), detail));
  for (const control of [profile, onlyBad]) control.addEventListener('change', drawTable);
  find.addEventListener('input', debounce(drawTable, 150));
  context.on('sensor', (changed) => {
    const sensor = state.sensor.get(changed.id);
    const row = rows.get(changed.id);
    if (!row) { later(); return; }
    row.dataset.state = stateOf(sensor);
    fill(row, cells(sensor));
    if (changed.id === chosen) arrived?.(sensor);
  });
  const later = debounce(drawTable, 500);
  context.on('reset', () => { drawTable(); void show(); });
  context.every(30_000, unknown.load);
  context.every(10_000, () => { for (const [id, row] of rows) { const s = state.sensor.get(id); if (s) fill(row, cells(s)); } });
  context.leave(() => graph.close());
  drawTable();
  void show();
  return { update: (/** @type {import('../core/router.js').Route} */ route) => { if (route.id) choose(route.id); return true; } };
}
