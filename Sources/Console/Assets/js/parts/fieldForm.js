// The forms of a collector's phone: report, verify, check, put right; large controls, everything kept before it is sent.
import { fill, h, icon } from '../core/dom.js';
import { t, word } from '../core/i18n.js';
import { toast } from '../core/dialog.js';
import { post } from '../core/outbox.js';
import { className } from '../core/store.js';
import { classPicker, clientId, positionFields } from './picture.js';

/** The server takes no larger picture. */
const LARGEST = 10 << 20;
const LONGEST_VOICE = 60_000;

/** @param {File} file made smaller only where it is too large to be taken */
async function fitting(file) {
  if (file.size <= LARGEST) return file;
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return file;
  const scale = Math.min(1, 3000 / Math.max(bitmap.width, bitmap.height));
  const canvas = h('canvas');
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((resolve) => canvas.toBlob((/** @type {Blob|null} */ blob) => resolve(blob ?? file), 'image/jpeg', 0.9));
}

/**
 * Photos as they were taken.
 * @param {string} label
 * @param {number} most
 * @param {string} [name] tells several of a form apart
 */
export function photosField(label, most, name = 'photos') {
  /** @type {Blob[]} */ const taken = [];
  const shown = h('div.field-photos');
  const input = h('input.visually-hidden', { type: 'file', accept: 'image/*', capture: 'environment', multiple: most > 1, 'aria-label': label, onchange: async () => {
    for (const file of input.files ?? []) if (taken.length < most) taken.push(await fitting(file)); else if (most === 1) taken[0] = await fitting(file);
    input.value = '';
    draw();
  } });
  const draw = () => fill(shown, taken.map((blob, i) => {
    const url = URL.createObjectURL(blob);
    return h('button.photo-chip', { type: 'button', 'aria-label': t('field.removePhoto'), title: t('field.removePhoto'), onclick: () => { taken.splice(i, 1); draw(); } }, h('img', { src: url, alt: label, onload: () => URL.revokeObjectURL(url) }), icon('x-lg'));
  }));
  return { element: h('div.field-block', { data: { photos: name } }, h('label.button.big', null, icon('camera'), label, input), shown), read: () => taken };
}

/** A voice note of at most a minute: recorded here, or by the phone's own recorder where the page may not. */
export function voiceField() {
  /** @type {Blob|null} */ let note = null;
  /** @type {any} */ let recorder = null;
  const state = h('span.dim', { role: 'status' });
  const shown = h('div');
  const take = (/** @type {Blob|null} */ blob) => {
    note = blob;
    fill(shown, blob ? [h('audio', { controls: true, src: URL.createObjectURL(blob) }), h('button', { type: 'button', 'aria-label': t('action.delete'), onclick: () => take(null) }, icon('trash'))] : null);
  };
  const mayRecord = 'MediaRecorder' in window && Boolean(navigator.mediaDevices) && window.isSecureContext;
  const button = h('button.big', { type: 'button', 'aria-pressed': 'false', onclick: async () => {
    if (recorder) { recorder.stop(); return; }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      /** @type {Blob[]} */ const parts = [];
      recorder = new MediaRecorder(stream, MediaRecorder.isTypeSupported('audio/webm') ? { mimeType: 'audio/webm' } : {});
      const end = setTimeout(() => recorder?.stop(), LONGEST_VOICE);
      recorder.ondataavailable = (/** @type {any} */ event) => parts.push(event.data);
      recorder.onstop = () => {
        clearTimeout(end);
        for (const track of stream.getTracks()) track.stop();
        take(new Blob(parts, { type: String(recorder.mimeType).split(';')[0] }));
        recorder = null;
        button.setAttribute('aria-pressed', 'false');
        fill(state);
      };
      recorder.start();
      button.setAttribute('aria-pressed', 'true');
      fill(state, t('field.recording'));
    } catch { toast(t('field.noMicrophone'), 'bad'); }
  } }, icon('mic'), t('report.voice'));
  const input = h('input.visually-hidden', { type: 'file', accept: 'audio/*', capture: 'user', 'aria-label': t('report.voice'), onchange: () => take(input.files?.[0] ?? null) });
  return { element: h('div.field-block', null, mayRecord ? button : h('label.button.big', null, icon('mic'), t('report.voice'), input), state, shown), read: () => note };
}

/**
 * Whether two photos are one: the server takes no such pair.
 * @param {Blob} one @param {Blob} other
 */
async function isSame(one, other) {
  if (one.size !== other.size) return false;
  const [a, b] = (await Promise.all([one.arrayBuffer(), other.arrayBuffer()])).map((buffer) => new Uint8Array(buffer));
  return a.every((byte, i) => byte === b[i]);
}

