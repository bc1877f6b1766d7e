// Native dialogs, forms in them, and short notices.
import { h, fill, icon } from './dom.js';
import { t } from './i18n.js';
import { ApiError } from './api.js';

/**
 * @typedef {{
 *   name: string, label: string, type?: 'text'|'textarea'|'select'|'checkbox'|'password'|'number'|'radio'|'photo'|'custom',
 *   value?: any, options?: {value: string, label: string}[], required?: boolean, hint?: string, maxLength?: number,
 *   element?: HTMLElement & {read?: () => any}
 * }} Field
 */

/**
 * A notice that goes away by itself.
 * @param {string} text
 * @param {'info'|'good'|'bad'} [kind]
 */
export function toast(text, kind = 'info') {
  const box = document.getElementById('toasts');
  if (!box) return;
  const names = { info: 'info-circle', good: 'check-circle', bad: 'exclamation-triangle' };
  const note = h('div.toast', { data: { kind } }, icon(names[kind]), h('span', null, text));
  box.append(note);
  while (box.children.length > 4) box.firstElementChild?.remove();
  setTimeout(() => note.remove(), kind === 'bad' ? 9000 : 4500);
}

/** What a form can't be sent with, in words for the one who filled it in. */
export class Refusal extends Error {}

/** @param {unknown} error */
export const errorText = (error) => (error instanceof ApiError ? error.text : error instanceof Refusal ? error.message : t('error.other', { detail: String(error) }));
/** @param {unknown} error */
export const toastError = (error) => toast(errorText(error), 'bad');

/**
 * Opens a dialog with a body of its own.
 * @param {string} title @param {HTMLElement} body @param {{wide?: boolean, name?: string, onClose?: () => void}} [options]
 */
export function openDialog(title, body, options = {}) {
  const before = document.activeElement;
  const dialog = h('dialog', { class: options.wide ? 'wide' : '', data: { dialog: options.name ?? '' }, 'aria-label': title },
    h('header.dialog-head', null, h('h2', null, title),
      h('button.ghost.square', { type: 'button', 'aria-label': t('action.close'), onclick: () => dialog.close() }, icon('x-lg'))),
    body);
  dialog.addEventListener('close', () => {
    dialog.remove();
    options.onClose?.();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** @param {Field} field */
export function fieldRow(field) {
  const id = `f-${field.name}-${Math.floor(performance.now() * 1000)}`;
  /** @type {any} */
  let input;
  let read = () => input.value.trim();
  const common = { id, name: field.name, required: field.required ?? false };
  if (field.element) {
    input = field.element;
    if (!input.id) input.id = id;
    read = () => (field.element?.read ? field.element.read() : input.value);
  } else if (field.type === 'textarea') {
    input = h('textarea', { ...common, rows: 3, maxLength: field.maxLength ?? 1000, value: field.value ?? '' });
  } else if (field.type === 'select') {
    input = h('select', common, (field.options ?? []).map((o) => h('option', { value: o.value }, o.label)));
    if (field.value !== undefined && field.value !== null) input.value = field.value;
  } else if (field.type === 'radio') {
    input = h('div.radios', { id, role: 'radiogroup', 'aria-label': field.label }, (field.options ?? []).map((o) =>
      h('label.check', null, h('input', { type: 'radio', name: field.name, value: o.value, checked: o.value === field.value }), o.label)));
    read = () => input.querySelector('input:checked')?.value ?? '';
    input.focus = () => (input.querySelector('input:checked') ?? input.querySelector('input'))?.focus();
  } else if (field.type === 'checkbox') {
    const box = h('input', { ...common, type: 'checkbox', checked: Boolean(field.value), required: false });
    return { row: h('label.check', { for: id }, box, field.label), read: () => box.checked, input: box };
  } else {
    input = h('input', { ...common, type: field.type ?? 'text', maxLength: field.maxLength ?? 200, value: field.value ?? '', autocomplete: 'off', step: field.type === 'number' ? 'any' : undefined });
  }
  const row = h('div.field', null, h('label', { for: input.id }, field.label, field.required ? h('span.must', { 'aria-hidden': 'true' }, ' *') : null), input,
    field.hint ? h('p.hint', null, field.hint) : null);
  return { row, read, input };
}

/**
 * A form in a dialog; stays open with the error while `send` fails. Resolves with what `send` gave, or null when closed.
 * @param {{title: string, name?: string, before?: Node|null, fields: Field[], submit: string, danger?: boolean, wide?: boolean,
 *   send: (values: Record<string, any>) => Promise<any>}} form
 * @returns {Promise<any>}
 */
export function formDialog(form) {
  return new Promise((resolve) => {
    /** @type {any} */
    let result = null;
    const rows = form.fields.map((field) => ({ field, ...fieldRow(field) }));
    const error = h('p.form-error', { role: 'alert' });
    const submit = h('button', { type: 'submit', class: form.danger ? 'danger' : 'primary' }, form.submit);
    const body = h('form.dialog-body', { method: 'dialog', novalidate: true, onsubmit: async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      /** @type {Record<string, any>} */
      const values = {};
      for (const { field, read, input } of rows) {
        const value = read();
        if (field.required && (value === '' || value === null || value === undefined)) {
          fill(error, t('form.missing', { field: field.label }));
          input.focus?.();
          return;
        }
        values[field.name] = value;
      }
      submit.disabled = true;
      fill(error);
      try {
        result = (await form.send(values)) ?? true;
        dialog.close();
      } catch (problem) {
        fill(error, errorText(problem));
      } finally { submit.disabled = false; }
    } },
    form.before ?? null, rows.map((r) => r.row), error,
    h('div.dialog-foot', null, h('button', { type: 'button', onclick: () => dialog.close() }, t('action.cancel')), submit));
    const dialog = openDialog(form.title, body, { wide: form.wide, name: form.name, onClose: () => resolve(result) });
    (rows[0]?.input ?? submit).focus?.();
  });
}

/** @param {string} title @param {string} text @param {string} submit @param {() => Promise<any>} send */
export const confirmDialog = (title, text, submit, send) =>
  formDialog({ title, before: h('p', null, text), fields: [], submit, danger: true, send });
