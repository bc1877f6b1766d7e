// The map: Leaflet without tiles over a graticule; an own plan where Leaflet is missing.
import { h, svg } from '../core/dom.js';
import { t } from '../core/i18n.js';
import { addBaseMap } from './baseMap.js';

/** @typedef {{lat: number, lon: number}} Point */
/**
 * @typedef {{
 *   set: (id: string, point: Point, look: {kind: string, state?: string, label: string, heading?: number|null, onclick?: () => void}) => void,
 *   remove: (id: string) => void, show: (kind: string, visible: boolean) => void, track: (points: Point[]) => void,
 *   cells: (file: any, walked?: Set<string>) => void, fit: () => void, centre: (point: Point, zoom?: number) => void, destroy: () => void, kind: 'leaflet'|'plan'
 * }} SiteMap
 */

/** Degrees between lines of the graticule. */
const LINES = [10, 5, 1, 0.5, 0.1, 0.05, 0.01, 0.005, 0.001, 0.0005];
/** @type {Promise<any>|null} */
let loading = null;

/** @returns {Promise<any>} Leaflet, or null where it is not installed */
export function loadLeaflet() {
  loading ??= new Promise((resolve) => {
    const sheet = h('link', { rel: 'stylesheet', href: '/assets/leaflet/leaflet.css' });
    const script = h('script', { src: '/assets/leaflet/leaflet.min.js' });
    script.addEventListener('load', () => resolve(/** @type {any} */ (window).L ?? null));
    script.addEventListener('error', () => resolve(null));
    document.head.append(sheet, script);
  });
  return loading;
}

const SHAPES = { camera: '◉', sensor: '●', vehicle: '▲', case: '◆', alarm: '▲', place: '◎' };

/** @param {{kind: string, state?: string, heading?: number|null}} look */
function markerElement(look) {
  const inner = h('span.pin', { data: { kind: look.kind, state: look.state ?? '' } }, SHAPES[/** @type {'camera'} */ (look.kind)] ?? '●');
  if (look.kind === 'vehicle' && look.heading !== null && look.heading !== undefined) inner.style.transform = `rotate(${look.heading}deg)`;
  return inner;
}

/** @param {HTMLElement} element @param {{center?: Point, zoom?: number, still?: boolean}} [options] @returns {Promise<SiteMap>} */
export async function siteMap(element, options = {}) {
  const L = await loadLeaflet();
  return L ? leafletMap(L, element, options) : planMap(element);
}

/** @param {any} L @param {HTMLElement} element @param {{center?: Point, zoom?: number, still?: boolean}} options @returns {SiteMap} */
function leafletMap(L, element, options) {
  const map = L.map(element, { crs: L.CRS.EPSG3857, minZoom: 3, maxZoom: 20, attributionControl: false, zoomControl: !options.still, scrollWheelZoom: !options.still, zoomSnap: 0.25,
    center: options.center ? [options.center.lat, options.center.lon] : [32.49, 119.92], zoom: options.zoom ?? 14 });
  L.control.scale({ imperial: false, position: 'bottomright' }).addTo(map);
  addBaseMap(L, map);
  const grid = L.layerGroup().addTo(map);
  const outlines = L.geoJSON(null, { interactive: true, style: (/** @type {any} */ f) => ({ className: f.properties.walked ? 'duty-cell walked' : 'duty-cell' }) }).addTo(map);
  /** @type {Map<string, any>} */ const markers = new Map();
  /** @type {Map<string, any>} */ const layers = new Map();
  let line = L.polyline([], { className: 'track' }).addTo(map);
  function graticule() {
    grid.clearLayers();
    const bounds = map.getBounds().pad(0.2);
    const wide = bounds.getEast() - bounds.getWest();
    const step = [...LINES].reverse().find((s) => wide / s <= 12) ?? 10;
    const digits = Math.max(0, Math.ceil(-Math.log10(step)));
    const labelled = (/** @type {number} */ lat, /** @type {number} */ lon, /** @type {string} */ text) => L.marker([lat, lon], { interactive: false, keyboard: false, icon: L.divIcon({ className: 'graticule-label', html: h('span', null, text), iconSize: null }) }).addTo(grid);
    const visible = map.getBounds();
    for (let lon = Math.ceil(bounds.getWest() / step) * step; lon < bounds.getEast(); lon += step) {
      L.polyline([[bounds.getSouth(), lon], [bounds.getNorth(), lon]], { className: 'graticule', interactive: false }).addTo(grid);
      if (!options.still) labelled(visible.getNorth(), lon, `${lon.toFixed(digits)}°`);
    }
    for (let lat = Math.ceil(bounds.getSouth() / step) * step; lat < bounds.getNorth(); lat += step) {
      L.polyline([[lat, bounds.getWest()], [lat, bounds.getEast()]], { className: 'graticule', interactive: false }).addTo(grid);
      if (!options.still) labelled(lat, visible.getWest(), `${lat.toFixed(digits)}°`);
    }
  }
  map.on('moveend', graticule);
  graticule();
  const layerOf = (/** @type {string} */ kind) => {
    let layer = layers.get(kind);
    if (!layer) layers.set(kind, (layer = L.layerGroup().addTo(map)));
    return layer;
  };
  let gone = false;
  const observer = new ResizeObserver(() => { if (!gone) map.invalidateSize({ animate: false }); });
  observer.observe(element);
  return {
    kind: 'leaflet',
    set(id, point, look) {
      if (gone) return;
      const known = markers.get(id);
      if (known) {
        known.setLatLng([point.lat, point.lon]);
        const pin = known.getElement()?.firstElementChild;
        if (pin) {
          pin.dataset.state = look.state ?? '';
          if (look.kind === 'vehicle' && typeof look.heading === 'number') pin.style.transform = `rotate(${look.heading}deg)`;
        }
        if (known.getTooltip()?.getContent() !== look.label) known.setTooltipContent(look.label);
        return;
      }
      const marker = L.marker([point.lat, point.lon], { icon: L.divIcon({ className: 'pin-box', html: markerElement(look), iconSize: [24, 24] }), keyboard: Boolean(look.onclick), title: '', alt: look.label });
      marker.bindTooltip(look.label, { direction: 'top', offset: [0, -10] });
      if (look.onclick) marker.on('click', look.onclick);
      marker.addTo(layerOf(look.kind));
      markers.set(id, marker);
    },
    remove(id) {
      if (gone) return;
      for (const layer of layers.values()) if (markers.has(id)) layer.removeLayer(markers.get(id));
      markers.delete(id);
    },
    show(kind, visible) { if (gone) return; if (visible) layerOf(kind).addTo(map); else layerOf(kind).remove(); },
    track(points) { if (!gone) line.setLatLngs(points.map((p) => [p.lat, p.lon])); },
    cells(file, walked = new Set()) {
      if (gone) return;
      outlines.clearLayers();
      outlines.addData({ ...file, features: file.features.map((/** @type {any} */ f) => ({ ...f, properties: { ...f.properties, walked: walked.has(f.properties.code) } })) });
      outlines.eachLayer((/** @type {any} */ l) => l.bindTooltip(l.feature.properties.code, { sticky: true }));
      element.dataset.cells = String(file.features.length);
      element.dataset.walked = String(file.features.filter((/** @type {any} */ f) => walked.has(f.properties.code)).length);
    },
    fit() {
      if (gone) return;
      const bounds = L.latLngBounds([...markers.values()].map((m) => m.getLatLng()));
      if (outlines.getLayers().length) bounds.extend(outlines.getBounds());
      if (line.getLatLngs().length) bounds.extend(line.getBounds());
      if (bounds.isValid()) map.fitBounds(bounds.pad(0.12), { maxZoom: 17, animate: false });
    },
    centre(point, zoom) { if (!gone) map.setView([point.lat, point.lon], zoom ?? map.getZoom(), { animate: false }); },
    destroy() {
      if (gone) return;
      gone = true;
      observer.disconnect();
      // A movement under way would end on a map that is gone.
      map.stop();
      map.remove();
    },
  };
}

