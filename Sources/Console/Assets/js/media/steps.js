// A recording shown key frame by key frame: fast, backwards, or where the browser can't decode the video.
import { h } from '../core/dom.js';
import { snapshotUrl } from '../core/api.js';
import { serverNow } from '../core/store.js';
import { isAbort, readRecording, readThumbnails } from './recording.js';
import { canPlay, VideoSource } from './source.js';

/** @typedef {import('./playback.js').TrackState} TrackState */
/** @typedef {{at: number, place: number, url: string}} Step a key frame: wall ms, and where it is: seconds in the video, or a picture's address */

/** Steps kept at most, in the decoder's buffer and as pictures; beyond it the track begins anew around the clock. */
const MOST = 900;
const MOST_PICTURES = 300;
/** Key frames are seldom further apart, ms: a neighbour so near stands for one that is on its way. */
const SOON = 12_000;
/** The widest picture that comes many at a time, pixels. */
const WIDEST = 640;

/** What both have in common: an interval that has been read, growing in the clock's direction, and the newest step at or before the clock. */
class StepTrack {
  /** @type {Step[]} ascending */ steps = [];
  /** @type {AbortController|null} */ request = null;
  #from = 0;
  #to = 0;
  #retryAt = 0;
  /** @type {Step|null} */ shown = null;
  /** @type {TrackState} */ state = 'loading';
  limit = 0;
  frame = 0.04;
  hasSound = false;
  most = MOST;

  /** @param {string} camera @param {() => void} changed @param {number} window seconds asked for at once @param {HTMLElement} element */
  constructor(camera, changed, window, element) {
    this.camera = camera;
    this.changed = changed;
    this.window = window;
    this.element = element;
  }

  close() {
    this.drop();
    this.element.remove();
  }
  drop() {
    this.request?.abort();
    this.request = null;
    this.steps = [];
    this.shown = null;
    this.#from = 0;
    this.#to = 0;
  }
  again() { this.drop(); this.state = 'loading'; }
  setVolume() { /* a still picture has no sound */ }
  /** Wall ms of the picture. */
  get at() { return this.shown?.at ?? 0; }

