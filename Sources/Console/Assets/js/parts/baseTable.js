// One set of base data: its rows with search, edits that show their effect first, import, export, history and ways back.
import { may } from '../core/abilities.js';
import { debounce, fill, h, icon } from '../core/dom.js';
import { api, iso } from '../core/api.js';
import { errorText, formDialog, openDialog, Refusal, toast } from '../core/dialog.js';
import { fromSiteTime, full, sentence, t, word } from '../core/i18n.js';
import { isRole, serverNow, state, unitName } from '../core/store.js';
import { importDialog } from './baseImport.js';
import { effectText, reportView } from './baseReport.js';
import { empty, failed } from './marks.js';

/**
 * Words for columns of codes.
 * @type {Record<string, (value: string) => string>}
 */
const WORDS = {
  limitUnit: (v) => word('limitUnit', v), phase: (v) => word('timerPhase', v), start: (v) => word('timerStart', v), basis: (v) => word('limitBasis', v), policy: (v) => word('policy', v), days: (v) => word('policyDays', v), sourceKind: (v) => word('sourceKind', v), group: (v) => word('channelGroup', v),
};
/**
 * Words for the column `kind` of each set.
 * @type {Record<string, (value: string) => string>}
 */
const KINDS = {
  classes: (v) => word('classesKind', v), calendar: (v) => word('calendarKind', v), areas: (v) => word('areasKind', v), units: (v) => word('unitsKind', v), places: (v) => word('placesKind', v),
};

/** @param {string} set @param {string} name */
const columnText = (set, name) => (set === 'mapping' && name !== 'note' ? t(name === 'from' ? 'baseColumn.counterpartOf' : 'baseColumn.counterpart') : t(`baseColumn.${name}`));

/** @param {any} column @param {string} set @param {string} value */
function cellText(column, set, value) {
  if (!value || column.kind !== 'choice') return value ?? '';
  const words = set === 'flows' ? (/** @type {string} */ v) => word('flowMode', v) : column.name === 'kind' ? KINDS[set] : WORDS[column.name];
  return words ? words(value) : value;
}

/** @param {any} set */
export const originText = (set) => (set.origin === 'declared' ? t('base.declared', { file: set.file ?? '' }) : set.origin === 'edition' ? t('base.edition', { n: set.edition, at: full(set.validFrom) }) : t('base.builtIn'));

/**
 * The buttons and the line about where a set comes from; every set has them.
 * @param {any} set @param {() => void} again @param {{accept: string, type: string, datum: boolean, modes: boolean}} kind
 * @param {...any} more
 */
export function setHead(set, again, kind, ...more) {
  const admin = may('post', '/base/sets/{set}/import') && set.editable;
  return h('div.toolbar', null, h('span.dim', null, `${originText(set)} · ${t('list.count', { n: set.count })}`), h('span.grow'), ...more,
    admin ? h('button', { type: 'button', id: 'base-import', onclick: async () => { if (await importDialog({ title: t('base.importOf', { set: word('baseSet', set.set) }), path: `/base/sets/${set.set}/import`, ...kind, dated: true })) again(); } }, icon('upload'), t('base.import')) : null,
    h('a.button', { href: `/api/v1/base/sets/${set.set}/file`, download: set.set === 'grid' ? 'grid.geojson' : `${set.set}.csv` }, icon('download'), t('base.export')),
    h('button', { type: 'button', id: 'base-history', onclick: () => history(set, again) }, icon('clock-history'), t('base.history')));
}

