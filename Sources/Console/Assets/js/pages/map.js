// The map of cameras, sensors, vehicles and cases; vehicles move as they report.
import { fill, h, icon } from '../core/dom.js';
import { api, iso } from '../core/api.js';
import { clock, number, t, word } from '../core/i18n.js';
import { toastError } from '../core/dialog.js';
import { go, link } from '../core/router.js';
import { cameraName, className, isRole, serverNow, state } from '../core/store.js';
import { siteMap } from '../parts/map.js';

const KINDS = /** @type {const} */ (['camera', 'sensor', 'vehicle', 'case', 'alarm']);

/**
 * Fills a map and keeps it fresh.
 * @param {HTMLElement} element @param {import('../shell.js').Context} context
 * @param {{vehicleClicked?: (id: string) => void}} [options]
 */
export async function liveMap(element, context, options = {}) {
  const map = await siteMap(element);
  context.leave(() => map.destroy());
  const camera = (/** @type {any} */ c) => c.position && map.set(`camera ${c.id}`, c.position, { kind: 'camera', state: c.state, label: `${c.name ?? cameraName(c.id)} · ${word('cameraState', c.state)}`, onclick: () => go(link('live', null, { camera: c.id })) });
  const sensor = (/** @type {any} */ s) => s.position && map.set(`sensor ${s.id}`, s.position, { kind: 'sensor', state: s.alarmIds?.length ? 'alarm' : s.stale ? 'stale' : 'ok', label: `${s.name ?? s.id} · ${word('profile', s.profile)}`, onclick: () => go(link('sensors', s.id)) });
  const vehicle = (/** @type {any} */ v) => v.last && map.set(`vehicle ${v.id}`, v.last, { kind: 'vehicle', heading: v.last.heading, label: `${v.name ?? v.id} · ${number(v.last.speedKmh, 0)} km/h · ${clock(v.last.occurredAt)}`, onclick: () => options.vehicleClicked?.(v.id) });
  const item = (/** @type {any} */ c) => {
    if (c.state === 'closed' || c.state === 'invalid') map.remove(`case ${c.id}`);
    else if (c.position) map.set(`case ${c.id}`, c.position, { kind: 'case', state: c.overdue ? 'overdue' : c.state, label: `${className(c.class, c.className)} · ${word('caseState', c.state)}`, onclick: () => go(link('cases', c.id)) });
  };
  const alarm = (/** @type {any} */ a) => {
    if (a.state !== 'open' || a.verdict) map.remove(`alarm ${a.id}`);
    else if (a.position) map.set(`alarm ${a.id}`, a.position, { kind: 'alarm', state: a.severity, label: `${a.sourceName ?? a.source} · ${word('kind', a.kind)}`, onclick: () => go(link('alarms', a.id)) });
  };
  const all = async () => {
    state.camera.forEach(camera);
    state.sensor.forEach(sensor);
    state.vehicle.forEach(vehicle);
    const cases = await api.get('/cases', { open: 'true', limit: 200 }).catch(() => ({ items: [] }));
    cases.items.forEach(item);
    state.alarm.forEach(alarm);
  };
  await all();
  map.fit();
  context.on('camera', (c) => camera(state.camera.get(c.id)));
  context.on('sensor', (s) => sensor(state.sensor.get(s.id)));
  context.on('vehicle', (v) => vehicle(state.vehicle.get(v.id)));
  context.on('case', item);
  context.on('alarm', alarm);
  context.on('reset', all);
  return map;
}

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export async function mount(root, context) {
  const canvas = h('div.map', { role: 'application', 'aria-label': t('page.map') });
  const vehicles = h('ul.vehicle-list');
  const boxes = KINDS.map((kind) => {
    const box = h('input', { type: 'checkbox', checked: true });
    box.addEventListener('change', () => map?.show(kind, box.checked));
    return h('label.check', { data: { kind } }, box, h('span.legend', { data: { kind }, 'aria-hidden': 'true' }), t(`map.${kind}`));
  });
  /** @type {import('../parts/map.js').SiteMap|null} */ let map = null;
  let followed = '';
  fill(root, h('div.map-page', null,
    h('aside.side', null, h('h2', null, t('map.layers')), h('div.layer-list', null, boxes), h('h2', null, t('map.vehicles')), vehicles,
      h('button', { type: 'button', onclick: () => map?.fit() }, icon('bounding-box'), t('map.fit'))), canvas));

  /** @param {string} id */
  async function follow(id) {
    followed = followed === id ? '' : id;
    drawVehicles();
    map?.track([]);
    if (!followed) return;
    try {
      const points = await api.all(`/vehicles/${encodeURIComponent(id)}/track`, { from: iso(serverNow() - 3_600_000), to: iso(serverNow()) }, 5000);
      if (followed === id) map?.track(points);
      const last = state.vehicle.get(id)?.last;
      if (last) map?.centre(last);
    } catch (error) { toastError(error); }
  }
  function drawVehicles() {
    fill(vehicles, state.vehicle.size === 0 ? h('li.dim', null, t('map.noVehicles')) : null, [...state.vehicle.values()].map((v) => h('li', null,
      h('button.camera-row', { type: 'button', 'aria-pressed': String(v.id === followed), onclick: () => follow(v.id) }, icon('truck'), h('span', null, v.name ?? v.id), h('span.grow'),
        h('span.mono.dim', { data: { speed: v.id } }, v.last ? `${number(v.last.speedKmh, 0)} km/h` : '–')))));
  }
  drawVehicles();
  map = await liveMap(canvas, context, { vehicleClicked: (id) => void follow(id) });
  canvas.dataset.map = map.kind;
  context.on('vehicle', (v) => {
    const cell = vehicles.querySelector(`[data-speed="${CSS.escape(v.id)}"]`);
    if (cell) cell.textContent = v.last ? `${number(v.last.speedKmh, 0)} km/h` : '–';
    else if (isRole(state.user.role)) drawVehicles();
  });
  const { vehicle, lat, lon } = context.route.query;
  if (vehicle) await follow(vehicle);
  if (lat && lon) map.centre({ lat: Number(lat), lon: Number(lon) }, 17);
  return {};
}
