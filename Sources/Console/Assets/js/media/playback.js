// Plays a camera's recording: fetches a window ahead of the picture, skips gaps, starts anew for a far jump.
import { readFrames } from '../core/frames.js';
import { iso, queryText } from '../core/api.js';
import { serverNow } from '../core/store.js';
import { canPlay, VideoSource } from './source.js';

/** Seconds of recording asked for at once. */
const WINDOW = 60;
/** Seconds ahead of the picture below which the next window is asked for. */
const AHEAD = 25;
/** Room on the timeline before the asked moment: the key frame it starts from lies earlier. */
const MARGIN = 1;

/** @typedef {'idle'|'loading'|'playing'|'paused'|'nothing'|'atEnd'|'unsupported'|'failed'} PlaybackState */

export class RecordingPlayer {
  /** @type {VideoSource|null} */ #source = null;
  /** @type {AbortController|null} */ #request = null;
  /** @type {number|null} */ #base = null;
  #wanted = 0;
  #fetchedTo = 0;
  #fetching = false;
  #seekPending = false;
  #retryAt = 0;
  #initSent = false;
  /** @type {{from: number, to: number, reason: string}[]} */ #gaps = [];
  #wantPlaying = false;
  #lastSecond = -1;
  #movedAt = 0;
  rate = 1;
  /** @type {PlaybackState} */ state = 'idle';

  /**
   * @param {HTMLVideoElement} video
   * @param {{changed: () => void, skipped: (gap: {from: number, to: number, reason: string}) => void}} listener
   */
  constructor(video, listener) {
    this.video = video;
    this.listener = listener;
    this.camera = '';
    this.timer = setInterval(() => this.#tend(), 200);
    video.addEventListener('seeked', listener.changed);
  }

  close() {
    clearInterval(this.timer);
    this.#drop();
  }

  #drop() {
    this.#request?.abort();
    this.#request = null;
    this.#source?.close();
    this.#source = null;
    this.#base = null;
    this.#fetching = false;
    this.#initSent = false;
    this.#gaps = [];
  }

