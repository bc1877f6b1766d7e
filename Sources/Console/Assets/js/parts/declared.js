// What the site file declares, shown as it is: read-only.
import { h } from '../core/dom.js';
import { t } from '../core/i18n.js';

/**
 * A value of the declaration as text.
 * @param {any} value
 * @returns {string}
 */
export function plain(value) {
  if (value === null || value === undefined) return '–';
  if (Array.isArray(value)) return value.map(plain).join('; ') || '–';
  if (typeof value === 'object') return Object.entries(value).filter(([, v]) => v !== null && v !== undefined).map(([k, v]) => `${k}: ${plain(v)}`).join(', ') || '–';
  return typeof value === 'boolean' ? t(value ? 'action.yes' : 'action.no') : String(value);
}

/**
 * A table with the columns that its objects have.
 * @param {any[]} items
 */
export function objects(items) {
  const columns = [...new Set(items.slice(0, 50).flatMap((item) => Object.keys(item)))].filter((c) => !['last', 'rejected', 'alarmIds', 'stale'].includes(c));
  return h('div.table-wrap', null, h('table.table', null, h('thead', null, h('tr', null, columns.map((c) => h('th.mono', { scope: 'col' }, c)))),
    h('tbody', null, items.slice(0, 500).map((item) => h('tr', null, columns.map((c) => h('td.wrap', null, plain(item[c]))))))));
}