/**
 * Points drawn to scale, without pan or zoom.
 * @param {HTMLElement} element
 * @returns {SiteMap}
 */
function planMap(element) {
  const plan = svg('svg', { viewBox: '0 0 1000 700', class: 'plan', role: 'img', 'aria-label': t('page.map') });
  element.append(plan);
  /** @type {Map<string, {point: Point, look: any}>} */ const points = new Map();
  /** @type {Set<string>} */ const hidden = new Set();
  /** @type {Point[]} */ let line = [];
  function draw() {
    const all = [...points.values()].map((p) => p.point);
    if (all.length === 0) return;
    const west = Math.min(...all.map((p) => p.lon));
    const north = Math.max(...all.map((p) => p.lat));
    const south = Math.min(...all.map((p) => p.lat));
    const shrink = Math.cos((north * Math.PI) / 180);
    const size = Math.max((Math.max(...all.map((p) => p.lon)) - west) * shrink / 900, (north - south) / 600, 1e-7);
    const place = (/** @type {Point} */ p) => [50 + ((p.lon - west) * shrink) / size, 50 + (north - p.lat) / size];
    plan.replaceChildren();
    if (line.length > 1) plan.append(svg('polyline', { class: 'track', fill: 'none', points: line.map((p) => place(p).join(',')).join(' ') }));
    for (const { point, look } of points.values()) {
      if (hidden.has(look.kind)) continue;
      const [x, y] = place(point);
      const mark = svg('text', { x, y, class: 'plan-pin', 'data-kind': look.kind, 'data-state': look.state ?? '', 'text-anchor': 'middle' }, SHAPES[/** @type {'camera'} */ (look.kind)] ?? '●');
      mark.append(svg('title', {}, look.label));
      if (look.onclick) mark.addEventListener('click', look.onclick);
      plan.append(mark);
    }
  }
  return {
    kind: 'plan',
    set(id, point, look) { points.set(id, { point, look }); draw(); },
    remove(id) { points.delete(id); draw(); },
    show(kind, visible) { if (visible) hidden.delete(kind); else hidden.add(kind); draw(); },
    track(track) { line = track; draw(); },
    cells() { /* a plan of points has no outlines */ }, fit: draw, centre: draw,
    destroy() { plan.remove(); },
  };
}

/**
 * The cells of areas, as GeoJSON; none where there is no grid, or no link.
 * @param {string[]} areas
 */
export async function cellsOf(areas) {
  const none = { type: 'FeatureCollection', features: [] };
  if (areas.length === 0) return none;
  const answer = await fetch(`/api/v1/base/cells?area=${areas.map(encodeURIComponent).join(',')}`, { credentials: 'same-origin' }).catch(() => null);
  return answer?.ok ? answer.json() : none;
}

/**
 * A small still map with one place.
 * @param {HTMLElement} element
 * @param {Point} point
 */
export async function smallMap(element, point) {
  const map = await siteMap(element, { center: point, zoom: 16, still: true });
  map.set('place', point, { kind: 'place', label: `${point.lat.toFixed(5)}, ${point.lon.toFixed(5)}` });
  return map;
}
