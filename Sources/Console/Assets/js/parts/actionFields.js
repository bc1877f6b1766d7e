// What each step of a case asks for, as fields of its dialog.
import { fill, h } from '../core/dom.js';
import { api } from '../core/api.js';
import { Refusal } from '../core/dialog.js';
import { t } from '../core/i18n.js';
import { serverNow, state, unitName } from '../core/store.js';
import { personOptions } from './people.js';
import { photoField } from './photo.js';
import { classPicker, positionFields } from './picture.js';
import { timeInput } from './spans.js';

/** @typedef {import('../core/dialog.js').Field} Field */

const DAY = 86_400_000;

/** @param {string|null} first the text for no unit @returns {{value: string, label: string}[]} */
const unitOptions = (first) => [
  ...(first === null ? [] : [{ value: '', label: first }]), ...state.site.units.map((/** @type {any} */ u) => ({ value: u.id, label: unitName(u.id) }))];

/**
 * Several units to tick; `read()` gives their ids, or null for none.
 * @param {string[]} ids
 */
function unitBoxes(ids) {
  const boxes = ids.map((id) => h('input', { type: 'checkbox', value: id }));
  return Object.assign(h('div.unit-boxes', { role: 'group' }, boxes.map((box) => h('label.check', null, box, unitName(box.value)))), {
    read: () => { const found = boxes.filter((box) => box.checked).map((box) => box.value); return found.length ? found : null; },
    focus: () => boxes[0]?.focus(),
  });
}

/**
 * A moment; `read()` gives it as the server takes it.
 * @param {number} ms @param {string} label
 */
function momentField(ms, label) {
  const input = timeInput(ms, label);
  const read = input.read;
  return Object.assign(input, { read: () => { const at = read(); return at === null ? null : new Date(at).toISOString(); } });
}

/**
 * Another case by its number, out of those that are near or that somebody types in.
 * @param {any} item
 */
function casePicker(item) {
  const list = h('datalist', { id: 'cases-near' }, (item.neighbours ?? []).map((/** @type {any} */ c) => h('option', { value: c.number }, c.address ?? '')));
  const input = h('input', { type: 'text', autocomplete: 'off', list: 'cases-near', maxLength: 40 });
  return Object.assign(h('div', null, input, list), { read: () => input.value.trim(), focus: () => input.focus() });
}

/**
 * The id of the case with this number.
 * @param {string} number
 */
export async function caseOf(number) {
  const found = (await api.get('/cases', { q: number, limit: 20 })).items.find((/** @type {any} */ c) => c.number === number);
  if (!found) throw new Refusal(t('case.noNumber', { number }));
  return found.id;
}

/**
 * The conditions of the class that is chosen, each with its limit.
 * @param {any} item @param {HTMLElement & {read: () => string}} classes
 */
function levelPicker(item, classes) {
  const select = h('select', { name: 'level' });
  const draw = () => {
    const found = state.site.classes.find((/** @type {any} */ c) => c.code === classes.read());
    fill(select, (found?.levels ?? []).map((/** @type {any} */ l) => h('option', { value: String(l.level), selected: found.code === item.class && l.level === item.level }, `${l.level} · ${l.name}`)));
  };
  for (const event of ['input', 'change', 'keyup', 'click']) classes.addEventListener(event, () => queueMicrotask(() => { if (select.dataset.of !== classes.read()) { select.dataset.of = classes.read(); draw(); } }));
  select.dataset.of = classes.read();
  draw();
  return Object.assign(select, { read: () => select.value });
}

