// Exports: clips and dossiers made by the server; asked for here, watched, taken along.
import { add, fill, h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api, iso } from '../core/api.js';
import { clock, full, moment, number, size, span, t, word } from '../core/i18n.js';
import { confirmDialog, formDialog, openDialog, toast, toastError } from '../core/dialog.js';
import { link } from '../core/router.js';
import { cameraName, isRole, serverNow, state } from '../core/store.js';
import { cameraPicker } from './cameras.js';
import { gapList } from './holds.js';
import { byWhom } from './marks.js';
import { rangeFields } from './spans.js';

/** @typedef {import('./spans.js').Range} Range */

export const isRunning = (/** @type {any} */ job) => job.state === 'queued' || job.state === 'running';
const SHAPES = { queued: '◌', running: '◐', done: '●', failed: '▲', cancelled: '○' };
/** @param {string} path */
const whole = (path) => (path.startsWith('/api/') ? path : `/api/v1${path}`);
/** @param {any} job */
export const fileUrl = (job) => whole(job.url ?? `/exports/${encodeURIComponent(job.id)}/file`);

/**
 * Asks for an export of several cameras and ranges. Resolves with the job, or null.
 * @param {{cameraIds?: string[], ranges?: Range[], title?: string, format?: 'clip'|'dossier', caseId?: string}} [given] with a case's id the export belongs to it and holds its facts
 */
export function newExportDialog(given = {}) {
  const cameras = cameraPicker(given.cameraIds);
  const ranges = rangeFields(given.ranges ?? [], { several: true });
  return formDialog({
    title: t('export.new'), name: 'export', wide: true, submit: t('export.start'),
    fields: [
      { name: 'title', label: t('bookmark.title'), required: true, value: given.title ?? '', maxLength: 200 },
      { name: 'cameras', label: t('live.cameras'), required: true, element: cameras },
      { name: 'ranges', label: t('export.ranges'), required: true, element: ranges },
      { name: 'format', label: t('export.format'), type: 'radio', required: true, value: given.format ?? 'dossier', options: ['dossier', 'clip'].map((f) => ({ value: f, label: t(`exportFormat.${f}`) })), hint: t('export.formatHint') },
      { name: 'audio', label: t('export.audio'), type: 'checkbox', value: true },
      { name: 'note', label: t('field.note'), type: 'textarea', maxLength: 2000 },
    ],
    send: async (values) => {
      const items = values.cameras.flatMap((/** @type {string} */ cameraId) => ranges.ranges().map((/** @type {Range} */ r) => ({ cameraId, from: iso(r.from), to: iso(r.to) })));
      const made = await api.post('/exports', { title: values.title, format: values.format, items, audio: values.audio, ...(values.note ? { note: values.note } : {}), ...(given.caseId ? { caseId: given.caseId } : {}) });
      toast(t('export.started'), 'good');
      return made;
    },
  });
}

/**
 * How far it is, as a bar and in words; updated in place so that a screen reader keeps its place.
 * @param {any} job
 */
export function progressOf(job) {
  const share = Math.max(0, Math.min(1, job.progress ?? 0));
  return h('div.export-progress', null, h('progress', { max: 1, value: share, 'aria-label': t('export.progress') }), h('span.mono', null, `${number(share * 100, 0)} %`));
}

/** @param {any} job */
export const exportTag = (job) => h('span.tag', { data: { export: job.state } }, `${SHAPES[/** @type {'done'} */ (job.state)] ?? '○'} ${word('exportState', job.state)}`);

/** @param {any} job */
function expiryText(job) {
  if (!job.expiresAt || isRunning(job)) return null;
  const left = Date.parse(job.expiresAt) - serverNow();
  return h('span', { class: left < 86_400_000 ? 'warn' : 'dim', title: full(job.expiresAt) }, left > 0 ? t('export.expires', { span: span(left) }) : t('export.expired'));
}

