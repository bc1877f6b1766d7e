// A sensor that was accepted here: its name, profile, place, group, part and rules.
import { fill, h } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api, ApiError } from '../core/api.js';
import { formDialog, Refusal, toast } from '../core/dialog.js';
import { sentence, t, word } from '../core/i18n.js';
import { state } from '../core/store.js';
import { positionFields } from './picture.js';
import { rulesEditor } from './rules.js';

export const mayEditSensors = () => may('post', '/sensors/{id}/definition');

/**
 * A mistake's place in words: `rules[1].of[0].value` is the second rule's first part's threshold.
 * @param {string} field
 */
function placeText(field) {
  const rule = field.match(/^rules\[(\d+)\]\.?(.*)$/);
  if (!rule) return field ? word('sensorForm', field) : '';
  const parts = [...rule[2].matchAll(/of\[(\d+)\]/g)].map((m) => t('rules.partNumber', { n: Number(m[1]) + 1 }));
  const last = rule[2].replace(/of\[\d+\]\.?/g, '');
  return [t('rules.number', { n: Number(rule[1]) + 1 }), ...parts, last ? word('rules', last) : ''].filter(Boolean).join(' · ');
}

/**
 * Asks for another definition; resolves with the changed sensor or null.
 * @param {any} sensor
 */
export async function editSensor(sensor) {
  const path = `/sensors/${encodeURIComponent(sensor.id)}/definition`;
  const [definition, profiles, config] = await Promise.all([api.get(path), api.get('/profiles'), api.get('/config')]);
  const profile = h('select', null, profiles.items.map((/** @type {any} */ p) => h('option', { value: p.name }, word('profile', p.name))));
  profile.value = definition.profile;
  const rules = rulesEditor(definition.rules, () => profile.value);
  const mistakes = h('ul.mistakes', { role: 'alert' });
  const box = Object.assign(h('div', null, rules, mistakes), { read: () => rules.read() });
  const groups = config.groups ?? [];
  const changed = await formDialog({
    title: t('sensors.editOf', { id: sensor.id }), name: 'edit-sensor', wide: true, submit: t('sensors.save'),
    before: h('p.hint', null, t('sensors.editHint')),
    fields: [
      { name: 'name', label: t('sensors.name'), maxLength: 64, value: definition.name ?? '' },
      { name: 'profile', label: t('sensors.profile'), element: profile },
      { name: 'position', label: t('case.position'), element: positionFields(definition.position) },
      { name: 'address', label: t('case.address'), value: definition.address ?? '' },
      { name: 'group', label: t('sensors.group'), type: 'select', value: definition.group ?? '', hint: t('sensors.groupHint'),
        options: [{ value: '', label: t('sensors.noGroup') }, ...groups.map((/** @type {any} */ g) => ({ value: g.id, label: g.name ? `${g.name} (${g.id})` : g.id }))] },
      { name: 'part', label: t('sensors.part'), maxLength: 17, value: definition.part ?? '', hint: t('sensors.partHint') },
      { name: 'rules', label: t('sensors.rules'), element: box },
    ],
    send: async (values) => {
      fill(mistakes);
      rules.clear();
      try {
        return await api.post(path, { ...values, name: values.name || null, address: values.address || null, group: values.group || null, part: values.part || null });
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'invalidSensor') throw error;
        const found = error.params.mistakes ?? [];
        fill(mistakes, found.map((/** @type {any} */ m) => h('li', { data: { field: m.field } }, h('b', null, placeText(m.field)), m.value ? h('span.mono', null, ` ${m.value}`) : null, ` ${sentence('finding', m.problem)}; ${sentence('finding', m.remedy)}`)));
        for (const mistake of found) rules.find(mistake.field)?.setAttribute('aria-invalid', 'true');
        throw new Refusal(t('sensors.mistakes', { n: found.length }));
      }
    },
  });
  if (!changed?.id) return null;
  state.sensor.set(changed.id, changed);
  toast(t('sensors.saved', { id: changed.id }), 'good');
  return changed;
}
