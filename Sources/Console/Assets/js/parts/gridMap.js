// The unit grid on a map: cells, what is wrong with them, a place looked up, and a grid laid over a drawn boundary.
import { may } from '../core/abilities.js';
import { debounce, fill, h, icon } from '../core/dom.js';
import { api, queryText } from '../core/api.js';
import { errorText, fieldRow, openDialog, toast, toastError } from '../core/dialog.js';
import { number, t, word } from '../core/i18n.js';
import { className } from '../core/store.js';
import { faultText } from './baseReport.js';
import { importDialog } from './baseImport.js';
import { addBaseMap } from './baseMap.js';
import { setHead } from './baseTable.js';
import { cornerEditor } from './gridCorners.js';
import { loadLeaflet } from './map.js';
import { empty } from './marks.js';
import { showPart } from './partsRegister.js';

/** @param {HTMLElement} root @param {import('../shell.js').Context} context @param {any} set @param {() => void} again */
export async function gridPanel(root, context, set, again) {
  const canvas = h('div.map.base-map', { role: 'application', 'aria-label': word('baseSet', 'grid'), data: { state: 'loading' } });
  const found = h('div', { 'aria-live': 'polite' });
  const faults = h('div');
  const partPlace = h('div');
  const draw = h('button', { type: 'button', id: 'grid-draw', 'aria-pressed': 'false' }, icon('bounding-box'), t('grid.draw'));
  const move = h('button', { type: 'button', id: 'grid-corners', 'aria-pressed': 'false' }, icon('arrows-move'), t('grid.move'));
  const moved = h('div', { 'aria-live': 'polite' });
  const canEdit = may('post', '/base/grid/generate') && set.editable;
  fill(root, setHead(set, again, { accept: '.geojson,.json', type: 'application/geo+json', datum: true, modes: false }, canEdit ? draw : null, canEdit && set.count > 0 ? move : null),
    h('div.grid-page', null, h('aside.side', null, h('h2', null, t('grid.place')), h('p.hint', null, t('grid.placeHint')), moved, found, partPlace, h('h2', null, t('grid.faults')), faults), canvas));
  const L = await loadLeaflet();
  if (!L) { fill(canvas, empty(t('grid.noMap'), 'geo-alt')); return; }
  const map = L.map(canvas, { minZoom: 3, maxZoom: 20, attributionControl: false, center: [32.49, 119.92], zoom: 14 });
  L.control.scale({ imperial: false, position: 'bottomright' }).addTo(map);
  addBaseMap(L, map);
  // A canvas: a city has some ten thousand cells.
  const accent = getComputedStyle(document.documentElement).getPropertyValue('--accent').trim() || '#6cb2eb';
  const cells = L.geoJSON(null, { renderer: L.canvas(), style: { color: accent, weight: 1, opacity: 0.7, fillOpacity: 0.06 } }).addTo(map);
  const marks = L.layerGroup().addTo(map);
  let gone = false;
  context.leave(() => {
    gone = true;
    // A movement under way would end on a map that is gone.
    map.stop();
    map.remove();
  });
  const partLayer = L.layerGroup().addTo(map);
  const partHint = h('p.hint', { 'aria-live': 'polite' });
  const partBox = h('input', { type: 'checkbox', id: 'grid-parts', onchange: () => { void loadParts(); } });
  partPlace.replaceChildren(h('label.check', null, partBox, t('grid.parts')), partHint);
  /** Parts around the middle, as far as the corner of the map. */
  async function loadParts() {
    if (gone) return;
    const middle = map.getCenter();
    const within = middle.distanceTo(map.getBounds().getNorthEast());
    const wanted = partBox.checked && within < 1500;
    fill(partHint, partBox.checked && !wanted ? t('grid.partsMore') : null);
    if (!wanted) { partLayer.clearLayers(); return; }
    const page = await api.get('/parts/nearest', { lat: middle.lat, lon: middle.lng, within: Math.round(within), limit: 500 }).catch(() => ({ items: [] }));
    if (gone) return;
    partLayer.clearLayers();
    for (const { part } of page.items) {
      L.circleMarker([part.position.lat, part.position.lon], { radius: 5, className: `part-mark part-${part.state}` })
        .bindTooltip(`${part.name ?? className(part.class)} · ${part.code} · ${word('partState', part.state)}`)
        .on('click', () => showPart(part.code, context, () => { void loadParts(); })).addTo(partLayer);
    }
    canvas.dataset.parts = String(page.items.length);
  }
  const laterParts = debounce(loadParts, 200);
  map.on('moveend', laterParts);
  let drawing = false;
  /** @type {any[]} */ let corners = [];
  const outline = L.polyline([], { className: 'grid-outline' }).addTo(map);

  const editor = cornerEditor(L, map, cells, ({ code, changed }) => {
    canvas.dataset.corners = code ?? '';
    canvas.dataset.changed = String(changed.length);
    fill(moved, !editor.on ? null : [h('h2', null, t('grid.move')), h('p.hint', null, code ? t('grid.moveOf', { code }) : t('grid.moveHint')),
      changed.length ? [h('p', null, t('grid.moved', { n: changed.length }), ' ', h('span.mono.dim', null, changed.slice(0, 6).map((cell) => cell.properties.code).join(' '))),
        h('div.button-row', null, h('button.primary', { type: 'button', id: 'grid-apply', onclick: apply }, icon('check2'), t('base.trial')),
          h('button', { type: 'button', id: 'grid-discard', onclick: () => { editor.clear(); load(); } }, icon('x-lg'), t('grid.discard')))] : null]);
  });
  async function apply() {
    if (await importDialog({ title: t('grid.move'), path: '/base/sets/grid/import', accept: '', type: 'application/geo+json', mode: 'merge', dated: true, file: editor.file() })) again();
  }
  move.addEventListener('click', () => {
    if (drawing) finish();
    editor.set(!editor.on);
    move.setAttribute('aria-pressed', String(editor.on));
  });
  const load = debounce(async () => {
    if (gone) return;
    const b = map.getBounds();
    try {
      const answer = await fetch(`/api/v1/base/cells${queryText({ box: [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()].map((x) => x.toFixed(6)).join(',') })}`, { credentials: 'same-origin' });
      if (!answer.ok) return;
      const json = await answer.json();
      if (gone) return;
      cells.clearLayers();
      cells.addData(editor.kept(json));
      editor.draw();
      cells.eachLayer((/** @type {any} */ l) => {
        l.bindTooltip(l.feature.properties.code, { sticky: true });
        l.on('click', (/** @type {any} */ e) => {
          if (!editor.on) return;
          L.DomEvent.stopPropagation(e);
          editor.choose(l.feature.properties.code);
        });
      });
      canvas.dataset.state = 'ready';
      canvas.dataset.cells = String(json.features.length);
    } catch { /* the next movement asks again */ }
  }, 150);

  /** @param {{lat: number, lng: number}} at */
  async function locate(at) {
    try {
      const place = await api.get('/base/locate', { lat: at.lat, lon: at.lng });
      fill(found, h('dl.facts', null, h('dt', null, t('case.cell')), h('dd.mono', null, place.cell ?? '–'), place.address ? [h('dt', null, t('case.place')), h('dd', null, place.address)] : null,
        place.areas.map((/** @type {any} */ a) => [h('dt', null, word('areasKind', a.kind)), h('dd', null, `${a.name} (${a.id})`)])));
    } catch (error) { toastError(error); }
  }
  map.on('click', (/** @type {any} */ e) => {
    if (editor.on) return;
    if (!drawing) { void locate(e.latlng); return; }
    corners.push(e.latlng);
    outline.setLatLngs([...corners, corners[0]]);
  });
  map.on('dblclick', () => { if (drawing) finish(); });
  map.on('moveend', load);

  function finish() {
    drawing = false;
    draw.setAttribute('aria-pressed', 'false');
    map.doubleClickZoom.enable();
    const ring = corners;
    corners = [];
    if (ring.length >= 3) generate(ring);
    else outline.setLatLngs([]);
  }
  draw.addEventListener('click', () => {
    if (drawing) { finish(); return; }
    if (editor.on) move.click();
    drawing = true;
    corners = [];
    draw.setAttribute('aria-pressed', 'true');
    map.doubleClickZoom.disable();
    toast(t('grid.drawHint'));
  });

  /** @param {any[]} ring */
  function generate(ring) {
    const code = fieldRow({ name: 'code', label: t('grid.code'), required: true, maxLength: 12, hint: t('grid.codeHint') });
    const side = fieldRow({ name: 'side', label: t('grid.side'), type: 'number', value: '100' });
    const error = h('p.form-error', { role: 'alert' });
    const dialog = openDialog(t('grid.generate'), h('div.dialog-body', null, code.row, side.row, error, h('div.dialog-foot', null,
      h('button.primary', { type: 'button', onclick: async () => {
        try {
          const answer = await fetch('/api/v1/base/grid/generate', { method: 'POST', credentials: 'same-origin', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ sideM: Number(side.read()), boundaries: [{ code: code.read(), outline: ring.map((p) => ({ lat: p.lat, lon: p.lng })) }] }) });
          if (!answer.ok) { fill(error, (await answer.json()).detail ?? t('error.other', { detail: String(answer.status) })); return; }
          const file = await answer.blob();
          dialog.close();
          if (await importDialog({ title: t('grid.generate'), path: '/base/sets/grid/import', accept: '', type: 'application/geo+json', dated: true, file })) again();
        } catch (problem) { fill(error, errorText(problem)); }
      } }, t('base.trial')))), { name: 'grid-generate' });
  }

  if (set.count > 0) {
    // The first cells say where the city is.
    const answer = await fetch('/api/v1/base/cells?box=-180,-90,180,90', { credentials: 'same-origin' });
    if (answer.ok) {
      const first = L.geoJSON(await answer.json());
      if (gone) return;
      if (first.getLayers().length) map.fitBounds(first.getBounds(), { animate: false });
    }
    const list = await api.get('/base/grid/faults').catch(() => ({ items: [] }));
    if (gone) return;
    fill(faults, list.items.length === 0 ? h('p', null, icon('check-circle'), ' ', t('grid.noFaults')) : h('ul.fault-list', null, list.items.slice(0, 200).map((/** @type {any} */ f) => h('li', null,
      h('button.ghost', { type: 'button', onclick: () => { if (f.at) map.setView([f.at.lat, f.at.lon], 18); } }, `▲ ${faultText(f)}`), h('span.mono.dim', null, f.cells.slice(0, 4).join(' '))))));
    for (const f of list.items) {
      if (f.outline.length) L.polygon(f.outline.map((/** @type {any} */ p) => [p.lat, p.lon]), { className: 'grid-fault' }).addTo(marks);
      else if (f.at) L.circleMarker([f.at.lat, f.at.lon], { radius: 8, className: 'grid-fault' }).bindTooltip(faultText(f)).addTo(marks);
    }
  } else fill(faults, h('p.hint', null, t('grid.computed', { n: number(100, 0) })));
  load();
}
