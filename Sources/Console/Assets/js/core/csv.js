// Tables as CSV files (RFC 4180), with a byte order mark so that spreadsheets read Chinese rightly.
import { h } from './dom.js';

/**
 * A cell. A text that a spreadsheet would run as a formula gets an apostrophe in front.
 * @param {any} value
 */
function cell(value) {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const safe = typeof value !== 'number' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * Gives the browser a CSV file to save.
 * @param {string} name without `.csv`
 * @param {string[]} header
 * @param {any[][]} rows
 */
export function saveCsv(name, header, rows) {
  const text = `\ufeff${[header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const anchor = h('a', { href: url, download: `${name}.csv` });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
