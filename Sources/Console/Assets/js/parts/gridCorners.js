// Moving the corners of a grid's cells on the map: neighbours' corners at the same place go along, so that no gap opens.
import { h } from '../core/dom.js';
import { t } from '../core/i18n.js';

/** Degrees that an arrow key moves a corner: about a metre. */
const STEP = 0.00001;
/** Degrees are kept to so many digits, as the server keeps them. */
const DIGITS = 8;

/** @typedef {{type: string, properties: {code: string}, geometry: {type: string, coordinates: any[]}}} Cell */

/** @param {Cell} cell @returns {[number, number][][]} every ring of it */
const ringsOf = (cell) => (cell.geometry.type === 'Polygon' ? cell.geometry.coordinates : cell.geometry.coordinates.flat());
/** @param {[number, number]} place */
const keyOf = (place) => `${place[0].toFixed(DIGITS)},${place[1].toFixed(DIGITS)}`;

/**
 * @param {any} L @param {any} map @param {any} cells the layer of the cells that are loaded
 * @param {(state: {code: string|null, changed: Cell[]}) => void} told what is chosen and what has changed
 */
export function cornerEditor(L, map, cells, told) {
  const handles = L.layerGroup().addTo(map);
  /** @type {Map<string, Cell>} */ const changed = new Map();
  /** @type {string|null} */ let code = null;
  let on = false;
  const tell = () => told({ code, changed: [...changed.values()] });

  /**
   * The layers with a corner at a place.
   * @param {string} key
   */
  function touching(key) {
    /** @type {any[]} */ const found = [];
    cells.eachLayer((/** @type {any} */ layer) => { if (ringsOf(layer.feature).some((ring) => ring.some((place) => keyOf(place) === key))) found.push(layer); });
    return found;
  }
  /**
   * @param {any[]} layers @param {string} from @param {{lat: number, lng: number}} to
   * @returns {string} where the corner is now
   */
  function move(layers, from, to) {
    /** @type {[number, number]} */ const place = [Number(to.lng.toFixed(DIGITS)), Number(to.lat.toFixed(DIGITS))];
    for (const layer of layers) {
      const rings = (/** @type {any} */ part) => (typeof part[0] === 'number' ? (keyOf(part) === from ? place : part) : part.map(rings));
      const { feature } = layer;
      // A new object: the one that came from the server stays what it was until the change is applied.
      layer.feature = { ...feature, geometry: { ...feature.geometry, coordinates: rings(feature.geometry.coordinates) } };
      layer.setLatLngs(L.GeoJSON.coordsToLatLngs(layer.feature.geometry.coordinates, feature.geometry.type === 'Polygon' ? 1 : 2));
      changed.set(layer.feature.properties.code, layer.feature);
    }
    return keyOf(place);
  }
  /** @param {[number, number]} place @param {number} number */
  function handle(place, number) {
    let key = keyOf(place);
    /** @type {any[]} */ let layers = [];
    const marker = L.marker([place[1], place[0]], { draggable: true, autoPan: true, keyboard: true, alt: t('grid.corner', { n: number }), icon: L.divIcon({ className: 'corner-handle', html: h('span'), iconSize: [20, 20] }) });
    marker.on('dragstart', () => { layers = touching(key); });
    marker.on('drag', () => { key = move(layers, key, marker.getLatLng()); });
    marker.on('dragend', tell);
    marker.addTo(handles);
    marker.getElement()?.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      const [lat, lng] = /** @type {Record<string, number[]>} */ ({ ArrowUp: [STEP, 0], ArrowDown: [-STEP, 0], ArrowLeft: [0, -STEP], ArrowRight: [0, STEP] })[event.key] ?? [];
      if (lat === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      const at = marker.getLatLng();
      marker.setLatLng([at.lat + lat, at.lng + lng]);
      key = move(touching(key), key, marker.getLatLng());
      tell();
    });
  }
  function draw() {
    handles.clearLayers();
    if (!on || !code) return;
    const seen = new Set();
    cells.eachLayer((/** @type {any} */ layer) => {
      if (layer.feature.properties.code !== code) return;
      for (const ring of ringsOf(layer.feature)) {
        for (const place of ring) {
          if (seen.has(keyOf(place))) continue;
          seen.add(keyOf(place));
          handle(place, seen.size);
        }
      }
    });
  }
  return {
    get on() { return on; },
    /** @param {boolean} value */
    set(value) {
      on = value;
      code = null;
      draw();
      tell();
    },
    /**
     * Shows the corners of a cell.
     * @param {string} chosen
     */
    choose(chosen) {
      if (!on) return;
      code = chosen;
      draw();
      tell();
    },
    /**
     * What has been moved, in the place of what the server says.
     * @param {any} json cells as they were loaded
     */
    kept: (json) => ({ ...json, features: json.features.map((/** @type {Cell} */ cell) => changed.get(cell.properties.code) ?? cell) }),
    /** After the cells were loaded anew. */
    draw,
    /** Forgets what has been moved. */
    clear() {
      changed.clear();
      code = null;
      draw();
      tell();
    },
    /** The changed cells as a file. */
    file: () => new Blob([JSON.stringify({ type: 'FeatureCollection', features: [...changed.values()] })], { type: 'application/geo+json' }),
  };
}