/** @param {any} set @param {() => void} again */
async function history(set, again) {
  const body = h('div.dialog-body', null, h('p.dim', null, '…'));
  const dialog = openDialog(t('base.historyOf', { set: word('baseSet', set.set) }), body, { wide: true, name: 'base-editions' });
  const when = h('input', { type: 'datetime-local', 'aria-label': t('base.asOf') });
  const canGoBack = may('post', '/base/sets/{set}/rollback') && set.editable;
  /** @param {string} to */
  async function back(to) {
    dialog.close();
    if (await preview(t('base.backTo', { at: full(to) }), (trial, note) => api.post(`/base/sets/${set.set}/rollback`, { to, trial, note }))) again();
  }
  try {
    const found = await api.get(`/base/sets/${set.set}/editions`);
    fill(body, h('div.toolbar', null, h('label', null, t('base.asOf'), ' ', when),
      h('button', { type: 'button', onclick: () => { if (when.value) window.open(`/api/v1/base/sets/${set.set}/file?at=${encodeURIComponent(iso(fromSiteTime(when.value)))}`); } }, icon('download'), t('base.export')),
      canGoBack ? h('button', { type: 'button', onclick: () => { if (when.value) void back(iso(fromSiteTime(when.value))); } }, icon('arrow-counterclockwise'), t('base.back')) : null),
    found.items.length ? h('div.table-wrap', null, h('table.table', null, h('thead', null, h('tr', null, ['base.number', 'base.validFrom', 'base.recordedAt', 'audit.user', 'base.note', 'base.effect', ''].map((k) => h('th', { scope: 'col' }, k ? t(k) : '')))),
      h('tbody', null, found.items.map((/** @type {any} */ e) => h('tr', { data: { edition: String(e.number) } }, h('td.mono', null, e.number), h('td.mono', null, full(e.validFrom)), h('td.mono', null, full(e.recordedAt)), h('td', null, e.by), h('td.wrap', null, e.note ?? ''), h('td.wrap', null, effectText(e.effect)),
        h('td.tools', null, canGoBack && Date.parse(e.validFrom) <= serverNow() ? h('button.ghost', { type: 'button', onclick: () => back(e.validFrom) }, t('base.back')) : null)))))) : empty(t('base.noEditions'), 'clock-history'));
  } catch (error) { fill(body, failed(errorText(error))); }
}

/**
 * Shows what a change would do; makes it when that is wanted.
 * @param {string} title @param {(trial: boolean, note?: string) => Promise<any>} send
 */
async function preview(title, send) {
  const report = await send(true).catch((error) => { toast(errorText(error), 'bad'); return null; });
  if (!report) return false;
  if (report.findings.length) {
    openDialog(title, h('div.dialog-body', null, reportView(report)), { wide: true, name: 'base-refused' });
    return false;
  }
  return Boolean(await formDialog({ title, name: 'base-preview', before: reportView(report), wide: true, fields: [{ name: 'note', label: t('base.note') }], submit: t('base.take'), send: async (values) => {
    const done = await send(false, values.note || undefined);
    if (done.findings.length) throw new Refusal(sentence('finding', done.findings[0].problem));
    toast(t('base.taken'), 'good');
  } }));
}

/**
 * The units that may stand in a row, in the order of the tree: of a unit's user its own and those below it.
 * @param {string} [value] what stands there
 */
function unitOptions(value) {
  const units = state.site.units;
  /** @param {any} unit @returns {boolean} */
  const isOwn = (unit) => unit.id === state.user.unit || units.some((/** @type {any} */ u) => u.id === unit.parent && isOwn(u));
  const found = isRole('unit') ? units.filter(isOwn) : units;
  const gone = value && !found.some((/** @type {any} */ u) => u.id === value) ? [{ value, label: value }] : [];
  return [...found.map((/** @type {any} */ u) => ({ value: u.id, label: `${unitName(u.id)} (${u.id})` })), ...gone];
}

/** @param {any} set @param {any} row null for a new one @param {() => void} again */
async function editRow(set, row, again) {
  /** @type {any} */ let wanted = null;
  const values = await formDialog({ title: row ? t('base.editRow') : t('base.addRow'), name: 'base-row', submit: t('base.showEffect'), wide: true,
    fields: set.columns.map((/** @type {any} */ c) => ({ name: c.name, label: columnText(set.set, c.name), required: c.required, value: row?.[c.name] ?? (isUnit(set, c) ? unitOptions()[0]?.value : undefined) ?? '', maxLength: 100000,
      type: c.kind === 'choice' || c.kind === 'flag' || isUnit(set, c) ? 'select' : c.name === 'line' || c.name === 'cells' ? 'textarea' : 'text',
      options: isUnit(set, c) ? unitOptions(row?.[c.name]) : c.kind === 'flag' ? [{ value: '', label: t('base.no') }, { value: 'yes', label: t('base.yes') }] : [...(c.required ? [] : [{ value: '', label: '–' }]), ...c.choices.map((/** @type {string} */ x) => ({ value: x, label: cellText(c, set.set, x) }))],
      hint: c.kind === 'date' ? t('base.dateHint') : set.set === 'policies' && (c.name === 'from' || c.name === 'to') ? t('base.timeHint') : undefined })),
    send: async (values) => { wanted = values; } });
  if (!values || !wanted) return;
  const keys = set.columns.filter((/** @type {any} */ c) => c.key);
  const moved = row && keys.some((/** @type {any} */ c) => row[c.name] !== wanted[c.name]);
  const remove = moved ? [keyOf(set, row)] : [];
  if (await preview(t('base.editRow'), (trial, note) => api.post(`/base/sets/${set.set}/edit`, { put: [wanted], remove, trial, note }))) again();
}

