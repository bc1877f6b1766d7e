// What stands beside a case: its reports, cases that may be the same problem, supervision orders.
import { may } from '../core/abilities.js';
import { fill, h, icon } from '../core/dom.js';
import { api } from '../core/api.js';
import { toast, toastError } from '../core/dialog.js';
import { t } from '../core/i18n.js';
import { orderCard, orderDialog } from './orders.js';
import { duplicatesPanel, reportsPanel } from './reports.js';

/**
 * The orders about a case, and the button that gives one.
 * @param {any} item
 */
function ordersPanel(item) {
  const list = h('div.supervised');
  const panel = h('section.panel.no-print', null, h('div.toolbar', null, h('h2', null, t('supervisionList.orders')), h('span.grow'),
    may('post', '/cases/{id}/orders') ? h('button', { type: 'button', id: 'new-order', onclick: async () => { if (await orderDialog(item)) { toast(t('order.given'), 'good'); await load(); } } }, icon('flag'), t('order.new')) : null), list);
  async function load() {
    try {
      const orders = (await api.get('/orders', { caseId: item.id, limit: 50 })).items;
      panel.hidden = orders.length === 0 && !may('post', '/cases/{id}/orders');
      fill(list, orders.map((/** @type {any} */ order) => orderCard(order, load)));
    } catch (error) { toastError(error); }
  }
  void load();
  return panel;
}

/** @param {any} item @param {() => void} changed */
export function caseExtras(item, changed) {
  return [
    may('get', '/reports') ? reportsPanel(item.id) : null,
    may('get', '/cases/{id}/duplicates') && (item.actions ?? []).includes('merge') ? duplicatesPanel(item, changed) : null,
    may('get', '/orders') ? ordersPanel(item) : null,
  ];
}
