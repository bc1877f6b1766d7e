// Starts the console: session, language, stream, pages.
import { loadAbilities } from './core/abilities.js';
import { api, onSignedOut } from './core/api.js';
import { loadLanguage, setZone } from './core/i18n.js';
import { apply, emit, loadAll, remembered, setServerTime, state } from './core/store.js';
import { forgetOffline } from './core/outbox.js';
import { restartStream, startStream, stopStream } from './core/stream.js';
import { showLogin } from './pages/login.js';
import { buildShell } from './shell.js';

/** @type {{destroy: () => void}|null} */
let shell = null;
let streaming = false;

/** @param {import('./core/stream.js').StreamMessage} message */
function take(message) {
  if (message.type === 'change' && message.topic === 'base') void takeSite();
  else if (message.type === 'change' && message.topic) apply(message.topic, message.data);
  else if (message.type === 'hello' && message.serverTime) setServerTime(message.serverTime);
  else if (message.type === 'status') {
    state.connection = { open: Boolean(message.open), lastHeard: message.lastHeard || state.connection.lastHeard };
    emit('status', state.connection);
  } else if (message.type === 'reset') void loadAll().then(() => emit('reset'));
}

/** Classes, units and areas changed: who is at a page chooses from the new ones. */
async function takeSite() {
  state.site = await api.get('/site').catch(() => state.site);
  emit('base');
}

async function begin() {
  shell?.destroy();
  shell = null;
  const abilities = loadAbilities();
  try {
    state.site = await api.get('/site');
  } catch { /* the shell shows that the server can't be reached */ }
  await abilities;
  setZone(state.site.timeZone);
  const language = remembered('language', state.user?.language ?? state.site.language ?? 'zh-CN');
  await loadLanguage(language);
  await loadAll();
  const root = /** @type {HTMLElement} */ (document.getElementById('app'));
  shell = buildShell(root, { relanguage: begin, logout });
  document.body.dataset.state = 'ready';
  if (!streaming) {
    streaming = true;
    startStream(take);
  }
}

function login() {
  shell?.destroy();
  shell = null;
  state.user = null;
  stopStream();
  streaming = false;
  document.body.dataset.state = 'login';
  showLogin(/** @type {HTMLElement} */ (document.getElementById('app')), async (/** @type {any} */ session) => {
    state.user = session.user;
    setServerTime(session.serverTime);
    await begin();
    restartStream();
  });
}

async function logout() {
  await api.delete('/session').catch(() => null);
  await forgetOffline();
  location.hash = '';
  login();
}

onSignedOut(() => { if (state.user) login(); });
window.addEventListener('pagehide', stopStream);
window.addEventListener('pageshow', (event) => { if (event.persisted && state.user) startStream(take); });

await loadLanguage(remembered('language', 'zh-CN'));
try {
  const session = await api.get('/session');
  state.user = session.user;
  setServerTime(session.serverTime);
  await begin();
} catch {
  login();
}