/** @param {string} action @param {any} item @returns {Field[]} */
export function fieldsOf(action, item) {
  /** @type {Field} */
  const note = { name: 'note', label: t('field.note'), type: 'textarea', maxLength: 500 };
  /** @type {Field} */
  const said = { ...note, required: true };
  /** @type {Field} */
  const reason = { name: 'reason', label: t('field.reason'), type: 'textarea', required: true, maxLength: 500 };
  /** @type {Field} */
  const collector = { name: 'collector', label: t('case.collector'), type: 'select', value: '', options: [{ value: '', label: t('case.collectorHint') }, ...personOptions((role) => role === 'collector')] };
  const photo = (name = 'photo', label = t('case.photo'), required = false) => ({ name, label, required, element: photoField(label) });
  const units = (/** @type {string[]} */ ids) => ({ name: 'units', label: t('case.coUnits'), required: true, element: unitBoxes(ids) });
  /** @type {Field} */
  const passed = { name: 'passed', label: t('case.result'), type: 'radio', required: true, value: 'true', options: [{ value: 'true', label: t('case.passed') }, { value: 'false', label: t('case.notPassed') }] };
  const taking = (item.coUnits ?? []).map((/** @type {any} */ c) => c.unit);
  switch (action) {
    case 'file': {
      const classes = classPicker(item.class ?? undefined);
      return [
        { name: 'class', label: t('case.class'), required: true, element: classes },
        { name: 'level', label: t('case.level'), element: levelPicker(item, classes) },
        { name: 'position', label: t('case.position'), required: true, element: positionFields(item.position) },
        note,
      ];
    }
    case 'refuse': case 'return': case 'reopen': case 'void': case 'takeBack': case 'extend': return [reason];
    case 'dispatch': return [{ name: 'unit', label: t('case.unit'), type: 'select', value: item.unit ?? '', options: unitOptions(t('case.responsibleUnit')) }, note];
    case 'adjudicate': return [{ name: 'unit', label: t('case.unit'), type: 'select', required: true, value: item.unit ?? '', options: unitOptions(null) }, { ...reason, label: t('case.ruling') }];
    case 'handle': return [said, photo()];
    case 'check': case 'inspect': return [passed, said, photo()];
    case 'verify':
      return [{ ...passed, label: t('case.verifyResult'), options: [{ value: 'true', label: t('case.isThere') }, { value: 'false', label: t('case.isNotThere') }] }, said, photo()];
    case 'askVerification': return [collector, note];
    case 'askCheck': return [collector, { name: 'unit', label: t('case.checkUnit'), type: 'select', value: '', options: unitOptions(t('case.noCheckUnit')), hint: t('case.checkUnitHint') }, note];
    case 'merge': return [{ name: 'into', label: t('case.mergeInto'), required: true, element: casePicker(item), hint: t('case.mergeHint') }, note];
    case 'selfHandle': return [photo('photoBefore', t('case.photoBefore'), !(item.snapshots ?? []).length), photo('photo', t('case.photoAfter'), true), said];
    case 'suspend':
      return [reason, { name: 'owner', label: t('case.suspensionOwner'), required: true, type: 'select', value: item.suspension?.owner ?? item.unit ?? '', options: [...unitOptions(null), ...personOptions()] },
        { name: 'until', label: t('case.suspendedUntil'), required: true, element: momentField(item.suspension ? Date.parse(item.suspension.until) : serverNow() + 90 * DAY, t('case.suspendedUntil')) },
        { name: 'review', label: t('case.reviewAt'), required: true, element: momentField(serverNow() + 30 * DAY, t('case.reviewAt')) }];
    case 'announce': return [{ ...said, label: t('case.notice') }, photo()];
    case 'engage': return [units(state.site.units.map((/** @type {any} */ u) => u.id).filter((/** @type {string} */ id) => id !== item.unit)), note];
    case 'disengage': return [units(taking.filter((/** @type {string} */ id) => item.coUnits.find((/** @type {any} */ c) => c.unit === id).state !== 'handled')), note];
    case 'escalate': return [{ name: 'committee', label: t('case.committee'), required: true, maxLength: 100 }, reason];
    case 'handOver': return [{ name: 'centre', label: t('case.centre'), required: true, maxLength: 100 }, reason];
    case 'close': return [item.state === 'handedOver' ? { ...said, label: t('case.centreResult') } : note];
    case 'urge': return [said];
    default: return [note];
  }
}