/** @param {any} item */
function itemRow(item) {
  const delivered = item.delivered ?? [];
  return h('li', null, h('div', null, h('b', null, cameraName(item.cameraId)), ' ', h('a.mono', { href: link('playback', null, { camera: item.cameraId, at: item.from }) }, `${full(item.from)} – ${full(item.to).slice(11)}`), h('span.dim', null, ` ${span(Date.parse(item.to) - Date.parse(item.from))}`)),
    delivered.length ? h('div.small.dim', null, t('export.delivered'), ' ', h('span.mono', null, delivered.slice(0, 20).map((/** @type {any} */ d) => `${clock(d.from)} – ${clock(d.to)}`).join(', ')), delivered.length > 20 ? ` … (${delivered.length})` : null) : null,
    h('div.small.dim.mono', null, (item.clips ?? (item.file ? [item.file] : [])).slice(0, 20).join(', ')),
    gapList(item.gaps));
}

/**
 * The link for programs that go on where they were cut off.
 * @param {any} job
 */
function linkDialog(job) {
  const address = new URL(fileUrl(job), location.href).href;
  const field = h('input.mono', { type: 'text', readOnly: true, value: address, 'aria-label': t('export.link'), onfocus: (/** @type {any} */ e) => e.target.select() });
  openDialog(t('export.link'), h('div.dialog-body', null, h('p', null, t('export.linkHint')), field,
    h('pre.command', { tabindex: '0' }, `curl -fL -C - -OJ -H "Authorization: Bearer $TOKEN" '${address}'`),
    job.sha256 ? h('p.small', null, 'SHA-256 ', h('code.hash', null, job.sha256)) : null), { wide: true, name: 'export-link' });
  field.focus();
}

/** @param {any} job */
function filesOf(job) {
  const files = job.files ?? [];
  if (files.length === 0) return null;
  return h('details.export-files', null, h('summary', null, t('export.files', { n: files.length })), h('ul', null, files.map((/** @type {any} */ file) =>
    h('li', null, file.url ? h('a', { href: whole(file.url), download: '', data: { file: file.name } }, icon('download'), ' ', h('span.mono', null, file.name)) : h('span.mono', null, file.name), h('span.dim', null, ` ${size(file.bytes)}`)))));
}

/**
 * One job.
 * @param {any} job
 * @param {{removed?: (id: string) => void, inCase?: boolean}} doing
 */
export function exportCard(job, doing) {
  const own = job.by === state.user.name || isRole('admin');
  const at = `/exports/${encodeURIComponent(job.id)}`;
  const items = job.items ?? [];
  const tools = h('div.button-row', null);
  if (job.state === 'done' && may('get', '/exports/{id}/file')) {
    add(tools, [h('a.button.primary', { href: fileUrl(job), download: '', data: { act: 'download' } }, icon('download'), t('export.download'), ` ${size(job.bytes)}`),
      h('button', { type: 'button', data: { act: 'link' }, onclick: () => linkDialog(job) }, icon('link-45deg'), t('export.link'))]);
  }
  if (isRunning(job) && own && may('post', '/exports/{id}/cancel')) {
    add(tools, [h('button', { type: 'button', data: { act: 'cancel' }, onclick: () => api.post(`${at}/cancel`).catch(toastError) }, icon('x-octagon'), t('export.cancel'))]);
  }
  if (!isRunning(job) && own && may('delete', '/exports/{id}')) {
    add(tools, [h('button', { type: 'button', data: { act: 'delete' }, onclick: async () => {
      if (await confirmDialog(t('action.delete'), t('export.deleteText', { title: job.title }), t('action.delete'), () => api.delete(at))) doing.removed?.(job.id);
    } }, icon('trash'), t('action.delete'))]);
  }
  const gaps = items.reduce((/** @type {number} */ n, /** @type {any} */ i) => n + (i.gaps?.length ?? 0), 0);
  return h('article.panel.export', { data: { export: job.id, state: job.state } },
    h('header.export-head', null, exportTag(job), h('h3', null, job.title || job.id), h('span.tag', null, word('exportFormat', job.format)), h('span.grow'), expiryText(job)),
    h('p.dim.small', null, [byWhom(job.by), moment(job.createdAt), job.finishedAt ? t('export.took', { span: span(Date.parse(job.finishedAt) - Date.parse(job.createdAt)) }) : null].filter(Boolean).join(' · '), job.caseId && !doing.inCase ? [' · ', h('a', { href: link('cases', job.caseId) }, t('hold.case'))] : null),
    isRunning(job) ? progressOf(job) : null,
    job.error ? h('p.form-error', null, '▲ ', word('exportError', job.error), job.errorDetail ? h('span.dim.small', null, ` (${job.errorDetail})`) : null) : null,
    job.note ? h('p', null, job.note) : null,
    items.length === 0 ? null : h('details', { open: items.length === 1 }, h('summary', null, t('export.items', { n: items.length }), gaps ? h('span.warn', null, ` · ${t('export.gaps', { n: gaps })}`) : null), h('ul.export-items', null, items.slice(0, 200).map(itemRow))),
    filesOf(job), job.sha256 ? h('p.small.dim', null, 'SHA-256 ', h('code.hash', null, job.sha256)) : null, tools.children.length ? tools : null);
}

