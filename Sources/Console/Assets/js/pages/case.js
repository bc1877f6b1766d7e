// The page of one case: what, where, who, how long; its log, pictures and clips; the steps this user may take.
import { debounce, fill, h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api } from '../core/api.js';
import { full, t, word } from '../core/i18n.js';
import { errorText, toast, toastError } from '../core/dialog.js';
import { link } from '../core/router.js';
import { className, isRole, state, unitName } from '../core/store.js';
import { actionButtons } from '../parts/actions.js';
import { beforeAndAfter, checkPoints, courseRows, coUnitTable, nearby, stepsBar } from '../parts/caseCourse.js';
import { channels, channelText } from '../parts/channels.js';
import { clipPlayer } from '../parts/clip.js';
import { exportList } from '../parts/exports.js';
import { caseExtras } from '../parts/caseExtras.js';
import { smallMap } from '../parts/map.js';
import { byWhom, caseState, failed, overdueMark } from '../parts/marks.js';
import { loadPeople } from '../parts/people.js';
import { voicePlayers } from '../parts/reports.js';
import { hasChildren, stormChildren } from '../parts/stormChildren.js';
import { alarmCurve } from '../parts/sensor.js';
import { timeLeft } from './cases.js';

/** @param {any} limit */
const limitText = (limit) => (limit ? t(`limit.${limit.unit}`, { n: limit.value }) : '–');

/**
 * The condition of the class that sets the limit.
 * @param {any} item
 */
function levelText(item) {
  const found = state.site.classes.find((/** @type {any} */ c) => c.code === item.class)?.levels?.find((/** @type {any} */ l) => l.level === item.level);
  return found ? `${item.level} · ${found.name}` : String(item.level ?? '–');
}

/**
 * Every limit of a case, where there is more than the one that begins with filing.
 * @param {any} item
 */
function timerTable(item) {
  const timers = item.timers ?? [];
  const plain = (/** @type {any} */ timer) => timer.start === 'filed' && !timer.extendedBy && timer.pauses.length === 0;
  if (timers.length < 2 && timers.every(plain)) return null;
  return h('div.table-wrap', null, h('table.table.timers', null, h('thead', null, h('tr', null, ['case.timer', 'case.limit', 'case.timerStart', 'case.due', 'case.timerMet'].map((k) => h('th', { scope: 'col' }, t(k))))),
    h('tbody', null, timers.map((/** @type {any} */ timer) => h('tr', { data: { phase: timer.phase } }, h('td', null, word('timerPhase', timer.phase)), h('td', null, limitText(timer.limit), timer.extendedBy ? ` + ${limitText(timer.extendedBy)}` : ''),
      h('td', null, word('timerStart', timer.start)), h('td.mono', null, timer.dueAt ? full(timer.dueAt) : timer.startedAt ? t(timer.pauses.some((/** @type {any} */ p) => !p.to) ? 'case.timerPaused' : 'case.timerNever') : t('case.timerWaits')), h('td.mono', null, timer.metAt ? full(timer.metAt) : '–'))))));
}

/** @param {any[]} log */
function logList(log) {
  return h('ol.log', null, log.map((entry) => h('li', { data: { action: entry.action } },
    h('div.log-head', null, h('b', null, word('logAction', entry.action)), entry.to ? h('span.dim', null, word('caseState', entry.to)) : null, h('span.grow'), h('time.mono.dim', { datetime: entry.at }, full(entry.at))),
    h('div.dim', null, [byWhom(entry.by), entry.role ? word('role', entry.role) : null, entry.data?.unit ? unitName(entry.data.unit) : null].filter(Boolean).join(' · ')),
    entry.data?.passed === false ? h('p', null, h('b', null, `▲ ${t('case.notPassed')}`)) : null,
    entry.data?.reason ? h('p', null, entry.data.reason) : null,
    entry.note ? h('p', null, entry.note) : null,
    entry.data?.ticket ? h('p', null, h('a.mono', { href: link('reports', entry.data.ticket) }, entry.data.ticket), entry.data.result ? ` · ${word('callBackResult', entry.data.result)}` : '') : null,
    entry.data?.orderUntil ? h('p.mono', null, t('order.until', { at: full(entry.data.orderUntil) })) : null,
    entry.data?.into ? h('p', null, h('a', { href: link('cases', entry.data.into) }, entry.data.intoNumber)) : null,
    entry.data?.merged ? h('p', null, h('a', { href: link('cases', entry.data.merged) }, entry.data.mergedNumber)) : null,
    entry.data?.photo ? h('a', { href: `/api/v1/attachments/${encodeURIComponent(entry.data.photo)}`, target: '_blank', rel: 'noopener' }, h('img.log-photo', { src: `/api/v1/attachments/${encodeURIComponent(entry.data.photo)}`, alt: t('case.photo'), loading: 'lazy' })) : null,
    entry.hash ? h('code.hash', { title: entry.hash }, `#${entry.seq} ${String(entry.hash).slice(0, 12)}`) : null)));
}

