// The system: its health, and what the site file declares (read-only here).
import { fill, h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api } from '../core/api.js';
import { codecName, full, number, t, word } from '../core/i18n.js';
import { errorText } from '../core/dialog.js';
import { link } from '../core/router.js';
import { state } from '../core/store.js';
import { pausedText, recordingTags, sortedCameras } from '../parts/cameras.js';
import { objects, plain } from '../parts/declared.js';
import { addCameraDialog, mayProbe } from '../parts/addCamera.js';
import { cameraMark, empty, failed } from '../parts/marks.js';
import { pauseButton } from '../parts/recording.js';
import { keyPanel } from '../parts/verifybox.js';
import { reloadButton } from '../parts/reload.js';
import { outagePanel } from '../parts/outages.js';
import { volumeTable } from '../parts/volumes.js';
import { healthLamps, lamp } from './overview.js';

// What analysis looks at in a camera's stream, and what it would miss.
/** @param {string} id */
function samplingText(id) {
  const facts = (state.health?.sampling ?? []).find((/** @type {any} */ one) => one.cameraId === id);
  if (!facts) return '–';
  const parts = [t('system.samplingSent', { sent: number(facts.sent, 0), whole: number(facts.whole, 0) })];
  if (facts.skippedKeys > 0) parts.push(t('system.samplingSkipped', { count: number(facts.skippedKeys, 0) }));
  if (facts.shed + facts.refused > 0) parts.push(t('system.samplingShed', { count: number(facts.shed + facts.refused, 0) }));
  if (facts.movingAudits > 0) parts.push(t('system.samplingMissed', { missed: number(facts.missedAudits, 0), moving: number(facts.movingAudits, 0) }));
  return parts.join(' · ');
}

// What was lost on the way from a camera; nothing where nothing was.
/** @param {string} id */
function lossText(id) {
  const facts = (state.health?.reception ?? []).find((/** @type {any} */ one) => one.cameraId === id);
  if (!facts || facts.lostPackets + facts.damagedPictures === 0) return '';
  return t('system.lost', { packets: number(facts.lostPackets, 0), pictures: number(facts.damagedPictures, 0) });
}

