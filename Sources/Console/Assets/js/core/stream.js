// Changes as they happen: through the SharedWorker, or a direct stream where there is none.

/** @typedef {{type: string, topic?: string, data?: any, open?: boolean, lastHeard?: number, serverTime?: string}} StreamMessage */

const TOPICS = ['alarm', 'case', 'camera', 'sensor', 'vehicle', 'bookmark', 'export', 'health', 'base', 'order', 'duty'];
/** @type {MessagePort|null} */
let port = null;
/** @type {EventSource|null} */
let direct = null;

/**
 * Starts (or restarts after another login) the stream.
 * @param {(message: StreamMessage) => void} take
 */
export function startStream(take) {
  stopStream();
  if (typeof SharedWorker === 'function') {
    const worker = new SharedWorker('/assets/app/worker/stream.js', { name: 'gridwatch-stream' });
    port = worker.port;
    port.onmessage = (event) => take(event.data);
    worker.onerror = () => { port = null; startDirect(take); };
    return;
  }
  startDirect(take);
}

/** After a login: the worker's stream may be refused or belong to another user. */
export function restartStream() {
  port?.postMessage('restart');
}

export function stopStream() {
  port?.postMessage('bye');
  port?.close();
  port = null;
  direct?.close();
  direct = null;
}

/** @param {(message: StreamMessage) => void} take */
function startDirect(take) {
  let lastNumber = 0;
  let lastHeard = Date.now();
  const source = new EventSource('/api/v1/stream');
  direct = source;
  source.addEventListener('hello', (event) => {
    const hello = JSON.parse(/** @type {MessageEvent} */ (event).data);
    const missed = lastNumber > 0 && hello.number !== lastNumber;
    lastNumber = hello.number;
    lastHeard = Date.now();
    take({ type: 'hello', serverTime: hello.serverTime });
    if (missed) take({ type: 'reset' });
    take({ type: 'status', open: true, lastHeard });
  });
  source.addEventListener('reset', () => take({ type: 'reset' }));
  for (const topic of TOPICS) {
    source.addEventListener(topic, (event) => {
      const message = /** @type {MessageEvent} */ (event);
      lastHeard = Date.now();
      lastNumber = Number(message.lastEventId) || lastNumber;
      take({ type: 'change', topic, data: JSON.parse(message.data) });
    });
  }
  source.onerror = () => {
    take({ type: 'status', open: false, lastHeard });
    if (source.readyState === EventSource.CLOSED) setTimeout(() => direct === source && startDirect(take), 3000);
  };
}
