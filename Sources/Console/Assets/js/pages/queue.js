// The queue of a unit or a collector: what waits for them, made for a phone.
import { debounce, fill, h, icon } from '../core/dom.js';
import { api } from '../core/api.js';
import { moment, t } from '../core/i18n.js';
import { errorText } from '../core/dialog.js';
import { go, link } from '../core/router.js';
import { className, isRole, state, unitName } from '../core/store.js';
import { actionButtons, newCaseDialog } from '../parts/actions.js';
import { caseState, empty, failed, overdueMark } from '../parts/marks.js';
import { timeLeft } from './cases.js';

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  const unit = isRole('unit');
  const states = unit ? ['dispatched', 'handling', 'checking'] : ['verifying', 'handled', 'checking'];
  const list = h('div.queue-list');
  const count = h('span.dim');
  async function load() {
    try {
      const pages = await Promise.all(states.map((s) => api.get('/cases', { state: s, limit: 100 })));
      const items = pages.flatMap((page) => page.items).sort((a, b) => ((a.dueAt ?? '') < (b.dueAt ?? '') ? -1 : 1));
      fill(count, t('list.count', { n: items.length }));
      fill(list, items.length === 0 ? empty(t('queue.none'), 'check2-circle') : null, items.map(card));
      root.dataset.count = String(items.length);
    } catch (error) { fill(list, failed(errorText(error), load)); }
  }
  /** @param {any} item */
  function card(item) {
    return h('article.queue-card', { data: { case: item.id, state: item.state } },
      h('a.queue-link', { href: link('cases', item.id) },
        item.snapshots?.[0] ? h('img', { src: item.snapshots[0], alt: '', loading: 'lazy' }) : h('span.queue-noimage', null, icon('folder2-open')),
        h('div', null, h('h2', null, className(item.class, item.className)), h('p', null, item.address || item.cell || ''),
          h('p.dim.mono', null, `${item.number} · ${moment(item.openedAt)}`), h('p', null, caseState(item), overdueMark(item), ' ', h('b', null, timeLeft(item))))),
      actionButtons(item, load));
  }
  const later = debounce(load, 250);
  fill(root, h('div.queue', null,
    h('header.toolbar', null, h('h1', null, unit ? t('queue.unit', { unit: unitName(state.user.unit) }) : t('queue.collector')), count, h('span.grow'),
      unit ? null : h('button.primary', { type: 'button', id: 'new-case', onclick: async () => { const made = await newCaseDialog(); if (made?.id) go(link('cases', made.id)); } }, icon('plus-lg'), t('case.new'))),
    list));
  context.on('case', later);
  context.on('reset', later);
  context.every(60_000, load);
  void load();
  return {};
}