  /** Wall ms of the picture. */
  get at() {
    if (this.#base === null || this.#seekPending) return this.#wanted;
    return this.#base + this.video.currentTime * 1000;
  }

  get playing() { return this.#wantPlaying; }

  /** @param {string} camera @param {number} at wall ms */
  open(camera, at) {
    this.camera = camera;
    this.seek(at, true);
  }

  /** @param {number} at wall ms @param {boolean} [anew] */
  seek(at, anew = false) {
    const now = serverNow();
    this.#wanted = Math.min(at, now);
    const second = this.#base === null ? -1 : (this.#wanted - this.#base) / 1000;
    if (!anew && second >= 0 && this.#source?.rangeAt(second)) {
      this.#seekPending = false;
      this.video.currentTime = second;
      this.#set(this.#wantPlaying ? 'playing' : 'paused');
      return;
    }
    this.#drop();
    this.#seekPending = true;
    this.#fetchedTo = this.#wanted;
    this.#retryAt = 0;
    this.#set('loading');
    this.#fetch();
  }

  play() {
    this.#wantPlaying = true;
    this.video.playbackRate = this.rate;
    this.video.play().catch(() => {});
    this.#set(this.state === 'paused' ? 'playing' : this.state);
  }

  pause() {
    this.#wantPlaying = false;
    this.video.pause();
    this.#set(this.state === 'playing' ? 'paused' : this.state);
  }

  /** @param {number} rate */
  setRate(rate) {
    this.rate = rate;
    this.video.playbackRate = rate;
    this.listener.changed();
  }

  /**
   * One frame on or back.
   * @param {number} direction
   * @param {number} [seconds] a frame's length
   */
  step(direction, seconds = 0.04) {
    this.pause();
    this.seek(this.at + direction * seconds * 1000 + (direction > 0 ? 1 : -1));
  }

  /** @param {PlaybackState} state */
  #set(state) {
    this.state = state;
    this.listener.changed();
  }

  #fetch() {
    if (this.#fetching || !this.camera) return;
    const from = this.#fetchedTo;
    const to = Math.min(from + WINDOW * 1000, serverNow());
    if (to - from < 500) { this.#retryAt = performance.now() + 1000; return; }
    const request = new AbortController();
    this.#request = request;
    this.#fetching = true;
    let fragments = 0;
    let last = from;
    readFrames(`/api/v1/cameras/${encodeURIComponent(this.camera)}/playback${queryText({ from: iso(from), to: iso(to) })}`, request.signal, async (header, payload) => {
      if (header.type === 'init') {
        if (!canPlay(header.mime)) {
          request.abort();
          this.#set('unsupported');
          return;
        }
        this.#source ??= new VideoSource(this.video, () => this.#set('failed'));
        this.#source.init(header.mime ?? '', payload);
        this.#initSent = true;
      } else if (header.type === 'fragment' && this.#source && this.#initSent) {
        const at = Date.parse(header.at ?? '');
        this.#base ??= Math.min(at, this.#wanted) - MARGIN * 1000;
        const length = ((header.duration ?? 0) / (header.timescale || 90000)) * 1000;
        if (at >= this.#base) this.#source.media(payload, (at - this.#base) / 1000 - (header.tfdt ?? 0) / (header.timescale || 90000));
        last = Math.max(last, at + length);
        fragments += 1;
        await this.#source.room(24);
      } else if (header.type === 'gap') {
        const gap = { from: Date.parse(header.from ?? ''), to: Date.parse(header.to ?? ''), reason: header.reason ?? '' };
        this.#gaps = [...this.#gaps.filter((g) => g.from !== gap.from), gap].slice(-50);
        last = Math.max(last, gap.to);
      }
    }).then(() => {
      if (this.#request !== request || this.state === 'unsupported') return;
      this.#fetching = false;
      const reachesNow = to >= serverNow() - 2000;
      // What is recorded right now comes in pieces: go on where the last piece ended, never back.
      this.#fetchedTo = Math.min(reachesNow ? Math.max(from, last) : Math.max(to, last), serverNow());
      if (fragments === 0) this.#retryAt = performance.now() + (reachesNow ? 1000 : 0);
      if (this.#base === null && fragments === 0 && reachesNow) this.#set('nothing');
    }).catch((error) => {
      if (this.#request !== request || error?.name === 'AbortError') return;
      this.#fetching = false;
      this.#retryAt = performance.now() + 3000;
      if (this.#base === null) this.#set(error?.status === 404 ? 'nothing' : 'failed');
    });
  }

  #tend() {
    if (!this.camera || this.state === 'unsupported' || document.hidden) return;
    const second = this.video.currentTime;
    const end = this.#source?.end ?? null;
    if (this.#seekPending && this.#base !== null && this.#source) {
      const target = (this.#wanted - this.#base) / 1000;
      const inside = this.#source.rangeAt(target);
      const next = inside ? null : this.#source.nextStart(target);
      if (inside || next !== null) {
        this.#seekPending = false;
        this.video.currentTime = inside ? target : /** @type {number} */ (next) + 0.01;
        if (next !== null) this.#tellGap(this.#wanted, this.#base + next * 1000);
        this.video.playbackRate = this.rate;
        if (this.#wantPlaying) this.video.play().catch(() => {});
        this.#set(this.#wantPlaying ? 'playing' : 'paused');
      }
    } else if (this.#source && this.#base !== null && this.#wantPlaying) {
      const range = this.#source.rangeAt(second);
      const next = this.#source.nextStart(second);
      const now = performance.now();
      if (second !== this.#lastSecond || this.video.paused || this.video.seeking) this.#movedAt = now;
      this.#lastSecond = second;
      // A decoder that stands still before a small hole is helped over it.
      const stuck = now - this.#movedAt > 700;
      if (stuck) this.#movedAt = now;
      if (stuck && range && range[1] - second > 0.5 * this.rate) this.video.currentTime = second + 0.05;
      else if ((!range || stuck || range[1] - second < 0.12) && next !== null) {
        this.#tellGap(this.#base + second * 1000, this.#base + next * 1000);
        this.video.currentTime = next + 0.01;
      }
      const dry = end !== null && end - second < 0.1;
      const atEnd = dry && this.#base + second * 1000 > serverNow() - 6000;
      const wanted = atEnd ? 'atEnd' : dry ? 'loading' : 'playing';
      if (this.state !== wanted) this.#set(wanted);
      if (this.video.paused && !dry) this.video.play().catch(() => {});
      if (this.video.playbackRate !== this.rate) this.video.playbackRate = this.rate;
    }
    const ahead = end === null ? 0 : end - second;
    if (!this.#fetching && ahead < AHEAD * Math.max(1, this.rate / 2) && performance.now() >= this.#retryAt) this.#fetch();
  }

  /** @param {number} from @param {number} to */
  #tellGap(from, to) {
    if (to - from < 700) return;
    const gap = this.#gaps.find((g) => g.to > from - 1000 && g.from < to + 1000);
    this.listener.skipped({ from, to, reason: gap?.reason ?? '' });
  }
}