/**
 * A list of jobs that stays true: by the stream, and by asking for the running ones where no change was heard.
 * @param {import('../shell.js').Context} context
 * @param {{wanted?: (job: any) => boolean, none: () => any, inCase?: boolean}} options
 */
export function exportList(context, options) {
  /** @type {Map<string, {job: any, element: HTMLElement, heard: number}>} */
  const shown = new Map();
  const box = h('div.export-list');
  const note = h('div');
  const doing = { inCase: options.inCase, removed: (/** @type {string} */ id) => { shown.get(id)?.element.remove(); shown.delete(id); tell(); } };
  const tell = () => fill(note, shown.size === 0 ? options.none() : null);
  /** @param {any} job @param {boolean} [last] puts a new one at the end */
  function take(job, last) {
    if (!job?.id || (options.wanted && !options.wanted(job))) return;
    const found = shown.get(job.id);
    if (job.deletedAt || job.state === 'deleted') { doing.removed(job.id); return; }
    if (found && isRunning(job) && found.job.state === job.state) {
      const old = found.element.querySelector('.export-progress');
      if (old) {
        const share = Math.max(0, Math.min(1, job.progress ?? 0));
        /** @type {HTMLProgressElement} */ (old.querySelector('progress')).value = share;
        fill(/** @type {Element} */ (old.querySelector('span')), `${number(share * 100, 0)} %`);
      }
      Object.assign(found, { job, heard: Date.now() });
      return;
    }
    const element = exportCard(job, doing);
    if (found) {
      const focus = /** @type {HTMLElement|null} */ (document.activeElement)?.closest('[data-act]')?.getAttribute('data-act');
      found.element.replaceWith(element);
      if (focus && found.element !== element) /** @type {HTMLElement|null} */ (element.querySelector('[data-act]'))?.focus();
    } else if (last) box.append(element);
    else box.prepend(element);
    shown.set(job.id, { job, element, heard: Date.now() });
    tell();
  }
  async function load() {
    const jobs = (await api.all('/exports')).filter((/** @type {any} */ job) => !options.wanted || options.wanted(job));
    shown.clear();
    fill(box);
    for (const job of jobs) take(job, true);
    tell();
    return jobs;
  }
  context.on('export', take);
  context.every(3000, () => {
    for (const { job, heard } of shown.values()) {
      if (isRunning(job) && Date.now() - heard > 3000) void api.get(`/exports/${encodeURIComponent(job.id)}`).then(take).catch(() => null);
    }
  });
  return { element: h('div', null, box, note), load, take };
}
