// The live wall.
import { fill, h, icon } from '../core/dom.js';
import { byName, t } from '../core/i18n.js';
import { ariaKeys, firstKey } from '../core/keys.js';
import { currentRoute, go, link, replaceRoute } from '../core/router.js';
import { cameraName, isRole, remember, remembered, state } from '../core/store.js';
import { toast } from '../core/dialog.js';
import { LiveStream } from '../media/live.js';
import { LiveTile } from '../media/tile.js';
import { cameraMark } from '../parts/marks.js';
import { bookmarkDialog, bookmarkHoldNow, caseDialog, downloadSnapshot, mayBookmark, mayReport, momentLink } from '../parts/picture.js';

const LAYOUTS = [1, 4, 6, 9, 16];
/** Seconds a live bookmark reaches back. */
const BACK = 30;

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  const stream = new LiveStream();
  const saved = remembered('wall', null);
  let layout = LAYOUTS.includes(saved?.layout) ? saved.layout : 4;
  /** @type {(string|null)[]} */
  let places = Array.isArray(saved?.places) ? saved.places : [];
  let chosen = 0;
  /** @type {number|null} */
  let large = null;
  /** @type {Map<number, LiveTile>} */
  const tiles = new Map();
  /** @type {string|null} the camera that is heard */
  let heard = null;
  const wall = h('div.wall', { role: 'group', 'aria-label': t('page.live') });
  const tree = h('div.camera-tree');
  const find = h('input', { type: 'search', placeholder: t('live.find'), 'aria-label': t('live.find') });
  const layoutButtons = LAYOUTS.map((n) => h('button', { type: 'button', data: { layout: n }, title: t('live.layout', { n }), 'aria-label': t('live.layout', { n }), onclick: () => setLayout(n) }, String(n)));

  const known = [...state.camera.values()].sort((a, b) => byName(a.name, b.name));
  if (!places.some((id) => id && state.camera.has(id))) {
    // What shows a picture comes first.
    places = [...known].sort((a, b) => Number(b.state === 'live') - Number(a.state === 'live')).map((c) => c.id).slice(0, 16);
    if (!saved) layout = known.length <= 1 ? 1 : known.length <= 4 ? 4 : known.length <= 6 ? 6 : 9;
  }
  const wanted = context.route.query.camera;

  const keep = () => remember('wall', { layout, places: places.slice(0, 16) });
  /** @param {number} n */
  function setLayout(n) {
    layout = n;
    large = null;
    chosen = Math.min(chosen, n - 1);
    keep();
    drawWall();
  }
  /** @param {string} id @param {number} place */
  function put(id, place) {
    const from = places.slice(0, layout).indexOf(id);
    const before = places[place] ?? null;
    places[place] = id;
    if (from >= 0 && from !== place) places[from] = before;
    keep();
    drawWall();
  }

  /** @param {number} place */
  function tileButtons(place) {
    const id = places[place];
    if (!id) return null;
    /** @type {(name: string, iconName: string, key: string, f: () => void, shown?: boolean) => any} */
    const button = (name, iconName, key, f, shown = true) => shown && h('button.ghost.square', { type: 'button', data: { act: name }, title: `${t(`key.${key}`)} (${firstKey(key)})`, 'aria-label': t(`key.${key}`), 'aria-keyshortcuts': ariaKeys(key), onclick: (/** @type {Event} */ e) => { e.stopPropagation(); choose(place); f(); } }, icon(iconName));
    return h('div.tile-tools', null,
      button('bookmark', 'bookmark-plus', 'bookmark', bookmark, mayBookmark()),
      button('case', 'flag', 'caseFromPicture', report, mayReport()),
      button('snapshot', 'camera', 'snapshot', snapshot),
      button('replay', 'arrow-counterclockwise', 'replay', replay, state.camera.get(id)?.recordedFrom !== null),
      button('sound', heard === id ? 'volume-up' : 'volume-mute', 'tileSound', sound, Boolean(state.camera.get(id)?.audio)),
      button('playback', 'clock-history', 'openPlayback', playback),
      button('large', large === place ? 'fullscreen-exit' : 'arrows-angle-expand', large === place ? 'wall' : 'tile', () => enlarge(large === place ? null : place)),
      button('fullscreen', 'fullscreen', 'fullscreen', fullscreen),
      h('button.ghost.square', { type: 'button', 'aria-label': t('live.clear'), title: t('live.clear'), onclick: (/** @type {Event} */ e) => { e.stopPropagation(); places[place] = null; keep(); drawWall(); } }, icon('x-lg')));
  }

  function drawWall() {
    const shown = large === null ? Array.from({ length: layout }, (_, i) => i) : [large];
    wall.dataset.layout = String(large === null ? layout : 1);
    for (const button of layoutButtons) button.setAttribute('aria-pressed', String(Number(button.dataset.layout) === layout));
    for (const [place, tile] of [...tiles]) {
      if (!shown.includes(place) || places[place] !== tile.camera) {
        tile.close();
        tiles.delete(place);
      }
    }
    const cells = shown.map((place) => {
      const id = places[place];
      const cell = h('div.tile', { tabindex: place === chosen ? '0' : '-1', role: 'group', data: { place, chosen: String(place === chosen) }, 'aria-label': id ? `${place + 1} ${cameraName(id)}` : t('live.empty'),
        onclick: () => choose(place), onfocus: () => choose(place), ondblclick: () => enlarge(large === place ? null : place),
        ondragover: (/** @type {DragEvent} */ e) => { e.preventDefault(); cell.dataset.over = 'true'; },
        ondragleave: () => { delete cell.dataset.over; },
        ondrop: (/** @type {DragEvent} */ e) => { e.preventDefault(); const dropped = e.dataTransfer?.getData('text/plain'); if (dropped && state.camera.has(dropped)) { chosen = place; put(dropped, place); } } });
      if (id && state.camera.has(id)) {
        let tile = tiles.get(place);
        if (!tile) {
          tile = new LiveTile(id, stream);
          tile.onRestart = () => { tiles.get(place)?.close(); tiles.delete(place); drawWall(); };
          tiles.set(place, tile);
        }
        cell.draggable = true;
        cell.addEventListener('dragstart', (/** @type {DragEvent} */ e) => e.dataTransfer?.setData('text/plain', id));
        cell.append(tile.element, /** @type {any} */ (tileButtons(place)));
      } else cell.append(h('div.tile-empty', null, icon('plus-square-dotted'), h('span', null, t('live.empty'))));
      cell.append(h('span.tile-number', { 'aria-hidden': 'true' }, String(place + 1)));
      return cell;
    });
    fill(wall, cells);
    for (const tile of tiles.values()) if (tile.video.paused && !tile.video.hidden) tile.video.play().catch(() => {});
    if (heard) giveSound();
    const pixels = (wall.firstElementChild?.clientWidth ?? 640) * Math.min(2, window.devicePixelRatio || 1);
    stream.setWidth(pixels);
    drawTree();
  }

  function drawTree() {
    const text = find.value.trim().toLowerCase();
    /** @type {Map<string, any[]>} */
    const groups = new Map();
    for (const camera of [...state.camera.values()].sort((a, b) => byName(a.name, b.name))) {
      if (text && ![camera.name, camera.id, camera.group].some((v) => String(v ?? '').toLowerCase().includes(text))) continue;
      const group = camera.group ?? t('live.noGroup');
      groups.set(group, [...(groups.get(group) ?? []), camera]);
    }
    const onWall = new Set(places.slice(0, layout));
    const open = new Map([...tree.querySelectorAll('details')].map((d) => [d.dataset.group, d.open]));
    fill(tree, groups.size === 0 ? h('p.dim', null, t('live.noneFound')) : null, [...groups].map(([group, cameras]) =>
      h('details', { data: { group }, open: text ? true : open.get(group) ?? true }, h('summary', null, group, h('span.dim', null, ` ${cameras.filter((c) => c.state === 'live').length}/${cameras.length}`)),
        cameras.map((camera) => h('button.camera-row', { type: 'button', draggable: true, data: { camera: camera.id, on: String(onWall.has(camera.id)) }, 'aria-pressed': String(onWall.has(camera.id)),
          ondragstart: (/** @type {DragEvent} */ e) => e.dataTransfer?.setData('text/plain', camera.id),
          onclick: () => {
            put(camera.id, chosen);
            const free = places.slice(0, layout).findIndex((id, i) => i > chosen && !id);
            if (free > 0) choose(free);
            if (matchMedia('(max-width: 800px)').matches) root.classList.remove('tree-open');
          } }, cameraMark(camera.state), h('span', null, camera.name))))));
  }

  /** @param {number} place */
  function choose(place) {
    chosen = place;
    for (const cell of wall.children) {
      const mine = Number(/** @type {HTMLElement} */ (cell).dataset.place) === place;
      /** @type {HTMLElement} */ (cell).dataset.chosen = String(mine);
      cell.setAttribute('tabindex', mine ? '0' : '-1');
    }
  }
  /** @param {number|null} place */
  function enlarge(place) {
    if (place !== null && !places[place]) return;
    large = place;
    if (place !== null) chosen = place;
    drawWall();
  }
  /** The tile the keys act on. */
  function current() {
    const tile = tiles.get(chosen) ?? tiles.values().next().value;
    if (!tile) toast(t('live.chooseFirst'));
    return tile ?? null;
  }
  const picture = () => {
    const tile = current();
    return tile ? { camera: tile.camera, at: tile.at, capture: (/** @type {number|undefined} */ w) => tile.capture(w) } : null;
  };
  function bookmark() { const p = picture(); if (p && mayBookmark()) void bookmarkDialog(p.camera, p.at - BACK * 1000, p.at); }
  function bookmarkHold() { const p = picture(); if (p && mayBookmark()) void bookmarkHoldNow(p.camera, p.at - BACK * 1000, p.at); }
  function report() { const p = picture(); if (p && mayReport()) void caseDialog(p); }
  function replay() { current()?.replay(); }
  function sound() {
    const tile = current();
    if (!tile) return;
    if (!state.camera.get(tile.camera)?.audio) { toast(t('sound.none')); return; }
    heard = heard === tile.camera ? null : tile.camera;
    giveSound();
    drawWall();
  }
  /** One tile at a time; a camera that has left the wall falls silent. */
  function giveSound() {
    if (heard && ![...tiles.values()].some((tile) => tile.camera === heard)) heard = null;
    for (const tile of tiles.values()) tile.setVolume(tile.camera === heard ? remembered('volume', 0.7) : null);
    stream.hear(heard);
  }
  function snapshot() { const p = picture(); if (p) downloadSnapshot(p); }
  function playback() { const p = picture(); if (p) go(momentLink(p.camera, p.at - 15_000)); }
  function fullscreen() {
    if (document.fullscreenElement) { void document.exitFullscreen(); return; }
    const cell = wall.querySelector(`[data-place="${chosen}"]`) ?? wall;
    cell.requestFullscreen().catch(() => toast(t('live.noFullscreen'), 'bad'));
  }

  fill(root, h('div.live', null,
    h('aside.side', null, h('div.side-head', null, find), tree),
    h('section.stage', null,
      h('div.toolbar', null,
        h('button.narrow-only', { type: 'button', onclick: () => root.classList.toggle('tree-open') }, icon('list'), t('live.cameras')),
        h('div.segmented', { role: 'group', 'aria-label': t('live.layouts') }, layoutButtons),
        h('span.grow'), h('span.dim.wide-only', null, t('live.hint')),
        h('button.ghost', { type: 'button', onclick: () => wall.requestFullscreen().catch(() => {}) }, icon('arrows-fullscreen'), h('span.wide-only', null, t('live.wallFullscreen')))),
      wall)));

  find.addEventListener('input', drawTree);
  context.on('camera', drawTree);
  context.on('reset', drawTree);
  context.keys('live', {
    tile: (/** @type {KeyboardEvent} */ _event, /** @type {string} */ name) => { const place = Number(name) - 1; if (place < layout) enlarge(large === place ? null : place); },
    wall: () => { if (large !== null) enlarge(null); },
    tileSound: sound, replay, fullscreen, bookmark, bookmarkHold, snapshot, caseFromPicture: report, openPlayback: playback,
  });
  context.leave(() => { root.classList.remove('tree-open'); for (const tile of tiles.values()) tile.close(); stream.close(); });
  if (wanted && state.camera.has(wanted)) showCamera(wanted);
  else drawWall();

  /** @param {string} id */
  function showCamera(id) {
    let place = places.slice(0, layout).indexOf(id);
    if (place < 0) { place = Math.max(0, places.slice(0, layout).findIndex((p) => !p)); places[place] = id; }
    chosen = place;
    large = layout === 1 ? null : place;
    drawWall();
    replaceRoute(link('live'));
  }
  return { update: () => { const id = currentRoute().query.camera; if (id && state.camera.has(id)) showCamera(id); return isRole(state.user.role); } };
}
