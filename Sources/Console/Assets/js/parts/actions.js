// The steps of a case: each action's dialog asks for what the action needs.
import { h, icon } from '../core/dom.js';
import { api, iso } from '../core/api.js';
import { t } from '../core/i18n.js';
import { formDialog, toast } from '../core/dialog.js';
import { className, isRole, serverNow, state } from '../core/store.js';
import { loadPeople } from './people.js';
import { caseOf, fieldsOf } from './actionFields.js';
import { upload } from './photo.js';
import { classPicker, clientId, positionFields } from './picture.js';

const ICONS = {
  file: 'check2-square', refuse: 'x-octagon', dispatch: 'send', accept: 'hand-thumbs-up', arrive: 'pin-map', secure: 'shield-check', return: 'arrow-return-left', handle: 'tools', check: 'clipboard-check', close: 'archive', urge: 'megaphone',
  askVerification: 'binoculars', verify: 'search', merge: 'union', selfHandle: 'hand-index', askCheck: 'person-check', inspect: 'clipboard2-pulse', reopen: 'arrow-counterclockwise', void: 'slash-circle', archive: 'lock',
  suspend: 'pause-circle', resume: 'play-circle', extend: 'hourglass-split', announce: 'newspaper', engage: 'people', disengage: 'person-dash', adjudicate: 'hammer', escalate: 'building-up', handOver: 'box-arrow-up-right', takeBack: 'box-arrow-in-left',
};
const MAIN = ['file', 'dispatch', 'accept', 'handle', 'check', 'close', 'verify', 'inspect', 'adjudicate', 'resume'];
/** What ends a case or takes it from somebody. */
const GRAVE = ['refuse', 'return', 'void', 'merge', 'handOver', 'archive'];
/**
 * What has to be looked at on site: the management points of the class.
 * @param {any} item
 */
function checkList(item) {
  const points = state.site.classes.find((/** @type {any} */ c) => c.code === item.class)?.checkList ?? [];
  return points.length ? h('div.check-list', null, h('b', null, t('case.checkList')), h('ul', null, points.map((/** @type {string} */ point) => h('li', null, point)))) : null;
}

/**
 * Asks and acts; resolves with the changed case or null.
 * @param {string} action
 * @param {any} item
 */
export async function act(action, item) {
  if (['askVerification', 'askCheck', 'suspend'].includes(action)) await loadPeople();
  return formDialog({
    title: `${t(`caseAction.${action}`)} · ${item.number}`, name: `action-${action}`, danger: GRAVE.includes(action), wide: action === 'file',
    before: h('div', null, h('p.dim', null, [className(item.class, item.className), item.address].filter(Boolean).join(' · ')), ['check', 'verify', 'inspect'].includes(action) ? checkList(item) : null),
    fields: fieldsOf(action, item), submit: t(`caseAction.${action}`),
    send: async (values) => {
      /** @type {Record<string, any>} */
      const body = {};
      for (const [key, value] of Object.entries(values)) {
        if (value === '' || value === null || value === undefined) continue;
        body[key] = key === 'level' ? Number(value) : key === 'passed' ? value === 'true' : key === 'into' ? await caseOf(value) : value instanceof File ? await upload(value) : value;
      }
      const changed = await api.post(`/cases/${encodeURIComponent(item.id)}/actions/${action}`, body);
      toast(t('case.done', { action: t(`caseAction.${action}`), number: item.number }), 'good');
      return changed;
    },
  });
}

/**
 * The buttons of what this user may do now.
 * @param {any} item
 * @param {(changed: any) => void} done
 */
export function actionButtons(item, done) {
  const actions = item.actions ?? [];
  if (actions.length === 0) return null;
  return h('div.button-row.actions', null, actions.map((/** @type {string} */ action) =>
    h('button', { type: 'button', class: MAIN.includes(action) ? 'primary' : '', data: { action }, onclick: async (/** @type {Event} */ event) => {
      event.stopPropagation();
      const changed = await act(action, item);
      if (changed?.id) done(changed);
    } }, icon(ICONS[/** @type {'file'} */ (action)] ?? 'chevron-right'), t(`caseAction.${action}`))));
}

/** A report that comes from no camera: by telephone, or from the street with a photo. */
export async function newCaseDialog() {
  const id = clientId();
  const street = isRole('collector');
  const made = await formDialog({
    title: t('case.new'), name: 'new-case', wide: true, submit: t('case.report'),
    fields: [
      { name: 'class', label: t('case.class'), required: true, element: classPicker() },
      { name: 'address', label: t('case.address'), required: true },
      { name: 'position', label: t('case.position'), element: positionFields(null) },
      { name: 'description', label: t('case.description'), type: 'textarea', maxLength: 500 },
    ],
    send: (values) => api.post('/cases', { ...values, channel: street ? 'collector' : 'hotline', at: iso(serverNow()), reporter: state.user.name, clientId: id }),
  });
  if (made?.number) toast(t('case.reported', { number: made.number }), 'good');
  return made;
}
