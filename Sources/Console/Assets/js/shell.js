// The frame around every page: header, navigation, keys that work everywhere.
import { may } from './core/abilities.js';
import { add, fill, h, icon } from './core/dom.js';
import { clock, currentLanguage, day, loadLanguage, siteZone, span, t, word } from './core/i18n.js';
import { activeScopes, ariaKeys, bindKeys, firstKey, KEYS, keyLabel } from './core/keys.js';
import { openDialog, toast } from './core/dialog.js';
import { currentRoute, go, link } from './core/router.js';
import { sound } from './core/sound.js';
import { isRole, on, remember, serverNow, state, unjudged } from './core/store.js';
import { openSearch } from './parts/search.js';
import { severityMark, sourceName } from './parts/marks.js';

/** @typedef {{on: typeof on, keys: typeof bindKeys, every: (ms: number, f: () => void) => void, route: import('./core/router.js').Route, leave: (f: () => void) => void}} Context */

const OFFICE = ['monitor', 'acceptor', 'dispatcher', 'leader', 'admin'];
/**
 * Pages, their icons and who sees them; loaded when first opened. One that `needs` a path is there where it may be read.
 * @type {{name: string, icon: string, roles: string[], needs?: string, load: () => Promise<any>}[]}
 */
export const PAGES = [
  { name: 'field', icon: 'phone', roles: ['collector'], needs: '/field/tasks', load: () => import('./pages/field.js') },
  { name: 'queue', icon: 'inbox', roles: ['unit', 'collector'], load: () => import('./pages/queue.js') },
  { name: 'overview', icon: 'speedometer2', roles: OFFICE, load: () => import('./pages/overview.js') },
  { name: 'live', icon: 'grid-3x3-gap', roles: [...OFFICE, 'viewer'], load: () => import('./pages/live.js') },
  { name: 'playback', icon: 'clock-history', roles: [...OFFICE, 'viewer'], load: () => import('./pages/playback.js') },
  { name: 'alarms', icon: 'bell', roles: [...OFFICE, 'viewer'], load: () => import('./pages/alarms.js') },
  { name: 'cases', icon: 'folder2-open', roles: [...OFFICE, 'unit', 'collector'], load: () => import('./pages/cases.js') },
  { name: 'reports', icon: 'telephone-inbound', roles: [...OFFICE, 'unit'], needs: '/reports', load: () => import('./pages/reports.js') },
  { name: 'supervision', icon: 'flag', roles: [...OFFICE, 'unit'], needs: '/orders', load: () => import('./pages/supervision.js') },
  { name: 'duty', icon: 'person-badge', roles: [...OFFICE, 'unit'], needs: '/duty/shifts', load: () => import('./pages/duty.js') },
  { name: 'collectors', icon: 'pin-map', roles: ['acceptor', 'dispatcher', 'leader', 'admin'], needs: '/collectors/days', load: () => import('./pages/collectors.js') },
  { name: 'sensors', icon: 'activity', roles: OFFICE, load: () => import('./pages/sensors.js') },
  { name: 'vehicles', icon: 'truck', roles: OFFICE, load: () => import('./pages/vehicles.js') },
  { name: 'map', icon: 'geo-alt', roles: OFFICE, load: () => import('./pages/map.js') },
  { name: 'evidence', icon: 'safe', roles: ['monitor', 'leader', 'admin'], load: () => import('./pages/evidence.js') },
  { name: 'completeness', icon: 'clipboard-check', roles: OFFICE, needs: '/accounting', load: () => import('./pages/completeness.js') },
  { name: 'storage', icon: 'hdd-stack', roles: OFFICE, needs: '/storage', load: () => import('./pages/storage.js') },
  { name: 'audit', icon: 'journal-text', roles: ['leader', 'admin'], needs: '/audit', load: () => import('./pages/audit.js') },
  { name: 'base', icon: 'collection', roles: [...OFFICE, 'unit'], needs: '/base/sets', load: () => import('./pages/base.js') },
  { name: 'users', icon: 'people', roles: ['admin'], load: () => import('./pages/users.js') },
  { name: 'system', icon: 'gear', roles: ['admin'], load: () => import('./pages/system.js') },
];
export const pagesOf = () => PAGES.filter((page) => isRole(...page.roles) && (!page.needs || may('get', page.needs)));

