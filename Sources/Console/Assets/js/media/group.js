// Several cameras of a playback in step: one clock, and who waits for whom.
import { serverNow } from '../core/store.js';
import { loadLanes, LONGEST, nextRecorded } from '../parts/lanes.js';
import { PlaybackClock } from './clock.js';
import { RecordedPicture } from './player.js';

/** Ms that cameras with a picture wait for one that has none yet. */
const PATIENCE = 5000;
const TURN = 80;
/** A skip shorter than this isn't worth a word, ms. */
const WORTH_SAYING = 700;

/** @typedef {'empty'|'loading'|'playing'|'paused'|'nothing'|'atEnd'|'failed'} GroupState */

export class PlaybackGroup {
  clock = new PlaybackClock();
  /** @type {RecordedPicture[]} */ pictures = [];
  /** @type {GroupState} */ state = 'empty';
  skipGaps = true;
  #skipping = false;
  /** Nothing more is recorded in the clock's direction. */
  #end = false;
  /** @type {any} */ #timer = null;

  /** @param {{changed: () => void, skipped: (from: number, to: number, reason: string) => void}} listener */
  constructor(listener) {
    this.listener = listener;
    this.#timer = setInterval(() => this.turn(), TURN);
  }

  close() {
    clearInterval(this.#timer);
    for (const picture of this.pictures) picture.close();
  }

  get at() { return this.clock.at; }
  get playing() { return this.clock.running; }
  get rate() { return this.clock.rate; }

  /** @param {string[]} cameras those stay that were there */
  setCameras(cameras) {
    for (const picture of this.pictures) if (!cameras.includes(picture.camera)) picture.close();
    this.pictures = cameras.map((id) => this.pictures.find((p) => p.camera === id) ?? new RecordedPicture(id, () => this.turn()));
  }

  /** @param {number} at wall ms */
  seek(at) {
    this.#end = false;
    this.clock.set(Math.min(at, serverNow() - 200));
    for (const picture of this.pictures) picture.loadingSince = performance.now();
    this.turn();
  }
  play() { this.#end = false; this.clock.running = true; this.turn(); }
  pause() { this.clock.running = false; this.turn(); }
  /** @param {number} rate */
  setRate(rate) { this.#end = false; this.clock.rate = rate; this.turn(); }
  /**
   * One frame of a picture on or back; the others go along.
   * @param {number} direction @param {RecordedPicture|undefined} picture
   */
  step(direction, picture) {
    this.clock.running = false;
    this.seek(picture ? picture.frameFrom(this.at, direction) : this.at + direction * 40);
  }

  turn() {
    if (this.pictures.length === 0) return;
    const { clock } = this;
    if (document.hidden) { clock.held = true; return; }
    if (clock.at > serverNow()) clock.set(serverNow() - 200);
    const at = clock.at;
    const following = { at, rate: clock.rate, moving: clock.running && !clock.held, exact: !clock.running };
    const told = this.pictures.map((picture) => picture.follow(following, this.pictures.length - 1));
    const now = performance.now();
    const ready = told.filter((s) => s === 'ready').length;
    const gaps = told.filter((s) => s === 'gap').length;
    const awaited = this.pictures.some((picture, i) => told[i] === 'loading' && (ready === 0 || now - picture.loadingSince < PATIENCE));
    const failed = told.every((s) => s === 'failed');
    const nothing = gaps > 0 && ready === 0 && !awaited;
    clock.held = awaited || failed || this.#skipping || (nothing && this.#end);
    if (nothing && clock.running && this.skipGaps && !this.#end) void this.#skip(at);
    const atEnd = awaited && at > serverNow() - 6000;
    this.#set(failed ? 'failed' : nothing ? 'nothing' : awaited && !atEnd ? 'loading' : !clock.running ? 'paused' : atEnd ? 'atEnd' : 'playing');
  }

  /** @param {GroupState} state */
  #set(state) {
    this.state = state;
    this.listener.changed();
  }

  /**
   * Goes on where any of the cameras is recorded again.
   * @param {number} at
   */
  async #skip(at) {
    if (this.#skipping) return;
    this.#skipping = true;
    const direction = this.clock.rate < 0 ? -1 : 1;
    const reason = this.pictures.map((p) => p.lanes.gaps.find((g) => g.from <= at && at < g.to)?.reason).find(Boolean) ?? '';
    let to = this.#nearest(this.pictures.map((p) => nextRecorded(p.lanes, at, direction)), direction);
    if (to === null || Math.abs(to - at) < 20) {
      const found = await Promise.all(this.pictures.map((p) =>
        loadLanes(p.camera, direction > 0 ? at : at - LONGEST, direction > 0 ? at + LONGEST : at).then((lanes) => nextRecorded(lanes, at, direction)).catch(() => null)));
      to = this.#nearest(found, direction);
    }
    this.#skipping = false;
    // The user has gone elsewhere meanwhile.
    if (Math.abs(this.clock.at - at) > 1000) return;
    if (to === null) { this.#end = true; return; }
    if (Math.abs(to - at) > WORTH_SAYING) this.listener.skipped(Math.min(at, to), Math.max(at, to), reason);
    this.clock.set(direction > 0 ? to + 10 : to - 10);
    for (const picture of this.pictures) picture.loadingSince = performance.now();
  }

  /** @param {(number|null)[]} list @param {number} direction @returns {number|null} */
  #nearest(list, direction) {
    const known = /** @type {number[]} */ (list.filter((v) => v !== null));
    return known.length === 0 ? null : direction > 0 ? Math.min(...known) : Math.max(...known);
  }
}
