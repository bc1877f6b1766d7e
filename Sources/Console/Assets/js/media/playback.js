// A camera's recording as moving video: fetched ahead of the clock, held to it by speed and, where that is too slow, by a jump.
import { h } from '../core/dom.js';
import { serverNow } from '../core/store.js';
import { isAbort, readRecording } from './recording.js';
import { SoundTrack } from './sound.js';
import { canPlay, VideoSource } from './source.js';

/** Seconds of recording asked for at once; less where each second costs the server its encoding. */
const WINDOW = 30;
const WINDOW_TRANSCODED = 12;
/** Seconds ahead of the clock below which the next window is asked for, times the speed. */
const AHEAD = 12;
/** Room on the timeline before the asked moment: the key frame it starts from lies earlier. */
const MARGIN = 1;
/** A picture this far from the clock (s, times the speed) jumps to it; a smaller difference is made up by speed. */
const JUMP = 0.8;
/** Differences below this are left alone, s. */
const GOOD_ENOUGH = 0.015;

/** @typedef {'loading'|'ready'|'gap'|'failed'|'unsupported'|'busy'} TrackState `gap`: nothing is recorded there; `busy`: all places for transcoding are taken */
/** @typedef {{at: number, rate: number, moving: boolean, exact: boolean}} Following what the clock says: wall ms, speed, whether it moves, and whether it stands on purpose */

export class VideoTrack {
  /** @type {VideoSource|null} */ #source = null;
  /** @type {SoundTrack|null} */ #sound = null;
  /** @type {AbortController|null} */ #request = null;
  /** @type {number|null} wall ms of the video's second 0 */ #base = null;
  /** What has been read: from the first moment asked for, to the end of the last answer, wall ms. */
  #from = 0;
  #to = 0;
  #fetching = false;
  #retryAt = 0;
  #wantedAt = 0;
  /** The second that is stood at exactly; -1: none. */
  #stoodAt = -1;
  /** @type {number|null} the beginning of the frame that is seen, in the video's seconds */ #frameStart = null;
  #seen = false;
  /** @type {TrackState} */ state = 'loading';
  /** Render places there are, where they are all taken. */
  limit = 0;
  /** One frame, s. */
  frame = 0.04;

  /** @param {string} camera @param {import('./recording.js').Form} form @param {() => void} changed */
  constructor(camera, form, changed) {
    this.camera = camera;
    this.form = form;
    this.changed = changed;
    this.element = h('video', { muted: true, playsInline: true, tabindex: '-1', hidden: true });
    this.element.setAttribute('playsinline', '');
    this.element.addEventListener('seeked', changed);
    this.#learnFrame();
  }

  close() {
    this.#drop();
    this.element.remove();
  }

