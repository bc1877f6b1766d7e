// Ctrl+K: cameras, sensors, vehicles, cases by number, pages.
import { debounce, fill, h, icon } from '../core/dom.js';
import { api } from '../core/api.js';
import { t, word } from '../core/i18n.js';
import { openDialog } from '../core/dialog.js';
import { go, link } from '../core/router.js';
import { className, isRole, state } from '../core/store.js';
import { pagesOf } from '../shell.js';

/** @typedef {{icon: string, text: string, note: string, href: string}} Hit */

/** @param {string} text @returns {Hit[]} */
function localHits(text) {
  const wanted = text.toLowerCase();
  const matches = (/** @type {any[]} */ ...parts) => parts.some((part) => String(part ?? '').toLowerCase().includes(wanted));
  /** @type {Hit[]} */
  const hits = [];
  for (const page of pagesOf()) {
    const name = t(`page.${page.name}`);
    if (matches(name, page.name)) hits.push({ icon: page.icon, text: name, note: t('search.page'), href: link(page.name) });
  }
  if (!wanted) return hits;
  for (const camera of state.camera.values()) {
    if (!matches(camera.name, camera.id, camera.group)) continue;
    hits.push({ icon: 'camera-video', text: camera.name, note: `${word('cameraState', camera.state)} · ${t('page.live')}`, href: link('live', null, { camera: camera.id }) });
    hits.push({ icon: 'clock-history', text: camera.name, note: t('page.playback'), href: link('playback', null, { camera: camera.id }) });
  }
  for (const sensor of state.sensor.values()) {
    if (matches(sensor.name, sensor.id)) hits.push({ icon: 'activity', text: sensor.name ?? sensor.id, note: word('profile', sensor.profile), href: link('sensors', sensor.id) });
  }
  for (const vehicle of state.vehicle.values()) {
    if (matches(vehicle.name, vehicle.id)) hits.push({ icon: 'truck', text: vehicle.name ?? vehicle.id, note: word('vehicleKind', vehicle.kind), href: link('vehicles', vehicle.id) });
  }
  return hits.slice(0, 40);
}

export function openSearch() {
  if (document.querySelector('dialog[open]')) return;
  const list = h('ul.search-hits', { role: 'listbox', id: 'search-hits', 'aria-label': t('search.button') });
  const input = h('input', { type: 'search', placeholder: t('search.hint'), role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'search-hits', autocomplete: 'off', spellcheck: false });
  /** @type {Hit[]} */
  let hits = [];
  let chosen = 0;
  let turn = 0;
  const dialog = openDialog(t('search.button'), h('div.dialog-body', null, input, list), { name: 'search' });

  /** @param {Hit} hit */
  function open(hit) {
    dialog.close();
    go(hit.href);
  }
  function draw() {
    chosen = Math.max(0, Math.min(chosen, hits.length - 1));
    fill(list, hits.length === 0 ? h('li.dim', null, t('search.none')) : null, hits.map((hit, index) =>
      h('li', { role: 'option', id: `hit-${index}`, 'aria-selected': String(index === chosen), onclick: () => open(hit) }, icon(hit.icon), h('span', null, hit.text), h('span.dim', null, hit.note))));
    input.setAttribute('aria-activedescendant', `hit-${chosen}`);
    list.children[chosen]?.scrollIntoView?.({ block: 'nearest' });
  }
  const askCases = debounce(async (/** @type {string} */ text, /** @type {number} */ mine) => {
    if (text.length < 2 || isRole('viewer')) return;
    const page = await api.get('/cases', { q: text, limit: 10 }).catch(() => ({ items: [] }));
    if (mine !== turn) return;
    hits.push(...page.items.map((/** @type {any} */ item) => ({
      icon: 'folder2-open', text: item.number, note: `${className(item.class, item.className)} · ${word('caseState', item.state)}`, href: link('cases', item.id),
    })));
    draw();
  }, 200);
  function ask() {
    turn += 1;
    chosen = 0;
    hits = localHits(input.value.trim());
    draw();
    askCases(input.value.trim(), turn);
  }
  input.addEventListener('input', ask);
  input.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      chosen += event.key === 'ArrowDown' ? 1 : -1;
      event.preventDefault();
      draw();
    } else if (event.key === 'Enter' && hits[chosen]) {
      event.preventDefault();
      open(hits[chosen]);
    }
  });
  ask();
  input.focus();
}
