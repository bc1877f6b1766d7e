// The site file read again: what it changed, or why it stays as it was.
import { h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api } from '../core/api.js';
import { t, word } from '../core/i18n.js';
import { toast, toastError } from '../core/dialog.js';
import { loadAll } from '../core/store.js';

/** @param {() => void} after called when something has changed */
export function reloadButton(after) {
  if (!may('post', '/site/reload')) return null;
  const button = h('button', { type: 'button', id: 'reload-site', onclick: async () => {
    button.disabled = true;
    try {
      const found = await api.post('/site/reload');
      const changes = found.added.length + found.changed.length + found.removed.length + Number(found.platformsChanged);
      toast(changes ? t('reload.done', { added: found.added.length, changed: found.changed.length, removed: found.removed.length }) : t('reload.nothing'), 'good');
      if (found.needsRestart.length) toast(t('reload.restart', { sections: found.needsRestart.map((/** @type {string} */ s) => word('config', s)).join(', ') }), 'bad');
      if (changes) { await loadAll(); after(); }
    } catch (error) { toastError(error); } finally { button.disabled = false; }
  } }, icon('arrow-clockwise'), t('reload.button'));
  return button;
}
