// Supervision: cases that don't move, with urging; orders with a time until which they are to be answered.
import { may } from '../core/abilities.js';
import { debounce, fill, h, icon } from '../core/dom.js';
import { api } from '../core/api.js';
import { errorText, toast } from '../core/dialog.js';
import { full, moment, t, word } from '../core/i18n.js';
import { link } from '../core/router.js';
import { className, unitName } from '../core/store.js';
import { act } from '../parts/actions.js';
import { orderCard, orderDialog } from '../parts/orders.js';
import { caseState, empty, failed } from '../parts/marks.js';
import { timeLeft } from './cases.js';

const LISTS = ['dueSoon', 'overdue', 'bounced', 'silent', 'withoutHolder', 'reviewDue', 'orders'];

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  const unit = !may('get', '/supervision');
  const list = LISTS.includes(context.route.id ?? '') ? /** @type {string} */ (context.route.id) : unit ? 'orders' : 'overdue';
  const tabs = h('nav.tabs', { 'aria-label': t('page.supervision') });
  const body = h('div.supervised');
  async function counts() {
    const found = unit ? null : await api.get('/supervision').catch(() => null);
    const count = (/** @type {string} */ name) => (name === 'orders' ? found?.overdueOrders : found?.lists.find((/** @type {any} */ l) => l.list === name)?.count) ?? 0;
    fill(tabs, LISTS.filter((name) => name === 'orders' || !unit).map((name) => h('a', { href: link('supervision', name), data: { tab: name }, 'aria-current': name === list ? 'page' : undefined }, word('supervisionList', name), found ? h('span.count', null, ` ${count(name)}`) : null)));
  }
  async function load() {
    await counts();
    try {
      if (list === 'orders') {
        const orders = (await api.get('/orders', { limit: 200 })).items;
        fill(body, orders.length === 0 ? empty(t('order.none')) : orders.map((/** @type {any} */ o) => orderCard(o, load)));
        return;
      }
      const found = (await api.get(`/supervision/${list}`, { limit: 200 })).items;
      fill(body, found.length === 0 ? empty(t('supervision.none'), 'check2-circle') : h('div.table-wrap', null, h('table.table.cards.supervision-table', null,
        h('thead', null, h('tr', null, ['case.number', 'field.state', 'case.class', 'case.unit', 'case.limit', 'supervision.last', 'supervision.returns', 'supervision.urges'].map((k) => h('th', { scope: 'col', class: ['supervision.returns', 'supervision.urges'].includes(k) ? 'right' : '' }, t(k))), h('th'))),
        h('tbody', null, found.map((/** @type {any} */ f) => h('tr', { data: { case: f.case.id } }, h('td.mono', null, h('a', { href: link('cases', f.case.id) }, f.case.number)), h('td', null, caseState(f.case)), h('td', null, className(f.case.class, f.case.className)),
          h('td', null, f.case.unit ? unitName(f.case.unit) : '–'), h('td', null, f.case.suspension ? t('supervision.review', { review: moment(f.case.suspension.review), until: full(f.case.suspension.until).slice(0, 10) }) : timeLeft(f.case)), h('td.mono', null, moment(f.lastActionAt)), h('td.right', null, String(f.returns)), h('td.right', null, String(f.urges)),
          h('td.tools', null, (f.case.actions ?? []).includes('urge') ? h('button', { type: 'button', data: { action: 'urge' }, onclick: async () => { if (await act('urge', f.case)) void load(); } }, icon('megaphone'), t('caseAction.urge')) : null,
            may('post', '/cases/{id}/orders') ? h('button.primary', { type: 'button', data: { action: 'order' }, onclick: async () => { if (await orderDialog(f.case)) { toast(t('order.given'), 'good'); void load(); } } }, icon('flag'), t('order.new')) : null)))))));
    } catch (error) { fill(body, failed(errorText(error), load)); }
  }
  fill(root, h('div.list-page', null, h('div.toolbar', null, h('h1', null, t('page.supervision'))), tabs, body));
  const later = debounce(load, 500);
  context.on('case', later);
  context.on('order', later);
  context.on('reset', later);
  context.every(30_000, load);
  void load();
  return { update: (/** @type {import('../core/router.js').Route} */ route) => (route.id ?? list) === list };
}
