// How to check evidence without this site: the public key, its number, and the command.
import { fill, h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api } from '../core/api.js';
import { full, t } from '../core/i18n.js';
import { errorText, formDialog, Refusal, toast } from '../core/dialog.js';
import { empty, failed } from './marks.js';

/**
 * The key as facts: number, value, age, the ones before it.
 * @param {any} key
 */
export function keyFacts(key) {
  const previous = key.previous ?? [];
  return h('dl.facts', null, h('dt', null, t('verify.keyId')), h('dd', null, h('code', { data: { field: 'keyId' } }, key.keyId)), h('dt', null, t('verify.publicKey')), h('dd', null, h('code', null, key.publicKey)),
    h('dt', null, t('verify.since')), h('dd', null, full(key.createdAt)),
    previous.length ? [h('dt', null, t('verify.previous')), h('dd', null, h('ul', null, previous.map((/** @type {any} */ old) => h('li', null, h('code', null, old.keyId ?? String(old)), h('span.dim', null, ` ${full(old.createdAt)}${old.retiredAt ? ` – ${full(old.retiredAt)}` : ''}`)))))] : null);
}

/** The box with the key and the steps. */
export function verifyBox() {
  const box = h('section.panel.verify', null, h('h2', null, icon('patch-check'), t('verify.title')));
  const body = h('div');
  box.append(body);
  async function load() {
    if (!may('get', '/evidence/key')) { fill(body, empty(t('verify.none'), 'key')); return; }
    try {
      const key = await api.get('/evidence/key');
      if (!key.keyId) { fill(body, empty(t('verify.noKey'), 'key')); return; }
      fill(body, keyFacts(key), h('ol.steps-list', null,
        h('li', null, t('verify.step1'), ' ', may('get', '/evidence/key.pem') ? h('a.button', { href: '/api/v1/evidence/key.pem', download: '', data: { act: 'key' } }, icon('download'), t('verify.download')) : null),
        h('li', null, t('verify.step2'), h('pre.command', { tabindex: '0', data: { field: 'command' } }, 'gridwatch verify dossier.zip --key key.pem')),
        h('li', null, t('verify.step3'))), h('p.hint', null, t('verify.hint')));
    } catch (error) { fill(body, failed(errorText(error), load)); }
  }
  void load();
  return box;
}

/**
 * The key for the administrator, with its rotation.
 */
export function keyPanel() {
  const body = h('div');
  async function load() {
    try {
      const key = await api.get('/evidence/key');
      fill(body, key.keyId ? keyFacts(key) : h('p.dim', null, t('verify.noKey')), may('post', '/evidence/key/rotate') ? h('div.button-row', null, h('button.danger', { type: 'button', id: 'rotate-key', onclick: rotate }, icon('arrow-repeat'), t('verify.rotate'))) : null);
    } catch (error) { fill(body, failed(errorText(error), load)); }
  }
  async function rotate() {
    const done = await formDialog({
      title: t('verify.rotate'), name: 'rotate', danger: true, submit: t('verify.rotate'), before: h('p', null, t('verify.rotateText')),
      fields: [{ name: 'sure', label: t('verify.rotateSure'), type: 'checkbox', value: false }],
      send: async (values) => {
        if (!values.sure) throw new Refusal(t('verify.rotateMust'));
        return api.post('/evidence/key/rotate');
      },
    });
    if (done) { toast(t('verify.rotated'), 'good'); void load(); }
  }
  void load();
  return h('section.panel', null, h('h2', null, icon('key'), t('verify.key')), body);
}
