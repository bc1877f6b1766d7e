// How many cases each unit has, with all below it, or each area: every number is a list of cases.
import { fill, h } from '../core/dom.js';
import { api, iso } from '../core/api.js';
import { errorText } from '../core/dialog.js';
import { fromSiteTime, isChinese, number, t, word } from '../core/i18n.js';
import { link } from '../core/router.js';
import { className, state } from '../core/store.js';
import { empty, failed } from './marks.js';

const COUNTS = /** @type {const} */ (['total', 'open', 'overdue', 'closed', 'invalid']);

/** @param {number} depth @param {string} text */
function indented(depth, text) {
  const made = h('span', null, text);
  made.style.paddingInlineStart = `${depth * 20}px`;
  return made;
}

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export async function caseSumsPanel(root, context) {
  const by = h('select', { 'aria-label': t('sums.by'), id: 'sums-by' }, ['unit', 'area'].map((x) => h('option', { value: x }, word('sumsBy', x))));
  const classes = h('select', { 'aria-label': t('case.class') }, h('option', { value: '' }, t('filter.allClasses')), state.site.classes.map((/** @type {any} */ c) => h('option', { value: c.code }, `${c.code} ${className(c.code)}`)));
  const from = h('input', { type: 'date', 'aria-label': t('sums.from'), title: t('sums.from') });
  const to = h('input', { type: 'date', 'aria-label': t('sums.to'), title: t('sums.to') });
  const body = h('tbody');
  const foot = h('div.list-foot');
  let turn = 0;
  const day = (/** @type {string} */ text, /** @type {number} */ more) => (text ? iso(fromSiteTime(`${text}T00:00`) + more * 86_400_000) : undefined);
  /** @param {any} line @param {string} key */
  function count(line, key) {
    const n = line.all[key];
    const text = number(n, 0);
    if (!n || !line.id || key === 'overdue' || key === 'invalid') return text;
    const query = { ...(by.value === 'unit' ? { unit: line.id, below: 'true' } : { area: line.id }), class: classes.value, state: key === 'closed' ? 'closed' : '', open: key === 'open' ? 'true' : 'false' };
    return h('a', { href: link('cases', null, query) }, text);
  }
  async function load() {
    const mine = ++turn;
    try {
      const page = await api.get('/cases/sums', { by: by.value, class: classes.value, from: day(from.value, 0), to: day(to.value, 1) });
      if (mine !== turn) return;
      fill(body, page.items.map((/** @type {any} */ line) => h('tr', { data: { depth: String(line.depth) } },
        h('td', null, indented(line.depth, line.id ? (isChinese() ? line.name : line.nameEn || line.name) : t(by.value === 'unit' ? 'sums.noUnit' : 'sums.noArea'))),
        h('td.dim', null, line.kind ? word(by.value === 'unit' ? 'unitsKind' : 'areasKind', line.kind) : ''), h('td.mono.dim', null, line.id ?? ''),
        h('td.right.mono', null, by.value === 'unit' && line.id ? number(line.own.total, 0) : ''), COUNTS.map((key) => h('td.right.mono', { class: key === 'overdue' && line.all[key] ? 'late' : '' }, count(line, key))))));
      fill(foot, page.items.length ? h('span.dim', null, t('list.count', { n: page.items.length })) : empty(t('base.noRows'), 'bar-chart'));
    } catch (error) { if (mine === turn) fill(foot, failed(errorText(error), load)); }
  }
  for (const control of [by, classes, from, to]) control.addEventListener('change', load);
  fill(root, h('div.toolbar', null, by, classes, h('label', null, t('sums.from'), ' ', from), h('label', null, t('sums.to'), ' ', to)), h('p.hint', null, t('sums.hint')),
    h('div.table-wrap', null, h('table.table.sums-table', null, h('thead', null, h('tr', null, [...['baseColumn.name', 'baseColumn.kind', 'baseColumn.id', 'sums.own'].map((k) => t(k)), ...COUNTS.map((k) => word('sumsCount', k))].map((text, i) => h('th', { scope: 'col', class: i > 2 ? 'right' : '' }, text)))), body)), foot);
  context.on('reset', load);
  context.on('case', load);
  await load();
}
