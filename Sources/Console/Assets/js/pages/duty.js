// Duty round the clock: the roster, calls about alarms that nobody has looked after, hand-over from shift to shift.
import { may } from '../core/abilities.js';
import { debounce, fill, h, icon } from '../core/dom.js';
import { api, iso } from '../core/api.js';
import { confirmDialog, errorText, formDialog, openDialog, toast, toastError } from '../core/dialog.js';
import { fromSiteTime, full, moment, t, toSiteTime, word } from '../core/i18n.js';
import { link } from '../core/router.js';
import { isRole, serverNow, state } from '../core/store.js';
import { empty, failed } from '../parts/marks.js';
import { loadPeople, personName, personOptions } from '../parts/people.js';

/** @param {string} value */
const when = (value) => Object.assign(h('input', { type: 'datetime-local', value }), {});

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  const now = h('div');
  const roster = h('div');
  const calls = h('div');
  const handOvers = h('div');
  /** @param {any} [shift] one to change */
  const plan = (shift) => formDialog({
    title: shift ? t('duty.change') : t('duty.plan'), name: 'shift', submit: t('action.save'),
    fields: [
      { name: 'user', label: t('duty.user'), required: true, type: 'select', options: personOptions(), value: shift?.user }, { name: 'post', label: t('duty.post'), required: true, maxLength: 100, value: shift?.post ?? t('duty.defaultPost') },
      { name: 'from', label: t('duty.from'), required: true, element: when(toSiteTime(shift ? Date.parse(shift.from) : serverNow()).slice(0, 16)) }, { name: 'to', label: t('duty.to'), required: true, element: when(toSiteTime(shift ? Date.parse(shift.to) : serverNow() + 8 * 3_600_000).slice(0, 16)) },
      { name: 'rank', label: t('duty.rank'), type: 'number', value: String(shift?.rank ?? 1), hint: t('duty.rankHint') }, { name: 'note', label: t('field.note'), maxLength: 200, value: shift?.note ?? '' },
    ],
    send: (values) => {
      const wanted = { user: values.user, post: values.post, from: iso(fromSiteTime(values.from)), to: iso(fromSiteTime(values.to)), rank: Number(values.rank) || 1, note: values.note || null };
      return shift ? api.put(`/duty/shifts/${encodeURIComponent(shift.id)}`, wanted) : api.post('/duty/shifts', wanted);
    },
  }).then((made) => { if (made) void load(); });
  const TURNS = [1, 2, 3, 4];
  const planRoster = () => formDialog({
    title: t('duty.planRoster'), name: 'roster', submit: t('action.save'), before: h('p.dim', null, t('duty.rosterHint')),
    fields: [
      ...TURNS.map((n) => ({ name: `user${n}`, label: t('duty.turn', { n }), type: /** @type {'select'} */ ('select'), required: n === 1, options: [...(n === 1 ? [] : [{ value: '', label: '–' }]), ...personOptions()] })),
      { name: 'post', label: t('duty.post'), required: true, maxLength: 100, value: t('duty.defaultPost') },
      { name: 'from', label: t('duty.from'), required: true, element: when(`${toSiteTime(serverNow() + 86_400_000).slice(0, 11)}08:00`) },
      { name: 'hours', label: t('duty.hours'), type: 'select', value: '8', options: ['6', '8', '12', '24'].map((value) => ({ value, label: value })) }, { name: 'days', label: t('duty.days'), type: 'number', value: '7' },
      { name: 'rank', label: t('duty.rank'), type: 'number', value: '1', hint: t('duty.rankHint') },
    ],
    send: (values) => api.post('/duty/roster', { users: TURNS.map((n) => values[`user${n}`]).filter(Boolean), post: values.post, from: iso(fromSiteTime(values.from)), hours: Number(values.hours), days: Number(values.days) || 1, rank: Number(values.rank) || 1 }),
  }).then((made) => { if (made) void load(); });
  const handOver = () => formDialog({
    title: t('handOver.new'), name: 'handover', submit: t('handOver.sign'), before: h('p.dim', null, t('handOver.hint')),
    fields: [{ name: 'to', label: t('handOver.to'), required: true, type: 'select', options: personOptions((role) => !['unit', 'collector'].includes(role)).filter((o) => o.value !== state.user.name) }, { name: 'note', label: t('field.note'), type: 'textarea', maxLength: 2000 }],
    send: (values) => api.post('/duty/handovers', { to: values.to, note: values.note || null }),
  }).then((made) => { if (made?.id) { toast(t('handOver.done'), 'good'); void load(); } });

  /** @param {any} s */
  const shiftRow = (s) => h('tr', { data: { shift: s.id } }, h('td', null, h('b', null, personName(s.user))), h('td', null, s.post), h('td.mono', null, `${full(s.from).slice(5, 16)} – ${full(s.to).slice(5, 16)}`), h('td.right', null, String(s.rank)), h('td', null, s.note ?? ''),
    h('td.tools', null, may('put', '/duty/shifts/{id}') ? h('button.ghost.square', { type: 'button', 'aria-label': t('duty.change'), title: t('duty.change'), onclick: () => plan(s) }, icon('pencil')) : null, may('delete', '/duty/shifts/{id}') ? h('button.ghost.square', { type: 'button', 'aria-label': t('action.delete'), title: t('action.delete'), onclick: () => confirmDialog(t('action.delete'), `${personName(s.user)} · ${s.post}`, t('action.delete'), () => api.delete(`/duty/shifts/${encodeURIComponent(s.id)}`)).then((done) => { if (done) void load(); }) }, icon('trash')) : null));

  /** @type {string[]} */ let onDutyNow = [];
  /**
   * As the server judges it.
   * @param {any} c
   */
  const mayAnswer = (c) => isRole('monitor', 'leader', 'admin') || c.user === state.user.name || onDutyNow.includes(state.user.name);
  /** @param {any} c */
  const callRow = (c) => h('li', { data: { call: c.id, answered: String(Boolean(c.answeredAt)) } }, h('span.mono', null, moment(c.at)), h('b', null, c.user ? personName(c.user) : t('duty.everybody')), h('span.dim', null, t('duty.step', { n: c.step })), h('a', { href: link('alarms', c.alarmId) }, icon('bell'), t('case.alarm')), h('span.grow'),
    c.answeredAt ? h('span.dim', null, t('duty.answered', { name: personName(c.answeredBy), at: moment(c.answeredAt) })) : !mayAnswer(c) ? null : h('button.primary', { type: 'button', data: { action: 'answer' }, onclick: async () => { try { await api.post(`/duty/calls/${encodeURIComponent(c.id)}/answer`); void load(); } catch (error) { toastError(error); } } }, icon('hand-thumbs-up'), t('duty.answer')));

  /** @param {any} o */
  function handOverRow(o) {
    const total = (/** @type {string} */ key) => o.content[key]?.count ?? 0;
    const facts = ['alarms', 'toAccept', 'dueSoon', 'overdue', 'bounced', 'silent', 'withoutHolder', 'reviewDue', 'orders', 'callBacks'];
    return h('li', { data: { handover: o.id, signed: String(Boolean(o.signedAt)) } }, h('span.mono', null, full(o.at).slice(5, 16)), h('b', null, `${personName(o.from)} → ${personName(o.to)}`),
      h('span.dim', null, facts.filter((key) => total(key) > 0).map((key) => `${word('handOverPart', key)} ${total(key)}`).join(' · ') || t('handOver.nothing')), h('span.grow'),
      h('button', { type: 'button', onclick: () => openDialog(`${personName(o.from)} → ${personName(o.to)}`, h('div.dialog-body', null, h('p.mono.dim', null, full(o.at)), o.note ? h('p', null, o.note) : null,
        facts.map((key) => h('section', null, h('h3', null, `${word('handOverPart', key)} · ${total(key)}`), h('ul', null, (o.content[key]?.items ?? []).map((/** @type {any} */ i) => h('li.mono', null, i.number ? `${i.number} ${i.text ?? ''}` : `${i.source} ${i.kind} ${moment(i.at)}`))))),
        h('p', null, o.signedAt ? t('handOver.signedBy', { from: personName(o.from), to: personName(o.to), at: full(o.signedAt) }) : t('handOver.waits', { to: personName(o.to) })), o.reply ? h('p', null, o.reply) : null, h('code.hash', null, o.hash)), { wide: true, name: 'handover-sheet' }) }, icon('list-check'), t('handOver.show')),
      !o.signedAt && o.to === state.user.name ? h('button.primary', { type: 'button', data: { action: 'sign' }, onclick: () => formDialog({ title: t('handOver.sign'), name: 'sign', submit: t('handOver.sign'), fields: [{ name: 'note', label: t('field.note'), type: 'textarea', maxLength: 2000 }], send: (values) => api.post(`/duty/handovers/${encodeURIComponent(o.id)}/sign`, { note: values.note || null }) }).then((done) => { if (done) void load(); }) }, icon('pen'), t('handOver.sign')) : h('span.tag', null, o.signedAt ? t('handOver.signed') : t('handOver.open')));
  }
  async function load() {
    try {
      const [, onDuty, shifts, called, handed] = await Promise.all([loadPeople(), api.get('/duty/now'), api.get('/duty/shifts'), api.get('/duty/calls', { limit: 50 }), may('get', '/duty/handovers') ? api.get('/duty/handovers', { limit: 20 }) : { items: [] }]);
      onDutyNow = onDuty.items.map((/** @type {any} */ s) => s.user);
      fill(now, onDuty.items.length === 0 ? h('p', { role: 'alert' }, icon('exclamation-triangle'), ' ', t('duty.nobody')) : h('ul.on-duty', null, onDuty.items.map((/** @type {any} */ s) => h('li', null, icon('person-badge'), h('b', null, personName(s.user)), h('span.dim', null, `${s.post} · ${t('duty.until', { at: moment(s.to) })}`)))));
      fill(roster, shifts.items.length === 0 ? empty(t('duty.noShift')) : h('div.table-wrap', null, h('table.table', null, h('thead', null, h('tr', null, ['duty.user', 'duty.post', 'duty.time', 'duty.rank', 'field.note'].map((k) => h('th', { scope: 'col', class: k === 'duty.rank' ? 'right' : '' }, t(k))), h('th'))), h('tbody', null, shifts.items.map(shiftRow)))));
      fill(calls, called.items.length === 0 ? empty(t('duty.noCall'), 'check2-circle') : h('ul.tickets', null, called.items.map(callRow)));
      fill(handOvers, handed.items.length === 0 ? empty(t('handOver.none')) : h('ul.tickets', null, handed.items.map(handOverRow)));
    } catch (error) { fill(now, failed(errorText(error), load)); }
  }
  fill(root, h('div.list-page.duty', null,
    h('div.toolbar', null, h('h1', null, t('page.duty')), h('span.grow'), may('post', '/duty/handovers') ? h('button.primary', { type: 'button', id: 'hand-over', onclick: handOver }, icon('arrow-left-right'), t('handOver.new')) : null),
    h('section.panel', null, h('h2', null, t('duty.now')), now),
    h('section.panel', null, h('h2', null, t('duty.calls')), calls),
    may('get', '/duty/handovers') ? h('section.panel', null, h('h2', null, t('handOver.title')), handOvers) : null,
    h('section.panel', null, h('div.toolbar', null, h('h2', null, t('duty.roster')), h('span.grow'), may('post', '/duty/roster') ? h('button', { type: 'button', id: 'plan-roster', onclick: planRoster }, icon('calendar-plus'), t('duty.planRoster')) : null, may('post', '/duty/shifts') ? h('button', { type: 'button', id: 'plan-shift', onclick: () => plan() }, icon('plus-lg'), t('duty.plan')) : null), roster)));
  const later = debounce(load, 300);
  context.on('duty', later);
  context.on('reset', later);
  context.every(30_000, load);
  void load();
  return {};
}
