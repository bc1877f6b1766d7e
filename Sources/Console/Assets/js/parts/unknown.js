// Who sends readings or positions without being declared.
import { fill, h } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api } from '../core/api.js';
import { moment, number, t } from '../core/i18n.js';

const SHOWN = 50;

/** A folded list that loads itself; hidden while everybody is declared. */
export function unknownList() {
  const element = h('details.panel.unknown', { hidden: true });
  async function load() {
    if (!may('get', '/sources/unknown')) return;
    const items = (await api.get('/sources/unknown').catch(() => ({ items: [] }))).items;
    element.hidden = items.length === 0;
    fill(element, h('summary', null, t('sensors.unknown', { n: items.length })), h('p.hint', null, t('sensors.unknownHint')),
      h('ul.rejected', null, items.slice(0, SHOWN).map((/** @type {any} */ s) => h('li', { data: { source: s.id } }, h('b.mono', null, s.id), h('span.dim', null, ` ${s.topic} · ${t('sensors.unknownCount', { n: number(s.count, 0), at: moment(s.lastAt) })}`)))),
      items.length > SHOWN ? h('p.dim', null, t('list.count', { n: items.length })) : null);
  }
  void load();
  return { element, load };
}