/** @param {HTMLElement} root @param {{relanguage: () => Promise<void>, logout: () => Promise<void>}} actions */
export function buildShell(root, actions) {
  /** @type {(() => void)[]} */
  const ending = [];
  const main = h('main.page', { id: 'page', tabindex: '-1' });
  const nav = h('nav.nav', { 'aria-label': t('nav.label') }, pagesOf().map((page) =>
    h('a', { href: link(page.name), data: { page: page.name } }, icon(page.icon), h('span.nav-text', null, t(`page.${page.name}`)))));
  const time = h('time.clock');
  const connection = h('span.connection', { role: 'status' });
  const ticker = h('a.ticker', { href: link('alarms', null, { unjudged: 'true' }) });
  const soundButton = h('button.ghost.square', { type: 'button', id: 'sound', 'aria-keyshortcuts': ariaKeys('muteSound'), onclick: toggleSound });
  const other = currentLanguage() === 'en' ? 'zh-CN' : 'en';
  const header = h('header.header', null,
    h('a.brand', { href: '#/' }, icon('grid-3x3-gap-fill'), h('span', null, state.site.name)),
    ticker, h('span.grow'), connection, time,
    h('button.ghost.search-button', { type: 'button', id: 'search', 'aria-keyshortcuts': ariaKeys('search'), onclick: openSearch }, icon('search'), h('span.wide-only', null, t('search.button')), h('kbd.wide-only', null, firstKey('search'))),
    isRole('unit', 'collector') ? null : soundButton,
    h('button.ghost.square.wide-only', { type: 'button', 'aria-label': t('help.title'), 'aria-keyshortcuts': ariaKeys('help'), onclick: openHelp }, icon('keyboard')),
    h('button.ghost', { type: 'button', id: 'language', lang: other, onclick: async () => {
      remember('language', other);
      await loadLanguage(other);
      await actions.relanguage();
    } }, t('language.short')),
    h('details.menu', null, h('summary', { id: 'user-menu' }, icon('person-circle'), h('span.wide-only', null, state.user.displayName || state.user.name)),
      h('div.menu-body', null, h('p', null, h('b', null, state.user.displayName || state.user.name), h('br'), h('span.dim', null, word('role', state.user.role))),
        h('p.dim', null, `${t('app.name')} ${state.site.version ?? ''}`),
        h('button', { type: 'button', id: 'logout', onclick: actions.logout }, icon('box-arrow-right'), t('login.out')))));
  fill(root, h('a.skip', { href: '#page', onclick: (/** @type {Event} */ e) => { e.preventDefault(); main.focus(); } }, t('nav.skip')), header, h('div.body', null, nav, main));

  function tick() {
    const now = serverNow();
    fill(time, h('span.dim.wide-only', null, `${day(now)} `), clock(now));
    time.title = siteZone();
    const { open, lastHeard } = state.connection;
    connection.dataset.state = open ? 'open' : 'lost';
    document.body.classList.toggle('stale', !open);
    const text = open ? t('connection.open') : t('connection.lost', { n: Math.max(0, Math.round((Date.now() - lastHeard) / 1000)) });
    if (connection.textContent !== text) fill(connection, icon(open ? 'wifi' : 'wifi-off'), h('span', { class: open ? 'wide-only' : '' }, text));
    const left = sound.mutedFor;
    const name = !sound.enabled || left ? 'volume-mute' : 'volume-up';
    if (soundButton.dataset.icon !== name || left) {
      soundButton.dataset.icon = name;
      const label = left ? t('sound.mutedFor', { span: span(left) }) : sound.enabled ? t('sound.on') : t('sound.off');
      soundButton.setAttribute('aria-label', label);
      soundButton.title = label;
      fill(soundButton, icon(name), left ? h('small', null, span(left)) : null);
    }
  }

  function toggleSound() {
    if (!sound.enabled) sound.enabled = true;
    else sound.mute(sound.mutedFor ? 0 : 5 * 60_000);
    soundButton.dataset.icon = '';
    tick();
    toast(sound.mutedFor ? t('sound.muted') : t('sound.on'));
  }

  function showTicker() {
    const list = unjudged();
    const newest = list[0];
    ticker.dataset.state = newest ? newest.severity : 'none';
    ticker.hidden = isRole('unit', 'collector');
    fill(ticker, newest
      ? [severityMark(newest.severity), h('b', null, t('ticker.open', { n: list.length })), h('span.ticker-text', null, `${clock(newest.openedAt)} ${sourceName(newest)} · ${word('kind', newest.kind)}`)]
      : [icon('check2-circle'), h('span.wide-only', null, t('ticker.none'))]);
    ticker.setAttribute('aria-label', newest ? t('ticker.open', { n: list.length }) : t('ticker.none'));
  }

  /** @type {Set<string>} */
  const announced = new Set(state.alarm.keys());
  function alarmCame(/** @type {any} */ alarm) {
    showTicker();
    if (alarm.state !== 'open' || announced.has(alarm.id) || isRole('unit', 'collector')) return;
    announced.add(alarm.id);
    if (announced.size > 2000) announced.clear();
    sound.play(alarm.severity);
    const text = `${word('severity', alarm.severity)}: ${sourceName(alarm)} ${word('kind', alarm.kind)}`;
    if (alarm.severity === 'critical') fill(/** @type {HTMLElement} */ (document.getElementById('urgent')), text);
  }

  function stepAlarm(/** @type {number} */ direction) {
    const list = unjudged();
    if (list.length === 0) { toast(t('ticker.none')); return; }
    const at = list.findIndex((a) => a.id === currentRoute().id);
    go(link('alarms', list[(at + direction + list.length) % list.length].id, { unjudged: 'true' }));
  }

  /** @param {string} page */
  const goTo = (page) => () => { if (pagesOf().some((p) => p.name === page)) go(link(page)); };
  ending.push(bindKeys('global', {
    help: openHelp, search: openSearch, muteSound: toggleSound,
    nextAlarm: () => stepAlarm(1), previousAlarm: () => stepAlarm(-1),
    goOverview: goTo('overview'), goLive: goTo('live'), goPlayback: goTo('playback'), goAlarms: goTo('alarms'), goCases: goTo('cases'), goSensors: goTo('sensors'), goMap: goTo('map'), goEvidence: goTo('evidence'), goCompleteness: goTo('completeness'), goStorage: goTo('storage'), goAudit: goTo('audit'),
  }));
  /**
   * Who is on duty is called; where nobody is, everybody.
   * @param {any} call
   */
  function called(call) {
    if (call.answeredAt || (call.user && call.user !== state.user.name)) return;
    sound.play('critical');
    toast(t('duty.calling'), 'bad');
  }
  ending.push(on('duty', called));
  ending.push(on('alarm', alarmCame), on('reset', showTicker), on('status', tick));
  const closeMenu = (/** @type {Event} */ event) => {
    const menu = header.querySelector('details.menu');
    if (menu instanceof HTMLDetailsElement && menu.open && !menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
  };
  document.addEventListener('click', closeMenu);
  ending.push(() => document.removeEventListener('click', closeMenu));
  const timer = setInterval(tick, 1000);
  ending.push(() => clearInterval(timer));
  ending.push(showPages(main, nav));
  tick();
  showTicker();
  return { destroy: () => ending.forEach((f) => f()) };
}

/**
 * Follows the address and mounts the page it names.
 * @param {HTMLElement} main
 * @param {HTMLElement} nav
 */
function showPages(main, nav) {
  /** @type {(() => void)[]} */
  let leaving = [];
  let mounted = '';
  /** @type {((route: import('./core/router.js').Route) => boolean|void)|null} */
  let update = null;
  let turn = 0;
  const leaveAll = () => { for (const f of leaving) f(); leaving = []; };

  async function show() {
    const route = currentRoute();
    const allowed = pagesOf();
    const page = allowed.find((p) => p.name === route.page) ?? allowed[0];
    for (const anchor of nav.querySelectorAll('a')) {
      if (anchor.dataset.page === page.name) {
        anchor.setAttribute('aria-current', 'page');
        anchor.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      }
      else anchor.removeAttribute('aria-current');
    }
    document.title = `${t(`page.${page.name}`)} · ${state.site.name}`;
    const key = page.name;
    if (mounted === key && update && update(route) !== false) return;
    const mine = ++turn;
    leaveAll();
    update = null;
    mounted = key;
    main.dataset.page = page.name;
    main.dataset.state = 'loading';
    const module = await page.load();
    if (mine !== turn) return;
    fill(main);
    main.scrollTop = 0;
    // A page may still be mounting when it is left: what it takes up then is given back at once.
    const atEnd = (/** @type {() => void} */ f) => { if (mine === turn) leaving.push(f); else f(); };
    /** @type {Context} */
    const context = {
      route,
      on: (topic, f) => { const off = on(topic, f); atEnd(off); return off; },
      keys: (scope, handlers) => { const off = bindKeys(scope, handlers); atEnd(off); return off; },
      every: (ms, f) => { const timer = setInterval(f, ms); atEnd(() => clearInterval(timer)); },
      leave: atEnd,
    };
    /** @type {any} */
    const result = await module.mount(main, context);
    if (mine !== turn) return;
    update = result?.update ?? null;
    main.dataset.state = 'ready';
  }
  window.addEventListener('hashchange', show);
  void show();
  return () => { turn += 1; window.removeEventListener('hashchange', show); leaveAll(); };
}

function openHelp() {
  const scopes = activeScopes();
  const body = h('div.dialog-body.help');
  for (const scope of /** @type {const} */ (['global', 'live', 'playback', 'alarms'])) {
    const list = h('dl', { class: scopes.includes(scope) ? '' : 'dim' });
    for (const key of KEYS.filter((k) => k.scope === scope)) {
      const names = key.keys.length > 3 ? [`${key.keys[0]}–${key.keys[key.keys.length - 1]}`] : key.keys;
      add(list, [h('dt', null, names.map((name) => h('kbd', null, keyLabel(name)))), h('dd', null, t(`key.${key.id}`))]);
    }
    body.append(h('section', null, h('h3', null, t(`keyScope.${scope}`)), list));
  }
  openDialog(t('help.title'), body, { wide: true, name: 'help' });
}
