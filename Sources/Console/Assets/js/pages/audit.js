// The audit log: who did what to which evidence, and whether its chain is whole.
import { debounce, fill, h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api, iso } from '../core/api.js';
import { full, number, siteDate, size, t, word } from '../core/i18n.js';
import { saveCsv } from '../core/csv.js';
import { errorText, toastError } from '../core/dialog.js';
import { link, replaceRoute } from '../core/router.js';
import { cameraName, state } from '../core/store.js';
import { cameraLabel } from '../parts/cameras.js';
import { plain } from '../parts/declared.js';
import { byWhom, empty, failed } from '../parts/marks.js';
import { windowFilter } from '../parts/spans.js';

/** What is logged; a server may know more, which then stand there by their code. */
const ACTIONS = ['viewLive', 'viewPlayback', 'viewSnapshot', 'viewClip', 'bookmark', 'deleteBookmark', 'hold', 'extendHold', 'releaseHold', 'export', 'cancelExport', 'deleteExport', 'download', 'deleteRecording', 'pauseRecording', 'resumeRecording', 'addUser', 'deleteUser', 'setPassword', 'signInFailed', 'keyMade', 'keyRotated', 'linesLost', 'acceptSensor', 'changeSensor', 'removeSensor', 'saveProfile', 'deleteProfile', 'reprocess', 'changeBaseData', 'reloadSite', 'probe'];

/** @param {string} id */
const shortId = (id) => (/^[0-9a-f-]{36}$/.test(id) ? `…${id.slice(-12)}` : id);

/** @param {any} subject */
function subjectCell(subject) {
  if (!subject?.kind) return '–';
  const { kind, id } = subject;
  const name = h('span.dim', null, `${word('subject', kind)} `);
  if (kind === 'camera') return [name, cameraLabel(id)];
  if (kind === 'user') return [name, id];
  if (kind === 'case') return [name, h('a', { href: link('cases', id) }, id)];
  // The end of an id is what tells it from others of the same minute; all of it is in the hint, the CSV file and the filter.
  return [name, h('a', { href: link('audit', null, { subject: id }), title: id }, h('code', null, shortId(id)))];
}
/** @param {string} key @param {any} value */
function fieldText(key, value) {
  if (['from', 'to', 'until', 'at'].includes(key)) return full(value) === '–' ? String(value) : full(value);
  if (key === 'cameraId') return cameraName(String(value));
  if (key === 'cameras') return (Array.isArray(value) ? value : String(value).split(/[ ,]+/)).map(cameraName).join(', ');
  if (key === 'bytes') return size(Number(value));
  if (key === 'role') return word('role', value);
  if (key === 'format') return word('exportFormat', value);
  if (['exportId', 'holdId', 'caseId'].includes(key)) return shortId(String(value));
  return plain(value);
}
/** @param {Record<string, any>|null|undefined} data */
const dataText = (data) => Object.entries(data ?? {}).filter(([, v]) => v !== null && v !== undefined && v !== '' && v !== '-')
  .map(([key, value]) => `${word('auditField', key)}: ${fieldText(key, value)}`).join(' · ') || '–';
