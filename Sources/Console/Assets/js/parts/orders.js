// Supervision orders: what is to be done about a case until when, and what was said to it.
import { may } from '../core/abilities.js';
import { h, icon } from '../core/dom.js';
import { api, iso } from '../core/api.js';
import { formDialog } from '../core/dialog.js';
import { fromSiteTime, full, moment, t, toSiteTime, word } from '../core/i18n.js';
import { link } from '../core/router.js';
import { className, serverNow, unitName } from '../core/store.js';

/**
 * Orders something about a case.
 * @param {any} item
 */
export const orderDialog = (item) => formDialog({
  title: `${t('order.new')} · ${item.number}`, name: 'order', submit: t('order.give'),
  before: h('p.dim', null, [className(item.class, item.className), item.address].filter(Boolean).join(' · ')),
  fields: [
    { name: 'text', label: t('order.text'), type: 'textarea', required: true, maxLength: 1000 },
    { name: 'dueAt', label: t('order.due'), required: true, element: Object.assign(h('input', { type: 'datetime-local', value: toSiteTime(serverNow() + 86_400_000).slice(0, 16) }), {}) },
  ],
  send: (values) => api.post(`/cases/${encodeURIComponent(item.id)}/orders`, { text: values.text, dueAt: iso(fromSiteTime(values.dueAt)) }),
});

/** @param {any} order @param {() => void} done */
export function orderCard(order, done) {
  const say = (/** @type {string} */ what) => formDialog({
    title: t(`order.${what}`), name: `order-${what}`, submit: t(`order.${what}`), fields: [{ name: 'note', label: t('field.note'), type: 'textarea', required: true, maxLength: 1000 }],
    send: (values) => api.post(`/orders/${encodeURIComponent(order.id)}/${what}`, values),
  }).then((made) => { if (made) done(); });
  return h('article.panel.order', { data: { order: order.id, state: order.state, overdue: String(order.overdue) } },
    h('div.toolbar', null, h('a.mono', { href: link('cases', order.caseId) }, order.caseNumber), h('span.tag', { data: order.overdue ? { overdue: 'true' } : {} }, order.overdue ? t('order.overdue') : word('orderState', order.state)), h('span.dim', null, order.unit ? unitName(order.unit) : ''), h('span.grow'), h('span.mono', null, t('order.until', { at: full(order.dueAt) }))),
    h('p', null, order.text), h('p.dim', null, `${order.by} · ${moment(order.at)}`),
    order.answers.map((/** @type {any} */ a) => h('p', null, h('b', null, word('orderState', a.to)), ' ', a.note, h('span.dim', null, ` ${a.by} · ${moment(a.at)}`))),
    order.state === 'closed' ? null : h('div.button-row', null,
      may('post', '/orders/{id}/answer') ? h('button.primary', { type: 'button', onclick: () => say('answer') }, icon('reply'), t('order.answer')) : null,
      may('post', '/orders/{id}/close') ? h('button', { type: 'button', onclick: () => say('close') }, icon('check2'), t('order.close')) : null));
}