/**
 * The dossiers of a case, and the button that makes one.
 * @param {import('../shell.js').Context} context
 * @param {string} id
 */
function dossierPanel(context, id) {
  const list = exportList(context, { inCase: true, wanted: (job) => job.caseId === id, none: () => h('p.dim', null, t('case.noDossier')) });
  const make = h('button.primary', { type: 'button', id: 'make-dossier', onclick: async () => {
    make.disabled = true;
    try {
      list.take(await api.post(`/cases/${encodeURIComponent(id)}/dossier`));
      toast(t('export.started'), 'good');
    } catch (error) { toastError(error); } finally { make.disabled = false; }
  } }, icon('file-earmark-zip'), t('case.makeDossier'));
  void list.load().catch(() => null);
  return h('section.panel.no-print', null, h('h2', null, t('case.dossier')), h('p.hint', null, t('case.dossierHint')), list.element, may('post', '/cases/{id}/dossier') ? h('div.button-row', null, make) : null);
}

/** @param {HTMLElement} root @param {import('../shell.js').Context} context @param {string} id */
export function mountCase(root, context, id) {
  /** @type {any} */ let item = null;
  /** @type {{destroy: () => void}|null} */ let map = null;
  /** @type {Map<string, HTMLElement>} */ const clips = new Map();
  const head = h('div');
  const facts = h('section.panel');
  const mapBox = h('div.small-map');
  const media = h('section.panel', null, h('h2', null, t('case.evidence')));
  const pictures = h('div.pictures');
  const voices = h('div.voices');
  const clipBox = h('div.clips');
  /** @type {Map<string, HTMLElement>} */ const curves = new Map();
  const curveBox = h('div.curves');
  const sides = h('div');
  media.append(sides, pictures, voices, clipBox, curveBox);
  const near = h('div');
  const more = h('div.case-column');
  const dossier = may('get', '/exports/{id}/file') ? dossierPanel(context, id) : null;
  const log = h('section.panel', null, h('h2', null, t('case.log')));
  const logBox = h('div');
  log.append(logBox);
  fill(root, h('article.case-page', { data: { id } }, head, h('div.case-grid', null, h('div.case-column', null, facts, mapBox, near, dossier), media, h('div.case-column', null, more, log))));

  async function load() {
    try {
      [item] = await Promise.all([api.get(`/cases/${encodeURIComponent(id)}`), channels(), item ? null : loadPeople()]);
      draw();
      fill(logBox, logList(item.log));
      if (!more.firstChild) fill(more, caseExtras(item, load));
      showCurves();
    } catch (error) {
      fill(root, failed(errorText(error), () => location.reload()), h('p.centre', null, h('a.button', { href: link('cases') }, t('page.cases'))));
    }
  }
  /** The curves of the sensors whose alarms belong to the case. */
  function showCurves() {
    for (const alarm of (item.alarms ?? []).slice(0, 3)) {
      const key = `${alarm.id} ${alarm.clearedAt ?? ''}`;
      if (alarm.sourceKind !== 'sensor' || curves.has(key)) continue;
      for (const [old, element] of curves) if (old.startsWith(alarm.id)) { element.remove(); curves.delete(old); }
      const made = alarmCurve(alarm);
      curves.set(key, made);
      curveBox.append(made);
      none.hidden = true;
    }
  }
  const none = h('p.dim', null, t('case.noEvidence'));
  pictures.after(none);
  function draw() {
    root.dataset.caseState = item.state;
    document.title = `${item.number} · ${className(item.class, item.className)}`;
    fill(head, h('header.case-head', null,
      h('a.button.ghost.square.no-print', { href: isRole('unit', 'collector') ? link('queue') : link('cases'), 'aria-label': t('page.cases') }, icon('arrow-left')),
      h('div', null, h('h1', null, className(item.class, item.className)), h('p.mono.dim', { data: { field: 'number' } }, item.number)), caseState(item), overdueMark(item), h('span.grow'),
      h('button.ghost.no-print', { type: 'button', onclick: () => window.print() }, icon('printer'), h('span.wide-only', null, t('action.print')))),
    stepsBar(item),
    h('div.no-print', null, actionButtons(item, (changed) => { item = { ...item, ...changed }; draw(); void load(); })));
    const rows = [
      ['case.class', `${className(item.class, item.className)} (${item.class})`],
      ['case.level', levelText(item)],
      ['case.place', item.address || '–'],
      ['case.cell', item.cell ?? '–'],
      ['case.position', item.position ? `${item.position.lat.toFixed(6)}, ${item.position.lon.toFixed(6)}` : '–'],
      ['case.unit', item.unit ? unitName(item.unit, item.unitName) : '–'],
      ...courseRows(item),
      ['case.limit', `${limitText(item.limit)} · ${timeLeft(item)}`],
      ['case.due', full(item.dueAt)],
      ['field.opened', full(item.openedAt)],
      Object.keys(item.versions ?? {}).length ? ['case.versions', Object.entries(item.versions).map(([set, n]) => `${word('baseSet', set)} ${n}`).join(' · ')] : null,
      item.closedAt ? ['case.closedAt', full(item.closedAt)] : null,
      ['case.channel', channelText(item.channel)],
      item.reporter ? ['case.reporter', item.reporter] : null,
      item.description ? ['case.description', item.description] : null,
    ].filter((row) => row !== null);
    fill(facts, h('h2', null, t('case.facts')), h('dl.facts', null, rows.map((row) => [h('dt', null, t(/** @type {string[]} */ (row)[0])), h('dd', null, /** @type {string[]} */ (row)[1])])),
      timerTable(item), coUnitTable(item), checkPoints(item),
      h('div.button-row.no-print', null, (item.alarmIds ?? []).slice(0, 3).map((/** @type {string} */ alarm, /** @type {number} */ i, /** @type {string[]} */ all) => h('a.button', { href: link('alarms', alarm) }, icon('bell'), t('case.alarm'), all.length > 1 ? ` ${i + 1}` : null))),
      (item.alarms ?? []).filter(hasChildren).slice(0, 3).map((/** @type {any} */ alarm) => h('details', { open: true }, h('summary', null, `${t('alarms.children')} · ${word('kind', alarm.kind)}`), stormChildren(alarm))));
    fill(near, nearby(item));
    fill(sides, beforeAndAfter(item));
    if (item.position && !map) {
      mapBox.hidden = false;
      void smallMap(mapBox, item.position).then((made) => { map = made; if (!mapBox.isConnected) made.destroy(); });
    } else if (!item.position) mapBox.hidden = true;
    const shown = item.pictures ?? item.snapshots ?? [];
    fill(voices, voicePlayers(item.voices ?? []));
    fill(pictures, shown.map((/** @type {string} */ url) => h('a', { href: url, target: '_blank', rel: 'noopener' }, h('img', { src: url, alt: t('alarms.snapshot'), loading: 'lazy' }))));
    none.hidden = shown.length + (item.voices ?? []).length + (item.clips ?? []).length + curves.size > 0;
    for (const clip of item.clips ?? []) {
      const key = `${clip.cameraId} ${clip.from}`;
      if (clips.has(key)) continue;
      const player = clipPlayer({ cameraId: clip.cameraId, from: Date.parse(clip.from), to: Date.parse(clip.to), url: clip.url, poster: item.snapshots?.[0], about: { title: item.number, caseId: item.id } });
      clips.set(key, player);
      clipBox.append(player);
    }
  }
  const later = debounce(load, 200);
  context.on('case', (changed) => { if (changed.id === id) later(); });
  context.on('reset', later);
  context.leave(() => { map?.destroy(); delete root.dataset.caseState; });
  void load();
  return { update: () => false };
}