  /** @param {import('./playback.js').Following} clock @returns {TrackState} */
  follow({ at, rate }) {
    if (this.state === 'unsupported') return this.state;
    const inside = this.#to > this.#from && at >= this.#from - 1 && at <= this.#to + 15_000;
    if ((!inside && !this.request) || this.steps.length > this.most || (this.request && (at < this.#from - this.window * 1500 || at > this.#to + this.window * 1500))) {
      if (performance.now() < this.#retryAt && this.state === 'failed') return this.state;
      this.drop();
      this.state = 'loading';
      this.#read(rate < 0 ? at - this.window * 1000 : at, rate < 0 ? at : at + this.window * 1000, rate < 0);
      return this.state;
    }
    const least = this.window * 500;
    if (!this.request && performance.now() >= this.#retryAt) {
      if (rate > 0 && this.#to - at < least) this.#read(this.#to, this.#to + this.window * 1000, false);
      else if (rate < 0 && at - this.#from < least) this.#read(this.#from - this.window * 1000, this.#from, true);
    }
    const read = at >= this.#from - 1 && at < this.#to - 1;
    // Pictures spread over a range may begin a little after its start.
    const later = read && this.steps[0]?.at < at + SOON ? this.steps[0] : null;
    const step = this.#newest(at) ?? later;
    if (step && step !== this.shown && this.ready(step)) {
      this.shown = step;
      this.show(step);
    }
    if (this.state !== 'failed') this.state = step && (this.shown === step || this.#near(step)) ? 'ready' : read && !step && this.request === null ? 'gap' : 'loading';
    return this.state;
  }

  /**
   * While the picture is on its way, its neighbour stands for it.
   * @param {Step} step
   */
  #near(step) {
    return this.shown !== null && Math.abs(this.shown.at - step.at) < SOON;
  }

  /** @param {number} at */
  #newest(at) {
    let low = 0;
    let high = this.steps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.steps[middle].at <= at + 1) low = middle + 1;
      else high = middle;
    }
    return low ? this.steps[low - 1] : null;
  }

  /** @param {Step} step */
  add(step) {
    let index = this.steps.length;
    while (index > 0 && this.steps[index - 1].at > step.at) index -= 1;
    if (this.steps[index - 1]?.at !== step.at) this.steps.splice(index, 0, step);
  }

  /** @param {number} from @param {number} to @param {boolean} back */
  #read(from, to, back) {
    const end = Math.min(to, serverNow());
    if (end - from < 500) { this.#retryAt = performance.now() + 700; return; }
    const request = new AbortController();
    this.request = request;
    if (this.#to <= this.#from) { this.#from = back ? end : from; this.#to = this.#from; }
    this.read(from, end, back, request.signal, (at) => {
      if (this.request !== request) return;
      if (back) this.#from = Math.min(this.#from, Math.max(from, at));
      else this.#to = Math.max(this.#to, Math.min(end, at));
      this.changed();
    }).then((reached) => {
      if (this.request !== request) return;
      this.request = null;
      if (this.state === 'failed') this.state = 'loading';
      if (back) this.#from = Math.min(this.#from, from);
      else this.#to = Math.max(this.#to, end >= serverNow() - 3000 ? Math.max(from, reached + 1) : end);
      if (!back && end >= serverNow() - 3000) this.#retryAt = performance.now() + 1500;
    }).catch((error) => {
      if (this.request !== request || isAbort(error)) return;
      this.request = null;
      this.#retryAt = performance.now() + 3000;
      this.state = error?.message === 'unsupported' ? 'unsupported' : 'failed';
      this.changed();
    });
  }

  /** @param {Step} _step @returns {boolean} */
  ready(_step) { return true; }
  /** @param {Step} _step */
  show(_step) { throw new Error('show'); }
  /**
   * Reads steps; says how far it has come, and at last the newest moment it has.
   * @param {number} _from @param {number} _to @param {boolean} _back @param {AbortSignal} _signal @param {(at: number) => void} _came @returns {Promise<number>}
   */
  async read(_from, _to, _back, _signal, _came) { return 0; }
}

/** Key frames in the browser's own decoder, side by side on a timeline that is not time: each is a jump away. */
export class KeyTrack extends StepTrack {
  /** @type {VideoSource|null} */ #source = null;
  #seen = false;
  /** Free places at both ends, s. */
  #high = 50_000;
  #low = 50_000;

  /** @param {string} camera @param {() => void} changed */
  constructor(camera, changed) {
    const video = h('video', { muted: true, playsInline: true, tabindex: '-1', hidden: true });
    super(camera, changed, 90, video);
    this.video = video;
    video.addEventListener('seeked', changed);
  }

  /** Once there is a picture it stands until the next one is there. */
  get visible() { return this.#seen || (this.#seen = this.video.readyState >= 2 && this.shown !== null); }

  drop() {
    super.drop();
    this.#seen = false;
    this.#source?.close();
    this.#source = null;
    this.#high = 50_000;
    this.#low = 50_000;
  }

  /** @param {Step} step */
  ready(step) {
    return !this.video.seeking && Boolean(this.#source?.rangeAt(step.place));
  }
  /** @param {Step} step */
  show(step) { this.video.currentTime = step.place; }

  /** @param {number} from @param {number} to @param {boolean} back @param {AbortSignal} signal @param {(at: number) => void} came */
  async read(from, to, back, signal, came) {
    let reached = from;
    await readRecording(this.camera, from, to, { keys: true, reverse: back }, signal, async (header, payload) => {
      if (header.track === 'audio') return;
      if (header.type === 'init') {
        if (!canPlay(header.mime)) throw new Error('unsupported');
        this.#source ??= new VideoSource(this.video, () => { this.again(); this.changed(); });
        this.#source.init(header.mime ?? '', payload);
      } else if (header.type === 'fragment' && header.key && this.#source) {
        const at = Date.parse(header.at ?? '');
        const scale = header.timescale || 90000;
        const length = Math.max(0.01, (header.duration ?? 0) / scale);
        const place = back ? this.#low - length : this.#high;
        if (back) this.#low = place; else this.#high = place + length;
        this.#source.media(payload, place - (header.tfdt ?? 0) / scale);
        this.add({ at, place: place + length / 2, url: '' });
        reached = Math.max(reached, at);
        came(at);
        await this.#source.room(24);
      }
    });
    return reached;
  }
}

/** The server's pictures of key frames. */
export class PictureTrack extends StepTrack {
  #coming = '';
  /** The picture that is stood at, and since when (`performance.now`; 0: its full size has been asked for). */
  #stoodAt = 0;
  #standing = 0;
  /** The server has no path for many pictures: one is asked for at a time. */
  #single = false;

  /** @param {string} camera @param {number} width pixels @param {() => void} changed */
  constructor(camera, width, changed) {
    const image = h('img', { alt: '', hidden: true, draggable: false });
    super(camera, changed, 40, image);
    this.image = image;
    this.most = MOST_PICTURES;
    this.width = width;
    image.addEventListener('load', () => { this.#coming = ''; changed(); });
    image.addEventListener('error', () => { this.#coming = ''; });
  }

  get visible() { return this.image.naturalWidth > 0; }

  drop() {
    for (const step of this.steps) if (step.url.startsWith('blob:')) URL.revokeObjectURL(step.url);
    super.drop();
  }
  ready() { return !this.#coming; }

  /** @param {import('./playback.js').Following} clock @returns {TrackState} */
  follow(clock) {
    const told = super.follow(clock);
    // A picture that somebody stops at is worth its full size.
    if (!clock.exact || !this.shown) this.#standing = 0;
    else if (this.#stoodAt !== this.shown.at) { this.#stoodAt = this.shown.at; this.#standing = performance.now(); }
    else if (this.#standing && performance.now() - this.#standing > 400 && this.width > WIDEST && !this.#coming) {
      this.#standing = 0;
      this.image.src = snapshotUrl(this.camera, this.shown.at, this.width);
    }
    return told;
  }
  /** @param {Step} step */
  show(step) {
    this.#coming = step.url;
    this.image.src = step.url;
  }

  /** @param {number} from @param {number} to @param {boolean} _back @param {AbortSignal} signal @param {(at: number) => void} came */
  async read(from, to, _back, signal, came) {
    let reached = from;
    // One picture a second at most: key frames are seldom closer.
    const count = Math.max(1, Math.min(60, Math.ceil((to - from) / 1000)));
    if (!this.#single) {
      try {
        await readThumbnails(this.camera, from, to, count, Math.min(WIDEST, this.width), signal, (at, picture) => {
          this.add({ at, place: 0, url: URL.createObjectURL(picture) });
          reached = Math.max(reached, at);
          came(at);
        });
        return reached;
      } catch (/** @type {any} */ error) {
        if (error?.status !== 404 || error?.code === 'nothingRecorded') throw error;
        this.#single = true;
      }
    }
    for (let i = 0; i < count; i += 2) {
      const at = from + i * 1000;
      this.add({ at, place: 0, url: snapshotUrl(this.camera, at, this.width) });
    }
    came(to);
    return to;
  }
}
