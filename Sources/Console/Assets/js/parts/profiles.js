// Payload profiles: made here, and tried on the last raw messages before they are saved.
import { fill, h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api } from '../core/api.js';
import { moment, t, word } from '../core/i18n.js';
import { errorText, openDialog, toast, toastError } from '../core/dialog.js';

/**
 * What a profile makes of messages, one row each.
 * @param {any[]} trials
 */
export function tryTable(trials) {
  if (trials.length === 0) return h('p.dim', null, t('profiles.noMessages'));
  const values = (/** @type {any} */ r) => Object.entries(r.values ?? { value: r.value }).map(([k, v]) => `${k} ${v}`).join(', ');
  return h('div.table-wrap', null, h('table.table.profile-trials', null,
    h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('profiles.messages')), h('th', { scope: 'col' }, t('profiles.results')))),
    h('tbody', null, trials.map((trial) => h('tr', { data: { trial: trial.reason ? 'rejected' : 'taken' } },
      h('td.wrap', null, h('span.dim.mono', null, `${moment(trial.message.receivedAt)} ${trial.message.topic}`), h('pre', null, trial.message.payload.slice(0, 400))),
      h('td.wrap', null, trial.sensor ? h('p.mono', null, trial.sensor) : null,
        trial.readings.slice(0, 5).map((/** @type {any} */ r) => h('p', null, h('b', null, values(r)), h('span.dim.mono', null, ` ${moment(r.occurredAt)}`))),
        trial.reason ? h('p.bad', null, `✗ ${word('rejectedReason', trial.reason)}${trial.detail ? `: ${trial.detail}` : ''}`) : h('p.dim', null, `✓ ${t('profiles.ok')}`)))))));
}

export const mayEditProfiles = () => may('post', '/profiles');

/**
 * The editor of the profiles that are made here.
 * @param {string} [first] the profile to start from
 */
export async function profilesDialog(first = 'waterLevel') {
  const known = (await api.get('/profiles')).items;
  const start = h('select', { id: 'profile-start', 'aria-label': t('profiles.start') }, known.map((/** @type {any} */ p) => h('option', { value: p.name }, `${word('profile', p.name)}${p.own ? ' *' : ''}`)));
  const text = h('textarea.mono', { id: 'profile-json', rows: 14, spellcheck: false, 'aria-label': t('profiles.json') });
  const payload = h('textarea.mono', { id: 'profile-payload', rows: 3, spellcheck: false, 'aria-label': t('profiles.payload') });
  const results = h('div.profile-trial', { 'aria-live': 'polite' });
  const error = h('p.form-error', { role: 'alert' });
  const remove = h('button.danger', { type: 'button', onclick: async () => {
    try { await api.delete(`/profiles/${encodeURIComponent(start.value)}`); dialog.close(); } catch (problem) { toastError(problem); }
  } }, icon('trash'), t('profiles.delete'));
  const chosen = () => known.find((/** @type {any} */ p) => p.name === start.value);
  const load = () => {
    const { own, ...profile } = chosen() ?? { name: 'new' };
    text.value = JSON.stringify(own ? profile : { ...profile, name: `${profile.name}-2` }, null, 2);
    remove.hidden = !own;
    void run();
  };
  /** @returns {any} */
  const read = () => {
    try { fill(error); return JSON.parse(text.value); } catch { fill(error, t('profiles.badJSON')); return null; }
  };
  async function run() {
    const profile = read();
    if (!profile) return;
    const own = payload.value.trim();
    try {
      const answer = await api.post('/profiles/try', { profile, ...(own ? { payloads: [own] } : { like: start.value }) });
      fill(results, tryTable(answer.items));
    } catch (problem) { fill(error, errorText(problem)); }
  }
  const body = h('form.dialog-body', { method: 'dialog', onsubmit: async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const profile = read();
    if (!profile) return;
    try {
      await api.post('/profiles', profile);
      toast(t('profiles.saved'), 'good');
      dialog.close();
    } catch (problem) { fill(error, errorText(problem)); }
  } },
  h('p.hint', null, t('profiles.hint')),
  h('div.toolbar', null, h('label', null, t('profiles.start'), ' ', start)),
  h('div.field', null, h('label', { for: 'profile-json' }, t('profiles.json')), text),
  h('div.field', null, h('label', { for: 'profile-payload' }, t('profiles.payload')), payload),
  error, results,
  h('div.dialog-foot', null, remove, h('span.grow'), h('button', { type: 'button', id: 'profile-try', onclick: () => void run() }, icon('play'), t('profiles.try')), h('button.primary', { type: 'submit' }, t('profiles.save'))));
  const dialog = openDialog(t('profiles.title'), body, { wide: true, name: 'profiles' });
  if (known.some((/** @type {any} */ p) => p.name === first)) start.value = first;
  start.addEventListener('change', load);
  load();
}
