// The register of parts: search, one part with what it was, its place, import.
import { may } from '../core/abilities.js';
import { debounce, fill, h, icon } from '../core/dom.js';
import { api } from '../core/api.js';
import { errorText, formDialog, openDialog } from '../core/dialog.js';
import { full, number, t, word } from '../core/i18n.js';
import { className, state } from '../core/store.js';
import { importDialog } from './baseImport.js';
import { findingTable } from './baseReport.js';
import { smallMap } from './map.js';
import { empty, failed } from './marks.js';

const STATES = ['intact', 'damaged', 'missing', 'abandoned', 'removed'];

/** @param {any} report */
function partReport(report) {
  const good = report.mistakes === 0;
  return h('div.report', { data: { good: String(good) } }, h('p', null, icon(good ? 'check-circle' : 'exclamation-triangle'), h('b', null, good ? t('base.canBeTaken') : t('base.refused', { n: report.mistakes }))),
    good ? h('ul', null, h('li', null, t('parts.counts', { added: number(report.added, 0), changed: number(report.changed, 0), same: number(report.same, 0) })),
      report.outside ? h('li', null, t('parts.outside', { n: number(report.outside, 0) })) : null, report.moved ? h('li', null, t('parts.moved', { n: number(report.moved, 0) })) : null) : findingTable(report.findings));
}

/** @param {string} code @param {import('../shell.js').Context} context @param {() => void} again */
export async function showPart(code, context, again) {
  const body = h('div.dialog-body', null, '…');
  const dialog = openDialog(t('parts.one', { code }), body, { wide: true, name: 'part' });
  try {
    const found = await api.get(`/parts/${encodeURIComponent(code)}`);
    const part = found.part;
    const map = h('div.small-map');
    const facts = [['baseColumn.code', part.code], ['case.class', `${part.class} ${className(part.class)}`], ['baseColumn.name', part.name], ['field.state', word('partState', part.state)], ['parts.owner', part.owner], ['parts.maintainer', part.maintainer], ['case.cell', part.cell], ['parts.since', part.since], ['baseColumn.note', part.note], ['parts.devices', found.devices.join(' ')]];
    fill(body, h('dl.facts', null, facts.filter((f) => f[1]).map(([k, v]) => [h('dt', null, t(k)), h('dd', null, v)])), map,
      may('post', '/parts') ? h('div.toolbar', null, h('button', { type: 'button', onclick: () => { dialog.close(); void editPart(part, again); } }, icon('pencil'), t('base.editRow')), h('button', { type: 'button', onclick: async () => { dialog.close(); if (await bind(code, found.devices)) void showPart(code, context, again); } }, icon('link-45deg'), t('parts.bind'))) : null,
      h('h3', null, t('base.history')), h('div.table-wrap', null, h('table.table', null, h('tbody', null, found.history.map((/** @type {any} */ c) => h('tr', null, h('td.mono', null, c.part.since ?? '–'), h('td.mono', null, full(c.recordedAt)), h('td', null, c.by), h('td', null, word('partState', c.part.state)), h('td', null, c.part.owner ?? ''), h('td.wrap', null, c.part.note ?? '')))))));
    const drawn = await smallMap(map, part.position);
    dialog.addEventListener('close', () => drawn.destroy());
  } catch (error) { fill(body, failed(errorText(error))); }
}

/** @param {any} part @param {() => void} again */
async function editPart(part, again) {
  const fields = ['class', 'name', 'owner', 'maintainer', 'since', 'note'].map((name) => ({ name, label: t(name === 'owner' || name === 'maintainer' || name === 'since' ? `parts.${name}` : name === 'class' ? 'case.class' : `baseColumn.${name}`), value: part?.[name] ?? '' }));
  const done = await formDialog({ title: part ? t('parts.one', { code: part.code }) : t('parts.add'), name: 'part-edit', submit: t('action.save'), wide: true,
    fields: [{ name: 'code', label: t('baseColumn.code'), value: part?.code ?? '', required: true, maxLength: 17 }, { name: 'lat', label: t('baseColumn.lat'), type: 'number', value: part?.position.lat ?? '', required: true }, { name: 'lon', label: t('baseColumn.lon'), type: 'number', value: part?.position.lon ?? '', required: true },
      { name: 'state', label: t('field.state'), type: 'select', value: part?.state ?? 'intact', options: STATES.map((s) => ({ value: s, label: word('partState', s) })) }, ...fields],
    send: (v) => api.post('/parts', { code: v.code, class: v.class || undefined, name: v.name || undefined, owner: v.owner || undefined, maintainer: v.maintainer || undefined, since: v.since || undefined, note: v.note || undefined, state: v.state, position: { lat: Number(v.lat), lon: Number(v.lon) } }) });
  if (done) again();
}

