// The alarms that one of a storm, or of a group, stands for.
import { fill, h, icon } from '../core/dom.js';
import { api } from '../core/api.js';
import { moment, number, t, word } from '../core/i18n.js';
import { link } from '../core/router.js';
import { sourceName } from './marks.js';

/** At most so many are listed. */
const MOST = 200;

/** @param {any} alarm */
export const hasChildren = (alarm) => alarm.kind === 'storm' || alarm.sourceKind === 'group';

/**
 * The list, which fills itself; `found` hears how many there are.
 * @param {any} parent
 * @param {(text: string) => void} [found]
 */
export function stormChildren(parent, found) {
  const list = h('ul.storm-children', { data: { state: 'loading' } });
  void api.get('/alarms', { parent: parent.source, limit: MOST }).then((page) => {
    // One source may have had other storms before, and of other classes.
    const from = Date.parse(parent.openedAt) - 3_600_000;
    const own = page.items.filter((/** @type {any} */ a) => (parent.kind !== 'storm' || (a.class ?? a.kind) === parent.part) && Date.parse(a.openedAt) >= from && (!parent.clearedAt || a.openedAt <= parent.clearedAt));
    found?.(t(page.next ? 'alarms.childCountMore' : 'alarms.childCount', { n: number(own.length, 0) }));
    fill(list, own.map((/** @type {any} */ a) => h('li', { data: { alarm: a.id } }, h('a', { href: link('alarms', a.id) }, icon('bell'), ' ', sourceName(a)), h('span.dim', null, ` ${word('kind', a.kind)} `), h('span.mono', null, moment(a.openedAt)), a.clearedAt ? h('span.mono.dim', null, ` – ${moment(a.clearedAt)}`) : null)));
    list.dataset.state = 'ready';
  }).catch(() => { list.dataset.state = 'failed'; });
  return list;
}
