// Signing in.
import { api, ApiError } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { currentLanguage, loadLanguage, t } from '../core/i18n.js';
import { remember } from '../core/store.js';
import { errorText } from '../core/dialog.js';

/** @param {HTMLElement} root @param {(session: any) => Promise<void>} done */
export function showLogin(root, done) {
  const error = h('p.form-error', { role: 'alert', id: 'login-error' });
  const name = h('input', { id: 'login-name', name: 'name', autocomplete: 'username', required: true, autofocus: true, spellcheck: false });
  const password = h('input', { id: 'login-password', name: 'password', type: 'password', autocomplete: 'current-password', required: true });
  const button = h('button.primary.big', { type: 'submit', id: 'login-submit' }, t('login.submit'));
  const other = currentLanguage() === 'en' ? 'zh-CN' : 'en';
  document.title = t('app.name');
  fill(root, h('main.login', null,
    h('form.login-card', { onsubmit: async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      if (!name.value || !password.value) { fill(error, t('login.empty')); return; }
      button.disabled = true;
      fill(error);
      try {
        const session = await api.post('/session', { name: name.value.trim(), password: password.value });
        await done(session);
      } catch (problem) {
        fill(error, errorText(problem));
        if (problem instanceof ApiError) { password.value = ''; password.focus(); }
      } finally { button.disabled = false; }
    } },
    h('div.login-mark', null, icon('grid-3x3-gap-fill'), h('h1', null, t('app.name'))),
    h('p.hint', null, t('login.intro')),
    h('div.field', null, h('label', { for: 'login-name' }, t('login.name')), name),
    h('div.field', null, h('label', { for: 'login-password' }, t('login.password')), password),
    error, button,
    h('button.ghost', { type: 'button', lang: other, onclick: async () => {
      remember('language', other);
      await loadLanguage(other);
      showLogin(root, done);
    } }, icon('translate'), t('language.other')))));
  name.focus();
}