  #drop() {
    this.#request?.abort();
    this.#request = null;
    this.#sound?.close();
    this.#sound = null;
    this.#source?.close();
    this.#source = null;
    this.#base = null;
    this.#fetching = false;
    this.#seen = false;
    this.#stoodAt = -1;
    this.#frameStart = null;
  }

  /** Wall ms of the picture. */
  get at() { return this.#base === null ? this.#wantedAt : this.#base + this.element.currentTime * 1000; }
  /** Wall ms at which the frame that is seen begins, or null. */
  get frameAt() { return this.#base === null || this.#frameStart === null ? null : this.#base + this.#frameStart * 1000; }
  /** Whether a picture of this track can be seen; once there is one it stands until the next one is there. */
  get visible() { return this.#seen || (this.#seen = this.element.readyState >= 2); }

  /** @param {number} volume 0 to 1 */
  setVolume(volume) { this.#sound?.setVolume(volume); }
  /** Whether the recording has given any sound since it was asked for. */
  get hasSound() { return Boolean(this.#sound?.any); }

  /** @param {number} at wall ms */
  #open(at) {
    this.#drop();
    this.#from = at;
    this.#to = at;
    this.#wantedAt = at;
    this.#retryAt = 0;
    this.state = 'loading';
    this.#fetch(1);
  }

  /** Begins anew at the next turn: the form has changed, or a place may be free again. */
  again() { this.#drop(); this.#from = 0; this.#to = 0; this.state = 'loading'; }

  /** @param {Following} clock @returns {TrackState} */
  follow(clock) {
    const { at, rate } = clock;
    if (this.state === 'unsupported' || this.state === 'busy') return this.state;
    const known = this.#from <= at + 1 && at <= this.#to + (this.#fetching ? WINDOW * 1000 : 1500);
    if (!known) { this.#open(at); return this.state; }
    this.#wantedAt = at;
    const second = this.#base === null ? -1 : (at - this.#base) / 1000;
    const range = second >= 0 ? this.#source?.rangeAt(second) ?? null : null;
    const ahead = (this.#to - at) / 1000;
    const speed = Math.max(1, Math.abs(rate));
    if (!this.#fetching && ahead < AHEAD * speed && performance.now() >= this.#retryAt) this.#fetch(speed);
    if (range) this.#hold(second, range[1], clock);
    else {
      this.element.pause();
      // Read, appended, and still nothing there: nothing is recorded.
      const read = at < this.#to - 1 && (this.#source?.idle ?? true);
      if (this.state !== 'failed') this.state = read ? 'gap' : 'loading';
    }
    this.#sound?.follow(clock);
    return this.state;
  }

  /** @param {number} second @param {number} end of what is there @param {Following} clock */
  #hold(second, end, { rate, moving, exact }) {
    const { element } = this;
    const off = element.currentTime - second;
    if (!moving) {
      if (!element.paused) element.pause();
      // Whoever stops it wants the very frame: while it ran the picture may have been one ahead or behind.
      const wanted = exact ? Math.abs(this.#stoodAt - second) > 0.0005 : Math.abs(off) > 0.1;
      if (wanted && !element.seeking) {
        element.currentTime = second;
        this.#stoodAt = exact ? second : -1;
      }
      this.state = element.seeking || element.readyState < 2 ? 'loading' : 'ready';
      return;
    }
    this.#stoodAt = -1;
    if (Math.abs(off) > JUMP * Math.max(1, rate)) {
      // While a jump is under way the clock waits, so that the picture meets it.
      if (!element.seeking) element.currentTime = Math.min(second, end - 0.02);
      this.state = 'loading';
      return;
    }
    const wanted = Math.abs(off) < GOOD_ENOUGH * Math.max(1, rate) ? rate : Math.max(0.0625, rate * (1 - Math.max(-0.5, Math.min(0.5, off / rate))));
    if (Math.abs(element.playbackRate - wanted) > 0.004) element.playbackRate = Math.min(16, wanted);
    if (element.paused) element.play().catch(() => {});
    this.state = element.seeking || element.readyState < 2 ? 'loading' : 'ready';
  }

  /** @param {number} speed */
  #fetch(speed) {
    if (this.#fetching) return;
    const from = this.#to;
    const length = (this.form.codec ? WINDOW_TRANSCODED : WINDOW) * Math.min(4, speed);
    const to = Math.min(from + length * 1000, serverNow());
    if (to - from < 500) { this.#retryAt = performance.now() + 700; return; }
    const request = new AbortController();
    this.#request = request;
    this.#fetching = true;
    let last = from;
    let fragments = 0;
    readRecording(this.camera, from, to, this.form, request.signal, async (header, payload) => {
      const at = Date.parse(header.at ?? '');
      const length = ((header.duration ?? 0) / (header.timescale || 90000)) * 1000;
      if (header.track === 'audio') {
        this.#sound ??= new SoundTrack(this.camera);
        this.#sound.take(header, payload);
      } else if (header.type === 'init') {
        if (!canPlay(header.mime)) { request.abort(); this.#end('unsupported'); return; }
        this.#source ??= this.#newSource();
        this.#source.init(header.mime ?? '', payload);
      } else if (header.type === 'fragment' && this.#source) {
        this.#base ??= Math.min(at, from) - MARGIN * 1000;
        if (at >= this.#base) this.#source.media(payload, (at - this.#base) / 1000 - (header.tfdt ?? 0) / (header.timescale || 90000));
        last = Math.max(last, at + length);
        this.#to = Math.max(this.#to, Math.min(last, to));
        fragments += 1;
        await this.#source.room(24);
      } else if (header.type === 'gap') last = Math.max(last, Math.min(to, Date.parse(header.to ?? '')));
    }).then((whole) => {
      if (this.#request !== request) return;
      this.#fetching = false;
      if (this.state === 'failed') this.state = 'loading';
      const reachesNow = to >= serverNow() - 2000;
      // What is recorded right now comes in pieces: go on where the last piece ended, never back.
      this.#to = Math.max(this.#to, reachesNow || !whole ? Math.max(from, last) : to);
      if (fragments === 0 || !whole) this.#retryAt = performance.now() + (reachesNow || !whole ? 1000 : 0);
    }).catch((error) => {
      if (this.#request !== request || isAbort(error)) return;
      this.#fetching = false;
      this.#retryAt = performance.now() + 3000;
      if (error?.code === 'tooManyTranscodes') { this.limit = error.params?.limit ?? 0; this.#end('busy'); }
      else if (error?.code === 'nothingRecorded') { this.#to = Math.max(this.#to, to); this.#retryAt = 0; }
      else this.state = 'failed';
      this.changed();
    });
  }

  #newSource() {
    const source = new VideoSource(this.element, () => { this.again(); this.changed(); });
    source.trimmed = (second) => { if (this.#base !== null) this.#from = Math.max(this.#from, this.#base + second * 1000 + 50); };
    return source;
  }

  /** @param {'unsupported'|'busy'} state */
  #end(state) {
    this.#drop();
    this.state = state;
    this.changed();
  }

  #learnFrame() {
    if (!('requestVideoFrameCallback' in this.element)) return;
    let last = 0;
    let presented = 0;
    const seen = (/** @type {number} */ _now, /** @type {any} */ meta) => {
      const length = meta.mediaTime - last;
      if (meta.presentedFrames === presented + 1 && this.element.playbackRate <= 1.1 && !this.element.paused && length > 0.008 && length < 0.2) this.frame = length;
      last = meta.mediaTime;
      this.#frameStart = meta.mediaTime;
      presented = meta.presentedFrames;
      this.element.requestVideoFrameCallback(seen);
    };
    this.element.requestVideoFrameCallback(seen);
  }
}
