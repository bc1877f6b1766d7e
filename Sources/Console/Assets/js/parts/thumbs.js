// Small pictures of key frames under the pointer: a coarse set for the window, a finer one where the pointer rests.
import { debounce } from '../core/dom.js';
import { readThumbnails } from '../media/recording.js';
import { snapshotUrl } from '../core/api.js';
import { serverNow } from '../core/store.js';

const WIDTH = 320;
/** Pictures kept at most; the ones put in first go first. */
const MOST = 400;
const COARSE = 48;
const FINE = 16;

export class Thumbnails {
  #camera = '';
  /**
   * By wall ms.
   * @type {Map<number, string>}
   */
  #pictures = new Map();
  /** @type {AbortController|null} */ #request = null;
  /**
   * Ranges that have been asked for, with the distance of their pictures, ms.
   * @type {{from: number, to: number, step: number}[]}
   */
  #asked = [];
  /** The server has no path for many pictures. */
  #single = false;

  /** @param {() => void} came */
  constructor(came) {
    this.came = came;
    this.finer = debounce((/** @type {number} */ at, /** @type {number} */ step) => this.#load(at - step * FINE / 2, at + step * FINE / 2, FINE), 120);
  }

  close() {
    this.#request?.abort();
    for (const url of this.#pictures.values()) URL.revokeObjectURL(url);
    this.#pictures.clear();
    this.#asked = [];
  }

  /** @param {string} camera */
  setCamera(camera) {
    if (camera === this.#camera) return;
    this.close();
    this.#camera = camera;
  }

  /** How many are there. */
  get count() { return this.#pictures.size; }

  /**
   * The picture nearest to a moment, and a better one on its way.
   * @param {number} at @param {number} from of the window @param {number} to
   * @returns {string} its address, or nothing
   */
  near(at, from, to) {
    const span = to - from;
    if (this.#single) return snapshotUrl(this.#camera, Math.round(at / Math.max(1000, span / 200)) * Math.max(1000, span / 200), WIDTH);
    const coarse = span / COARSE;
    if (!this.#has(at, coarse * 1.5)) this.#load(from, to, COARSE);
    else if (coarse > 3000 && !this.#has(at, coarse / 5)) this.finer(at, coarse / 6);
    let best = '';
    let distance = Math.max(coarse * 1.2, 15_000);
    for (const [ms, url] of this.#pictures) {
      const d = Math.abs(ms - at);
      if (d < distance) { best = url; distance = d; }
    }
    return best;
  }

  /** @param {number} at @param {number} step */
  #has(at, step) {
    return this.#asked.some((r) => r.from <= at && at <= r.to && r.step <= step);
  }

  /** @param {number} from @param {number} to @param {number} count */
  #load(from, to, count) {
    const end = Math.min(to, serverNow());
    if (end - from < 1000 || !this.#camera) return;
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const asked = { from, to: end, step: (to - from) / count };
    this.#asked.push(asked);
    if (this.#asked.length > 60) this.#asked.shift();
    readThumbnails(this.#camera, from, end, count, WIDTH, request.signal, (at, picture) => {
      if (this.#pictures.has(at)) return;
      this.#pictures.set(at, URL.createObjectURL(picture));
      for (const [oldest, url] of this.#pictures) {
        if (this.#pictures.size <= MOST) break;
        URL.revokeObjectURL(url);
        this.#pictures.delete(oldest);
        // What has gone may be asked for again.
        this.#asked = this.#asked.filter((r) => r === asked || oldest < r.from || oldest > r.to);
      }
      this.came();
    }).catch((error) => {
      this.#asked = this.#asked.filter((r) => r !== asked);
      if (error?.status === 404 && error?.code !== 'nothingRecorded') { this.#single = true; this.came(); }
    });
  }
}
