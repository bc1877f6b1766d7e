// The steps of a case: each action's dialog asks for what the action needs.
import { h, icon } from '../core/dom.js';
import { api } from '../core/api.js';
import { t } from '../core/i18n.js';
import { formDialog, toast } from '../core/dialog.js';
import { className, isRole, state, unitName } from '../core/store.js';
import { classPicker, clientId, positionFields } from './picture.js';

/** @typedef {import('../core/dialog.js').Field} Field */

const ICONS = { file: 'check2-square', refuse: 'x-octagon', dispatch: 'send', accept: 'hand-thumbs-up', return: 'arrow-return-left', handle: 'tools', check: 'clipboard-check', close: 'archive', urge: 'megaphone' };
const MAIN = ['file', 'dispatch', 'accept', 'handle', 'check', 'close'];
/** Longest side of an uploaded photo in pixels. */
const PHOTO_SIDE = 1600;

/**
 * A photo made smaller and sent; `read()` gives its attachment id or null.
 * @param {string} label
 */
export function photoField(label) {
  const input = h('input', { type: 'file', accept: 'image/*', capture: 'environment', 'aria-label': label });
  const preview = h('img.photo-preview', { alt: '', hidden: true });
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    preview.hidden = !file;
    if (file) {
      const url = URL.createObjectURL(file);
      preview.onload = () => URL.revokeObjectURL(url);
      preview.src = url;
    }
  });
  input.classList.add('visually-hidden');
  const pick = h('label.button', null, icon('camera'), t('case.choosePhoto'), input);
  return Object.assign(h('div.photo-field', null, pick, preview), { read: () => input.files?.[0] ?? null, focus: () => input.focus() });
}

/** @param {File} file @returns {Promise<string>} the attachment's id */
export async function upload(file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return (await api.post('/attachments', file)).id;
  const scale = Math.min(1, PHOTO_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = h('canvas');
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.85));
  const made = await api.post('/attachments', blob ?? file);
  return made.id;
}

/** @param {string} action @param {any} item @returns {Field[]} */
function fieldsOf(action, item) {
  /** @type {Field} */
  const note = { name: 'note', label: t('field.note'), type: 'textarea', maxLength: 500 };
  /** @type {Field} */
  const reason = { name: 'reason', label: t('field.reason'), type: 'textarea', required: true, maxLength: 500 };
  switch (action) {
    case 'file':
      return [
        { name: 'class', label: t('case.class'), required: true, element: classPicker(item.class ?? undefined) },
        { name: 'position', label: t('case.position'), required: true, element: positionFields(item.position) },
        note,
      ];
    case 'refuse': case 'return': return [reason];
    case 'dispatch':
      return [
        { name: 'unit', label: t('case.unit'), type: 'select', value: item.unit ?? '', options: [
          { value: '', label: t('case.responsibleUnit') }, ...state.site.units.map((/** @type {any} */ u) => ({ value: u.id, label: unitName(u.id) }))] },
        note,
      ];
    case 'handle': return [{ ...note, required: true }, { name: 'photo', label: t('case.photo'), element: photoField(t('case.photo')) }];
    case 'check':
      return [
        { name: 'passed', label: t('case.result'), type: 'radio', required: true, value: 'true', options: [{ value: 'true', label: t('case.passed') }, { value: 'false', label: t('case.notPassed') }] },
        { ...note, required: true }, { name: 'photo', label: t('case.photo'), element: photoField(t('case.photo')) },
      ];
    case 'urge': return [{ ...note, required: true }];
    default: return [note];
  }
}

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
export function act(action, item) {
  return formDialog({
    title: `${t(`caseAction.${action}`)} · ${item.number}`, name: `action-${action}`, danger: action === 'refuse' || action === 'return', wide: action === 'file',
    before: h('div', null, h('p.dim', null, [className(item.class, item.className), item.address].filter(Boolean).join(' · ')), action === 'check' ? checkList(item) : null),
    fields: fieldsOf(action, item), submit: t(`caseAction.${action}`),
    send: async (values) => {
      /** @type {Record<string, any>} */
      const body = {};
      for (const [key, value] of Object.entries(values)) {
        if (value === '' || value === null || value === undefined) continue;
        body[key] = key === 'passed' ? value === 'true' : value instanceof File ? await upload(value) : value;
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
    send: (values) => api.post('/cases', { ...values, channel: street ? 'collector' : 'hotline', at: new Date().toISOString(), reporter: state.user.name, clientId: id }),
  });
  if (made?.number) toast(t('case.reported', { number: made.number }), 'good');
  return made;
}
