// One video's MediaSource: a queue of operations for its SourceBuffer, trimmed, never more than one at a time.

/** @type {typeof MediaSource|undefined} */
const Source = /** @type {any} */ (self).ManagedMediaSource ?? self.MediaSource;

/**
 * Whether this browser decodes it.
 * @param {string|null|undefined} mime
 */
export const canPlay = (mime) => Boolean(Source && mime && Source.isTypeSupported(mime));

/** @typedef {{kind: 'init', mime: string, bytes: Uint8Array} | {kind: 'media', bytes: Uint8Array, offset: number} | {kind: 'trim', from: number, to: number}} Operation */

/** Seconds behind the picture that stay in memory. */
const KEEP = 30;
/** Operations waiting at most: a reader that doesn't wait loses the stream instead of the memory. */
const MOST_WAITING = 400;

export class VideoSource {
  /** @type {Operation[]} */ #queue = [];
  /** @type {SourceBuffer|null} */ #buffer = null;
  #mime = '';
  /** @type {(() => void)[]} */ #drained = [];
  #closed = false;
  /** The memory is full: nothing more until the picture has moved on. */
  #full = false;

  /** @param {HTMLMediaElement} video @param {(reason: string) => void} failed */
  constructor(video, failed) {
    this.video = video;
    this.failed = failed;
    /**
     * Told when something before a second has been given up.
     * @type {(second: number) => void}
     */
    this.trimmed = () => {};
    if (!Source) throw new Error('MediaSource');
    this.source = new Source();
    this.url = URL.createObjectURL(this.source);
    if ('disableRemotePlayback' in video) video.disableRemotePlayback = true;
    video.src = this.url;
    this.source.addEventListener('sourceopen', () => this.#next(), { once: true });
  }

  /**
   * A run's `ftyp`+`moov`.
   * @param {string} mime
   * @param {Uint8Array} bytes
   */
  init(mime, bytes) { this.#add({ kind: 'init', mime, bytes }); }

  /**
   * A fragment; `offset` in seconds puts its decode time on this video's timeline.
   * @param {Uint8Array} bytes
   * @param {number} offset
   */
  media(bytes, offset) { this.#add({ kind: 'media', bytes, offset }); }

  /**
   * Resolves when at most `most` operations wait.
   * @param {number} most
   */
  room(most) {
    if (this.#closed || this.#queue.length <= most) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(() => resolve(undefined)));
  }

  /** @returns {TimeRanges|null} */
  get buffered() {
    try { return this.#buffer?.buffered ?? null; } catch { return null; }
  }

  /** The last second that can be shown, or null. */
  get end() {
    const ranges = this.buffered;
    return ranges && ranges.length ? ranges.end(ranges.length - 1) : null;
  }

  /**
   * The buffered range a second lies in.
   * @param {number} second
   * @returns {[number, number]|null}
   */
  rangeAt(second) {
    const ranges = this.buffered;
    for (let i = 0; ranges && i < ranges.length; i += 1) {
      if (second >= ranges.start(i) - 0.05 && second < ranges.end(i)) return [ranges.start(i), ranges.end(i)];
    }
    return null;
  }

  /**
   * The start of the first buffered range after a second.
   * @param {number} second
   */
  nextStart(second) {
    const ranges = this.buffered;
    for (let i = 0; ranges && i < ranges.length; i += 1) if (ranges.start(i) > second) return ranges.start(i);
    return null;
  }

  close() {
    this.#closed = true;
    this.#queue = [];
    this.#release();
    this.video.removeAttribute('src');
    this.video.load();
    URL.revokeObjectURL(this.url);
  }

  /** @param {Operation} operation */
  #add(operation) {
    if (this.#closed) return;
    if (this.#queue.length >= MOST_WAITING) { this.#fail('overflow'); return; }
    this.#queue.push(operation);
    this.#next();
  }

  #release() {
    const waiting = this.#drained;
    this.#drained = [];
    for (const f of waiting) f();
  }

  /** @param {string} reason */
  #fail(reason) {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.#release();
    this.failed(reason);
  }

  #next() {
    if (this.#closed || this.#full || this.source.readyState !== 'open' || this.#buffer?.updating) return;
    const operation = this.#queue.shift();
    if (this.#queue.length < 8) this.#release();
    if (!operation) { this.#trim(); return; }
    try {
      if (operation.kind === 'init') {
        if (!this.#buffer) {
          this.#buffer = this.source.addSourceBuffer(operation.mime);
          this.#buffer.mode = 'segments';
          this.#buffer.addEventListener('updateend', () => this.#next());
          this.#buffer.addEventListener('error', () => this.#fail('append'));
        } else if (operation.mime !== this.#mime) this.#buffer.changeType(operation.mime);
        this.#mime = operation.mime;
        this.#buffer.appendBuffer(/** @type {any} */ (operation.bytes));
      } else if (operation.kind === 'media' && this.#buffer) {
        if (Math.abs(this.#buffer.timestampOffset - operation.offset) > 0.0005) this.#buffer.timestampOffset = operation.offset;
        this.#buffer.appendBuffer(/** @type {any} */ (operation.bytes));
      } else if (operation.kind === 'trim' && this.#buffer) this.#buffer.remove(operation.from, operation.to);
      else this.#next();
    } catch (error) {
      const name = error instanceof DOMException ? error.name : String(error);
      if (name === 'QuotaExceededError') {
        this.#queue.unshift({ kind: 'trim', from: 0, to: Math.max(0.1, this.video.currentTime - 4) }, operation);
        this.#full = true;
        setTimeout(() => { this.#full = false; this.#next(); }, 500);
      } else this.#fail(name);
    }
  }

  #trim() {
    const ranges = this.buffered;
    if (!ranges || ranges.length === 0) return;
    const to = this.video.currentTime - KEEP;
    if (to - ranges.start(0) > KEEP) {
      this.#add({ kind: 'trim', from: 0, to });
      this.trimmed(to);
    }
  }

  /** Nothing waits to be appended. */
  get idle() { return this.#queue.length === 0 && !this.#buffer?.updating; }
}
