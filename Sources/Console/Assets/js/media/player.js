// One camera of a playback: its picture by whatever way shows it, and in words why there is none.
import { fill, h, icon } from '../core/dom.js';
import { full, moment, t, word } from '../core/i18n.js';
import { on, serverNow, state } from '../core/store.js';
import { codecBadge, codecChoice, transcodeLimit } from '../parts/codec.js';
import { gapAt, lengthOf, noLanes } from '../parts/lanes.js';
import { needsPictures } from './live.js';
import { VideoTrack } from './playback.js';
import { KeyTrack, PictureTrack } from './steps.js';

/** Ms after which a refused transcoding is asked for again. */
const ASK_AGAIN = 60_000;
/** Ms of waiting before it is said. */
const SAY_LOADING = 500;

/** @typedef {'video'|'keys'|'transcoded'|'pictures'} Way */
/** @typedef {VideoTrack|KeyTrack|PictureTrack} Track */
/** @typedef {'loading'|'ready'|'gap'|'failed'|'unsupported'|'busy'} PlayerState */

export class RecordedPicture {
  /** @type {Track|null} */ #track = null;
  /**
   * The way before, whose picture stands until the new one is there.
   * @type {Track|null}
   */
  #old = null;
  /** @type {Way|null} */ #way = null;
  #undecodable = false;
  #busyUntil = 0;
  #limit = 0;
  #drawn = '';
  /** @type {number|null} */ #previewAt = null;
  /** @type {number|null} */ #volume = null;
  #off;
  loadingSince = performance.now();
  /** @type {PlayerState} */ state = 'loading';
  /** What is known of the recording around the moment. */
  lanes = noLanes();

  /** @param {string} camera @param {() => void} changed */
  constructor(camera, changed) {
    this.camera = camera;
    this.changed = changed;
    this.screen = h('div.player-screen');
    this.cover = h('div.tile-cover', { hidden: true });
    this.badge = h('div.tile-badge', { hidden: true });
    this.stamp = h('div.player-stamp');
    this.preview = h('img.player-preview', { alt: '', hidden: true });
    this.element = h('div.player-tile', { data: { camera, state: 'loading' }, role: 'group', 'aria-label': this.name }, this.screen, this.preview, this.cover, this.badge, this.stamp);
    this.#off = on('session', () => { this.#busyUntil = 0; });
  }

  close() {
    this.#off();
    this.#track?.close();
    this.#old?.close();
    this.element.remove();
  }

