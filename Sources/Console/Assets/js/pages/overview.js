// Overview: is everything well, what is open, where.
import { debounce, fill, h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api, iso } from '../core/api.js';
import { minute, moment, number, size, t, word } from '../core/i18n.js';
import { link } from '../core/router.js';
import { isOpenAlarm, serverNow, state } from '../core/store.js';
import { gapKind, lengthOf } from '../parts/lanes.js';
import { alarmTitle, empty, severityMark, sourceName } from '../parts/marks.js';
import { pagesOf } from '../shell.js';
import { CASE_STATES } from './cases.js';
import { liveMap } from './map.js';

const RANK = { critical: 0, warning: 1, info: 2 };

/** @param {string} iconName @param {string} label @param {string} value @param {boolean} good @param {string} [note] @param {string} [href] */
export const lamp = (iconName, label, value, good, note, href) =>
  h(href ? 'a.lamp' : 'div.lamp', { href, data: { good: String(good) } }, icon(iconName), h('span.lamp-label', null, label), h('b', null, value), good ? null : h('span.lamp-bad', null, '▲ ', note ?? t('overview.attention')), good && note ? h('span.dim', null, note) : null);

/** @param {any} health */
export function healthLamps(health) {
  if (!health) return [lamp('question-circle', t('overview.health'), '–', false, t('overview.noHealth'))];
  const brokers = health.brokers ?? {};
  const total = brokers.total ?? (Array.isArray(brokers) ? brokers.length : 0);
  const connected = brokers.connected ?? (Array.isArray(brokers) ? brokers.filter((b) => b.connected).length : 0);
  const shards = health.capture ?? [];
  const free = health.disk?.freeBytes ?? null;
  const low = free !== null && free < (health.disk?.floorBytes ?? 0) * 1.5;
  return [
    lamp('camera-video', t('overview.cameras'), `${health.cameras?.live ?? 0}/${health.cameras?.total ?? 0}`, health.cameras?.live === health.cameras?.total, health.cameras?.live === health.cameras?.total ? '' : t('overview.camerasDown', { n: (health.cameras?.total ?? 0) - (health.cameras?.live ?? 0) }), link('live')),
    lamp('record-circle', t('overview.recording'), health.recording ? t('overview.on') : t('overview.off'), Boolean(health.recording), shards.length ? t('overview.shards', { n: shards.filter((/** @type {any} */ s) => s.connected).length, total: shards.length }) : ''),
    lamp('hdd', t('overview.disk'), size(free), !low, health.disk ? t('overview.diskOf', { total: size(health.disk.totalBytes) }) : ''),
    lamp('broadcast', t('overview.brokers'), total ? `${connected}/${total}` : '–', connected === total, ''),
    lamp('arrow-repeat', t('overview.restarts'), number((health.captureRestarts ?? 0) + (health.workerRestarts ?? 0), 0), true, ''),
  ];
}

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export async function mount(root, context) {
  const strip = h('section.strip', { 'aria-label': t('overview.health') });
  const alarms = h('div.rows.compact');
  const alarmCount = h('span.count');
  const cases = h('div.case-counts');
  const caseCount = h('span.count');
  const map = h('div.map');
  fill(root, h('div.overview', null, strip,
    h('section.panel.overview-alarms', null, h('h2', null, t('overview.alarms'), alarmCount, h('span.grow'), h('a', { href: link('alarms') }, t('action.all'))), alarms),
    h('section.panel.overview-cases', null, h('h2', null, t('overview.cases'), caseCount, h('span.grow'), h('a', { href: link('cases') }, t('action.all'))), cases),
    h('section.panel.overview-map', null, map)));

  /**
   * What the last day's recording lacks, and when the disk is full; null until known.
   * @type {{lost: number, gaps: number, share: number, fullInDays: number|null|undefined, asked: boolean}}
   */
  const evidence = { lost: 0, gaps: 0, share: 1, fullInDays: undefined, asked: false };
  function drawHealth() {
    const days = evidence.fullInDays;
    fill(strip, healthLamps(state.health),
      evidence.asked ? lamp('slash-circle', t('overview.gaps'), evidence.gaps ? lengthOf(evidence.lost) : '0', evidence.share >= 0.99, evidence.gaps ? t('overview.gapCount', { n: evidence.gaps }) : t('overview.noGaps'), link(pagesOf().some((p) => p.name === 'completeness') ? 'completeness' : 'playback')) : null,
      days === undefined ? null : lamp('hourglass-split', t('overview.fullIn'), days === null ? t('overview.notFull') : t('overview.days', { n: number(days, days < 10 ? 1 : 0) }), true, t('overview.fullWhy'), pagesOf().some((p) => p.name === 'storage') ? link('storage') : undefined));
  }
  /** Before the first recording nothing was lost, and what policy deleted was meant to go. */
  async function loadEvidence() {
    const now = serverNow();
    if (may('get', '/accounting')) {
      const answer = await api.get('/accounting', { from: iso(now - 86_400_000), to: iso(now) }).catch(() => null);
      const rows = answer?.items ?? answer?.cameras ?? [];
      let recorded = 0;
      evidence.lost = 0;
      evidence.gaps = 0;
      for (const row of rows) {
        recorded += row.recordedSeconds;
        const lost = Object.entries(row.byReason ?? {}).filter(([reason]) => gapKind(reason) !== 'none');
        evidence.lost += lost.reduce((sum, [, seconds]) => sum + Number(seconds) * 1000, 0);
        if (lost.some(([, seconds]) => Number(seconds) > 0)) evidence.gaps += 1;
      }
      evidence.share = recorded + evidence.lost > 0 ? recorded / (recorded + evidence.lost / 1000) : 1;
      evidence.asked = Boolean(answer);
    }
    if (may('get', '/storage')) evidence.fullInDays = (await api.get('/storage').catch(() => ({}))).fullInDays;
    drawHealth();
  }
  function drawAlarms() {
    const open = [...state.alarm.values()].filter(isOpenAlarm).sort((a, b) => Number(Boolean(a.verdict)) - Number(Boolean(b.verdict)) || RANK[/** @type {'info'} */ (a.severity)] - RANK[/** @type {'info'} */ (b.severity)] || (a.openedAt < b.openedAt ? 1 : -1));
    fill(alarmCount, String(open.length));
    fill(alarms, open.length === 0 ? empty(t('alarms.none'), 'check2-circle') : null, open.slice(0, 40).map((a) =>
      h('a.row.alarm-row', { href: link('alarms', a.id), data: { severity: a.severity, judged: String(Boolean(a.verdict)), state: a.state } }, severityMark(a.severity),
        h('div.row-main', null, h('b', null, sourceName(a)), h('span', null, alarmTitle(a))),
        h('div.row-side', null, h('span.mono', null, moment(a.openedAt)), h('span.dim', null, a.verdict ? word('verdict', a.verdict) : t('alarms.unjudged'))))));
  }
  async function drawCases() {
    const items = await api.all('/cases', { open: 'true' }, 1000).catch(() => []);
    fill(caseCount, String(items.length));
    const overdue = items.filter((/** @type {any} */ c) => c.overdue).length;
    fill(cases, CASE_STATES.slice(0, 6).map((name) => {
      const n = items.filter((/** @type {any} */ c) => c.state === name).length;
      return h('a.case-count', { href: link('cases', null, { state: name }), data: { case: name, zero: String(n === 0) } }, h('b', null, String(n)), h('span', null, word('caseState', name)));
    }), h('a.case-count', { href: link('cases', null, { overdue: 'true' }), data: { overdue: String(overdue > 0), zero: String(overdue === 0) } }, h('b', null, overdue ? '▲ ' : '', String(overdue)), h('span', null, t('case.overdue'))));
    fill(caseNote, t('overview.asOf', { time: minute(Date.now() + state.clockOffset) }));
  }
  const caseNote = h('p.dim.small');
  cases.after(caseNote);
  const laterCases = debounce(drawCases, 400);
  drawHealth();
  drawAlarms();
  void drawCases();
  void loadEvidence();
  context.on('health', drawHealth);
  context.on('alarm', debounce(drawAlarms, 150));
  context.on('case', laterCases);
  context.on('reset', () => { drawHealth(); drawAlarms(); laterCases(); });
  context.every(60_000, laterCases);
  context.every(60_000, loadEvidence);
  await liveMap(map, context);
  return {};
}
