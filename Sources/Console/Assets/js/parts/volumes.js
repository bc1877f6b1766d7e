// The volumes that hold the recordings.
import { h } from '../core/dom.js';
import { size, t, word } from '../core/i18n.js';

const SHAPES = { ok: '●', full: '◆', failing: '▲', missing: '■' };

/** @param {any} volume */
export const volumeMark = (volume) => h('span.tag', { data: { volume: volume.state } }, `${SHAPES[/** @type {'ok'} */ (volume.state)] ?? '○'} ${word('volumeState', volume.state)}`);

/**
 * How full it is; the floor is where the oldest recordings begin to go.
 * @param {any} volume
 */
function fillBar(volume) {
  const total = volume.totalBytes || 1;
  const used = Math.max(0, total - (volume.freeBytes ?? 0));
  const bar = h('div.fill-bar', { role: 'img', 'aria-label': t('storage.fillLabel', { used: size(used), free: size(volume.freeBytes), floor: size(volume.floorBytes) }) }, h('span.fill-used'), h('span.fill-floor'));
  bar.children[0].style.width = `${(used / total) * 100}%`;
  bar.children[1].style.width = `${Math.min(100, ((volume.floorBytes ?? 0) / total) * 100)}%`;
  return bar;
}

/** @param {any[]} volumes */
export function volumeTable(volumes) {
  const withPath = volumes.some((v) => v.path);
  const columns = ['storage.volume', 'field.state', 'storage.fill', 'storage.recorded', 'storage.perDay', 'storage.used', 'storage.free', 'storage.floor', 'storage.total'];
  return h('div.table-wrap', null, h('table.table.cards.volume-table', null, h('thead', null, h('tr', null, columns.map((k, i) => h('th', { scope: 'col', class: i > 2 ? 'right' : '' }, t(k))))),
    h('tbody', null, volumes.map((v) => {
      const gone = v.state === 'missing' && !v.totalBytes;
      return h('tr', { data: { volume: v.id, state: v.state } }, h('td.wrap', null, h('b', null, v.id), withPath && v.path ? h('div.dim.small.mono', null, v.path) : null), h('td.wrap', null, volumeMark(v), v.reason ? h('div.small.warn', null, word('volumeReason', v.reason)) : null),
        h('td', null, gone ? '–' : fillBar(v)), [v.recordedBytes, v.bytesPerDay, gone ? null : v.totalBytes - v.freeBytes, gone ? null : v.freeBytes, gone ? null : v.floorBytes, gone ? null : v.totalBytes].map((bytes, i) => h('td.right.mono', { data: { label: t(columns[i + 3]) } }, size(bytes))));
    }))));
}
