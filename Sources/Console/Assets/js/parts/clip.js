// A short recorded clip: fetched whole when asked for, so that it holds no connection while it stands there.
import { fill, h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { clipUrl, snapshotUrl } from '../core/api.js';
import { clock, codecName, full, t } from '../core/i18n.js';
import { link } from '../core/router.js';
import { cameraName, state } from '../core/store.js';
import { needsPictures } from '../media/live.js';
import { newExportDialog } from './exports.js';
import { holdRange } from './picture.js';

/**
 * What is done with a clip as evidence, for those who may.
 * @param {Clip} clip
 */
function evidenceButtons(clip) {
  const about = clip.about;
  if (!about) return null;
  return [
    may('post', '/holds') ? h('button', { type: 'button', data: { act: 'hold' }, onclick: () => void holdRange([clip.cameraId], clip.from, clip.to, about.title) }, icon('lock'), t('hold.set')) : null,
    may('post', '/exports') ? h('button', { type: 'button', data: { act: 'export' }, onclick: () => void newExportDialog({ cameraIds: [clip.cameraId], ranges: [{ from: clip.from, to: clip.to }], ...about }) }, icon('box-arrow-up'), t('clip.export')) : null,
  ];
}

/**
 * @typedef {{cameraId: string, from: number, to: number, poster?: string|null, url?: string, about?: {title: string, caseId?: string}}} Clip
 * `about`: what it is evidence of; with it, it can be held and exported from here.
 */

/** @param {Clip} clip */
export function clipPlayer(clip) {
  const url = clip.url ?? clipUrl(clip.cameraId, clip.from, clip.to);
  const video = h('video', { controls: true, playsInline: true, muted: true, hidden: true });
  video.setAttribute('playsinline', '');
  const poster = h('img', { alt: '', loading: 'lazy', src: clip.poster ?? snapshotUrl(clip.cameraId, clip.from + 10_000, 960) });
  poster.addEventListener('error', () => { poster.hidden = true; });
  const note = h('p.clip-note', { role: 'status' });
  const play = h('button.clip-play.primary', { type: 'button', 'aria-label': t('clip.play') }, icon('play-fill'), t('clip.play'));
  const screen = h('div.clip-screen', null, poster, video, play);
  const box = h('figure.clip', { data: { state: 'ready' } }, screen, note,
    h('figcaption', null, h('span', null, `${cameraName(clip.cameraId)} · ${full(clip.from)} – ${clock(clip.to)}`), h('span.grow'),
      h('a.button', { href: link('playback', null, { camera: clip.cameraId, at: new Date(clip.from).toISOString() }) }, icon('clock-history'), t('page.playback')),
      h('a.button', { href: url, download: '', data: { act: 'download' } }, icon('download'), t('playback.clip')),
      evidenceButtons(clip)));
  let blobUrl = '';
  /** Steps through recorded pictures where the browser can't decode the clip. */
  function pictures() {
    box.dataset.state = 'pictures';
    video.hidden = true;
    poster.hidden = false;
    play.hidden = true;
    fill(note, icon('image'), t('tile.picturesWhy', { codec: codecName(state.camera.get(clip.cameraId)?.codec) }));
    let at = clip.from;
    const timer = setInterval(() => {
      if (!box.isConnected) { clearInterval(timer); return; }
      at = at + 2000 > clip.to ? clip.from : at + 2000;
      poster.src = snapshotUrl(clip.cameraId, at, 960);
    }, 1000);
  }
  play.addEventListener('click', async () => {
    if (needsPictures(state.camera.get(clip.cameraId))) { pictures(); return; }
    box.dataset.state = 'loading';
    play.disabled = true;
    try {
      const response = await fetch(url, { credentials: 'same-origin' });
      if (!response.ok) {
        /** @type {any} */
        const problem = await response.json().catch(() => ({}));
        throw new Error(problem.code === 'nothingRecorded' ? t('error.nothingRecorded') : t('clip.failed'));
      }
      const blob = await response.blob();
      if (!box.isConnected) return;
      blobUrl = URL.createObjectURL(new Blob([blob], { type: 'video/mp4' }));
      video.src = blobUrl;
      video.hidden = false;
      poster.hidden = true;
      play.hidden = true;
      await video.play();
      box.dataset.state = 'playing';
    } catch (error) {
      if (video.error) { pictures(); return; }
      box.dataset.state = 'failed';
      play.disabled = false;
      fill(note, icon('exclamation-triangle'), error instanceof Error ? error.message : t('clip.failed'));
    }
  });
  video.addEventListener('error', () => { if (box.dataset.state !== 'pictures') pictures(); });
  return Object.assign(box, { release: () => { if (blobUrl) URL.revokeObjectURL(blobUrl); } });
}
