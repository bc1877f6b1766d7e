// Reports of all channels, each with its ticket; `#/reports/TICKET` is one, with the cases that may be the same problem.
import { may } from '../core/abilities.js';
import { debounce, fill, h, icon } from '../core/dom.js';
import { api } from '../core/api.js';
import { errorText } from '../core/dialog.js';
import { full, isChinese, moment, number, t, word } from '../core/i18n.js';
import { go, link } from '../core/router.js';
import { className } from '../core/store.js';
import { empty, failed } from '../parts/marks.js';
import { channels } from '../parts/channels.js';
import { callBackDialog, channelName, duplicatesPanel, reportDialog, reportStage, stageList, voicePlayers } from '../parts/reports.js';

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export async function mount(root, context) {
  if (context.route.id) return mountReport(root, context, context.route.id);
  const all = await channels();
  /** @type {any[]} */ let items = [];
  /** @type {string|null} */ let next = null;
  let turn = 0;
  const channel = h('select', { 'aria-label': t('report.channel') }, h('option', { value: '' }, t('report.allChannels')),
    ['supervision', 'public'].map((group) => h('option', { value: `group:${group}` }, word('channelGroup', group))), all.map((c) => h('option', { value: c.id }, isChinese() ? c.name : c.nameEn)));
  const due = h('input', { type: 'checkbox', id: 'call-back-due', checked: context.route.query.due === 'true' });
  const self = h('input', { type: 'checkbox' });
  const body = h('tbody');
  const foot = h('div.list-foot');
  const sums = h('div.strip.report-sums');
  const filters = () => ({
    channel: channel.value.startsWith('group:') ? '' : channel.value, group: channel.value.startsWith('group:') ? channel.value.slice(6) : '',
    callBackDue: due.checked ? 'true' : '', selfFound: self.checked ? 'true' : '',
  });
  /** @param {string|null} [cursor] */
  async function load(cursor) {
    const mine = ++turn;
    try {
      const page = await api.get('/reports', { ...filters(), limit: 100, cursor });
      if (mine !== turn) return;
      items = cursor ? [...items, ...page.items] : page.items;
      next = page.next;
      draw();
      if (!cursor) await count();
    } catch (error) { if (mine === turn) fill(foot, failed(errorText(error), () => load())); }
  }
  async function count() {
    if (!may('get', '/reports/sums')) return;
    const [groups, back] = await Promise.all([api.get('/reports/sums', { by: 'group' }), api.get('/callbacks/sums')]).catch(() => [null, null]);
    if (!groups || !back) return;
    const card = (/** @type {string} */ label, /** @type {any} */ value) => h('div.stat', null, h('b', null, String(value)), h('span.dim', null, label));
    fill(sums, groups.items.map((/** @type {any} */ g) => card(word('channelGroup', g.key), g.reports)), card(t('callBack.due'), back.due), card(t('callBack.done'), back.done),
      card(t('callBack.satisfied'), back.satisfiedRate === null ? '–' : `${number(back.satisfiedRate * 100, 1)} %`), card(t('callBack.reopened'), back.reopened));
  }
  function draw() {
    fill(body, items.map((r) => h('tr', { tabindex: '0', data: { ticket: r.ticket, stage: r.stage }, onclick: () => go(link('reports', r.ticket)), onkeydown: (/** @type {KeyboardEvent} */ e) => { if (e.key === 'Enter') go(link('reports', r.ticket)); } },
      h('td.mono', null, h('a', { href: link('reports', r.ticket) }, r.ticket)), h('td', null, reportStage(r), r.callBackDue ? h('span.tag', { data: { due: 'true' } }, icon('telephone'), t('callBack.due')) : null),
      h('td', null, className(r.class, r.className)), h('td.wrap', null, r.address || r.description || '–'), h('td', null, channelName(r), r.selfFound ? h('span.tag', null, t('report.selfFound')) : null),
      h('td.mono', null, moment(r.happenedAt)), h('td.mono', null, r.caseNumber ?? '–'))));
    fill(foot, items.length === 0 ? empty(t('report.none')) : null, next ? h('button', { type: 'button', onclick: () => load(next) }, t('list.more')) : h('span.dim', null, t('list.count', { n: items.length })));
  }
  for (const control of [channel, due, self]) control.addEventListener('change', () => load());
  fill(root, h('div.list-page', null,
    h('div.toolbar', null, h('h1', null, t('page.reports')), channel, h('label.check', null, due, t('callBack.due')), h('label.check', null, self, t('report.selfFound')), h('span.grow'),
      may('post', '/reports') ? h('button.primary', { type: 'button', id: 'new-report', onclick: async () => { const made = await reportDialog(); if (made?.ticket) go(link('reports', made.ticket)); } }, icon('plus-lg'), t('report.new')) : null),
    sums, h('div.table-wrap', null, h('table.table.cards.report-table', null, h('thead', null, h('tr', null, ['report.ticket', 'field.state', 'case.class', 'case.place', 'report.channel', 'report.happened', 'case.number'].map((k) => h('th', { scope: 'col' }, t(k))))), body)), foot));
  const later = debounce(() => load(), 400);
  context.on('case', later);
  context.on('reset', later);
  void load();
  return { update: (/** @type {import('../core/router.js').Route} */ route) => !route.id };
}

