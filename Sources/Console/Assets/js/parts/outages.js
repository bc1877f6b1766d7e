// Whose outage it is when cameras fail: our link, their platform, or one device.
import { fill, h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api } from '../core/api.js';
import { full, t, word } from '../core/i18n.js';
import { errorText } from '../core/dialog.js';
import { cameraName } from '../core/store.js';
import { empty, failed } from './marks.js';

const SHOWN = 8;

/** @param {any} outage of GET /outages */
function row(outage) {
  const names = outage.cameras.slice(0, SHOWN).map(cameraName).join(', ') + (outage.cameras.length > SHOWN ? ' …' : '');
  return h('tr', { data: { outage: outage.scope } },
    h('td', null, h('b', null, word('outageScope', outage.scope)), outage.name ? h('span.dim', null, ` ${outage.name}`) : null),
    h('td.wrap', null, outage.scope === 'device' ? names : [t('outage.of', { n: outage.cameras.length, total: outage.total }), h('div.small.dim', null, names)]),
    h('td', null, word('reason', outage.reason)), h('td.mono', null, full(outage.since)));
}

/** A panel that loads itself; empty where the server has no such list. */
export function outagePanel() {
  const body = h('div');
  const element = may('get', '/outages') ? h('section.panel', { id: 'outages' }, h('h2', null, icon('diagram-3'), t('outage.title')), body) : null;
  async function load() {
    if (!element) return;
    try {
      const { items } = await api.get('/outages');
      fill(body, items.length === 0 ? empty(t('outage.none'), 'check-circle')
        : h('div.table-wrap', null, h('table.table', null, h('thead', null, h('tr', null, ['outage.who', 'outage.cameras', 'field.reason', 'system.since'].map((k) => h('th', { scope: 'col' }, t(k))))), h('tbody', null, items.map(row)))));
    } catch (error) { fill(body, failed(errorText(error), load)); }
  }
  void load();
  return { element, load };
}