/** @param {string} code @param {string[]} bound */
const bind = (code, bound) => formDialog({ title: t('parts.bind'), name: 'part-bind', submit: t('action.save'), fields: [
  { name: 'device', label: t('parts.device'), type: 'select', options: [...[...state.camera.values()], ...[...state.sensor.values()]].map((/** @type {any} */ d) => ({ value: d.id, label: `${d.name ?? d.id} (${d.id})` })), value: bound[0] },
  { name: 'bound', label: t('parts.bound'), type: 'checkbox', value: true }],
send: (v) => api.post(`/parts/${encodeURIComponent(code)}/bindings`, { device: v.device, bound: v.bound }) });

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export async function partsPanel(root, context) {
  const text = h('input', { type: 'search', placeholder: t('parts.search'), 'aria-label': t('parts.search'), id: 'parts-search' });
  const classes = h('select', { 'aria-label': t('case.class') }, h('option', { value: '' }, t('filter.allClasses')), state.site.classes.filter((/** @type {any} */ c) => c.kind === 'part').map((/** @type {any} */ c) => h('option', { value: c.code }, `${c.code} ${className(c.code)}`)));
  const states = h('select', { 'aria-label': t('field.state') }, h('option', { value: '' }, t('filter.allStates')), STATES.map((s) => h('option', { value: s }, word('partState', s))));
  const body = h('tbody');
  const foot = h('div.list-foot');
  /** @type {any[]} */ let items = [];
  let turn = 0;
  /** @param {string|null} [cursor] */
  async function load(cursor) {
    const mine = ++turn;
    try {
      const page = await api.get('/parts', { q: text.value.trim(), class: classes.value, state: states.value, limit: 200, cursor });
      if (mine !== turn) return;
      items = cursor ? [...items, ...page.items] : page.items;
      fill(body, items.map((p) => h('tr', { tabindex: '0', data: { part: p.code }, onclick: () => showPart(p.code, context, () => load()), onkeydown: (/** @type {KeyboardEvent} */ e) => { if (e.key === 'Enter') void showPart(p.code, context, () => load()); } },
        h('td.mono', null, p.code), h('td', null, `${p.class} ${className(p.class)}`), h('td', null, p.name ?? ''), h('td', null, word('partState', p.state)), h('td', null, p.owner ?? ''), h('td', null, p.maintainer ?? ''), h('td.mono', null, p.cell ?? '–'), h('td.mono', null, p.since ?? ''))));
      fill(foot, items.length === 0 ? empty(t('parts.none'), 'boxes') : null, page.next ? h('button', { type: 'button', onclick: () => load(page.next) }, t('list.more')) : h('span.dim', null, t('list.count', { n: items.length })));
    } catch (error) { if (mine === turn) fill(foot, failed(errorText(error), () => load())); }
  }
  const later = debounce(() => load(), 250);
  text.addEventListener('input', later);
  for (const control of [classes, states]) control.addEventListener('change', () => load());
  fill(root, h('div.toolbar', null, text, classes, states, h('span.grow'),
    may('post', '/parts') ? h('button.primary', { type: 'button', onclick: () => editPart(null, () => load()) }, icon('plus-lg'), t('parts.add')) : null,
    may('post', '/parts/import') ? h('button', { type: 'button', id: 'base-import', onclick: async () => { if (await importDialog({ title: t('parts.import'), path: '/parts/import', accept: '.csv', type: 'text/csv', datum: true, view: partReport })) await load(); } }, icon('upload'), t('base.import')) : null),
  h('p.hint', null, t('parts.hint')),
  h('div.table-wrap', null, h('table.table.cards', null, h('thead', null, h('tr', null, ['baseColumn.code', 'case.class', 'baseColumn.name', 'field.state', 'parts.owner', 'parts.maintainer', 'case.cell', 'parts.since'].map((k) => h('th', { scope: 'col' }, t(k))))), body)), foot);
  await load();
}
