// Who sends readings or positions without being declared, and how such a sender becomes a sensor.
import { fill, h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api } from '../core/api.js';
import { moment, number, t, word } from '../core/i18n.js';
import { formDialog, toast } from '../core/dialog.js';
import { state } from '../core/store.js';
import { tryTable } from './profiles.js';

const SHOWN = 50;

/**
 * Asks how a sender is to be read, shows what that makes of its last messages, and accepts it.
 * @param {any} source @param {() => void} done
 */
async function accept(source, done) {
  const profiles = (await api.get('/profiles')).items;
  const names = profiles.map((/** @type {any} */ p) => p.name);
  const preview = h('div.profile-trial');
  const show = async (/** @type {string} */ name) => {
    const { own, ...profile } = profiles.find((/** @type {any} */ p) => p.name === name) ?? { name };
    const trials = await api.post('/profiles/try', { profile, source: source.id }).catch(() => ({ items: [] }));
    fill(preview, tryTable(trials.items.slice(0, 5)));
  };
  const select = h('select', { onchange: () => void show(select.value) }, names.map((/** @type {string} */ n) => h('option', { value: n }, word('profile', n))));
  select.value = names.includes(source.profile) ? source.profile : names[0];
  void show(select.value);
  const answer = await formDialog({
    title: t('sensors.acceptTitle', { id: source.id }), name: 'accept', wide: true, submit: t('sensors.accept'),
    before: h('div', null, h('p.hint', null, t('sensors.acceptHint')), preview),
    fields: [
      { name: 'profile', label: t('sensors.profile'), element: select },
      { name: 'name', label: t('sensors.name'), maxLength: 64 },
      { name: 'lat', label: t('sensors.latitude'), type: 'number' },
      { name: 'lon', label: t('sensors.longitude'), type: 'number' },
    ],
    send: (values) => api.post(`/sources/unknown/${encodeURIComponent(source.id)}/accept`, {
      profile: values.profile, name: values.name || null,
      position: values.lat !== '' && values.lon !== '' ? { lat: Number(values.lat), lon: Number(values.lon) } : null,
    }),
  });
  if (!answer) return;
  state.sensor.set(answer.id, answer);
  toast(t('sensors.accepted', { id: source.id }), 'good');
  done();
}

/**
 * A folded list that loads itself; hidden while everybody is declared.
 * @param {() => void} [accepted] called once a sender has become a sensor
 */
export function unknownList(accepted = () => {}) {
  const element = h('details.panel.unknown', { hidden: true });
  const mayAccept = may('post', '/sources/unknown/{id}/accept');
  async function load() {
    if (!may('get', '/sources/unknown')) return;
    const items = (await api.get('/sources/unknown').catch(() => ({ items: [] }))).items;
    element.hidden = items.length === 0;
    fill(element, h('summary', null, t('sensors.unknown', { n: items.length })), h('p.hint', null, t('sensors.unknownHint')),
      h('ul.rejected', null, items.slice(0, SHOWN).map((/** @type {any} */ s) => h('li', { data: { source: s.id } }, h('b.mono', null, s.id), h('span.dim', null, ` ${s.topic} · ${t('sensors.unknownCount', { n: number(s.count, 0), at: moment(s.lastAt) })} `),
        mayAccept ? h('button', { type: 'button', data: { accept: s.id }, onclick: () => void accept(s, () => { void load(); accepted(); }) }, icon('plus-lg'), t('sensors.accept')) : null))),
      items.length > SHOWN ? h('p.dim', null, t('list.count', { n: items.length })) : null);
  }
  void load();
  return { element, load };
}
