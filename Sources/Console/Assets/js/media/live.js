// The live stream of a page: one request for all its tiles, none while the page is hidden.
import { readFrames } from '../core/frames.js';
import { queryText } from '../core/api.js';
import { state } from '../core/store.js';
import { canPlay } from './source.js';

/**
 * What a tile is told.
 * @typedef {{frame: (header: import('../core/frames.js').FrameHeader, payload: Uint8Array) => void, stream: (open: boolean) => void, pictures: (on: boolean) => void}} LiveListener
 */

export class LiveStream {
  /** @type {Map<string, Set<LiveListener>>} */ #wanted = new Map();
  /** Cameras whose codec this browser can't decode. @type {Set<string>} */ #pictures = new Set();
  /** @type {AbortController|null} */ #request = null;
  #url = '';
  #wait = 1000;
  /** @type {any} */ #timer = null;
  #closed = false;
  /** A tile has joined that needs its run's beginning. */
  #renew = false;
  #lastHeard = 0;

  constructor() {
    this.onVisible = () => (document.hidden ? this.#stop() : this.#plan(0));
    document.addEventListener('visibilitychange', this.onVisible);
    // The server pings every 10 s: a stream that says nothing for 25 s is dead.
    this.watch = setInterval(() => {
      if (this.#request && performance.now() - this.#lastHeard > 25_000) { this.#stop(); this.#plan(0); }
    }, 5000);
  }

  /** @param {string} camera @param {LiveListener} listener @returns {() => void} */
  join(camera, listener) {
    let set = this.#wanted.get(camera);
    if (!set) this.#wanted.set(camera, (set = new Set()));
    set.add(listener);
    const known = state.camera.get(camera);
    if (needsPictures(known)) this.#pictures.add(camera);
    listener.pictures(this.#pictures.has(camera));
    this.#renew = true;
    this.#plan(150);
    return () => {
      const listeners = this.#wanted.get(camera);
      listeners?.delete(listener);
      if (listeners?.size === 0) this.#wanted.delete(camera);
      this.#plan(150);
    };
  }

  close() {
    this.#closed = true;
    clearInterval(this.watch);
    clearTimeout(this.#timer);
    document.removeEventListener('visibilitychange', this.onVisible);
    this.#stop();
  }

  #stop() {
    this.#request?.abort();
    this.#request = null;
    this.#url = '';
  }

  /** @param {number} ms */
  #plan(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), ms);
  }

  #open() {
    if (this.#closed || document.hidden) return;
    const all = [...this.#wanted.keys()].sort();
    const cameras = all.filter((id) => !this.#pictures.has(id)).map(encodeURIComponent).join(',');
    const pictures = all.filter((id) => this.#pictures.has(id)).map(encodeURIComponent).join(',');
    const url = `/api/v1/live${queryText({ cameras, pictures }).replaceAll('%2C', ',')}`;
    if (url === this.#url && this.#request && !this.#renew) return;
    this.#renew = false;
    this.#stop();
    if (all.length === 0) return;
    const request = new AbortController();
    this.#request = request;
    this.#url = url;
    this.#lastHeard = performance.now();
    readFrames(url, request.signal, (header, payload) => {
      this.#lastHeard = performance.now();
      this.#wait = 1000;
      this.#take(header, payload);
    }).catch(() => {}).finally(() => {
      if (this.#request !== request) return;
      this.#request = null;
      this.#url = '';
      for (const set of this.#wanted.values()) for (const listener of set) listener.stream(false);
      if (this.#closed || document.hidden) return;
      this.#plan(this.#wait * (0.75 + Math.random() / 2));
      this.#wait = Math.min(this.#wait * 2, 10_000);
    });
  }

  /** @param {import('../core/frames.js').FrameHeader} header @param {Uint8Array} payload */
  #take(header, payload) {
    const set = this.#wanted.get(header.camera);
    if (!set) return;
    if (header.type === 'init' && !canPlay(header.mime)) {
      if (this.#pictures.has(header.camera)) return;
      this.#pictures.add(header.camera);
      for (const listener of set) listener.pictures(true);
      this.#plan(50);
      return;
    }
    for (const listener of set) listener.frame(header, payload);
  }
}

/**
 * Whether a camera can only be shown as pictures here.
 * @param {any} camera
 */
export function needsPictures(camera) {
  if (!camera) return false;
  if (camera.mime) return !canPlay(camera.mime);
  if (camera.codec === 'hevc') return !canPlay('video/mp4; codecs="hvc1.1.6.L120.B0"');
  return camera.codec ? camera.codec !== 'h264' : false;
}
