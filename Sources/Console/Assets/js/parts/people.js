// The people of the centre by the names that they are known by.
import { may } from '../core/abilities.js';
import { api } from '../core/api.js';
import { word } from '../core/i18n.js';

/** @typedef {{name: string, displayName: string, role: string, unit: string|null}} Person */
/** @type {Person[]} */
let known = [];

/** Asks for everybody who can be called or asked; those known before where that fails. */
export async function loadPeople() {
  if (may('get', '/duty/people')) known = (await api.get('/duty/people').catch(() => ({ items: known }))).items;
  return known;
}

/** @param {string|null|undefined} name */
export const personName = (name) => known.find((p) => p.name === name)?.displayName ?? name ?? '';

/**
 * Choices of a select.
 * @param {(role: string) => boolean} [takes]
 */
export const personOptions = (takes = () => true) => known.filter((p) => takes(p.role))
  .map((p) => ({ value: p.name, label: `${p.displayName}${p.displayName === p.name ? '' : ` (${p.name})`} · ${word('role', p.role)}` }));