/** @param {HTMLElement} root @param {import('../shell.js').Context} context @param {string} ticket */
async function mountReport(root, context, ticket) {
  async function load() {
    try {
      const r = await api.get(`/reports/${encodeURIComponent(ticket)}`);
      const item = r.caseId ? await api.get(`/cases/${encodeURIComponent(r.caseId)}`).catch(() => null) : null;
      const fact = (/** @type {string} */ key, /** @type {any} */ value) => (value === null || value === undefined || value === '' ? null : [h('dt', null, t(key)), h('dd', null, value)]);
      fill(root, h('article.case-page.report-page', { data: { ticket, stage: r.stage } },
        h('header.case-head', null, h('a.button.ghost.square', { href: link('reports'), 'aria-label': t('page.reports') }, icon('arrow-left')),
          h('div', null, h('h1', null, className(r.class, r.className)), h('p.mono.dim', { data: { field: 'ticket' } }, r.ticket)), reportStage(r), h('span.grow'),
          r.callBackDue && may('post', '/reports/{ticket}/callback') ? h('button.primary', { type: 'button', id: 'call-back', onclick: async () => { if (await callBackDialog(r)) await load(); } }, icon('telephone'), t('callBack.title')) : null),
        stageList(r),
        h('div.case-grid', null,
          h('section.panel', null, h('h2', null, t('report.facts')), h('dl.facts', null,
            fact('report.channel', `${channelName(r)} · ${word('channelGroup', r.group)}`), fact('case.place', r.address), fact('case.description', r.description), fact('report.happened', full(r.happenedAt)), fact('report.toldAt', r.toldAt ? full(r.toldAt) : null), fact('report.received', full(r.receivedAt)),
            fact('report.reporter', r.reporter), fact('report.contact', r.contact), fact('report.by', r.by), fact('report.code', r.code ? h('code', null, r.code) : null),
            fact('case.number', item ? h('a', { href: link('cases', item.id) }, item.number) : r.caseNumber), r.selfFound ? fact('report.kind', t('report.selfFound')) : null)),
          h('section.panel', null, h('h2', null, t('case.evidence')), h('div.pictures', null, r.photos.map((/** @type {string} */ url) => h('a', { href: url, target: '_blank', rel: 'noopener' }, h('img', { src: url, alt: t('case.photo'), loading: 'lazy' })))), voicePlayers(r.voices),
            r.photos.length + r.voices.length === 0 ? h('p.dim', null, t('case.noEvidence')) : null,
            r.callBacks.length ? h('div', null, h('h3', null, t('callBack.title')), h('ul.tickets', null, r.callBacks.map((/** @type {any} */ c) => h('li', null, h('b', null, word('callBackResult', c.result)), h('span.mono.dim', null, full(c.at)), h('span', null, [c.by, c.note].filter(Boolean).join(' · ')))))) : null),
          item && may('get', '/cases/{id}/duplicates') ? duplicatesPanel(item, load) : null)));
    } catch (error) { fill(root, failed(errorText(error), load)); }
  }
  const later = debounce(load, 300);
  context.on('case', later);
  context.on('reset', later);
  await load();
  return { update: () => false };
}