/** What some part was too slow for, since it started; nothing while the service doesn't tell. */
function droppedLamp() {
  const dropped = state.health?.dropped;
  if (!dropped) return null;
  const sum = Object.values(dropped).reduce((a, b) => a + Number(b), 0);
  return lamp('slash-circle', t('system.dropped'), number(sum, 0), sum === 0, t('system.droppedText', dropped));
}

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  const strip = h('section.strip', { 'aria-label': t('overview.health') });
  const cameras = h('div');
  const outages = outagePanel();
  context.every(5000, outages.load);
  const brokers = h('div');
  const gateway = h('div');
  const volumes = h('div');
  const config = h('div');
  const drawHealth = () => {
    fill(strip, healthLamps(state.health), droppedLamp());
    const columns = ['playback.camera', 'field.state', 'field.reason', 'system.since', 'system.codec', 'system.recordedFrom', 'system.sampling', 'overview.recording'];
    fill(cameras, h('div.table-wrap', null, h('table.table.cards.camera-table', null, h('thead', null, h('tr', null, columns.map((k) => h('th', { scope: 'col' }, t(k))))),
      h('tbody', null, sortedCameras().map((c) => h('tr', { data: { camera: c.id, paused: String(Boolean(c.recording?.paused)) } }, h('td.wrap', null, h('b', null, c.name)), h('td', null, cameraMark(c.state), ' ', word('cameraState', c.state)),
        h('td.wrap', null, c.reason && c.reason !== 'ok' ? word('reason', c.reason) : '–', c.detail ? h('span.dim', null, ` ${c.detail}`) : null), h('td.mono', null, full(c.since)), h('td', null, c.codec ? `${codecName(c.codec)} ${c.width ?? ''}×${c.height ?? ''}` : '–', c.audio ? h('span.dim', null, ` · ${c.audio}`) : null, lossText(c.id) ? h('div.small.dim', null, lossText(c.id)) : null), h('td.mono', null, full(c.recordedFrom)),
        h('td.wrap', null, samplingText(c.id)),
        h('td.wrap', null, h('div.recording-cell', null, h('span.recording-tags', null, recordingTags(c), c.state === 'live' && !c.recording?.paused ? h('span.dim', null, t('recording.on')) : null), c.recording?.paused ? h('div.small.dim', null, pausedText(c)) : null, pauseButton(c)))))))));
  };
  async function loadVolumes() {
    try {
      fill(volumes, volumeTable((await api.get('/storage')).volumes ?? []), h('p', null, h('a', { href: link('storage') }, t('system.storageMore'))));
    } catch (error) { fill(volumes, failed(errorText(error), loadVolumes)); }
  }
  async function load() {
    try {
      const [found, lines] = await Promise.all([api.get('/config'), api.get('/brokers').catch(() => ({ items: [] }))]);
      const terminals = (await api.get('/terminals').catch(() => ({ items: [] }))).items;
      fill(brokers, lines.items.length === 0 ? empty(t('system.noBrokers'), 'broadcast') : h('div.table-wrap', null, h('table.table', null, h('thead', null, h('tr', null, ['system.broker', 'field.state', 'field.reason', 'system.since', 'system.received', 'sensors.rejectedCount'].map((k) => h('th', { scope: 'col' }, t(k))))),
        h('tbody', null, lines.items.map((/** @type {any} */ b) => h('tr', null, h('td.mono', null, `${b.host}:${b.port}`), h('td', null, t(b.connected ? 'system.connected' : 'system.disconnected')), h('td', null, b.reason ? word('reason', b.reason) : '–'), h('td.mono', null, full(b.since)), h('td.right', null, number(b.received, 0)), h('td.right', null, number(b.rejected, 0))))))));
      fill(gateway, terminals.length === 0 ? null : h('div', null, h('h3', null, t('system.terminals')), terminals.map((/** @type {any} */ g) => h('dl.facts', null, [
        [g.listening ? t('system.listening') : t('system.notListening'), `${g.host}:${g.port}${g.detail ? ` · ${g.detail}` : ''}`], [t('system.connections'), number(g.connections, 0)], [t('system.received'), number(g.received, 0)], [t('sensors.rejectedCount'), number(g.rejected, 0)],
      ].map(([k, v]) => [h('dt', null, k), h('dd', null, v)])))));
      fill(config, Object.entries(found).map(([section, value]) => h('details.panel', null, h('summary', null, h('b', null, word('config', section)), h('span.dim', null, Array.isArray(value) ? ` ${value.length}` : '')),
        Array.isArray(value) ? objects(value) : h('dl.facts', null, Object.entries(/** @type {any} */ (value) ?? {}).map(([k, v]) => [h('dt.mono', null, k), h('dd', null, plain(v))])))));
    } catch (error) { fill(config, failed(errorText(error), load)); }
  }
  fill(root, h('div.list-page', null, h('h1', null, t('page.system')), strip,
    outages.element,
    h('section.panel', null, h('div.toolbar', null, h('h2', null, icon('camera-video'), t('overview.cameras')), h('span.grow'), mayProbe() ? h('button.primary', { type: 'button', id: 'add-camera', onclick: addCameraDialog }, icon('plus-lg'), t('probe.title')) : null), cameras),
    may('get', '/storage') ? h('section.panel', null, h('h2', null, icon('hdd-stack'), t('storage.volumes')), volumes) : null,
    may('get', '/evidence/key') ? keyPanel() : null,
    h('section.panel', null, h('h2', null, icon('broadcast'), t('overview.brokers')), brokers, gateway),
    h('section', null, h('div.toolbar', null, h('h2', null, t('system.declared')), h('span.grow'), reloadButton(() => { drawHealth(); void load(); })), h('p.hint', null, t('system.declaredHint')), config)));
  drawHealth();
  void load();
  if (may('get', '/storage')) void loadVolumes();
  context.on('health', drawHealth);
  context.on('camera', drawHealth);
  return {};
}
