// Users, for the administrator.
import { fill, h, icon } from '../core/dom.js';
import { api } from '../core/api.js';
import { t, word } from '../core/i18n.js';
import { confirmDialog, errorText, formDialog, toast } from '../core/dialog.js';
import { state, unitName } from '../core/store.js';
import { failed } from '../parts/marks.js';

const ROLES = ['monitor', 'acceptor', 'dispatcher', 'unit', 'collector', 'leader', 'viewer', 'admin'];

/** @param {HTMLElement} root */
export function mount(root) {
  const body = h('tbody');
  const note = h('div');
  async function load() {
    try {
      const users = await api.all('/users');
      fill(note);
      fill(body, users.map((u) => h('tr', { data: { user: u.name } }, h('td.mono', null, u.name), h('td', null, u.displayName), h('td', null, word('role', u.role)), h('td.dim', null, u.offices.map((/** @type {string} */ o) => word('office', o)).join(' · ') || '–'), h('td', null, u.unit ? unitName(u.unit) : '–'),
        h('td.tools', null,
          h('button', { type: 'button', onclick: () => password(u.name) }, icon('key'), t('users.password')),
          u.name === state.user.name ? null : h('button', { type: 'button', onclick: () => confirmDialog(t('action.delete'), t('users.deleteText', { name: u.name }), t('action.delete'), () => api.delete(`/users/${encodeURIComponent(u.name)}`)).then((done) => { if (done) void load(); }) }, icon('trash'), t('action.delete'))))));
    } catch (error) { fill(note, failed(errorText(error), load)); }
  }
  /** @param {string} name */
  const password = (name) => formDialog({ title: `${t('users.password')} · ${name}`, name: 'password', submit: t('action.save'), fields: [{ name: 'password', label: t('users.newPassword'), type: 'password', required: true, hint: t('users.passwordHint') }],
    send: (values) => api.post(`/users/${encodeURIComponent(name)}/password`, values) }).then((done) => { if (done) toast(t('users.passwordSet'), 'good'); });
  const create = () => formDialog({
    title: t('users.new'), name: 'user', submit: t('action.save'),
    fields: [
      { name: 'name', label: t('login.name'), required: true, maxLength: 64 }, { name: 'displayName', label: t('users.displayName'), maxLength: 64 },
      { name: 'role', label: t('users.role'), type: 'select', options: ROLES.map((r) => ({ value: r, label: word('role', r) })) },
      { name: 'unit', label: t('case.unit'), type: 'select', hint: t('users.unitHint'), options: [{ value: '', label: '–' }, ...state.site.units.map((/** @type {any} */ u) => ({ value: u.id, label: unitName(u.id) }))] },
      { name: 'password', label: t('login.password'), type: 'password', required: true, hint: t('users.passwordHint') },
    ],
    send: (values) => api.post('/users', { ...values, displayName: values.displayName || values.name, unit: values.role === 'unit' && values.unit ? values.unit : null }),
  }).then((done) => { if (done) void load(); });
  fill(root, h('div.list-page', null,
    h('div.toolbar', null, h('h1', null, t('page.users')), h('span.grow'), h('button.primary', { type: 'button', id: 'new-user', onclick: create }, icon('person-plus'), t('users.new'))),
    h('div.table-wrap', null, h('table.table.cards.user-table', null, h('thead', null, h('tr', null, ['login.name', 'users.displayName', 'users.role', 'users.offices', 'case.unit'].map((k) => h('th', { scope: 'col' }, t(k))), h('th'))), body)), note));
  void load();
  return {};
}
