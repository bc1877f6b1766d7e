// One event stream for all tabs of a browser: a SharedWorker holds it, tabs connect by port.
// A browser opens at most six connections to a host over HTTP/1.1; a stream per tab would use them up.

const TOPICS = ['alarm', 'case', 'camera', 'sensor', 'vehicle', 'bookmark', 'export', 'health', 'base', 'order', 'duty'];
/** @type {Set<MessagePort>} */
const ports = new Set();
/** @type {EventSource|null} */
let source = null;
let lastNumber = 0;
let lastHeard = 0;
let isOpen = false;
let wait = 1000;
/** @type {any} */
let timer = null;

/** @param {any} message */
function tell(message) {
  for (const port of ports) port.postMessage(message);
}

function tellStatus() {
  tell({ type: 'status', open: isOpen, lastHeard });
}

/** @param {number} number */
function heard(number) {
  lastHeard = Date.now();
  if (Number.isFinite(number) && number > lastNumber) lastNumber = number;
}

function connect() {
  clearTimeout(timer);
  if (source || ports.size === 0) return;
  source = new EventSource('/api/v1/stream');
  source.addEventListener('hello', (event) => {
    const hello = JSON.parse(/** @type {MessageEvent} */ (event).data);
    const missed = lastNumber > 0 && hello.number !== lastNumber;
    lastNumber = hello.number;
    lastHeard = Date.now();
    isOpen = true;
    wait = 1000;
    tell({ type: 'hello', serverTime: hello.serverTime });
    if (missed) tell({ type: 'reset' });
    tellStatus();
  });
  source.addEventListener('reset', () => {
    lastHeard = Date.now();
    tell({ type: 'reset' });
  });
  for (const topic of TOPICS) {
    source.addEventListener(topic, (event) => {
      const message = /** @type {MessageEvent} */ (event);
      heard(Number(message.lastEventId));
      tell({ type: 'change', topic, data: JSON.parse(message.data) });
    });
  }
  source.onerror = () => {
    closeSource();
    timer = setTimeout(connect, wait);
    wait = Math.min(wait * 2, 10000);
  };
}

function closeSource() {
  source?.close();
  source = null;
  isOpen = false;
  tellStatus();
}

// Comments that keep the stream alive are invisible here, so a silent line is found out by asking.
setInterval(async () => {
  if (ports.size === 0) return;
  try {
    await fetch('/healthz', { cache: 'no-store', signal: /** @type {any} */ (AbortSignal).timeout(5000) });
    if (source && isOpen) lastHeard = Date.now();
    tellStatus();
  } catch {
    if (!isOpen) return;
    closeSource();
    timer = setTimeout(connect, 1000);
  }
}, 10000);

/** @param {MessagePort} port */
function join(port) {
  ports.add(port);
  port.onmessage = (event) => {
    if (event.data === 'bye') {
      ports.delete(port);
      if (ports.size === 0) closeSource();
    } else if (event.data === 'restart') {
      closeSource();
      lastNumber = 0;
      connect();
    }
  };
  port.postMessage({ type: 'status', open: isOpen, lastHeard });
  connect();
}

/** @type {any} */ (self).onconnect = (/** @type {MessageEvent} */ event) => join(event.ports[0]);
