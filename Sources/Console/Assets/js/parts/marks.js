// States as shape, colour and word together.
import { h, icon } from '../core/dom.js';
import { t, word } from '../core/i18n.js';
import { className, state } from '../core/store.js';
import { personName } from './people.js';

/**
 * Shape and colour of a severity; its word is beside it or in its label.
 * @param {string} severity
 */
export const severityMark = (severity) =>
  h('span.mark', { data: { severity }, role: 'img', 'aria-label': word('severity', severity), title: word('severity', severity) },
    { critical: '▲', warning: '◆', info: '○' }[/** @type {'info'} */ (severity)] ?? '○');

const CAMERA_SHAPES = { live: '●', connecting: '◌', stalled: '◆', offline: '■', unauthorised: '▲' };
/** @param {string} state */
export const cameraMark = (state) =>
  h('span.mark', { data: { camera: state }, role: 'img', 'aria-label': word('cameraState', state), title: word('cameraState', state) }, CAMERA_SHAPES[/** @type {'live'} */ (state)] ?? '○');

/** @param {any} alarm */
export const alarmState = (alarm) => h('span.tag', { data: { alarm: alarm.state } }, word('alarmState', alarm.state === 'open' && alarm.policy === 'record' ? 'recorded' : alarm.state));
/** @param {any} item */
export const caseState = (item) =>
  h('span.tag', { data: { case: item.state } }, word('caseState', item.state));
/** @param {any} item */
export const overdueMark = (item) =>
  item.overdue && !item.ending ? h('span.tag', { data: { overdue: 'true' } }, icon('alarm'), t('case.overdue')) : null;

/**
 * What an alarm is about, in one line.
 * @param {any} alarm
 */
export const alarmTitle = (alarm) =>
  [word('kind', alarm.kind), alarm.class ? className(alarm.class, alarm.className) : null].filter(Boolean).join(' · ');

/**
 * Whose alarm it is: a camera's, a sensor's, or the service's own.
 * @param {any} alarm
 */
export const sourceName = (alarm) => (alarm.sourceKind === 'system' ? t('page.system') : alarm.sourceName ?? alarm.source);

/**
 * Who decided or did something: a user, or what is nobody.
 * @param {string|null|undefined} name
 */
export const byWhom = (name) => (name === 'policy' || name === 'system' ? word('actor', name) : personName(name));

/**
 * The name of the zone that a camera's alarm is about.
 * @param {any} alarm
 */
export const zoneName = (alarm) => state.camera.get(alarm.source)?.zones?.find((/** @type {any} */ z) => z.id === alarm.part)?.name ?? alarm.part;

/**
 * A list with nothing in it says so.
 * @param {string} text
 * @param {string} [name]
 */
export const empty = (text, name = 'inbox') => h('div.empty', null, icon(name), h('p', null, text));

/**
 * Why something can't be shown, and a way to try again.
 * @param {string} text
 * @param {() => void} [again]
 */
export const failed = (text, again) =>
  h('div.empty', { role: 'alert' }, icon('exclamation-triangle'), h('p', null, text), again ? h('button', { type: 'button', onclick: again }, t('action.retry')) : null);
