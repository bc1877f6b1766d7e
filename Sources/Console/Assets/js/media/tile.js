// A camera's live picture with its state in words, shape and colour.
import { fill, h, icon } from '../core/dom.js';
import { clock, codecName, span, t, word } from '../core/i18n.js';
import { on, serverNow, state } from '../core/store.js';
import { cameraMark } from '../parts/marks.js';
import { VideoSource } from './source.js';

/** Seconds of silence after which the picture counts as stalled, whatever the server says. */
const SILENCE = 5;

export class LiveTile {
  /** @type {VideoSource|null} */ #source = null;
  /** @type {(() => void)[]} */ #ending = [];
  /** @type {number|null} */ #base = null;
  #offset = 0;
  #lastMedia = 0;
  #lastSecond = -1;
  #pictureUrl = '';
  #pictureAt = 0;
  #asPictures = false;
  #streamOpen = true;
  #dropped = 0;
  /** @type {any} */ #status = null;
  #shown = '';

  /** @param {string} camera @param {import('./live.js').LiveStream} stream */
  constructor(camera, stream) {
    this.camera = camera;
    this.video = h('video', { muted: true, playsInline: true, autoplay: true, tabindex: '-1' });
    this.video.setAttribute('muted', '');
    this.video.setAttribute('playsinline', '');
    this.image = h('img.tile-picture', { alt: '', hidden: true });
    this.badge = h('span.tile-badge', { hidden: true });
    this.label = h('div.tile-label');
    this.cover = h('div.tile-cover');
    this.element = h('div.tile-view', { data: { camera, state: 'connecting' } }, this.video, this.image, this.cover, this.label, this.badge);
    this.#status = state.camera.get(camera) ?? { state: 'connecting', reason: 'starting', since: null };
    this.#ending.push(stream.join(camera, {
      frame: (header, payload) => this.#frame(header, payload),
      stream: (open) => { this.#streamOpen = open; this.draw(); },
      pictures: (asPictures) => this.#setPictures(asPictures),
    }));
    this.#ending.push(on('camera', (changed) => {
      if (changed.id !== camera) return;
      this.#status = { ...this.#status, ...changed };
      this.draw();
    }));
    const timer = setInterval(() => this.#tend(), 500);
    this.#ending.push(() => clearInterval(timer));
    this.draw();
  }

  close() {
    for (const f of this.#ending) f();
    this.#source?.close();
    if (this.#pictureUrl) URL.revokeObjectURL(this.#pictureUrl);
    this.element.remove();
  }

  /** Wall time of what is seen, ms; the server's present time where nothing is. */
  get at() {
    if (this.#asPictures) return this.#pictureAt || serverNow();
    return this.#base === null ? serverNow() : this.#base + this.video.currentTime * 1000;
  }

  /**
   * The picture as drawn on a canvas, or null where there is none.
   * @param {number} [width]
   */
  capture(width) {
    const from = this.#asPictures ? this.image : this.video;
    const wide = this.#asPictures ? this.image.naturalWidth : this.video.videoWidth;
    const high = this.#asPictures ? this.image.naturalHeight : this.video.videoHeight;
    if (!wide) return null;
    const canvas = h('canvas');
    canvas.width = Math.min(wide, width ?? wide);
    canvas.height = Math.round((high * canvas.width) / wide);
    canvas.getContext('2d')?.drawImage(from, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  /** @param {boolean} asPictures */
  #setPictures(asPictures) {
    this.#asPictures = asPictures;
    this.image.hidden = !asPictures;
    this.video.hidden = asPictures;
    this.badge.hidden = !asPictures;
    this.element.dataset.mode = asPictures ? 'pictures' : 'video';
    if (asPictures) {
      this.#source?.close();
      this.#source = null;
      const codec = codecName(this.#status?.codec);
      fill(this.badge, icon('image'), t('tile.pictures', { codec }));
      this.badge.title = t('tile.picturesWhy', { codec });
    }
  }

  /** @param {import('../core/frames.js').FrameHeader} header @param {Uint8Array} payload */
  #frame(header, payload) {
    this.#streamOpen = true;
    if (header.type === 'init') {
      if (this.#asPictures) return;
      this.#source ??= new VideoSource(this.video, () => this.#restart());
      this.#source.init(header.mime ?? '', payload);
    } else if (header.type === 'fragment' && this.#source) {
      const at = Date.parse(header.at ?? '');
      this.#base ??= at;
      this.#offset = (at - this.#base) / 1000 - (header.tfdt ?? 0) / (header.timescale || 90000);
      this.#source.media(payload, this.#offset);
      this.#lastMedia = performance.now();
      if (this.video.paused) this.video.play().catch(() => {});
      if (this.element.dataset.state !== 'live') this.draw();
    } else if (header.type === 'picture') {
      if (this.#pictureUrl) URL.revokeObjectURL(this.#pictureUrl);
      this.#pictureUrl = URL.createObjectURL(new Blob([/** @type {any} */ (payload)], { type: 'image/jpeg' }));
      this.image.src = this.#pictureUrl;
      this.#pictureAt = Date.parse(header.at ?? '');
      this.#lastMedia = performance.now();
      this.draw();
    } else if (header.type === 'state') {
      this.#status = { ...this.#status, state: header.state, reason: header.reason, since: header.since, detail: header.detail };
      this.draw();
    } else if (header.type === 'dropped') {
      this.#dropped += header.fragments ?? 1;
      this.element.dataset.dropped = String(this.#dropped);
    }
  }

  /** A decoder that failed starts again at the next init; the stream is joined anew by the page. */
  #restart() {
    this.#source?.close();
    this.#source = null;
    this.#base = null;
    this.onRestart?.();
  }

  /** @type {(() => void)|undefined} called when only joining the stream anew helps */
  onRestart;

  /** Stays near the live edge. */
  #tend() {
    const end = this.#source?.end ?? null;
    if (end !== null && !document.hidden) {
      const behind = end - this.video.currentTime;
      const standing = this.video.currentTime === this.#lastSecond && !this.video.seeking;
      this.#lastSecond = this.video.currentTime;
      if (behind > 3 || behind < -0.5 || (behind > 0.7 && (standing || !this.#source?.rangeAt(this.video.currentTime)))) this.video.currentTime = Math.max(0, end - 0.6);
      this.video.playbackRate = behind > 1.5 ? 1.05 : 1;
      this.element.dataset.behind = behind.toFixed(1);
    }
    this.draw();
  }

  draw() {
    const silent = this.#lastMedia ? (performance.now() - this.#lastMedia) / 1000 : null;
    const limit = this.#asPictures ? 15 : SILENCE;
    let shown = this.#status?.state ?? 'connecting';
    let reason = this.#status?.reason;
    let since = this.#status?.since ? serverNow() - Date.parse(this.#status.since) : null;
    if (shown === 'live' && this.#lastMedia === 0) { shown = 'connecting'; reason = 'starting'; since = null; }
    else if (shown === 'live' && silent !== null && silent > limit) { shown = 'stalled'; reason = this.#streamOpen ? 'noPackets' : 'unreachable'; since = silent * 1000; }
    this.element.dataset.state = shown;
    const name = state.camera.get(this.camera)?.name ?? this.camera;
    const age = this.#asPictures && this.#pictureAt ? clock(this.#pictureAt) : '';
    const key = [shown, reason, shown === 'live' ? '' : Math.floor((since ?? 0) / 1000), name, age].join('|');
    if (key === this.#shown) return;
    this.#shown = key;
    fill(this.label, cameraMark(shown), h('span.tile-name', null, name), age ? h('span.dim', null, age) : null);
    this.cover.hidden = shown === 'live';
    const names = { connecting: 'hourglass-split', offline: 'camera-video-off', unauthorised: 'shield-lock' };
    if (shown !== 'live') {
      // The server may be the one that is gone: the shape needs no file from it.
      fill(this.cover, shown === 'stalled' ? cameraMark(shown) : icon(names[/** @type {'offline'} */ (shown)] ?? 'question-circle'), h('b', null, word('cameraState', shown)),
        reason && reason !== 'ok' ? h('span', null, word('reason', reason)) : null,
        since === null ? null : h('span.dim', null, t('tile.since', { span: span(since) })));
    }
    this.video.setAttribute('aria-label', `${name}, ${word('cameraState', shown)}`);
  }
}