/** @param {string} name */
const actor = (name) => (name === '-' ? t('audit.nobody') : byWhom(name));

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  const query = context.route.query;
  /** @type {any[]} */ let items = [];
  /** @type {string|null} */ let next = null;
  let turn = 0;
  const window_ = windowFilter(query, () => load(), 'last7');
  const user = h('input', { type: 'search', placeholder: t('audit.user'), 'aria-label': t('audit.user'), value: query.user ?? '', data: { filter: 'user' }, autocomplete: 'off' });
  const action = h('select', { 'aria-label': t('audit.action'), data: { filter: 'action' } }, h('option', { value: '' }, t('audit.allActions')), ACTIONS.map((a) => h('option', { value: a }, word('auditAction', a))));
  action.value = query.action ?? '';
  const subject = h('input', { type: 'search', placeholder: t('audit.subject'), 'aria-label': t('audit.subject'), value: query.subject ?? '', data: { filter: 'subject' }, autocomplete: 'off', list: 'audit-cameras' });
  const names = h('datalist', { id: 'audit-cameras' }, [...state.camera.values()].map((c) => h('option', { value: c.id }, c.name)));
  const chain = h('section.panel.chain', { role: 'status' });
  const body = h('tbody');
  const foot = h('div.list-foot');

  /** @returns {Record<string, string>} */
  const filters = () => {
    const range = window_.range();
    return { user: user.value.trim(), action: action.value, subject: subject.value.trim(), from: iso(range.from), to: window_.query().window && window_.query().window !== 'yesterday' ? '' : iso(range.to) };
  };
  /** @param {string|null} [cursor] */
  async function load(cursor) {
    const mine = ++turn;
    try {
      const asked = filters();
      replaceRoute(link('audit', null, { ...window_.query(), user: asked.user, action: asked.action, subject: asked.subject }));
      const page = await api.get('/audit', { ...asked, limit: 100, cursor });
      if (mine !== turn) return;
      items = cursor ? [...items, ...page.items] : page.items;
      next = page.next;
      draw();
    } catch (error) {
      if (mine === turn) { fill(body); fill(foot, failed(errorText(error), () => load())); }
    }
  }
  function draw() {
    fill(body, items.map((e) => h('tr', { data: { seq: String(e.seq), action: e.action, user: e.by } },
      h('td.right.mono.dim', null, `#${e.seq}`), h('td.mono', null, full(e.at)), h('td', null, h('b', null, actor(e.by)), h('span.dim', null, e.role ? ` ${word('role', e.role)}` : '')), h('td', null, word('auditAction', e.action)),
      h('td.wrap', null, subjectCell(e.subject)), h('td.wrap.small', null, dataText(e.data)), h('td.mono.dim', null, e.address || '–'), h('td', null, e.hash ? h('code.hash', { title: e.hash }, String(e.hash).slice(0, 12)) : null))));
    fill(foot, items.length === 0 ? empty(t('audit.none'), 'journal-text') : null, next ? h('button.no-print', { type: 'button', id: 'audit-more', onclick: () => load(next) }, t('list.more')) : h('span.dim', null, t('list.count', { n: items.length })));
  }
  async function verify() {
    chain.dataset.state = 'running';
    fill(chain, icon('hourglass-split'), t('audit.verifying'));
    try {
      const found = await api.get('/audit/verify');
      chain.dataset.state = found.ok ? 'ok' : 'broken';
      fill(chain, icon(found.ok ? 'shield-check' : 'shield-exclamation'), h('b', null, found.ok ? t('audit.chainOk', { n: number(found.entries, 0) }) : `▲ ${t('audit.chainBroken', { seq: found.firstBad ?? '?' })}`),
        found.head ? h('code.hash', { title: found.head }, t('audit.head', { hash: String(found.head).slice(0, 16) })) : null, h('span.grow'), h('button.no-print', { type: 'button', id: 'verify-again', onclick: verify }, icon('arrow-clockwise'), t('audit.verifyAgain')));
    } catch (error) {
      chain.dataset.state = 'failed';
      fill(chain, icon('exclamation-triangle'), errorText(error), h('span.grow'), h('button', { type: 'button', onclick: verify }, t('action.retry')));
    }
  }
  const csv = async () => {
    try {
      const all = await api.all('/audit', filters(), 50_000);
      saveCsv(`audit_${siteDate(new Date())}`, ['seq', 'at', 'by', 'role', 'action', 'subjectKind', 'subjectId', 'data', 'address', 'hash'], all.map((e) => [e.seq, e.at, e.by, e.role, e.action, e.subject?.kind, e.subject?.id, e.data, e.address, e.hash]));
    } catch (error) { toastError(error); }
  };
  const later = debounce(() => load(), 300);
  for (const input of [user, subject]) input.addEventListener('input', later);
  action.addEventListener('change', () => load());
  fill(root, h('div.list-page.audit', null, h('h1.print-only', null, `${state.site.name} · ${t('page.audit')}`),
    h('div.toolbar.no-print', null, h('h1', null, t('page.audit')), window_.element, user, action, subject, names, h('span.grow'), h('button', { type: 'button', id: 'audit-csv', onclick: csv }, icon('filetype-csv'), 'CSV'),
      h('button', { type: 'button', 'aria-label': t('action.refresh'), title: t('action.refresh'), onclick: () => load() }, icon('arrow-clockwise'))),
    may('get', '/audit/verify') ? chain : null,
    h('section.panel', null, h('div.table-wrap', null, h('table.table.cards.audit-table', null, h('thead', null, h('tr', null, ['audit.number', 'playback.at', 'audit.user', 'audit.action', 'audit.subject', 'audit.data', 'audit.address', 'audit.hash'].map((k, i) => h('th', { scope: 'col', class: i === 0 ? 'right' : '' }, t(k))))), body)), foot)));
  context.on('reset', later);
  void load();
  if (may('get', '/audit/verify')) void verify();
  return {};
}