  get name() { return state.camera.get(this.camera)?.name ?? this.camera; }
  get way() { return this.#way; }
  /** Wall ms of the picture. */
  get at() { return this.#track?.at ?? 0; }
  /** One frame, ms. */
  get frame() { return (this.#track?.frame ?? 0.04) * 1000; }
  /**
   * The moment of the frame before or after the one that is seen: its middle, so that a frame is never passed or met twice.
   * @param {number} at the clock's moment @param {number} direction
   */
  frameFrom(at, direction) {
    const start = this.#track instanceof VideoTrack ? this.#track.frameAt : null;
    const inside = start !== null && at > start - 0.1 * this.frame && at < start + 1.1 * this.frame;
    return inside ? start + (direction > 0 ? 1.5 : -0.5) * this.frame : at + direction * this.frame;
  }
  get hasSound() { return Boolean(this.#track?.hasSound); }
  /**
   * The element whose picture is seen, or null.
   * @returns {HTMLVideoElement|HTMLImageElement|null}
   */
  get seen() {
    if (this.state === 'gap') return null;
    const track = this.#track?.visible ? this.#track : this.#old;
    return track?.visible ? /** @type {any} */ (track.element) : null;
  }

  /** @param {number|null} volume 0 to 1; null takes no sound at all */
  setVolume(volume) {
    const before = this.#volume !== null;
    this.#volume = volume;
    if (before !== (volume !== null) && this.#track instanceof VideoTrack) {
      this.#track.form.audio = volume !== null;
      this.#track.again();
    }
    if (volume !== null) this.#track?.setVolume(volume);
  }

  /** @param {number} rate @param {number} others cameras beside this one @returns {Way} */
  #wayFor(rate, others) {
    const byKeys = rate < 0 || rate >= 8 || (rate >= 4 && others >= 3);
    if (!this.#undecodable && !needsPictures(state.camera.get(this.camera))) return byKeys ? 'keys' : 'video';
    if (byKeys || transcodeLimit() === 0 || codecChoice() === 'pictures' || performance.now() < this.#busyUntil) return 'pictures';
    return codecChoice() === 'auto' && others >= transcodeLimit() ? 'pictures' : 'transcoded';
  }

  /** @param {import('./playback.js').Following} clock @param {number} others @returns {PlayerState} */
  follow(clock, others) {
    const way = this.#wayFor(clock.rate, others);
    if (way !== this.#way) this.#take(way);
    const track = /** @type {Track} */ (this.#track);
    let told = track.follow(clock);
    if (told === 'unsupported') { this.#undecodable = true; told = 'loading'; }
    if (told === 'busy') {
      this.#limit = track.limit;
      this.#busyUntil = performance.now() + ASK_AGAIN;
      told = 'loading';
    }
    if (this.#volume !== null) track.setVolume(this.#volume);
    const gap = gapAt(this.lanes, clock.at);
    const shown = gap && told !== 'failed' ? 'gap' : told;
    if (shown === 'loading' && this.state !== 'loading') this.loadingSince = performance.now();
    this.state = shown;
    this.#show(track);
    this.#draw(clock.at, gap);
    return shown;
  }

  /** @param {Way} way */
  #take(way) {
    this.#old?.close();
    this.#old = this.#track;
    this.#way = way;
    const changed = () => this.changed();
    const pixels = Math.round(Math.max(320, this.element.clientWidth || 640) * Math.min(2, window.devicePixelRatio || 1));
    const width = Math.min(1920, Math.ceil(pixels / 160) * 160);
    if (way === 'keys') this.#track = new KeyTrack(this.camera, changed);
    else if (way === 'pictures') this.#track = new PictureTrack(this.camera, Math.min(1280, width), changed);
    else this.#track = new VideoTrack(this.camera, { codec: way === 'transcoded' ? 'h264' : undefined, width, audio: this.#volume !== null }, changed);
    this.screen.append(this.#track.element);
    this.element.dataset.way = way;
    this.loadingSince = performance.now();
    this.#drawn = '';
  }

  /** @param {Track} track */
  #show(track) {
    const there = track.visible || this.state === 'gap';
    if (there && this.#old) { this.#old.close(); this.#old = null; }
    const hidden = this.state === 'gap' || !track.visible;
    if (track.element.hidden !== hidden) track.element.hidden = hidden;
  }

  /** @param {number} at @param {import('../parts/lanes.js').Gap|null} gap */
  #draw(at, gap) {
    const waits = this.state === 'loading' && performance.now() - this.loadingSince > SAY_LOADING;
    const atEnd = waits && at > serverNow() - 6000;
    const shown = atEnd ? 'atEnd' : this.state === 'loading' && !waits && this.seen ? 'ready' : this.state;
    const busy = performance.now() < this.#busyUntil;
    if (this.element.dataset.state !== shown) this.element.dataset.state = shown;
    this.element.dataset.pictureAt = String(Math.round(this.at));
    const stamp = `${this.name}  ${full(this.#previewAt ?? at)}`;
    if (this.stamp.textContent !== stamp) this.stamp.textContent = stamp;
    const key = [shown, this.#way, busy, gap ? `${gap.from} ${gap.to} ${gap.reason}` : ''].join('|');
    if (key === this.#drawn) return;
    this.#drawn = key;
    this.cover.hidden = shown === 'ready' || shown === 'atEnd';
    if (shown === 'gap') {
      fill(this.cover, icon('slash-circle'), h('b', null, t('playback.gapHere')),
        gap ? h('span', null, word('reason', gap.reason)) : null,
        gap ? h('span.dim', null, `${gap.from <= this.lanes.from + 1000 ? '…' : moment(gap.from)} – ${gap.to >= this.lanes.to - 1000 && gap.to > serverNow() - 30_000 ? t('playback.stillOpen') : moment(gap.to)} (${lengthOf(gap.to - gap.from)})`) : null);
    } else if (shown === 'loading') fill(this.cover, icon('hourglass-split'), h('b', null, t('playback.loading')));
    else if (shown === 'failed') fill(this.cover, icon('exclamation-triangle'), h('b', null, t('playback.failed')));
    const other = this.#way === 'pictures' || this.#way === 'transcoded';
    this.badge.hidden = !other || !(this.#undecodable || needsPictures(state.camera.get(this.camera)));
    if (!this.badge.hidden) fill(this.badge, codecBadge({ codec: state.camera.get(this.camera)?.codec, shown: this.#way === 'transcoded' ? 'video' : 'pictures', busy, limit: this.#limit }));
  }

  /**
   * A picture in place of the track's while somebody scrubs.
   * @param {string} url empty for none @param {number|null} at the moment scrubbed to
   */
  setPreview(url, at) {
    this.preview.hidden = !url;
    this.#previewAt = at;
    if (url && this.preview.src !== url) this.preview.src = url;
  }

  /** @param {number} [width] @returns {HTMLCanvasElement|null} */
  capture(width) {
    const from = this.seen;
    if (!from) return null;
    const [wide, high] = from instanceof HTMLVideoElement ? [from.videoWidth, from.videoHeight] : [from.naturalWidth, from.naturalHeight];
    if (!wide) return null;
    const canvas = h('canvas');
    canvas.width = Math.min(wide, width ?? wide);
    canvas.height = Math.round((high * canvas.width) / wide);
    canvas.getContext('2d')?.drawImage(from, 0, 0, canvas.width, canvas.height);
    return canvas;
  }
}
