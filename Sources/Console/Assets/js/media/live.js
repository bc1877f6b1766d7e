// The live stream of a page: one request for all its tiles, none while the page is hidden.
import { readFrames } from '../core/frames.js';
import { queryText } from '../core/api.js';
import { on, state } from '../core/store.js';
import { codecChoice, transcodeLimit } from '../parts/codec.js';
import { canPlay } from './source.js';

/** Ms after which a camera that was refused a place for transcoding is asked for again. */
const ASK_AGAIN = 60_000;

/** @typedef {'video'|'transcoded'|'pictures'} LiveWay */
/**
 * What a tile is told; `way` before the first frame and whenever it changes, with `busy` where all places for transcoding are taken.
 * @typedef {{frame: (header: import('../core/frames.js').FrameHeader, payload: Uint8Array) => void, stream: (open: boolean) => void, way: (way: LiveWay, busy: boolean, limit: number) => void}} LiveListener
 */

export class LiveStream {
  /** @type {Map<string, Set<LiveListener>>} */ #wanted = new Map();
  /**
   * Cameras whose codec this browser can't decode.
   * @type {Set<string>}
   */
  #undecodable = new Set();
  /**
   * Until when a camera is shown as pictures because it was refused a place, by `performance.now`.
   * @type {Map<string, number>}
   */
  #refused = new Map();
  /** @type {Map<string, LiveWay>} */ #ways = new Map();
  /** @type {AbortController|null} */ #request = null;
  #url = '';
  #wait = 1000;
  /** @type {any} */ #timer = null;
  #closed = false;
  /** A tile has joined that needs its run's beginning. */
  #renew = false;
  #lastHeard = 0;
  #limit = 0;
  /** @type {string|null} the camera that is heard */ #heard = null;
  /** Pixels of a tile. */
  #width = 960;

  constructor() {
    this.onVisible = () => (document.hidden ? this.#stop() : this.#plan(0));
    document.addEventListener('visibilitychange', this.onVisible);
    this.off = on('session', () => { this.#refused.clear(); this.#plan(0); });
    // The server pings every 10 s: a stream that says nothing for 25 s is dead.
    this.watch = setInterval(() => {
      if (this.#request && performance.now() - this.#lastHeard > 25_000) { this.#stop(); this.#plan(0); }
      const now = performance.now();
      const free = [...this.#refused].filter(([, until]) => until < now);
      for (const [id] of free) this.#refused.delete(id);
      if (free.length) this.#plan(0);
    }, 5000);
  }

  /** @param {string} camera @param {LiveListener} listener @returns {() => void} */
  join(camera, listener) {
    let set = this.#wanted.get(camera);
    if (!set) this.#wanted.set(camera, (set = new Set()));
    set.add(listener);
    if (needsPictures(state.camera.get(camera))) this.#undecodable.add(camera);
    const way = this.#ways.get(camera) ?? (this.#undecodable.has(camera) ? 'pictures' : 'video');
    this.#ways.set(camera, way);
    listener.way(way, this.#refused.has(camera), this.#limit);
    this.#renew = true;
    this.#plan(150);
    return () => {
      const listeners = this.#wanted.get(camera);
      listeners?.delete(listener);
      if (listeners?.size === 0) { this.#wanted.delete(camera); this.#ways.delete(camera); }
      this.#plan(150);
    };
  }

  /**
   * Whose sound is taken along.
   * @param {string|null} camera
   */
  hear(camera) {
    if (camera === this.#heard) return;
    this.#heard = camera;
    this.#renew = true;
    this.#plan(0);
  }

  /**
   * How large a tile is, so that nothing larger is transcoded.
   * @param {number} pixels
   */
  setWidth(pixels) {
    const width = Math.max(320, Math.min(1920, Math.ceil(pixels / 160) * 160));
    if (width === this.#width) return;
    this.#width = width;
    if ([...this.#ways.values()].includes('transcoded')) this.#plan(300);
  }

  close() {
    this.#closed = true;
    this.off();
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

  /** How each camera is asked for: the user's choice, and `auto` shows as video what the server has places for. */
  #divide() {
    const limit = transcodeLimit();
    const choice = codecChoice();
    const foreign = [...this.#wanted.keys()].filter((id) => this.#undecodable.has(id)).sort();
    for (const id of this.#wanted.keys()) {
      /** @type {LiveWay} */
      let way = 'video';
      if (this.#undecodable.has(id)) {
        const asVideo = limit > 0 && choice !== 'pictures' && !this.#refused.has(id) && (choice === 'video' || foreign.length <= Math.max(1, limit / 2));
        way = asVideo ? 'transcoded' : 'pictures';
      }
      if (this.#ways.get(id) === way) continue;
      this.#ways.set(id, way);
      for (const listener of this.#wanted.get(id) ?? []) listener.way(way, this.#refused.has(id), this.#limit);
    }
  }

  #open() {
    if (this.#closed || document.hidden) return;
    this.#divide();
    const all = [...this.#wanted.keys()].sort();
    const ids = (/** @type {LiveWay} */ way) => all.filter((id) => this.#ways.get(id) === way).map(encodeURIComponent).join(',');
    const transcode = ids('transcoded');
    const heard = this.#heard && this.#wanted.has(this.#heard) ? this.#heard : undefined;
    const url = `/api/v1/live${queryText({ cameras: ids('video'), transcode, width: transcode ? this.#width : undefined, pictures: ids('pictures'), audio: heard }).replaceAll('%2C', ',')}`;
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
    }).catch((error) => {
      if (this.#request === request && error?.code === 'tooManyTranscodes') {
        for (const id of all) if (this.#ways.get(id) === 'transcoded') this.#refuse(id, error.params?.limit);
        this.#wait = 200;
      }
    }).finally(() => {
      if (this.#request !== request) return;
      this.#request = null;
      this.#url = '';
      for (const set of this.#wanted.values()) for (const listener of set) listener.stream(false);
      if (this.#closed || document.hidden) return;
      this.#plan(this.#wait * (0.75 + Math.random() / 2));
      this.#wait = Math.min(this.#wait * 2, 10_000);
    });
  }

  /** @param {string} camera @param {number|undefined} limit */
  #refuse(camera, limit) {
    this.#limit = limit ?? this.#limit;
    this.#refused.set(camera, performance.now() + ASK_AGAIN);
  }

  /** @param {import('../core/frames.js').FrameHeader} header @param {Uint8Array} payload */
  #take(header, payload) {
    const set = this.#wanted.get(header.camera);
    if (!set) return;
    if (header.type === 'refused' || header.type === 'failed') {
      this.#refuse(header.camera, header.limit);
      this.#plan(50);
      return;
    }
    if (header.type === 'init' && header.track !== 'audio' && !canPlay(header.mime)) {
      if (this.#undecodable.has(header.camera)) return;
      this.#undecodable.add(header.camera);
      this.#plan(50);
      return;
    }
    for (const listener of set) listener.frame(header, payload);
  }
}

/**
 * Whether the browser can't decode a camera's own video.
 * @param {any} camera
 */
export function needsPictures(camera) {
  if (!camera) return false;
  if (camera.mime) return !canPlay(camera.mime);
  if (camera.codec === 'hevc') return !canPlay('video/mp4; codecs="hvc1.1.6.L120.B0"');
  return camera.codec ? camera.codec !== 'h264' : false;
}
