// Bookmarks and holds.
import { debounce, fill, h, icon } from '../core/dom.js';
import { api, clipUrl } from '../core/api.js';
import { full, moment, span, t, word } from '../core/i18n.js';
import { confirmDialog, errorText, formDialog, openDialog, toast } from '../core/dialog.js';
import { link } from '../core/router.js';
import { cameraName, isRole, state } from '../core/store.js';
import { clipPlayer } from '../parts/clip.js';
import { byWhom, empty, failed } from '../parts/marks.js';

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  const bookmarks = h('tbody');
  const holds = h('tbody');
  const bookmarkNote = h('div');
  const holdNote = h('div');
  const head = (/** @type {string[]} */ keys) => h('thead', null, h('tr', null, keys.map((k) => h('th', { scope: 'col' }, k ? t(k) : ''))));

  /** @param {any} item @param {string} title */
  function tools(item, title) {
    const from = Date.parse(item.from);
    const to = Date.parse(item.to);
    return [
      h('button.square', { type: 'button', data: { act: 'play' }, title: t('clip.play'), 'aria-label': t('clip.play'), onclick: () => {
        const player = clipPlayer({ cameraId: item.cameraId, from, to });
        openDialog(title, h('div.dialog-body', null, player), { wide: true, name: 'clip', onClose: player.release });
        /** @type {HTMLElement|null} */ (player.querySelector('.clip-play'))?.click();
      } }, icon('play-fill')),
      h('a.button.square', { href: clipUrl(item.cameraId, from, to), download: '', data: { act: 'download' }, title: t('playback.clip'), 'aria-label': t('playback.clip') }, icon('download')),
      h('a.button.square', { href: link('playback', null, { camera: item.cameraId, at: item.from }), title: t('page.playback'), 'aria-label': t('page.playback') }, icon('clock-history')),
    ];
  }
  async function load() {
    try {
      const [marks, locks] = await Promise.all([api.all('/bookmarks'), api.all('/holds')]);
      fill(bookmarks, marks.map((b) => h('tr', { data: { bookmark: b.id } },
        h('td.wrap', null, h('b', null, b.title), b.holdId ? h('span.tag', null, icon('lock'), t('hold.short')) : null), h('td', null, cameraName(b.cameraId)), h('td.mono', null, full(b.from)), h('td', null, span(Date.parse(b.to) - Date.parse(b.from))),
        h('td', { data: { recorded: b.recorded } }, word('recorded', b.recorded)), h('td.dim', null, `${byWhom(b.by)} ${moment(b.createdAt)}`),
        h('td.tools', null, tools(b, b.title), b.by === state.user.name || isRole('admin') ? h('button.square', { type: 'button', data: { act: 'delete' }, title: t('action.delete'), 'aria-label': t('action.delete'), onclick: () =>
          confirmDialog(t('action.delete'), t('bookmark.deleteText', { title: b.title }), t('action.delete'), () => api.delete(`/bookmarks/${encodeURIComponent(b.id)}`)).then((done) => { if (done) void load(); }) }, icon('trash')) : null))));
      fill(bookmarkNote, marks.length === 0 ? empty(t('bookmark.none'), 'bookmark') : null);
      fill(holds, locks.map((l) => h('tr', { data: { hold: l.id, released: String(Boolean(l.releasedAt)) } },
        h('td.wrap', null, h('b', null, word('holdReason', l.reason)), l.releasedAt ? h('span.tag', null, t('hold.released')) : null), h('td', null, cameraName(l.cameraId)), h('td.mono', null, full(l.from)), h('td', null, span(Date.parse(l.to) - Date.parse(l.from))),
        h('td', null, l.caseId ? h('a', { href: link('cases', l.caseId) }, t('hold.case')) : '–'), h('td.dim', null, `${byWhom(l.by)} ${moment(l.createdAt)}`),
        h('td.tools', null, tools(l, l.reason || t('hold.short')), !l.releasedAt && isRole('monitor', 'admin') ? h('button.square', { type: 'button', data: { act: 'release' }, title: t('hold.release'), 'aria-label': t('hold.release'), onclick: () =>
          formDialog({ title: t('hold.release'), name: 'release', danger: true, submit: t('hold.release'), before: h('p', null, t('hold.releaseText')), fields: [{ name: 'reason', label: t('field.reason'), required: true }],
            send: (values) => api.post(`/holds/${encodeURIComponent(l.id)}/release`, values) }).then((done) => { if (done) { toast(t('hold.releasedNow'), 'good'); void load(); } }) }, icon('unlock')) : null))));
      fill(holdNote, locks.length === 0 ? empty(t('hold.none'), 'lock') : null);
    } catch (error) { fill(bookmarkNote, failed(errorText(error), load)); }
  }
  fill(root, h('div.list-page', null,
    h('section.panel', null, h('h2', null, icon('bookmark'), t('bookmark.list')), h('div.table-wrap', null, h('table.table.cards', null, head(['bookmark.title', 'playback.camera', 'bookmark.from', 'bookmark.length', 'bookmark.recorded', 'bookmark.by', '']), bookmarks)), bookmarkNote),
    h('section.panel', null, h('h2', null, icon('lock'), t('hold.list')), h('p.hint', null, t('hold.hint')), h('div.table-wrap', null, h('table.table.cards', null, head(['hold.reason', 'playback.camera', 'bookmark.from', 'bookmark.length', 'hold.case', 'bookmark.by', '']), holds)), holdNote)));
  const later = debounce(load, 300);
  context.on('bookmark', later);
  context.on('reset', later);
  void load();
  return {};
}
