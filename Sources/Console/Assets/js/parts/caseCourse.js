// What the page of a case tells of its way: steps, holder, units that take part, what was ruled, what is near.
import { h, icon } from '../core/dom.js';
import { full, isChinese, moment, t, word } from '../core/i18n.js';
import { link } from '../core/router.js';
import { className, unitName } from '../core/store.js';
import { caseState } from './marks.js';
import { personName } from './people.js';

const SEVEN = ['collect', 'file', 'dispatch', 'handle', 'report', 'close', 'evaluate'];
const SIX = ['collect', 'fileAndDispatch', 'handle', 'report', 'check', 'close'];
const ENDED = ['closed', 'selfHandled', 'archived'];

/**
 * A set of public steps as a bar.
 * @param {string} group @param {string[]} steps @param {(step: string) => string} name @param {string} now @param {boolean} ended
 */
function bar(group, steps, name, now, ended) {
  const at = steps.indexOf(now);
  return h('ol.steps', { data: { set: group }, 'aria-label': word('caseSteps', group) }, steps.map((step, i) => {
    const done = i < at || (ended && i === at);
    return h('li', { data: { done: String(done), now: String(i === at), step }, 'aria-current': i === at ? 'step' : undefined }, h('span.step-dot', { 'aria-hidden': 'true' }, done ? '✓' : String(i + 1)), name(step));
  }));
}

/**
 * Both public sets of steps (seven steps, six links); the state where a case left them.
 * @param {any} item
 */
export function stepsBar(item) {
  if (!item.sevenStep) return h('div.steps.invalid', { role: 'img', 'aria-label': word('caseState', item.ending ?? item.state) }, caseState(item));
  const ended = ENDED.includes(item.state);
  return h('div.step-sets', null, bar('sevenStep', SEVEN, (step) => word('sevenStep', step), item.sevenStep, ended), h('details.no-print', null, h('summary', null, t('case.sixLinks')), bar('sixLink', SIX, (step) => word('sixLink', step), item.sixLink, ended)));
}

/**
 * Who has the case now, in words.
 * @param {{kind: string, id: string}|undefined} holder
 */
export function holderText(holder) {
  if (!holder) return '–';
  const name = { role: () => word('role', holder.id), unit: () => unitName(holder.id), person: () => personName(holder.id), archive: () => word('caseState', holder.id) }[/** @type {'role'} */ (holder.kind)];
  return `${name ? name() : holder.id} (${word('holderKind', holder.kind)})`;
}

/**
 * What the way of a case has brought, as rows of its facts.
 * @param {any} item @returns {[string, string][]}
 */
export function courseRows(item) {
  /** @type {([string, string]|null)[]} */
  const rows = [
    ['case.holder', holderText(item.holder)],
    item.verified === null || item.verified === undefined ? null : ['case.verified', t(item.verified ? 'case.isThere' : 'case.isNotThere')],
    item.assignee ? ['case.assignee', personName(item.assignee)] : null,
    item.checkUnit ? ['case.checkUnit', unitName(item.checkUnit)] : null,
    item.inspected ? ['case.inspected', t('case.passed')] : null,
    item.returns ? ['case.returns', String(item.returns)] : null,
    item.bound ? ['case.bound', t('case.boundText')] : null,
    item.extended ? ['case.extended', t('case.extendedText')] : null,
    item.announcedAt ? ['case.announcedAt', full(item.announcedAt)] : null,
    item.suspension ? ['case.suspension', t('case.suspensionText', { owner: item.suspension.ownerIsUnit ? unitName(item.suspension.owner) : personName(item.suspension.owner), until: full(item.suspension.until), review: full(item.suspension.review) })] : null,
    item.committee ? ['case.committee', item.committee] : null,
    item.centre ? ['case.centre', item.centre] : null,
    item.reopenings ? ['case.reopenings', String(item.reopenings)] : null,
    item.reworks ? ['case.reworks', String(item.reworks)] : null,
    item.urgings ? ['case.urgings', String(item.urgings)] : null,
    item.classFacts?.flowName ? ['case.flow', (isChinese() ? item.classFacts.flowName : item.classFacts.flowNameEn) || item.classFacts.flowName] : null,
    (item.areas ?? []).length ? ['case.areas', item.areas.map((/** @type {any} */ a) => (isChinese() ? a.name : a.nameEn || a.name)).join(' · ')] : null,
  ];
  return /** @type {[string, string][]} */ (rows.filter((row) => row !== null));
}

/**
 * The units that take part, each with its own state and limit.
 * @param {any} item
 */
export function coUnitTable(item) {
  const units = item.coUnits ?? [];
  if (units.length === 0) return null;
  return h('div.table-wrap', null, h('table.table.co-units', null, h('thead', null, h('tr', null, ['case.coUnit', 'field.state', 'case.due', 'case.timerMet'].map((key) => h('th', { scope: 'col' }, t(key))))),
    h('tbody', null, units.map((/** @type {any} */ part) => {
      const timer = part.timers[part.timers.length - 1];
      return h('tr', { data: { unit: part.unit, state: part.state } }, h('td', null, unitName(part.unit)), h('td', null, word('caseState', part.state)), h('td.mono', null, timer?.dueAt ? full(timer.dueAt) : '–'), h('td.mono', null, timer?.metAt ? full(timer.metAt) : '–'));
    }))));
}

/**
 * How a place looked before and after a collector put it right, side by side.
 * @param {any} item
 */
export function beforeAndAfter(item) {
  if (!item.photoAfter) return null;
  const picture = (/** @type {string|null} */ url, /** @type {string} */ label) => (url ? h('figure', null, h('img', { src: url, alt: label, loading: 'lazy' }), h('figcaption', null, label)) : null);
  return h('div.before-after', null, picture(item.photoBefore, t('case.photoBefore')), picture(item.photoAfter, t('case.photoAfter')));
}

/** @param {any} other */
const caseLine = (other) => h('li', { data: { case: other.id } }, h('a', { href: link('cases', other.id) }, h('span.mono', null, other.number), ' ', className(other.class, other.className)), ' ', caseState(other),
  h('span.dim', null, [other.relation ? word('caseRelation', other.relation) : null, other.metres === undefined ? null : t('case.metres', { n: other.metres }), moment(other.openedAt)].filter(Boolean).join(' · ')));

/**
 * Cases and cameras around it, and the cases it was joined to or that were joined to it.
 * @param {any} item
 */
export function nearby(item) {
  const [related, neighbours, cameras] = [item.related ?? [], item.neighbours ?? [], item.cameras ?? []];
  if (related.length + neighbours.length + cameras.length === 0) return null;
  return h('section.panel.case-near', null, h('h2', null, t('case.near')),
    related.length ? [h('h3', null, t('case.related')), h('ul', null, related.map(caseLine))] : null,
    neighbours.length ? [h('h3', null, t('case.neighbours')), h('ul', null, neighbours.map(caseLine))] : null,
    cameras.length ? [h('h3', null, t('case.cameras')), h('ul.no-print', null, cameras.map((/** @type {any} */ c) => h('li', null, h('a', { href: link('playback', null, { camera: c.id, at: item.openedAt }) }, icon('camera-video'), c.name), ' ', h('span.dim', null, t('case.metres', { n: c.metres })))))] : null);
}

/**
 * The management points of the class, to be looked at on site.
 * @param {any} item
 */
export function checkPoints(item) {
  const points = item.classFacts?.checkList ?? [];
  return points.length ? h('div.check-list', null, h('h3', null, t('case.checkList')), h('ul', null, points.map((/** @type {string} */ point) => h('li', null, point)))) : null;
}
