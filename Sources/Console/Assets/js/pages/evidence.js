// Evidence: holds, bookmarks, exports, and how to check what was exported.
import { debounce, fill, h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api, clipUrl } from '../core/api.js';
import { full, moment, span, t, word } from '../core/i18n.js';
import { confirmDialog, errorText, openDialog } from '../core/dialog.js';
import { go, link } from '../core/router.js';
import { isRole, state } from '../core/store.js';
import { cameraLabel, cameraSelect } from '../parts/cameras.js';
import { clipPlayer } from '../parts/clip.js';
import { exportList, newExportDialog } from '../parts/exports.js';
import { holdFilter, holdTable, newHoldDialog } from '../parts/holds.js';
import { byWhom, empty, failed } from '../parts/marks.js';
import { verifyBox } from '../parts/verifybox.js';

/** @typedef {import('../shell.js').Context} Context */

const TABS = [
  { name: 'holds', icon: 'lock', shown: () => may('get', '/holds') },
  { name: 'bookmarks', icon: 'bookmark', shown: () => may('get', '/bookmarks') },
  { name: 'exports', icon: 'box-arrow-up', shown: () => may('get', '/exports') },
  { name: 'verify', icon: 'patch-check', shown: () => may('get', '/evidence/key') },
];

/** @param {HTMLElement} root @param {Context} context */
export function mount(root, context) {
  const tabs = TABS.filter((tab) => tab.shown());
  const chosen = tabs.find((tab) => tab.name === context.route.id) ?? tabs[0];
  const body = h('div.list-page');
  fill(root, h('div.list-page', null,
    h('nav.tabs', { 'aria-label': t('page.evidence') }, tabs.map((tab) => h('a', { href: link('evidence', tab.name), 'aria-current': tab === chosen ? 'page' : undefined, data: { tab: tab.name } }, icon(tab.icon), t(`evidence.${tab.name}`)))), body));
  root.dataset.tab = chosen?.name ?? '';
  context.leave(() => { delete root.dataset.tab; });
  if (!chosen) fill(body, empty(t('error.forbidden'), 'shield-lock'));
  else ({ holds, bookmarks, exports: jobs, verify: () => fill(body, verifyBox()) })[/** @type {'holds'} */ (chosen.name)](body, context);
  return { update: () => false };
}

/** @param {HTMLElement} root @param {Context} context */
function holds(root, context) {
  /** @type {any[]} */ let items = [];
  const table = h('div');
  const count = h('span.dim', { role: 'status' });
  const camera = cameraSelect(context.route.query.camera);
  const filter = holdFilter(draw);
  const mayExport = may('post', '/exports');
  /** @param {any} hold */
  const toExport = async (hold) => { if (await newExportDialog({ cameraIds: [hold.cameraId], ranges: [{ from: Date.parse(hold.from), to: Date.parse(hold.to) }], title: word('holdReason', hold.reason) })) go(link('evidence', 'exports')); };
  function draw() {
    const shown = items.filter((hold) => filter.matches(hold) && (!camera.value || hold.cameraId === camera.value));
    fill(table, holdTable(shown, { changed: load, toExport: mayExport ? toExport : undefined }));
    fill(count, t('list.count', { n: shown.length }));
  }
  async function load() {
    try {
      items = await api.all('/holds');
      draw();
    } catch (error) { fill(table, failed(errorText(error), load)); }
  }
  camera.addEventListener('change', draw);
  fill(root, h('div.toolbar', null, filter.element, camera, count, h('span.grow'), may('post', '/holds') ? h('button.primary', { type: 'button', id: 'new-hold', onclick: async () => { if (await newHoldDialog()) { filter.reset(); void load(); } } }, icon('lock'), t('hold.new')) : null),
    h('p.hint', null, t('hold.hint')), h('section.panel', null, table));
  const later = debounce(load, 300);
  context.on('bookmark', later);
  context.on('reset', later);
  context.every(60_000, load);
  void load();
}

/** @param {HTMLElement} root @param {Context} context */
function bookmarks(root, context) {
  const table = h('div');
  /** @param {any} item */
  const play = (item) => {
    const player = clipPlayer({ cameraId: item.cameraId, from: Date.parse(item.from), to: Date.parse(item.to) });
    openDialog(item.title, h('div.dialog-body', null, player), { wide: true, name: 'clip', onClose: player.release });
    /** @type {HTMLElement|null} */ (player.querySelector('.clip-play'))?.click();
  };
  async function load() {
    try {
      const marks = await api.all('/bookmarks');
      const columns = ['bookmark.title', 'playback.camera', 'bookmark.from', 'bookmark.length', 'bookmark.recorded', 'bookmark.by', ''];
      fill(table, marks.length === 0 ? empty(t('bookmark.none'), 'bookmark') : h('div.table-wrap', null, h('table.table.cards', null, h('thead', null, h('tr', null, columns.map((k) => h('th', { scope: 'col' }, k ? t(k) : '')))),
        h('tbody', null, marks.map((b) => h('tr', { data: { bookmark: b.id } },
          h('td.wrap', null, h('b', null, b.title), b.holdId ? h('span.tag', null, icon('lock'), t('hold.short')) : null), h('td', null, cameraLabel(b.cameraId)), h('td.mono', null, full(b.from)), h('td', null, span(Date.parse(b.to) - Date.parse(b.from))),
          h('td', { data: { recorded: b.recorded } }, word('recorded', b.recorded)), h('td.dim', null, `${byWhom(b.by)} ${moment(b.createdAt)}`),
          h('td.tools', null,
            h('button.square', { type: 'button', data: { act: 'play' }, title: t('clip.play'), 'aria-label': t('clip.play'), onclick: () => play(b) }, icon('play-fill')),
            h('a.button.square', { href: clipUrl(b.cameraId, Date.parse(b.from), Date.parse(b.to)), download: '', data: { act: 'download' }, title: t('playback.clip'), 'aria-label': t('playback.clip') }, icon('download')),
            h('a.button.square', { href: link('playback', null, { camera: b.cameraId, at: b.from }), title: t('page.playback'), 'aria-label': t('page.playback') }, icon('clock-history')),
            b.by === state.user.name || isRole('admin') ? h('button.square', { type: 'button', data: { act: 'delete' }, title: t('action.delete'), 'aria-label': t('action.delete'), onclick: () =>
              confirmDialog(t('action.delete'), t('bookmark.deleteText', { title: b.title }), t('action.delete'), () => api.delete(`/bookmarks/${encodeURIComponent(b.id)}`)).then((done) => { if (done) void load(); }) }, icon('trash')) : null)))))));
    } catch (error) { fill(table, failed(errorText(error), load)); }
  }
  fill(root, h('section.panel', null, table));
  const later = debounce(load, 300);
  context.on('bookmark', later);
  context.on('reset', later);
  void load();
}

/** @param {HTMLElement} root @param {Context} context */
function jobs(root, context) {
  const list = exportList(context, { none: () => empty(t('export.none'), 'box-arrow-up') });
  const note = h('div');
  const load = () => list.load().then(() => fill(note), (error) => fill(note, failed(errorText(error), load)));
  fill(root, h('div.toolbar', null, h('p.hint.grow', null, t('export.hint')), may('post', '/exports') ? h('button.primary', { type: 'button', id: 'new-export', onclick: async () => { const made = await newExportDialog(); if (made?.id) list.take(made); } }, icon('box-arrow-up'), t('export.new')) : null), note, list.element);
  context.on('reset', debounce(load, 300));
  void load();
}
