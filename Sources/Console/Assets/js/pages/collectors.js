// Collectors: how much of its duty grid each has walked, when nothing was heard of it, its track on the map.
import { may } from '../core/abilities.js';
import { debounce, fill, h, icon } from '../core/dom.js';
import { api, iso } from '../core/api.js';
import { errorText, formDialog } from '../core/dialog.js';
import { fromSiteTime, isChinese, moment, number, span, t, toSiteTime } from '../core/i18n.js';
import { link, replaceRoute } from '../core/router.js';
import { serverNow } from '../core/store.js';
import { empty, failed } from '../parts/marks.js';
import { cellsOf, siteMap } from '../parts/map.js';

const DAY = 86_400_000;

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  /** @type {string|null} */ let chosen = context.route.id;
  /** @type {any[]} */ let days = [];
  /** @type {import('../parts/map.js').SiteMap|null} */ let map = null;
  let gone = false;
  const today = () => toSiteTime(serverNow()).slice(0, 10);
  const day = h('input', { type: 'date', 'aria-label': t('collectors.day'), value: today(), max: today(), onchange: () => { void load(); } });
  const body = h('tbody');
  const note = h('div.list-foot');
  const detail = h('section.detail', { 'aria-label': t('page.collectors') });
  root.classList.toggle('detail-open', Boolean(chosen));
  /** The chosen day in the site's zone, up to now. */
  const range = () => {
    const from = fromSiteTime(`${day.value || today()}T00:00`);
    return { from: iso(from), to: iso(Math.max(from + 1000, Math.min(from + DAY, serverNow()))) };
  };
  /** @param {any} a */
  const areaName = (a) => (isChinese() ? a.name : a.nameEn) || a.id;
  /** @param {any} d */
  const share = (d) => (d.share === null ? '–' : `${number(d.share * 100, 0)} %`);
  /** @param {any} d */
  const silences = (d) => d.silences.map((/** @type {any} */ s) => `${moment(s.from)}–${moment(s.to)} (${span(Date.parse(s.to) - Date.parse(s.from))})`);

  function drawTable() {
    fill(body, days.map((d) => h('tr', { tabindex: '0', data: { collector: d.name, absent: String(d.absent) }, 'aria-selected': String(d.name === chosen), onclick: () => choose(d.name), onkeydown: (/** @type {KeyboardEvent} */ e) => { if (e.key === 'Enter') choose(d.name); } },
      h('td', null, h('b', null, d.displayName)), h('td.dim', null, d.areas.map(areaName).join(' · ') || '–'),
      h('td.mono.right', null, share(d), d.cells ? h('span.dim', null, ` ${d.walked}/${d.cells}`) : null), h('td.mono.right', null, `${number(d.metres / 1000, 1)} km`),
      h('td', null, d.absent ? h('span.tag', { data: { state: 'overdue' } }, t('collectors.absent')) : d.silences.length ? t('collectors.silences', { n: d.silences.length }) : ''),
      h('td.mono', null, d.last ? moment(d.last.at) : '–'))));
    fill(note, days.length === 0 ? empty(t('collectors.none'), 'people') : h('span.dim', null, t('list.count', { n: days.length })));
  }
  /** @param {string} name */
  function choose(name) {
    chosen = name;
    root.classList.add('detail-open');
    replaceRoute(link('collectors', name));
    for (const row of body.children) row.setAttribute('aria-selected', String(/** @type {HTMLElement} */ (row).dataset.collector === name));
    void show();
  }
  /** @param {any} d */
  const giveAreas = async (d) => {
    const all = (await api.get('/base/sets/areas/rows', { limit: 1000 })).items;
    const made = await formDialog({
      title: t('collectors.give', { name: d.displayName }), name: 'collector-areas', submit: t('action.save'), before: h('p.dim', null, t('collectors.giveHint')),
      fields: all.filter((/** @type {any} */ a) => a.kind === 'dutyGrid' || d.areas.some((/** @type {any} */ own) => own.id === a.id)).map((/** @type {any} */ a) => ({ name: a.id, label: `${areaName(a)} (${a.id})`, type: /** @type {'checkbox'} */ ('checkbox'), value: d.areas.some((/** @type {any} */ own) => own.id === a.id) })),
      send: (values) => api.post(`/collectors/${encodeURIComponent(d.name)}/areas`, { areas: Object.keys(values).filter((id) => values[id]) }),
    });
    if (made) void load();
  };
  async function show() {
    map?.destroy();
    map = null;
    if (!chosen) { fill(detail, empty(t('collectors.choose'), 'person-badge')); return; }
    const user = chosen;
    const canvas = h('div.map.vehicle-map', { role: 'application', 'aria-label': t('vehicles.track'), data: { state: 'loading' } });
    try {
      const [found, track] = await Promise.all([api.get('/collectors/days', { ...range(), user }), api.get('/field/track', { ...range(), user })]);
      if (gone || user !== chosen) return;
      const d = found.items[0];
      const quiet = silences(d);
      fill(detail, h('header.detail-head', null, h('button.narrow-only.ghost.square', { type: 'button', 'aria-label': t('action.back'), onclick: () => root.classList.remove('detail-open') }, icon('arrow-left')),
        h('h2', null, d.displayName), h('span.dim.mono', null, d.name), h('span.grow'),
        may('post', '/collectors/{name}/areas') ? h('button', { type: 'button', id: 'give-areas', onclick: () => giveAreas(d) }, icon('bounding-box'), t('collectors.areas')) : null),
      h('dl.facts', null, [
        [t('field.grid'), d.areas.map(areaName).join(' · ') || t('field.noGrid')], [t('collectors.walked'), d.cells ? `${share(d)} · ${d.walked}/${d.cells}` : '–'],
        [t('collectors.metres'), `${number(d.metres / 1000, 1)} km`], [t('collectors.positions'), String(d.positions)],
        [t('collectors.silence'), quiet.length ? quiet.join(' · ') : t('collectors.noSilence')],
      ].map(([k, v]) => [h('dt', null, k), h('dd', null, v)])), canvas);
      const points = track.items.map((/** @type {any} */ p) => p.position);
      const last = points[points.length - 1];
      const drawn = await siteMap(canvas, { center: last, zoom: 16 });
      if (gone || user !== chosen) { drawn.destroy(); return; }
      map = drawn;
      map.cells(await cellsOf(d.areas.map((/** @type {any} */ a) => a.id)), new Set(d.walkedCells ?? []));
      map.track(points);
      if (last) map.set(user, last, { kind: 'place', label: `${d.displayName} ${moment(d.last.at)}` });
      map.fit();
      canvas.dataset.state = 'ready';
    } catch (error) { fill(detail, failed(errorText(error), show)); }
  }
  async function load() {
    try {
      days = (await api.get('/collectors/days', range())).items;
      if (gone) return;
      drawTable();
      await show();
    } catch (error) { fill(note, failed(errorText(error), load)); }
  }
  fill(root, h('div.split.wide-list', null,
    h('section.list-pane', null, h('div.toolbar', null, h('h1', null, t('page.collectors')), h('span.grow'), day),
      h('p.hint', null, t('collectors.hint')),
      h('div.table-wrap', null, h('table.table.cards.collector-table', null, h('thead', null, h('tr', null, ['collectors.name', 'field.grid', 'collectors.walked', 'collectors.metres', 'collectors.silence', 'collectors.last'].map((k) => h('th', { scope: 'col', class: ['collectors.walked', 'collectors.metres'].includes(k) ? 'right' : '' }, t(k))))), body)), note),
    detail));
  context.on('reset', debounce(load, 500));
  context.every(60_000, load);
  context.leave(() => { gone = true; map?.destroy(); });
  void load();
  return { update: (/** @type {import('../core/router.js').Route} */ route) => { if (route.id && route.id !== chosen) choose(route.id); return true; } };
}
