// Holds: what is locked against deletion, by whom, why and until when; what of it is missing already.
import { h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api, iso } from '../core/api.js';
import { full, moment, size, span, t, word } from '../core/i18n.js';
import { formDialog, toast } from '../core/dialog.js';
import { link } from '../core/router.js';
import { cameraName, serverNow } from '../core/store.js';
import { cameraLabel, cameraPicker } from './cameras.js';
import { byWhom, empty } from './marks.js';
import { rangeFields, untilField } from './spans.js';

export const HOLD_STATES = ['active', 'expired', 'released'];

/**
 * The state of a hold, also where a server doesn't say it.
 * @param {any} hold
 */
export const holdState = (hold) => hold.state ?? (hold.releasedAt ? 'released' : hold.until && Date.parse(hold.until) <= serverNow() ? 'expired' : 'active');

const HOLD_SHAPES = { active: '●', expired: '◌', released: '○' };
/** @param {any} hold */
export const holdTag = (hold) => {
  const name = holdState(hold);
  return h('span.tag', { data: { hold: name } }, `${HOLD_SHAPES[/** @type {'active'} */ (name)] ?? '○'} ${word('holdState', name)}`);
};

/**
 * What is missing of a range and why.
 * @param {any[]} gaps
 * @param {number} [count] where the list holds only the first of them
 */
export function gapList(gaps, count) {
  const missing = (gaps ?? []).reduce((sum, g) => sum + Date.parse(g.to) - Date.parse(g.from), 0);
  if (missing <= 0) return null;
  const lines = gaps.slice(0, 200).map((g) => h('li', null, h('span.mono', null, `${full(g.from)} – ${full(g.to).slice(11)}`), ` ${span(Date.parse(g.to) - Date.parse(g.from))} · ${word('reason', g.reason)}`));
  return h('details.gaps', { open: gaps.length === 1 }, h('summary', null, t('gap.missing', { span: span(missing), n: Math.max(count ?? 0, gaps.length) })), h('ul', null, lines));
}

/** @param {any} hold */
function recordedCell(hold) {
  return [h('span', { data: { recorded: hold.recorded ?? 'all' } }, hold.recorded ? word('recorded', hold.recorded) : '–'), gapList(hold.missing, hold.missingCount)];
}

/** @param {any} hold */
function untilCell(hold) {
  if (holdState(hold) === 'released') return [h('span.dim', null, t('hold.releasedBy', { by: byWhom(hold.releasedBy) || '–', at: moment(hold.releasedAt) })), hold.releaseReason ? h('div.dim.small', null, hold.releaseReason) : null];
  if (!hold.until) return t('until.never');
  const left = Date.parse(hold.until) - serverNow();
  return [h('span.mono', null, full(hold.until)), h('div.dim.small', null, left > 0 ? t('hold.left', { span: span(left) }) : t('hold.ended'))];
}

/**
 * Locks ranges of several cameras. Resolves with the holds made, or null.
 * @param {{cameraIds?: string[], from?: number, to?: number, reason?: string, before?: Node}} [given]
 */
export function newHoldDialog(given = {}) {
  const cameras = cameraPicker(given.cameraIds);
  const now = serverNow();
  const range = rangeFields([{ from: given.from ?? now - 600_000, to: given.to ?? now }]);
  const until = untilField();
  return formDialog({
    title: t('hold.new'), name: 'hold', wide: true, submit: t('hold.set'),
    before: h('div', null, h('p.hint', null, t('hold.hint')), given.before ?? null),
    fields: [
      { name: 'cameras', label: t('live.cameras'), required: true, element: cameras },
      { name: 'range', label: t('range.label'), required: true, element: range },
      { name: 'reason', label: t('hold.reason'), required: true, value: given.reason ?? '', maxLength: 500 },
      { name: 'until', label: t('hold.until'), element: until, hint: t('hold.untilHint') },
    ],
    send: async (values) => {
      const { from, to } = range.ranges()[0];
      const end = until.until();
      const ids = values.cameras;
      const made = await api.post('/holds', { ...(ids.length === 1 ? { cameraId: ids[0] } : { cameraIds: ids }), from: iso(from), to: iso(to), reason: values.reason, until: end === null ? null : iso(end) });
      const holds = made.items ?? [made];
      const partly = holds.filter((/** @type {any} */ x) => x.recorded !== 'all');
      if (partly.length) toast(t('hold.savedPartly', { names: partly.map((/** @type {any} */ x) => cameraName(x.cameraId)).join(', ') }), 'bad');
      else toast(t('hold.saved'), 'good');
      return holds;
    },
  });
}

