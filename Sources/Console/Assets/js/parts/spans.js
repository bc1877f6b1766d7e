// Ranges of time in forms, in the site's zone: one or several of them, and an end that may be open.
import { fill, h, icon } from '../core/dom.js';
import { Refusal } from '../core/dialog.js';
import { fromSiteTime, full, siteZone, t, toSiteTime } from '../core/i18n.js';
import { serverNow } from '../core/store.js';

/** @typedef {{from: number, to: number}} Range ms */
const DAY = 86_400_000;

/**
 * A moment; `read()` gives ms, or null where nothing whole is entered.
 * @param {number|null} ms
 * @param {string} label
 * @param {string} [name]
 */
export function timeInput(ms, label, name) {
  const input = h('input', { type: 'datetime-local', step: '1', 'aria-label': label, name, value: ms === null ? '' : toSiteTime(Math.floor(ms / 1000) * 1000) });
  return Object.assign(input, {
    read: () => (input.value ? fromSiteTime(input.value) : null),
    set: (/** @type {number} */ value) => { input.value = toSiteTime(Math.floor(value / 1000) * 1000); },
  });
}

/**
 * Refuses a range that is none.
 * @param {number|null} from
 * @param {number|null} to
 * @returns {Range}
 */
export function checkedRange(from, to) {
  if (from === null || to === null) throw new Refusal(t('range.missing'));
  if (from >= to) throw new Refusal(t('range.reversed'));
  return { from, to };
}

/**
 * One or several ranges; `ranges()` checks and gives them.
 * @param {Range[]} start
 * @param {{several?: boolean}} [options]
 */
export function rangeFields(start, options = {}) {
  const now = serverNow();
  /** @type {{row: HTMLElement, from: ReturnType<typeof timeInput>, to: ReturnType<typeof timeInput>}[]} */
  const rows = [];
  const list = h('div.range-rows');
  const box = h('div.range-fields', null, list, options.several ? h('button.ghost', { type: 'button', onclick: () => {
    const last = rows.at(-1);
    addRow({ from: last?.from.read() ?? now - 600_000, to: last?.to.read() ?? now });
    rows.at(-1)?.from.focus();
  } }, icon('plus-lg'), t('range.add')) : null, h('p.hint', null, t('range.zone', { zone: siteZone() })));
  /** @param {Range} range */
  function addRow(range) {
    const from = timeInput(range.from, t('range.from'), 'from');
    const to = timeInput(range.to, t('range.to'), 'to');
    const entry = { row: h('div.range-row', null), from, to };
    fill(entry.row, from, h('span.dim', null, '–'), to, options.several ? h('button.ghost.square', { type: 'button', 'aria-label': t('range.remove'), title: t('range.remove'), onclick: () => {
      if (rows.length === 1) return;
      rows.splice(rows.indexOf(entry), 1);
      entry.row.remove();
    } }, icon('x-lg')) : null);
    rows.push(entry);
    list.append(entry.row);
  }
  (start.length ? start : [{ from: now - 600_000, to: now }]).forEach(addRow);
  return Object.assign(box, {
    ranges: () => rows.map((r) => checkedRange(r.from.read(), r.to.read())),
    read: () => rows.length,
    focus: () => rows[0]?.from.focus(),
  });
}

/**
 * Until when: a choice of lengths, no end, or a moment; `until()` gives ms or null. Given the present end, which only
 * moves later, the lengths count from there.
 * @param {number} [present] ms
 */
export function untilField(present) {
  const days = [30, 90, 180, 365];
  const start = Math.max(present ?? 0, serverNow());
  const select = h('select', { name: 'until', 'aria-label': t('hold.until') }, days.map((n) => h('option', { value: String(n) }, t(present ? 'until.more' : 'until.days', { n }))),
    h('option', { value: 'never' }, t('until.never')), h('option', { value: 'at' }, t('until.at')));
  const at = timeInput(start + 90 * DAY, t('hold.until'), 'untilAt');
  select.value = '90';
  const show = () => { at.hidden = select.value !== 'at'; };
  select.addEventListener('change', show);
  show();
  return Object.assign(h('div.until-field', null, select, at), {
    until: () => {
      if (select.value === 'never') return null;
      const ms = select.value === 'at' ? at.read() : start + Number(select.value) * DAY;
      if (ms === null) throw new Refusal(t('range.missing'));
      if (ms <= serverNow()) throw new Refusal(t('until.past'));
      if (present && ms <= present) throw new Refusal(t('until.earlier', { at: full(present) }));
      return ms;
    },
    read: () => select.value,
    focus: () => select.focus(),
  });
}

/** The windows that lists and reports are asked for. */
export const WINDOWS = ['today', 'yesterday', 'last24', 'last7', 'last30', 'custom'];
/**
 * The range a named window means now.
 * @param {string} name
 * @returns {Range|null} null for one that is entered by hand
 */
export function namedWindow(name) {
  const now = Math.floor(serverNow() / 1000) * 1000;
  const midnight = fromSiteTime(`${toSiteTime(now).slice(0, 10)}T00:00:00`);
  switch (name) {
    case 'today': return { from: midnight, to: now };
    case 'yesterday': return { from: fromSiteTime(`${toSiteTime(midnight - DAY / 2).slice(0, 10)}T00:00:00`), to: midnight };
    case 'last24': return { from: now - DAY, to: now };
    case 'last7': return { from: now - 7 * DAY, to: now };
    case 'last30': return { from: now - 30 * DAY, to: now };
    default: return null;
  }
}

/**
 * A window for a list: a choice, and two moments when it is entered by hand. `range()` gives it.
 * @param {Record<string, string>} query `window`, or `from` and `to`
 * @param {() => void} changed
 * @param {string} [first] the window when none is named
 */
export function windowFilter(query, changed, first = 'last24') {
  const given = { from: Date.parse(query.from ?? ''), to: Date.parse(query.to ?? '') };
  const custom = Number.isFinite(given.from) && Number.isFinite(given.to) && given.from < given.to;
  const select = h('select', { 'aria-label': t('range.window'), data: { filter: 'window' } }, WINDOWS.map((name) => h('option', { value: name }, t(`window.${name}`))));
  select.value = custom ? 'custom' : WINDOWS.includes(query.window) ? query.window : first;
  const start = custom ? given : namedWindow(select.value) ?? { from: serverNow() - DAY, to: serverNow() };
  const from = timeInput(start.from, t('range.from'));
  const to = timeInput(start.to, t('range.to'));
  const hand = h('span.range-row', null, from, h('span.dim', null, '–'), to);
  let last = start;
  const show = () => { hand.hidden = select.value !== 'custom'; };
  select.addEventListener('change', () => {
    if (select.value === 'custom') { from.set(last.from); to.set(last.to); }
    show();
    changed();
  });
  for (const input of [from, to]) input.addEventListener('change', changed);
  show();
  return {
    element: h('span.toolbar', null, select, hand),
    /** @returns {Range} */
    range: () => { last = namedWindow(select.value) ?? checkedRange(from.read(), to.read()); return last; },
    query: () => (select.value === 'custom' ? { from: new Date(last.from).toISOString(), to: new Date(last.to).toISOString() } : { window: select.value }),
  };
}
