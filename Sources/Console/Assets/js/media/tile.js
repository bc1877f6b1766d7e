// A camera's live picture with its state in words, shape and colour.
import { fill, h, icon } from '../core/dom.js';
import { clock, span, t, word } from '../core/i18n.js';
import { on, serverNow, state } from '../core/store.js';
import { pausedText, recordingTags } from '../parts/cameras.js';
import { codecBadge } from '../parts/codec.js';
import { cameraMark } from '../parts/marks.js';
import { Replay } from './replay.js';
import { SoundTrack } from './sound.js';
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
  /** @type {import('./live.js').LiveWay} */ #way = 'video';
  /** @type {SoundTrack|null} */ #sound = null;
  /** @type {number|null} 0 to 1; null where nothing is heard */ #volume = null;
  /** @type {Replay|null} */ #replay = null;
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
    this.badge = h('div.tile-badge', { hidden: true });
    this.label = h('div.tile-label');
    this.tags = h('div.tile-tags');
    this.cover = h('div.tile-cover');
    this.element = h('div.tile-view', { data: { camera, state: 'connecting' } }, this.video, this.image, this.cover, this.label, h('div.tile-corner', null, this.badge, this.tags));
    this.#status = state.camera.get(camera) ?? { state: 'connecting', reason: 'starting', since: null };
    this.#ending.push(stream.join(camera, {
      frame: (header, payload) => this.#frame(header, payload),
      stream: (open) => { this.#streamOpen = open; this.draw(); },
      way: (way, busy, limit) => this.#setWay(way, busy, limit),
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
    this.#replay?.close();
    this.#sound?.close();
    this.#source?.close();
    if (this.#pictureUrl) URL.revokeObjectURL(this.#pictureUrl);
    this.element.remove();
  }

  /** Wall time of what is seen, ms; the server's present time where nothing is. */
  get at() {
    if (this.#replay) return this.#replay.at;
    if (this.#way === 'pictures') return this.#pictureAt || serverNow();
    return this.#base === null ? serverNow() : this.#base + this.video.currentTime * 1000;
  }

  /**
   * The picture as drawn on a canvas, or null where there is none.
   * @param {number} [width]
   */
  capture(width) {
    if (this.#replay) return this.#replay.capture(width);
    const still = this.#way === 'pictures';
    const from = still ? this.image : this.video;
    const wide = still ? this.image.naturalWidth : this.video.videoWidth;
    const high = still ? this.image.naturalHeight : this.video.videoHeight;
    if (!wide) return null;
    const canvas = h('canvas');
    canvas.width = Math.min(wide, width ?? wide);
    canvas.height = Math.round((high * canvas.width) / wide);
    canvas.getContext('2d')?.drawImage(from, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  /** Whether the last seconds are shown again. */
  get replaying() { return this.#replay !== null; }
  /** The last seconds again, or back to live. */
  replay() {
    if (this.#replay) this.#replay.close();
    else this.#replay = new Replay(this.camera, this.element, () => { this.#replay = null; this.setVolume(this.#volume); });
    this.setVolume(this.#volume);
  }

  /**
   * What is heard of this camera; the page hears one at a time.
   * @param {number|null} volume
   */
  setVolume(volume) {
    this.#volume = volume;
    if (volume === null) {
      this.#sound?.close();
      this.#sound = null;
    } else this.#sound?.setVolume(this.#replay ? 0 : volume);
    this.element.dataset.heard = String(volume !== null);
  }

  /** @param {import('./live.js').LiveWay} way @param {boolean} busy @param {number} limit */
  #setWay(way, busy, limit) {
    const still = way === 'pictures';
    this.#way = way;
    this.image.hidden = !still;
    this.video.hidden = still;
    this.badge.hidden = way === 'video';
    this.element.dataset.mode = way;
    // Another way is another stream: it begins with its own init.
    this.#source?.close();
    this.#source = null;
    this.#base = null;
    if (way !== 'video') fill(this.badge, codecBadge({ codec: this.#status?.codec ?? state.camera.get(this.camera)?.codec, shown: still ? 'pictures' : 'video', busy, limit }));
  }

  /** @param {import('../core/frames.js').FrameHeader} header @param {Uint8Array} payload */
  #frame(header, payload) {
    this.#streamOpen = true;
    if (header.track === 'audio') {
      if (this.#volume === null) return;
      this.#sound ??= new SoundTrack(this.camera);
      this.#sound.setVolume(this.#replay ? 0 : this.#volume);
      this.#sound.take(header, payload);
      this.element.dataset.sound = String(this.#sound.any);
    } else if (header.type === 'init') {
      if (this.#way === 'pictures') return;
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
    this.#sound?.live();
    this.draw();
  }

  draw() {
    const silent = this.#lastMedia ? (performance.now() - this.#lastMedia) / 1000 : null;
    const still = this.#way === 'pictures';
    const limit = still ? 15 : SILENCE;
    let shown = this.#status?.state ?? 'connecting';
    let reason = this.#status?.reason;
    let since = this.#status?.since ? serverNow() - Date.parse(this.#status.since) : null;
    if (shown === 'live' && this.#lastMedia === 0) { shown = 'connecting'; reason = 'starting'; since = null; }
    else if (shown === 'live' && silent !== null && silent > limit) { shown = 'stalled'; reason = this.#streamOpen ? 'noPackets' : 'unreachable'; since = silent * 1000; }
    const camera = { ...state.camera.get(this.camera), reason };
    const off = shown === 'offline' && Boolean(camera.recording?.paused);
    this.element.dataset.state = off ? 'paused' : shown;
    const name = camera.name ?? this.camera;
    const age = still && this.#pictureAt ? clock(this.#pictureAt) : '';
    const tags = recordingTags(camera);
    const key = [shown, reason, shown === 'live' ? '' : Math.floor((since ?? 0) / 1000), name, age, Boolean(camera.recording?.paused), Boolean(camera.isolated)].join('|');
    if (key === this.#shown) return;
    this.#shown = key;
    fill(this.label, cameraMark(shown), h('span.tile-name', null, name), age ? h('span.dim', null, age) : null);
    this.cover.hidden = shown === 'live';
    // What the cover says in full needs no tag.
    fill(this.tags, off ? null : tags);
    const names = { connecting: 'hourglass-split', offline: 'camera-video-off', unauthorised: 'shield-lock' };
    if (off) {
      fill(this.cover, icon('pause-circle'), h('b', null, t('recording.paused')), h('span.dim', null, pausedText(camera)));
    } else if (shown !== 'live') {
      // The server may be the one that is gone: the shape needs no file from it.
      fill(this.cover, shown === 'stalled' ? cameraMark(shown) : icon(names[/** @type {'offline'} */ (shown)] ?? 'question-circle'), h('b', null, word('cameraState', shown)),
        reason && reason !== 'ok' ? h('span', null, word('reason', reason)) : null,
        since === null ? null : h('span.dim', null, t('tile.since', { span: span(since) })));
    }
    this.video.setAttribute('aria-label', `${name}, ${word('cameraState', shown)}`);
  }
}
