// The framed streams: [u32 header length][u32 payload length][header JSON][payload], all big-endian.

/** @typedef {{type: string, camera: string, run?: string, mime?: string, codec?: string, width?: number, height?: number, at?: string,
 *   tfdt?: number, duration?: number, timescale?: number, key?: boolean, state?: string, reason?: string, since?: string, detail?: string,
 *   fragments?: number, from?: string, to?: string, track?: 'video'|'audio', code?: string, limit?: number}} FrameHeader */

const LIMIT = 32 * 1024 * 1024;

/** Puts frames together from pieces of any size. */
export class FrameParser {
  /** @type {Uint8Array[]} */ #pieces = [];
  #length = 0;
  #decoder = new TextDecoder();

  /** @param {Uint8Array} piece */
  append(piece) {
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** @returns {{header: FrameHeader, payload: Uint8Array}|null} */
  next() {
    if (this.#length < 8) return null;
    const head = this.#peek(8);
    const view = new DataView(head.buffer, head.byteOffset, 8);
    const headerLength = view.getUint32(0);
    const payloadLength = view.getUint32(4);
    if (headerLength + payloadLength > LIMIT) throw new Error(`frame of ${headerLength + payloadLength} bytes`);
    if (this.#length < 8 + headerLength + payloadLength) return null;
    const whole = this.#peek(8 + headerLength + payloadLength);
    this.#drop(whole.length);
    const header = JSON.parse(this.#decoder.decode(whole.subarray(8, 8 + headerLength)));
    return { header, payload: whole.slice(8 + headerLength) };
  }

  /**
   * The first `count` bytes in one array.
   * @param {number} count
   */
  #peek(count) {
    if (this.#pieces[0].length >= count) return this.#pieces[0].subarray(0, count);
    const joined = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [joined];
    return joined.subarray(0, count);
  }

  /** @param {number} count of bytes, all of them in the first piece */
  #drop(count) {
    const first = this.#pieces[0];
    if (first.length === count) this.#pieces.shift();
    else this.#pieces[0] = first.subarray(count);
    this.#length -= count;
  }
}

/**
 * Reads a framed answer to its end; waits for `take`, so a slow reader holds the sender back.
 * @param {string} url @param {AbortSignal} signal @param {(header: FrameHeader, payload: Uint8Array) => void|Promise<void>} take
 */
export async function readFrames(url, signal, take) {
  const response = await fetch(url, { signal, cache: 'no-store', credentials: 'same-origin' });
  if (!response.ok || !response.body) {
    /** @type {any} */
    const problem = await response.json().catch(() => ({}));
    throw Object.assign(new Error(problem.detail ?? `HTTP ${response.status}`), { status: response.status, code: problem.code, params: problem.params ?? {} });
  }
  const reader = response.body.getReader();
  const parser = new FrameParser();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      parser.append(value);
      for (let frame = parser.next(); frame; frame = parser.next()) {
        if (signal.aborted) return;
        await take(frame.header, frame.payload);
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
