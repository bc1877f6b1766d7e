// Long answers at once: a browser opens six connections to a host over HTTP/1.1, and the page needs some for itself.

/** One is the event stream's, one is left for everything short. */
const MOST = 4;

let inside = 0;
/** @type {(() => void)[]} waiting in order; each tile waits at most once */
const waiting = [];

/**
 * Waits for a place; what it resolves with gives the place back.
 * @param {AbortSignal} signal
 * @returns {Promise<() => void>}
 */
export async function enter(signal) {
  if (inside >= MOST) {
    await new Promise((resolve, reject) => {
      const go = () => { signal.removeEventListener('abort', gone); resolve(undefined); };
      const gone = () => { waiting.splice(waiting.indexOf(go), 1); reject(new DOMException('', 'AbortError')); };
      signal.addEventListener('abort', gone, { once: true });
      waiting.push(go);
    });
  } else inside += 1;
  let left = false;
  return () => {
    if (left) return;
    left = true;
    const next = waiting.shift();
    if (next) next();
    else inside -= 1;
  };
}
