// Base data: a tab for each set, the atlas of responsibility, the map of the grid, the register of parts.
import { may } from '../core/abilities.js';
import { fill, h } from '../core/dom.js';
import { api } from '../core/api.js';
import { errorText } from '../core/dialog.js';
import { t, word } from '../core/i18n.js';
import { link } from '../core/router.js';
import { isRole } from '../core/store.js';
import { failed } from '../parts/marks.js';
import { atlasPanel } from '../parts/atlas.js';
import { caseSumsPanel } from '../parts/caseSums.js';
import { baseTable } from '../parts/baseTable.js';
import { gridPanel } from '../parts/gridMap.js';
import { partsPanel } from '../parts/partsRegister.js';

/** A unit keeps its responsibility and sees no other base data. */
const OF_UNITS = ['responsibility'];
const TABS = ['classes', 'limits', 'mapping', 'systems', 'scores', 'flows', 'calendar', 'grid', 'areas', 'units', 'responsibility', 'atlas', 'places', 'channels', 'policies', 'parts', 'sums'];

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export async function mount(root, context) {
  const tabs = isRole('unit') ? OF_UNITS : TABS;
  const tab = tabs.includes(context.route.id ?? '') ? /** @type {string} */ (context.route.id) : tabs[0];
  const body = h('div.base-body');
  const allowed = tabs.filter((name) => (name !== 'atlas' || may('get', '/base/atlas')) && (name !== 'sums' || may('get', '/cases/sums')));
  fill(root, h('div.list-page', null,
    h('div.toolbar', null, h('h1', null, t('page.base'))),
    h('nav.tabs', { 'aria-label': t('base.sets') }, allowed.map((name) =>
      h('a', { href: link('base', name), data: { tab: name }, 'aria-current': name === tab ? 'page' : undefined }, word('baseSet', name)))),
    body));
  async function show() {
    try {
      if (tab === 'atlas') { await atlasPanel(body, context); return; }
      if (tab === 'sums') { await caseSumsPanel(body, context); return; }
      if (tab === 'parts') { await partsPanel(body, context); return; }
      const sets = await api.get('/base/sets');
      const set = sets.items.find((/** @type {any} */ s) => s.set === tab);
      if (tab === 'grid') await gridPanel(body, context, set, show);
      else await baseTable(body, context, set, show);
    } catch (error) { fill(body, failed(errorText(error), show)); }
  }
  await show();
  return { update: (/** @type {import('../core/router.js').Route} */ route) => (route.id ?? tabs[0]) === tab };
}

