// A collector's phone: tasks with the urgent first, reporting, where one was, what still has to be sent.
import { debounce, fill, h, icon } from '../core/dom.js';
import { api, iso } from '../core/api.js';
import { errorText, toast } from '../core/dialog.js';
import { moment, isChinese, t, word } from '../core/i18n.js';
import { flush, forget, keepPosition, onOutbox, parcels, retry, workOffline } from '../core/outbox.js';
import { link, replaceRoute } from '../core/router.js';
import { className, remember, remembered, serverNow, state } from '../core/store.js';
import { empty, failed, overdueMark } from '../parts/marks.js';
import { reportForm, taskForm } from '../parts/fieldForm.js';
import { cellsOf, siteMap } from '../parts/map.js';
import { channelName, reportStage } from '../parts/reports.js';
import { timeLeft } from './cases.js';

const TABS = /** @type {const} */ (['tasks', 'report', 'track', 'outbox']);
const ICONS = { tasks: 'list-check', report: 'plus-circle', track: 'geo-alt', outbox: 'send' };
/** Metres and milliseconds between two positions that are worth keeping. */
const STEP = { metres: 15, ms: 20_000 };

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  let tab = TABS.find((name) => name === context.route.id) ?? 'tasks';
  const user = state.user.name;
  /** @type {any[]} */ let tasks = remembered(`tasks.${user}`, []);
  /** @type {any} */ let map = null;
  /** @type {{lat: number, lon: number, at: number}|null} */ let here = null;
  let waiting = 0;
  let busy = false;
  const nav = h('nav.field-tabs', { 'aria-label': t('page.field') });
  const body = h('div.field-body');
  const note = h('p.field-offline', { role: 'status', hidden: true });

  const drawTabs = () => fill(nav, TABS.map((name) => h('button', { type: 'button', data: { tab: name }, 'aria-current': name === tab ? 'page' : undefined, onclick: () => show(name) }, icon(ICONS[name]), h('span', null, word('fieldTab', name)),
    name === 'tasks' && tasks.length ? h('b.badge', null, String(tasks.length)) : null, name === 'outbox' && waiting ? h('b.badge', null, String(waiting)) : null)));
  const drawLine = () => {
    note.hidden = navigator.onLine && state.connection.open;
    fill(note, icon('wifi-off'), ' ', t('field.offline'));
  };

  async function loadTasks() {
    try {
      // What is done and not sent yet is no task any more, whatever the server (or what was kept of it) says.
      const done = new Set((await parcels()).filter((p) => p.kind === 'action' && !p.error).map((p) => p.path));
      const fresh = (await api.get('/field/tasks')).items.filter((/** @type {any} */ task) => ![task.kind, 'selfHandle'].some((kind) => done.has(`/cases/${task.case.id}/actions/${kind}`)));
      const known = new Set(tasks.map((task) => `${task.case.id} ${task.kind}`));
      const added = fresh.filter((/** @type {any} */ task) => !known.has(`${task.case.id} ${task.kind}`));
      if (added.length && root.dataset.loaded) {
        toast(t('field.newTasks', { n: added.length }), 'info');
        navigator.vibrate?.(200);
      }
      tasks = fresh;
      root.dataset.loaded = 'true';
      remember(`tasks.${user}`, tasks.slice(0, 100));
    } catch (error) { if (tasks.length === 0 && tab === 'tasks' && !busy) { fill(body, failed(errorText(error), loadTasks)); return; } }
    drawTabs();
    if (tab === 'tasks' && !busy) drawTasks();
  }
  function drawTasks() {
    fill(body, tasks.length === 0 ? empty(t('queue.none'), 'check2-circle') : null, tasks.map((task) => h('button.field-task', { type: 'button', data: { task: task.case.id, kind: task.kind, overdue: String(task.case.overdue) }, onclick: () => openTask(task) },
      task.case.snapshots?.[0] ? h('img', { src: task.case.snapshots[0], alt: '', loading: 'lazy' }) : h('span.queue-noimage', null, icon('folder2-open')),
      h('span.field-text', null, h('b', null, t(`caseAction.${task.kind}`)), ' ', className(task.case.class, task.case.className), h('br'), h('span.dim', null, task.case.address || task.case.cell || ''), h('br'),
        h('span.mono', null, timeLeft(task.case)), ' ', overdueMark(task.case), task.asked ? h('span.tag', { data: { asked: 'true' } }, t('field.askedMe')) : null, task.own ? h('span.tag', { data: { own: 'true' } }, t('field.ownGrid')) : null))));
  }
  /** @param {any} task */
  function openTask(task) {
    busy = true;
    taskForm(body, task, (sent) => {
      busy = false;
      if (sent) tasks = tasks.filter((other) => other !== task);
      remember(`tasks.${user}`, tasks.slice(0, 100));
      show('tasks');
    });
  }
  async function drawOutbox() {
    const kept = await parcels();
    const mine = await api.get('/reports', { mine: true, limit: 30 }).catch(() => null);
    if (tab !== 'outbox') return;
    fill(body, h('h2', null, t('field.waiting', { n: kept.length })), kept.length === 0 ? h('p.dim', null, t('field.allSent')) : h('ul.tickets', null, kept.map((p) => h('li', { data: { parcel: p.id } }, h('span.mono', null, moment(p.at)), h('span', null, p.title), p.files.length ? h('span.dim', null, icon('paperclip'), String(p.files.length)) : null,
      p.error ? h('span.form-error', null, p.error) : null, h('span.grow'),
      // What was said of the case as it was is said anew, or not at all.
      p.error && p.code !== 'movedOn' ? h('button', { type: 'button', data: { action: 'retry' }, onclick: () => retry(p.id) }, icon('arrow-repeat'), t('field.retry')) : null,
      p.error ? h('button', { type: 'button', onclick: () => forget(p.id) }, icon('trash'), t('action.delete')) : null))),
    h('div.button-row', null, h('button.big', { type: 'button', onclick: () => flush() }, icon('arrow-repeat'), t('field.sendNow'))),
    mine ? [h('h2', null, t('field.myReports')), h('ul.tickets', null, mine.items.map((/** @type {any} */ r) => h('li', { data: { ticket: r.ticket } }, h('b.mono', null, r.ticket), h('span', null, className(r.class, r.className)), h('span.mono.dim', null, moment(r.happenedAt)), h('span.dim', null, channelName(r)), reportStage(r))))] : null);
  }
  async function drawTrack() {
    const box = h('div.field-map');
    const areas = h('p');
    const on = Boolean(remembered(`track.${user}`, true));
    fill(body, areas, h('label.check.big', null, h('input', { type: 'checkbox', checked: on, onchange: (/** @type {Event} */ e) => { remember(`track.${user}`, /** @type {HTMLInputElement} */ (e.target).checked); watch(); } }), t('field.trackOn')), window.isSecureContext ? null : h('p.hint', null, t('field.needsTls')), box, h('p.hint', null, t('field.trackHint')));
    const now = serverNow();
    const [track, own] = await Promise.all([api.get('/field/track', { from: iso(now - 12 * 3_600_000), to: iso(now + 60_000) }).catch(() => ({ items: [] })), api.get('/field/areas').catch(() => ({ items: [] }))]);
    if (tab !== 'track') return;
    fill(areas, icon('bounding-box'), ' ', h('b', null, t('field.grid')), ' ', own.items.map((/** @type {any} */ a) => (isChinese() ? a.name : a.nameEn)).join(' · ') || t('field.noGrid'));
    const points = track.items.map((/** @type {any} */ p) => p.position);
    const last = points[points.length - 1] ?? here;
    map = await siteMap(box, { center: last ?? undefined, zoom: 16 });
    const drawn = map;
    void cellsOf(own.items.map((/** @type {any} */ a) => a.id)).then((cells) => { if (map === drawn) { drawn.cells(cells); if (points.length === 0) drawn.fit(); } });
    map.track(points);
    if (last) map.set('me', last, { kind: 'place', label: t('field.here') });
    for (const task of tasks) if (task.case.position) map.set(task.case.id, task.case.position, { kind: 'case', state: task.case.overdue ? 'overdue' : '', label: `${task.case.number} ${className(task.case.class, task.case.className)}`, onclick: () => { show('tasks'); openTask(task); } });
    if (points.length === 0) map.fit();
  }
  /** @param {typeof TABS[number]} name */
  function show(name) {
    tab = name;
    busy = false;
    map?.destroy();
    map = null;
    replaceRoute(link('field', name));
    drawTabs();
    if (name === 'tasks') { drawTasks(); void loadTasks(); } else if (name === 'outbox') void drawOutbox();
    else if (name === 'track') void drawTrack();
    else { busy = true; reportForm(body, () => here, () => show('outbox')); }
  }

  /** @type {number|null} */ let watched = null;
  function watch() {
    const wanted = Boolean(remembered(`track.${user}`, true)) && 'geolocation' in navigator && window.isSecureContext;
    if (watched !== null && !wanted) { navigator.geolocation.clearWatch(watched); watched = null; }
    if (watched !== null || !wanted) return;
    watched = navigator.geolocation.watchPosition((found) => {
      const point = { lat: found.coords.latitude, lon: found.coords.longitude, at: found.timestamp };
      const far = here ? Math.hypot((point.lat - here.lat) * 111_195, (point.lon - here.lon) * 111_195 * Math.cos((point.lat * Math.PI) / 180)) : Infinity;
      if (here && (point.at - here.at < STEP.ms || far < STEP.metres)) return;
      here = point;
      void keepPosition({ at: point.at, position: { lat: point.lat, lon: point.lon }, accuracyMetres: found.coords.accuracy ?? null });
    }, () => null, { enableHighAccuracy: true, maximumAge: 10_000 });
  }

  fill(root, h('div.field-page', null, note, body, nav));
  const counted = async () => { waiting = (await parcels()).length; root.dataset.waiting = String(waiting); drawTabs(); if (tab === 'outbox') void drawOutbox(); };
  const later = debounce(loadTasks, 400);
  context.on('case', later);
  context.on('reset', later);
  context.on('status', () => { drawLine(); if (state.connection.open) void flush(); });
  context.leave(onOutbox(() => void counted()));
  const online = () => { drawLine(); void flush(); };
  window.addEventListener('online', online);
  window.addEventListener('offline', drawLine);
  context.leave(() => { window.removeEventListener('online', online); window.removeEventListener('offline', drawLine); map?.destroy(); if (watched !== null) navigator.geolocation.clearWatch(watched); });
  context.every(15_000, flush);
  context.every(60_000, loadTasks);
  void workOffline();
  drawLine();
  watch();
  void counted();
  show(tab);
  void flush();
  return { update: (/** @type {import('../core/router.js').Route} */ route) => { const name = TABS.find((n) => n === route.id); if (name && name !== tab) show(name); return true; } };
}
