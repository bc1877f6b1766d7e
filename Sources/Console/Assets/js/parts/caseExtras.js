// What stands beside a case: its reports, cases that may be the same problem, supervision orders.
import { may } from '../core/abilities.js';
import { fill, h, icon } from '../core/dom.js';
import { api, snapshotUrl } from '../core/api.js';
import { toast, toastError } from '../core/dialog.js';
import { full, t } from '../core/i18n.js';
import { serverNow } from '../core/store.js';
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

/**
 * What a camera saw when the case was opened, and what it sees now: whether it is done can be seen from the desk.
 * @param {any} item
 */
function sameViewPanel(item) {
  const box = h('div.side-by-side');
  const show = () => {
    const now = serverNow();
    const view = (/** @type {string} */ title, /** @type {string} */ url, /** @type {any} */ at) => h('figure', null, h('figcaption.dim', null, `${title} · ${full(at)}`), h('img', { src: url, alt: title, loading: 'lazy', onerror: (/** @type {Event} */ e) => /** @type {Element} */ (e.target).replaceWith(h('p.dim', null, t('tile.noPicture'))) }));
    fill(box, view(t('sameView.before'), item.snapshots?.[0] ?? snapshotUrl(item.cameraId, Date.parse(item.openedAt), 960), item.openedAt), view(t('sameView.after'), `${snapshotUrl(item.cameraId, null, 960)}&shown=${now}`, now));
  };
  show();
  return h('section.panel.same-view', null, h('div.toolbar', null, h('h2', null, t('sameView.title')), h('span.grow'), h('button.no-print', { type: 'button', id: 'same-view', onclick: show }, icon('arrow-clockwise'), t('sameView.again'))), box);
}

/** @param {any} item @param {() => void} changed */
export function caseExtras(item, changed) {
  return [
    item.cameraId && may('get', '/cameras/{id}/snapshot.jpg') ? sameViewPanel(item) : null,
    may('get', '/reports') ? reportsPanel(item.id) : null,
    may('get', '/cases/{id}/duplicates') && (item.actions ?? []).includes('merge') ? duplicatesPanel(item, changed) : null,
    may('get', '/orders') ? ordersPanel(item) : null,
  ];
}
