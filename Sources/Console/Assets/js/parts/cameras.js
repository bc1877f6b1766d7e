// A camera's name wherever it stands, with what is wrong about its recording; and the choice of several.
import { add, fill, h, icon } from '../core/dom.js';
import { byName, full, t } from '../core/i18n.js';
import { cameraName, state } from '../core/store.js';
import { byWhom } from './marks.js';

/** All cameras in order of their names. */
export const sortedCameras = () => [...state.camera.values()].sort((a, b) => byName(a.name, b.name));

/**
 * Why a camera switched off is not recorded.
 * @param {any} camera
 */
export const pausedText = (camera) => camera.recording.bySite ? t('recording.bySite') : t('recording.pausedText', { by: byWhom(camera.recording.by) || '–', since: full(camera.recording.since), reason: camera.recording.reason || '–' });

/**
 * Marks of a camera whose recording is not as usual.
 * @param {any} camera
 */
export function recordingTags(camera) {
  return [
    camera?.recording?.paused ? h('span.tag', { data: { recording: 'paused' }, title: pausedText(camera) }, icon('pause-circle'), t('recording.paused')) : null,
    camera?.reason === 'quarantined' || camera?.quarantinedUntil ? h('span.tag', { data: { recording: 'quarantined' }, title: camera.quarantinedUntil ? t('recording.quarantinedUntil', { until: full(camera.quarantinedUntil) }) : undefined }, icon('shield-exclamation'), t('recording.quarantined'))
      : camera?.isolated ? h('span.tag', { data: { recording: 'isolated' }, title: t('recording.isolatedWhy') }, icon('shield'), t('recording.isolated')) : null,
  ];
}

/** @param {string} id */
export const cameraLabel = (id) => h('span.camera-label', null, h('span', null, cameraName(id)), recordingTags(state.camera.get(id)));

/**
 * A select of one camera or all.
 * @param {string} [chosen]
 */
export function cameraSelect(chosen) {
  const select = h('select', { 'aria-label': t('playback.camera'), data: { filter: 'camera' } }, h('option', { value: '' }, t('filter.allCameras')), sortedCameras().map((c) => h('option', { value: c.id }, c.name)));
  select.value = chosen ?? '';
  if (select.selectedIndex < 0) select.value = '';
  return select;
}

/**
 * Several cameras to be ticked, with a filter above; `read()` gives their ids.
 * @param {string[]} [chosen]
 */
export function cameraPicker(chosen = []) {
  const ticked = new Set(chosen);
  const filter = h('input', { type: 'search', placeholder: t('live.find'), 'aria-label': t('live.find'), autocomplete: 'off' });
  const list = h('div.pick-list', { role: 'group', 'aria-label': t('live.cameras') });
  const count = h('span.dim.small', { role: 'status' });
  const all = h('button.ghost', { type: 'button', onclick: () => {
    const shown = matching();
    const on = shown.some((c) => !ticked.has(c.id));
    for (const camera of shown) { if (on) ticked.add(camera.id); else ticked.delete(camera.id); }
    draw();
  } }, t('pick.all'));
  const matching = () => {
    const wanted = filter.value.trim().toLowerCase();
    return sortedCameras().filter((c) => [c.name, c.id, c.group].some((v) => String(v ?? '').toLowerCase().includes(wanted)));
  };
  const say = () => fill(count, t('pick.count', { n: ticked.size }));
  function draw() {
    fill(list);
    add(list, matching().map((c) => h('label.check', null, h('input', { type: 'checkbox', value: c.id, checked: ticked.has(c.id), onchange: (/** @type {any} */ event) => {
      if (event.target.checked) ticked.add(c.id); else ticked.delete(c.id);
      say();
    } }), c.name, recordingTags(c))));
    if (!list.children.length) add(list, [h('p.dim', null, t('live.noneFound'))]);
    say();
  }
  filter.addEventListener('input', draw);
  draw();
  return Object.assign(h('div.camera-picker', null, h('div.toolbar', null, h('div.grow', null, filter), all, count), list), { read: () => (ticked.size ? [...ticked] : ''), focus: () => filter.focus() });
}