/** @param {any} set @param {any} column */
const isUnit = (set, column) => set.set === 'responsibility' && column.name === 'unit';
/** @param {any} set @param {any} row */
const keyOf = (set, row) => Object.fromEntries(set.columns.filter((/** @type {any} */ c) => c.key).map((/** @type {any} */ c) => [c.name, row[c.name]]));

/** @param {HTMLElement} root @param {import('../shell.js').Context} context @param {any} set @param {() => void} again */
export async function baseTable(root, context, set, again) {
  const editable = set.editable && may('post', '/base/sets/{set}/edit');
  const text = h('input', { type: 'search', placeholder: t('base.search'), 'aria-label': t('base.search'), id: 'base-search' });
  const body = h('tbody');
  const foot = h('div.list-foot');
  /** @type {any[]} */ let items = [];
  let turn = 0;
  /** @param {string|null} [cursor] */
  async function load(cursor) {
    const mine = ++turn;
    try {
      const page = await api.get(`/base/sets/${set.set}/rows`, { q: text.value.trim(), limit: 200, cursor });
      if (mine !== turn) return;
      items = cursor ? [...items, ...page.items] : page.items;
      draw(page.next);
    } catch (error) { if (mine === turn) fill(foot, failed(errorText(error), () => load())); }
  }
  /** @param {string|null} next */
  function draw(next) {
    fill(body, items.map((row) => h('tr', null, set.columns.map((/** @type {any} */ c) => h('td', { class: c.name === 'condition' || c.name === 'cells' || c.name === 'line' ? 'wrap' : '', data: { label: columnText(set.set, c.name) } }, short(cellText(c, set.set, row[c.name])))),
      editable ? h('td.tools', null, h('button.ghost.square', { type: 'button', 'aria-label': t('base.editRow'), title: t('base.editRow'), onclick: () => editRow(set, row, again) }, icon('pencil')),
        h('button.ghost.square', { type: 'button', 'aria-label': t('base.removeRow'), title: t('base.removeRow'), onclick: async () => { if (await preview(t('base.removeRow'), (trial, note) => api.post(`/base/sets/${set.set}/edit`, { remove: [keyOf(set, row)], trial, note }))) again(); } }, icon('trash'))) : null)));
    fill(foot, items.length === 0 ? empty(t('base.noRows'), 'table') : null, next ? h('button', { type: 'button', onclick: () => load(next) }, t('list.more')) : h('span.dim', null, t('list.count', { n: items.length })));
  }
  const later = debounce(() => load(), 250);
  text.addEventListener('input', later);
  fill(root, setHead(set, again, { accept: '.csv', type: 'text/csv', datum: set.set === 'places', modes: true }, text,
    editable ? h('button.primary', { type: 'button', id: 'base-add', onclick: () => editRow(set, null, again) }, icon('plus-lg'), t('base.addRow')) : null),
  h('p.hint', null, isRole('unit') ? t('base.ownRules', { unit: unitName(state.user.unit) }) : t(`baseHint.${set.set}`)),
  h('div.table-wrap', null, h('table.table.cards.base-table', { data: { set: set.set } }, h('thead', null, h('tr', null, set.columns.map((/** @type {any} */ c) => h('th', { scope: 'col' }, columnText(set.set, c.name))), editable ? h('th', { scope: 'col' }, '') : null)), body)), foot);
  context.on('reset', later);
  await load();
}

/** @param {string} text */
const short = (text) => (text.length > 120 ? `${text.slice(0, 118)}…` : text);
