// The system: its health, and what the site file declares (read-only here).
import { fill, h, icon } from '../core/dom.js';
import { api } from '../core/api.js';
import { codecName, full, number, t, word } from '../core/i18n.js';
import { errorText } from '../core/dialog.js';
import { state } from '../core/store.js';
import { cameraMark, empty, failed } from '../parts/marks.js';
import { healthLamps } from './overview.js';

/**
 * A value of the declaration as text.
 * @param {any} value
 * @returns {string}
 */
function plain(value) {
  if (value === null || value === undefined) return '–';
  if (Array.isArray(value)) return value.map(plain).join('; ') || '–';
  if (typeof value === 'object') return Object.entries(value).filter(([, v]) => v !== null && v !== undefined).map(([k, v]) => `${k}: ${plain(v)}`).join(', ') || '–';
  return typeof value === 'boolean' ? t(value ? 'action.yes' : 'action.no') : String(value);
}

/**
 * A table with the columns that its objects have.
 * @param {any[]} items
 */
function objects(items) {
  const columns = [...new Set(items.slice(0, 50).flatMap((item) => Object.keys(item)))].filter((c) => !['last', 'rejected', 'alarmIds', 'stale'].includes(c));
  return h('div.table-wrap', null, h('table.table', null, h('thead', null, h('tr', null, columns.map((c) => h('th.mono', { scope: 'col' }, c)))),
    h('tbody', null, items.slice(0, 500).map((item) => h('tr', null, columns.map((c) => h('td.wrap', null, plain(item[c]))))))));
}

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  const strip = h('section.strip', { 'aria-label': t('overview.health') });
  const cameras = h('div');
  const brokers = h('div');
  const config = h('div');
  const drawHealth = () => {
    fill(strip, healthLamps(state.health));
    fill(cameras, h('div.table-wrap', null, h('table.table', null, h('thead', null, h('tr', null, ['playback.camera', 'field.state', 'field.reason', 'system.since', 'system.codec', 'system.recordedFrom'].map((k) => h('th', { scope: 'col' }, t(k))))),
      h('tbody', null, [...state.camera.values()].map((c) => h('tr', null, h('td', null, c.name), h('td', null, cameraMark(c.state), ' ', word('cameraState', c.state)), h('td.wrap', null, c.reason && c.reason !== 'ok' ? word('reason', c.reason) : '–', c.detail ? h('span.dim', null, ` ${c.detail}`) : null), h('td.mono', null, full(c.since)),
        h('td', null, c.codec ? `${codecName(c.codec)} ${c.width ?? ''}×${c.height ?? ''}` : '–'), h('td.mono', null, full(c.recordedFrom))))))));
  };
  async function load() {
    try {
      const [found, lines] = await Promise.all([api.get('/config'), api.get('/brokers').catch(() => ({ items: [] }))]);
      fill(brokers, lines.items.length === 0 ? empty(t('system.noBrokers'), 'broadcast') : h('div.table-wrap', null, h('table.table', null, h('thead', null, h('tr', null, ['system.broker', 'field.state', 'field.reason', 'system.since', 'system.received', 'sensors.rejectedCount'].map((k) => h('th', { scope: 'col' }, t(k))))),
        h('tbody', null, lines.items.map((/** @type {any} */ b) => h('tr', null, h('td.mono', null, `${b.host}:${b.port}`), h('td', null, t(b.connected ? 'system.connected' : 'system.disconnected')), h('td', null, b.reason ? word('reason', b.reason) : '–'), h('td.mono', null, full(b.since)), h('td.right', null, number(b.received, 0)), h('td.right', null, number(b.rejected, 0))))))));
      fill(config, Object.entries(found).map(([section, value]) => h('details.panel', null, h('summary', null, h('b', null, word('config', section)), h('span.dim', null, Array.isArray(value) ? ` ${value.length}` : '')),
        Array.isArray(value) ? objects(value) : h('dl.facts', null, Object.entries(/** @type {any} */ (value) ?? {}).map(([k, v]) => [h('dt.mono', null, k), h('dd', null, plain(v))])))));
    } catch (error) { fill(config, failed(errorText(error), load)); }
  }
  fill(root, h('div.list-page', null, h('h1', null, t('page.system')), strip,
    h('section.panel', null, h('h2', null, icon('camera-video'), t('overview.cameras')), cameras),
    h('section.panel', null, h('h2', null, icon('broadcast'), t('overview.brokers')), brokers),
    h('section', null, h('h2', null, t('system.declared')), h('p.hint', null, t('system.declaredHint')), config)));
  drawHealth();
  void load();
  context.on('health', drawHealth);
  context.on('camera', drawHealth);
  return {};
}
