// Recording of a camera switched off and on again, by the administrator and with a reason.
import { h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api } from '../core/api.js';
import { t } from '../core/i18n.js';
import { formDialog, toast } from '../core/dialog.js';
import { apply } from '../core/store.js';
import { pausedText } from './cameras.js';

export const mayPause = () => may('post', '/cameras/{id}/recording');

/** @param {any} camera */
export async function pauseDialog(camera) {
  const paused = Boolean(camera.recording?.paused);
  const done = await formDialog({
    title: `${t(paused ? 'recording.resume' : 'recording.pause')} · ${camera.name}`, name: 'recording', danger: !paused, submit: t(paused ? 'recording.resume' : 'recording.pause'),
    before: h('p', null, paused ? pausedText(camera) : t('recording.pauseText')),
    fields: [{ name: 'reason', label: t('field.reason'), required: true, maxLength: 500 }],
    send: (values) => api.post(`/cameras/${encodeURIComponent(camera.id)}/recording`, { paused: !paused, reason: values.reason }),
  });
  if (!done) return;
  if (done.id === camera.id) apply('camera', done);
  toast(t(paused ? 'recording.resumedNow' : 'recording.pausedNow', { name: camera.name }), 'good');
}

/** @param {any} camera */
export function pauseButton(camera) {
  if (!mayPause() || camera.recording?.bySite) return null;
  const paused = Boolean(camera.recording?.paused);
  return h('button', { type: 'button', class: paused ? 'primary' : '', data: { act: paused ? 'resume' : 'pause' }, onclick: () => pauseDialog(camera) }, icon(paused ? 'record-circle' : 'pause-circle'), t(paused ? 'recording.resume' : 'recording.pause'));
}
