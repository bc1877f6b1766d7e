// A camera to be added: its stream is tried first, then the lines for the site file are put together.
import { fill, h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api, ApiError } from '../core/api.js';
import { t, word } from '../core/i18n.js';
import { errorText, fieldRow, openDialog, toast, toastError } from '../core/dialog.js';
import { state } from '../core/store.js';
import { probeFailure, probeReport } from './probe.js';

const TRANSPORTS = ['auto', 'tcp', 'udp', 'http', 'multicast', 'libav'];
const SLUG = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/**
 * Text as YAML takes it whatever it holds.
 * @param {string} text
 */
const quoted = (text) => JSON.stringify(text);

/**
 * An address with the password replaced by the name of a secret, so that none stands in the file.
 * @param {string} url @param {string} id
 */
function withoutPassword(url, id) {
  const hidden = url.replace(/^([a-z]+:\/\/[^/?#:@]*):([^/?#]*)@/i, (_all, front) => `${front}:\${secret:${id}}@`);
  return { text: hidden, secret: hidden === url ? null : id };
}

/** @param {Record<string, string>} values */
function siteLines(values) {
  const main = withoutPassword(values.url, values.id);
  const sub = withoutPassword(values.sub, values.id);
  const lines = [`  - id: ${values.id}`, `    name: ${quoted(values.name || values.id)}`, `    source: ${quoted(main.text)}`];
  if (values.sub) lines.push(`    sub: ${quoted(sub.text)}`);
  if (values.transport !== 'auto') lines.push(`    input: { transport: ${values.transport} }`);
  return { text: lines.join('\n') + '\n', secret: main.secret ?? sub.secret };
}

export const mayProbe = () => may('post', '/cameras/probe');

export function addCameraDialog() {
  const rows = [
    { name: 'url', label: t('probe.url'), required: true, maxLength: 2000, hint: t('probe.urlHint') },
    { name: 'sub', label: t('probe.sub'), maxLength: 2000, hint: t('probe.subHint') },
    { name: 'id', label: t('probe.id'), required: true, maxLength: 63, hint: t('probe.idHint') },
    { name: 'name', label: t('probe.name'), maxLength: 64 },
    { name: 'transport', label: t('probe.transport'), type: 'select', value: 'auto', options: TRANSPORTS.map((name) => ({ value: name, label: word('transport', name) })) },
  ].map((field) => ({ field, ...fieldRow(/** @type {any} */ (field)) }));
  const error = h('p.form-error', { role: 'alert' });
  const found = h('div.probe-found', { 'aria-live': 'polite' });
  const submit = h('button.primary', { type: 'submit', id: 'probe-start' }, icon('search'), t('probe.start1'));
  let isOpen = true;

  /** @param {string} title @param {string} url @param {Record<string, string>} values @param {boolean} isMain */
  async function tried(title, url, values, isMain) {
    try {
      return probeReport(title, await api.post('/cameras/probe', { url, transport: values.transport, hasSub: !isMain || Boolean(values.sub) }));
    } catch (problem) {
      if (problem instanceof ApiError && problem.code === 'probeFailed') return h('section.probe', { data: { probe: 'failed' } }, h('h3', null, title), probeFailure(problem));
      throw problem;
    }
  }

  /** @param {Record<string, string>} values */
  function lines(values) {
    const { text, secret } = siteLines(values);
    return h('section', null, h('h3', null, t('probe.lines')), h('pre.mono.snippet', { id: 'probe-lines' }, text),
      h('p.hint', null, t('probe.linesHint')), secret ? h('p.hint', null, t('probe.secret'), ' ', h('code', null, `gridwatch secret set ${secret} --data …`)) : null,
      h('button', { type: 'button', onclick: () => navigator.clipboard.writeText(text).then(() => toast(t('probe.copied'), 'good'), toastError) }, icon('clipboard'), t('probe.copy')));
  }

  const body = h('form.dialog-body', { method: 'dialog', novalidate: true, onsubmit: async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const values = Object.fromEntries(rows.map(({ field, read }) => [field.name, String(read())]));
    const missing = rows.find(({ field }) => field.required && !values[field.name]);
    fill(error);
    if (missing) return void fill(error, t('form.missing', { field: missing.field.label }));
    if (!SLUG.test(values.id)) return void fill(error, t('probe.badId'));
    if (state.camera.has(values.id)) return void fill(error, t('probe.takenId'));
    submit.disabled = true;
    fill(found, h('p', { role: 'status' }, h('progress'), ' ', t('probe.running')));
    try {
      const reports = [await tried(t('probe.main'), values.url, values, true)];
      if (values.sub && isOpen) reports.push(await tried(t('probe.subStream'), values.sub, values, false));
      fill(found, reports, lines(values));
    } catch (problem) {
      fill(found);
      fill(error, errorText(problem));
    } finally { submit.disabled = false; }
  } }, rows.map((row) => row.row), error, found,
  h('div.dialog-foot', null, h('button', { type: 'button', onclick: () => dialog.close() }, t('action.close')), submit));
  const dialog = openDialog(t('probe.title'), body, { wide: true, name: 'add-camera', onClose: () => { isOpen = false; } });
  rows[0].input.focus();
}