/** @param {HTMLElement} root @param {() => {lat: number, lon: number}|null} here @param {() => void} done */
export function reportForm(root, here, done) {
  const classes = classPicker();
  const position = positionFields(here());
  const address = h('input', { type: 'text', maxLength: 200, 'aria-label': t('case.address'), placeholder: t('case.address') });
  const text = h('textarea', { rows: 3, maxLength: 500, 'aria-label': t('case.description'), placeholder: t('case.description') });
  const photos = photosField(t('case.photo'), 5);
  const voice = voiceField();
  const after = photosField(t('case.photoAfter'), 1, 'after');
  after.element.hidden = true;
  const isDone = h('input', { type: 'checkbox', id: 'field-put-right', onchange: () => { after.element.hidden = !isDone.checked; } });
  const error = h('p.form-error', { role: 'alert' });
  fill(root, h('form.field-form', { novalidate: true, onsubmit: async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!classes.read()) { fill(error, t('form.missing', { field: t('case.class') })); return; }
    if (photos.read().length === 0) { fill(error, t('form.missing', { field: t('case.photo') })); return; }
    const note = voice.read();
    const [result] = after.read();
    if (isDone.checked) {
      if (!result) { fill(error, t('form.missing', { field: t('case.photoAfter') })); return; }
      if (!text.value.trim()) { fill(error, t('form.missing', { field: t('case.description') })); return; }
      if (await isSame(photos.read()[0], result)) { fill(error, t('field.samePhotos')); return; }
    }
    await post({
      id: clientId(), kind: 'report', title: className(classes.read()), path: '/reports',
      ...(isDone.checked ? { follow: { title: `${className(classes.read())} · ${t('caseAction.selfHandle')}`, action: 'selfHandle', body: { note: text.value.trim() }, files: [{ field: 'photo', many: false, blob: result }] } } : {}),
      body: { class: classes.read(), position: position.read(), address: address.value.trim() || null, description: text.value.trim() || null, channel: 'collector' },
      files: [...photos.read().map((blob) => ({ field: 'photos', many: true, blob })), ...(note ? [{ field: 'voices', many: true, blob: note }] : [])],
    });
    toast(t('field.kept'), 'good');
    done();
  } },
  h('label.field-label', null, t('case.class'), classes), photos.element, voice.element, h('div.field-label', null, t('case.position'), position), address, text, h('label.check.big', null, isDone, t('field.putRight')), after.element, error,
  h('button.primary.big.wide', { type: 'submit', id: 'field-send' }, icon('send'), t('case.report'))));
}

/**
 * Verifying a report or checking a result, with the points that the class asks to look at; a small thing is put right.
 * @param {HTMLElement} root @param {any} task @param {(sent: boolean) => void} done
 */
export function taskForm(root, task, done) {
  const item = task.case;
  const action = task.kind;
  const boxes = (task.checkList ?? []).map((/** @type {string} */ point) => ({ point, box: h('input', { type: 'checkbox' }) }));
  const note = h('textarea', { rows: 3, maxLength: 500, 'aria-label': t('field.note'), placeholder: t('field.note') });
  const photos = photosField(t('case.photo'), 1);
  const error = h('p.form-error', { role: 'alert' });
  /** @param {boolean} passed */
  const send = async (passed) => {
    const points = boxes.map((/** @type {any} */ b) => `${b.box.checked ? '✓' : '✗'} ${b.point}`).join('\n');
    const text = [note.value.trim(), points].filter(Boolean).join('\n');
    if (!note.value.trim()) { fill(error, t('form.missing', { field: t('field.note') })); return; }
    await post({
      id: clientId(), kind: 'action', title: `${item.number} · ${t(`caseAction.${action}`)}`, path: `/cases/${encodeURIComponent(item.id)}/actions/${action}`,
      // Of the case as it was seen: what somebody has done meanwhile refuses it.
      body: { passed, note: text, ifSeq: task.seq }, files: photos.read().map((blob) => ({ field: 'photo', many: false, blob })),
    });
    toast(t('field.kept'), 'good');
    done(true);
  };
  const before = photosField(t('case.photoBefore'), 1, 'before');
  const after = photosField(t('case.photoAfter'), 1, 'after');
  const putRight = async () => {
    const [[was], [is]] = [before.read(), after.read()];
    const missing = !was ? 'case.photoBefore' : !is ? 'case.photoAfter' : !note.value.trim() ? 'field.note' : null;
    if (missing) { fill(error, t('form.missing', { field: t(missing) })); return; }
    if (await isSame(was, is)) { fill(error, t('field.samePhotos')); return; }
    await post({
      id: clientId(), kind: 'action', title: `${item.number} · ${t('caseAction.selfHandle')}`, path: `/cases/${encodeURIComponent(item.id)}/actions/selfHandle`,
      body: { note: note.value.trim(), ifSeq: task.seq }, files: [{ field: 'photoBefore', many: false, blob: was }, { field: 'photo', many: false, blob: is }],
    });
    toast(t('field.kept'), 'good');
    done(true);
  };
  const judged = action !== 'selfHandle';
  const self = (item.actions ?? []).includes('selfHandle') ? h('details.field-self', { open: !judged }, h('summary.big', null, t('caseAction.selfHandle')), before.element, after.element,
    h('button.primary.big.wide', { type: 'button', id: 'field-self', onclick: putRight }, icon('hand-index'), t('field.putRight'))) : null;
  fill(root, h('section.field-form', { data: { task: item.id } },
    h('div.toolbar', null, h('button.ghost.square.big', { type: 'button', 'aria-label': t('action.back'), onclick: () => done(false) }, icon('arrow-left')), h('h2', null, className(item.class, item.className))),
    h('p.mono.dim', null, item.number), h('p', null, item.address || item.cell || ''), item.description ? h('p', null, item.description) : null,
    h('div.pictures', null, (item.snapshots ?? []).map((/** @type {string} */ url) => h('a', { href: url, target: '_blank', rel: 'noopener' }, h('img', { src: url, alt: t('alarms.snapshot'), loading: 'lazy' })))),
    boxes.length ? h('fieldset.check-list', null, h('legend', null, t('case.checkList')), boxes.map((/** @type {any} */ b) => h('label.check.big', null, b.box, b.point))) : null,
    judged ? photos.element : null, note, error,
    judged ? h('div.field-answer', null, h('button.big', { type: 'button', id: 'field-no', onclick: () => send(false) }, icon('x-octagon'), word('fieldNo', action)), h('button.primary.big', { type: 'button', id: 'field-yes', onclick: () => send(true) }, icon('check2-circle'), word('fieldYes', action))) : null, self));
}
