// Cases: the list with filters; `#/cases/ID` is the page of one.
import { debounce, fill, h, icon } from '../core/dom.js';
import { api } from '../core/api.js';
import { isChinese, moment, span, t, word } from '../core/i18n.js';
import { errorText } from '../core/dialog.js';
import { go, link } from '../core/router.js';
import { className, isRole, serverNow, state, unitName } from '../core/store.js';
import { caseState, empty, failed, overdueMark } from '../parts/marks.js';
import { newCaseDialog } from '../parts/actions.js';
import { channels, channelText } from '../parts/channels.js';
import { mountCase } from './case.js';

export const CASE_STATES = ['reported', 'filed', 'dispatched', 'handling', 'handled', 'checked', 'closed', 'invalid',
  'verifying', 'checking', 'adjudicating', 'escalated', 'suspended', 'handedOver', 'merged', 'selfHandled', 'void', 'archived'];

/**
 * How long is left, or by how much it is late.
 * @param {any} item
 */
export function timeLeft(item) {
  if (!item.dueAt || item.ending) return '–';
  if (item.metAt) return t(item.overdue ? 'case.metLate' : 'case.met');
  const left = Date.parse(item.dueAt) - serverNow();
  return left >= 0 ? t('case.left', { span: span(left) }) : t('case.late', { span: span(-left) });
}

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  if (context.route.id) return mountCase(root, context, context.route.id);
  /** @type {any[]} */ let items = [];
  /** @type {string|null} */ let next = null;
  let turn = 0;
  const query = context.route.query;
  const stateSelect = h('select', { 'aria-label': t('filter.state'), id: 'case-state' }, h('option', { value: '' }, t('filter.allStates')), h('option', { value: 'open' }, t('filter.openCases')), CASE_STATES.map((s) => h('option', { value: s }, word('caseState', s))));
  const classSelect = h('select', { 'aria-label': t('case.class') }, h('option', { value: '' }, t('filter.allClasses')), state.site.classes.map((/** @type {any} */ c) => h('option', { value: c.code }, className(c.code))));
  const unitSelect = isRole('unit') ? null : h('select', { 'aria-label': t('case.unit') }, h('option', { value: '' }, t('filter.allUnits')), state.site.units.map((/** @type {any} */ u) => h('option', { value: u.id }, unitName(u.id))));
  const areaSelect = (state.site.areas ?? []).length === 0 ? null : h('select', { 'aria-label': t('filter.area') }, h('option', { value: '' }, t('filter.allAreas')), state.site.areas.map((/** @type {any} */ a) => h('option', { value: a.id }, `${isChinese() ? a.name : a.nameEn || a.name} (${word('areasKind', a.kind)})`)));
  const dueSelect = h('select', { 'aria-label': t('case.limit'), id: 'case-due' }, h('option', { value: '' }, t('filter.allDue')), ['late', 'soon'].map((due) => h('option', { value: due }, word('filter', due))));
  const channelSelect = h('select', { 'aria-label': t('case.channel') }, h('option', { value: '' }, t('filter.allChannels')));
  let channel = '';
  void channels().then((all) => {
    channelSelect.append(...all.map((c) => h('option', { value: c.id }, channelText(c.id))));
    channelSelect.value = channel;
    draw();
  });
  const text = h('input', { type: 'search', placeholder: t('filter.caseText'), 'aria-label': t('filter.caseText') });
  let below = '';
  let holder = '';
  /** @param {Record<string, string>} asked by a link, from the sums of units and areas for example */
  function take(asked) {
    stateSelect.value = asked.state ?? (asked.open === 'false' ? '' : 'open');
    if (asked.class !== undefined) classSelect.value = asked.class;
    if (asked.unit !== undefined && unitSelect) unitSelect.value = asked.unit;
    if (asked.area !== undefined && areaSelect) areaSelect.value = asked.area;
    below = asked.below ?? '';
    dueSelect.value = asked.due ?? (asked.overdue === 'true' ? 'late' : '');
    channel = asked.channel ?? '';
    channelSelect.value = channel;
    holder = asked.holder ?? '';
  }
  take(query);
  const body = h('tbody');
  const foot = h('div.list-foot');
  const table = h('div.table-wrap', null, h('table.table.cards.case-table', null,
    h('thead', null, h('tr', null, ['case.number', 'field.state', 'case.class', 'case.place', 'case.unit', 'field.opened', 'case.limit', 'case.channel'].map((key) => h('th', { scope: 'col' }, t(key))))), body));

  const filters = () => ({ state: stateSelect.value === 'open' ? '' : stateSelect.value, open: stateSelect.value === 'open' ? 'true' : '', class: classSelect.value, unit: unitSelect?.value ?? '', below: unitSelect?.value ? below : '', area: areaSelect?.value ?? '', due: dueSelect.value, channel, holder, q: text.value.trim() });
  /** @param {string|null} [cursor] */
  async function load(cursor) {
    const mine = ++turn;
    try {
      const page = await api.get('/cases', { ...filters(), limit: 100, cursor });
      if (mine !== turn) return;
      items = cursor ? [...items, ...page.items] : page.items;
      next = page.next;
      draw();
    } catch (error) {
      if (mine === turn) fill(foot, failed(errorText(error), () => load()));
    }
  }
  function draw() {
    fill(body, items.map((c) => h('tr', { tabindex: '0', data: { case: c.id, state: c.state, overdue: String(Boolean(c.overdue)) }, onclick: () => go(link('cases', c.id)), onkeydown: (/** @type {KeyboardEvent} */ e) => { if (e.key === 'Enter') go(link('cases', c.id)); } },
      h('td.mono', null, h('a', { href: link('cases', c.id) }, c.number)),
      h('td', null, caseState(c), overdueMark(c)),
      h('td', null, className(c.class, c.className)),
      h('td.wrap', null, c.address || (c.cell ? t('case.cellOf', { cell: c.cell }) : '–')),
      h('td', null, c.unit ? unitName(c.unit, c.unitName) : '–'),
      h('td.mono', null, moment(c.openedAt)),
      h('td', null, timeLeft(c)),
      h('td.dim', null, channelText(c.channel)))));
    fill(foot, items.length === 0 ? empty(t('cases.none'), 'folder2-open') : null, next ? h('button', { type: 'button', onclick: () => load(next) }, t('list.more')) : h('span.dim', null, t('list.count', { n: items.length })));
  }
  const later = debounce(() => load(), 250);
  channelSelect.addEventListener('change', () => { channel = channelSelect.value; });
  unitSelect?.addEventListener('change', () => { below = ''; });
  for (const control of [stateSelect, classSelect, unitSelect, areaSelect, dueSelect, channelSelect]) control?.addEventListener('change', () => load());
  text.addEventListener('input', later);
  fill(root, h('div.list-page', null,
    h('div.toolbar', null, stateSelect, classSelect, unitSelect, areaSelect, dueSelect, channelSelect, text, h('span.grow'),
      isRole('acceptor', 'collector') ? h('button.primary', { type: 'button', id: 'new-case', onclick: async () => { const made = await newCaseDialog(); if (made?.id) go(link('cases', made.id)); } }, icon('plus-lg'), t('case.new')) : null),
    table, foot));
  context.on('case', later);
  context.on('reset', later);
  context.every(30_000, draw);
  void load();
  return { update: (/** @type {import('../core/router.js').Route} */ route) => {
    if (route.id) return false;
    take(route.query);
    void load();
    return true;
  } };
}
