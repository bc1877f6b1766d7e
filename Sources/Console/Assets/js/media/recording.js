// Reads a piece of a camera's recording from the server, one framed answer at a time.
import { readFrames } from '../core/frames.js';
import { iso, queryText } from '../core/api.js';
import { enter } from './gate.js';

/**
 * What is asked for: `codec` and `width` have it transcoded, `keys` gives only key frames, `reverse` the newest of them first.
 * @typedef {{codec?: 'h264', width?: number, audio?: boolean, keys?: boolean, reverse?: boolean}} Form
 */

/**
 * @param {string} camera @param {number} from wall ms @param {number} to wall ms @param {Form} form @param {AbortSignal} signal
 * @param {(header: import('../core/frames.js').FrameHeader, payload: Uint8Array) => void|Promise<void>} take
 * @returns {Promise<boolean>} false when the answer broke off before its end
 */
export async function readRecording(camera, from, to, form, signal, take) {
  const leave = await enter(signal);
  let whole = false;
  try {
    const query = queryText({
      from: iso(from), to: iso(to), codec: form.codec, width: form.codec ? form.width : undefined, audio: form.audio ? 1 : undefined,
      mode: form.keys ? 'keys' : undefined, direction: form.reverse ? 'reverse' : undefined,
    });
    await readFrames(`/api/v1/cameras/${encodeURIComponent(camera)}/playback${query}`, signal, (header, payload) => {
      if (header.type === 'end') whole = true;
      return take(header, payload);
    });
    return whole;
  } finally { leave(); }
}

/**
 * Key-frame pictures evenly spread over a range, as JPEG.
 * @param {string} camera @param {number} from wall ms @param {number} to wall ms @param {number} count @param {number} width pixels
 * @param {AbortSignal} signal @param {(at: number, picture: Blob) => void} take
 */
export async function readThumbnails(camera, from, to, count, width, signal, take) {
  const leave = await enter(signal);
  try {
    await readFrames(`/api/v1/cameras/${encodeURIComponent(camera)}/thumbnails${queryText({ from: iso(from), to: iso(to), count, width })}`, signal, (header, payload) => {
      if (header.type === 'picture') take(Date.parse(header.at ?? ''), new Blob([/** @type {any} */ (payload)], { type: 'image/jpeg' }));
    });
  } finally { leave(); }
}

/** @param {any} error whether it is the end of a request that nobody wants any more */
export const isAbort = (error) => error?.name === 'AbortError';