/** @param {any} hold */
function extendDialog(hold) {
  const until = untilField(Date.parse(hold.until));
  return formDialog({
    title: `${t('hold.extend')} · ${word('holdReason', hold.reason)}`, name: 'extend', submit: t('action.save'), before: h('p.dim', null, `${t('hold.until')} ${full(hold.until)}`),
    fields: [{ name: 'until', label: t('hold.until'), element: until }, { name: 'reason', label: t('field.reason'), required: true, maxLength: 500 }],
    send: async (values) => {
      const end = until.until();
      const done = await api.post(`/holds/${encodeURIComponent(hold.id)}/extend`, { until: end === null ? null : iso(end), reason: values.reason });
      toast(t('hold.extended'), 'good');
      return done;
    },
  });
}

/** @param {any} hold */
const releaseDialog = (hold) => formDialog({
  title: t('hold.release'), name: 'release', danger: true, submit: t('hold.release'), before: h('p', null, t('hold.releaseText')), fields: [{ name: 'reason', label: t('field.reason'), required: true, maxLength: 500 }],
  send: async (values) => {
    const done = await api.post(`/holds/${encodeURIComponent(hold.id)}/release`, { reason: values.reason });
    toast(t('hold.releasedNow'), 'good');
    return done;
  },
});

/**
 * The holds in a table.
 * @param {any[]} holds
 * @param {{changed: () => void, toExport?: (hold: any) => void}} doing
 */
export function holdTable(holds, doing) {
  if (holds.length === 0) return empty(t('hold.none'), 'lock');
  const columns = ['field.state', 'hold.reason', 'playback.camera', 'range.label', 'hold.until', 'bookmark.recorded', 'export.size', ''];
  return h('div.table-wrap', null, h('table.table.cards.hold-table', null, h('thead', null, h('tr', null, columns.map((k) => h('th', { scope: 'col' }, k ? t(k) : '')))),
    h('tbody', null, holds.map((hold) => {
      const active = holdState(hold) === 'active';
      const ask = async (/** @type {Promise<any>} */ dialog) => { if (await dialog) doing.changed(); };
      return h('tr', { data: { hold: hold.id, state: holdState(hold), released: String(!active) } },
        h('td', null, holdTag(hold)),
        h('td.wrap', null, h('b', null, word('holdReason', hold.reason)), h('div.dim.small', null, `${byWhom(hold.owner ?? hold.by)} · ${moment(hold.createdAt)}`), hold.caseId ? h('a.small', { href: link('cases', hold.caseId) }, t('hold.case')) : null),
        h('td.wrap', null, cameraLabel(hold.cameraId)),
        h('td.mono', null, full(hold.from), h('div.dim.small', null, `– ${full(hold.to)} · ${span(Date.parse(hold.to) - Date.parse(hold.from))}`)),
        h('td', { data: { label: t('hold.until') } }, untilCell(hold)), h('td.wrap', { data: { label: t('bookmark.recorded') } }, recordedCell(hold)), h('td.right', { data: { label: t('export.size') } }, size(hold.bytes)),
        h('td.tools', null,
          h('a.button.square', { href: link('playback', null, { camera: hold.cameraId, at: hold.from }), title: t('page.playback'), 'aria-label': t('page.playback') }, icon('clock-history')),
          doing.toExport ? h('button.square', { type: 'button', data: { act: 'export' }, title: t('export.new'), 'aria-label': t('export.new'), onclick: () => doing.toExport?.(hold) }, icon('box-arrow-up')) : null,
          holdState(hold) !== 'released' && hold.until && may('post', '/holds/{id}/extend') ? h('button.square', { type: 'button', data: { act: 'extend' }, title: t('hold.extend'), 'aria-label': t('hold.extend'), onclick: () => ask(extendDialog(hold)) }, icon('calendar-plus')) : null,
          active && may('post', '/holds/{id}/release') ? h('button.square', { type: 'button', data: { act: 'release' }, title: t('hold.release'), 'aria-label': t('hold.release'), onclick: () => ask(releaseDialog(hold)) }, icon('unlock')) : null));
    }))));
}

/**
 * Filters above the holds; `matches(hold)` says which are wanted.
 * @param {() => void} changed
 */
export function holdFilter(changed) {
  const stateSelect = h('select', { 'aria-label': t('filter.state'), data: { filter: 'holdState' } }, h('option', { value: '' }, t('filter.allStates')), HOLD_STATES.map((s) => h('option', { value: s }, word('holdState', s))));
  stateSelect.value = 'active';
  const text = h('input', { type: 'search', placeholder: t('hold.find'), 'aria-label': t('hold.find') });
  const element = h('span.toolbar', null, stateSelect, text);
  stateSelect.addEventListener('change', changed);
  text.addEventListener('input', changed);
  return {
    element,
    /** @param {any} hold */
    matches: (hold) => {
      const wanted = text.value.trim().toLowerCase();
      return (!stateSelect.value || holdState(hold) === stateSelect.value)
        && [hold.reason, word('holdReason', hold.reason), hold.by, cameraName(hold.cameraId)].some((v) => String(v ?? '').toLowerCase().includes(wanted));
    },
    /** Shows the new ones whatever was chosen. */
    reset: () => { stateSelect.value = 'active'; text.value = ''; },
  };
}
