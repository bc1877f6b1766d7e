// The responsibility atlas: who answers for a class where; what nobody answers for is a list of work.
import { debounce, fill, h, icon } from '../core/dom.js';
import { api, iso, queryText } from '../core/api.js';
import { errorText } from '../core/dialog.js';
import { fromSiteTime, number, t, word } from '../core/i18n.js';
import { className, state, unitName } from '../core/store.js';
import { empty, failed } from './marks.js';

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export async function atlasPanel(root, context) {
  const code = h('input', { type: 'search', placeholder: t('atlas.class'), 'aria-label': t('atlas.class') });
  const unit = h('select', { 'aria-label': t('case.unit') }, h('option', { value: '' }, t('filter.allUnits')), state.site.units.map((/** @type {any} */ u) => h('option', { value: u.id }, unitName(u.id))));
  const unclear = h('input', { type: 'checkbox', id: 'atlas-unclear', checked: context.route.query.unclear === 'true' });
  const day = h('input', { type: 'date', 'aria-label': t('base.asOf'), title: t('base.asOf') });
  const body = h('tbody');
  const foot = h('div.list-foot');
  /** @type {any[]} */ let items = [];
  let turn = 0;
  const filters = () => ({ class: code.value.trim(), unit: unit.value, unclear: unclear.checked ? 'true' : '', at: day.value ? iso(fromSiteTime(`${day.value}T12:00`)) : '' });
  const csv = h('a.button', { download: 'atlas.csv' }, icon('filetype-csv'), 'CSV');
  /** @param {string|null} [cursor] */
  async function load(cursor) {
    const mine = ++turn;
    csv.href = `/api/v1/base/atlas.csv${queryText(filters())}`;
    try {
      const page = await api.get('/base/atlas', { ...filters(), limit: 200, cursor });
      if (mine !== turn) return;
      items = cursor ? [...items, ...page.items] : page.items;
      fill(body, items.map((e) => h('tr', { data: { unclear: String(Boolean(e.answer.unclear)) } }, h('td.mono', null, e.class), h('td', null, className(e.class, e.className)), h('td.wrap', null, e.places.length ? e.places.join(' · ') : t('atlas.everywhere')), h('td.right.mono', null, e.cells ? number(e.cells, 0) : '–'), h('td.mono', null, e.example ?? '–'),
        h('td', null, e.answer.unclear ? h('span.warn', null, `▲ ${word('unclear', e.answer.unclear)}`) : unitName(e.answer.unit, e.answer.unitName)), h('td.dim', null, e.answer.unclear ? '' : e.answer.byCatalogue ? t('atlas.byCatalogue') : e.answer.basis || t('atlas.byRule')))));
      fill(foot, items.length === 0 ? empty(unclear.checked ? t('atlas.allClear') : t('base.noRows'), 'journal-check') : null, page.next ? h('button', { type: 'button', onclick: () => load(page.next) }, t('list.more')) : h('span.dim', null, t('list.count', { n: items.length })));
    } catch (error) { if (mine === turn) fill(foot, failed(errorText(error), () => load())); }
  }
  const later = debounce(() => load(), 250);
  code.addEventListener('input', later);
  for (const control of [unit, unclear, day]) control.addEventListener('change', () => load());
  fill(root, h('div.toolbar', null, code, unit, h('label.check', null, unclear, t('atlas.unclearOnly')), day, h('span.grow'), csv), h('p.hint', null, t('atlas.hint')),
    h('div.table-wrap', null, h('table.table.atlas-table', null, h('thead', null, h('tr', null, ['baseColumn.code', 'case.class', 'atlas.places', 'atlas.cells', 'atlas.example', 'case.unit', 'baseColumn.basis'].map((k, i) => h('th', { scope: 'col', class: i === 3 ? 'right' : '' }, t(k))))), body)), foot);
  context.on('reset', later);
  await load();
}
