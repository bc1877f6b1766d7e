// A recording's sound in an element of its own: a camera whose sound stops never holds its picture.
import { canPlay, VideoSource } from './source.js';

/** A difference from the clock, s, that is worth a jump; below it the speed makes it up. */
const JUMP = 0.25;

export class SoundTrack {
  /** @type {VideoSource|null} */ #source = null;
  /** @type {number|null} */ #base = null;
  /** Whether any sound has come. */
  any = false;

  /** @param {string} camera */
  constructor(camera) {
    this.element = document.createElement('audio');
    this.element.dataset.camera = camera;
  }

  close() {
    this.#source?.close();
    this.#source = null;
  }

  /** @param {number} volume */
  setVolume(volume) {
    this.element.volume = Math.max(0, Math.min(1, volume));
    this.element.muted = volume === 0;
  }

  /** @param {import('../core/frames.js').FrameHeader} header @param {Uint8Array} payload */
  take(header, payload) {
    if (header.type === 'init') {
      if (!canPlay(header.mime)) return;
      this.#source ??= new VideoSource(this.element, () => this.close());
      this.#source.init(header.mime ?? '', payload);
    } else if (header.type === 'fragment' && this.#source) {
      const at = Date.parse(header.at ?? '');
      this.#base ??= at - 1000;
      const offset = (at - this.#base) / 1000 - (header.tfdt ?? 0) / (header.timescale || 90000);
      if (at >= this.#base) this.#source.media(payload, offset);
      this.any = true;
    }
  }

  /**
   * Sound is for about the speed of life.
   * @param {import('./playback.js').Following} clock
   */
  follow({ at, rate, moving }) {
    if (this.#base === null || !this.#source) return;
    const { element } = this;
    const second = (at - this.#base) / 1000;
    if (!moving || rate < 0.5 || rate > 2 || !this.#source.rangeAt(second)) {
      if (!element.paused) element.pause();
      return;
    }
    const off = element.currentTime - second;
    if (Math.abs(off) > JUMP * rate && !element.seeking) element.currentTime = second;
    element.playbackRate = rate * (Math.abs(off) < 0.03 ? 1 : off > 0 ? 0.97 : 1.03);
    if (element.paused) element.play().catch(() => {});
  }

  /** Live: plays what comes, near its end. */
  live() {
    const end = this.#source?.end ?? null;
    if (end === null) return;
    const behind = end - this.element.currentTime;
    if (behind > 2.5 || behind < 0) this.element.currentTime = Math.max(0, end - 0.5);
    this.element.playbackRate = behind > 1.3 ? 1.04 : 1;
    if (this.element.paused) this.element.play().catch(() => {});
  }
}
