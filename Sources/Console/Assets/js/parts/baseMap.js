// The map that lies under everything, where the site file names one: drawn in WGS-84 or, as China's public maps are, in GCJ-02.
import { state } from '../core/store.js';

/** Of Krasovsky's ellipsoid. */
const AXIS = 6_378_245;
const ECCENTRICITY = 0.00669342162296594323;

/**
 * GCJ-02 from WGS-84: the same published formula as the server's `DatumPoint`.
 * @param {number} lat @param {number} lon
 * @returns {[number, number]}
 */
export function shifted(lat, lon) {
  if (lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271) return [lat, lon];
  const x = lon - 105;
  const y = lat - 35;
  const { PI, sin, cos, sqrt, abs } = Math;
  const root = sqrt(abs(x));
  const wave = ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3;
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    + ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3 + ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3;
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    + ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3 + ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
  const angle = (lat * PI) / 180;
  const magic = 1 - ECCENTRICITY * sin(angle) ** 2;
  return [lat + (north * 180) / (((AXIS * (1 - ECCENTRICITY)) / (magic * sqrt(magic))) * PI), lon + (east * 180) / ((AXIS / sqrt(magic)) * cos(angle) * PI)];
}

/**
 * Lays the site's map under a Leaflet map.
 * @param {any} L @param {any} map
 */
export function addBaseMap(L, map) {
  const base = state.site?.map;
  if (!base) return;
  const options = { maxNativeZoom: base.maxZoom, maxZoom: 22, className: 'base-tiles', keepBuffer: 1 };
  if (base.datum !== 'gcj02') { L.tileLayer(base.tiles, options).addTo(map); return; }
  // Pictures are chosen and placed by where the middle of the map is in their own numbers; over one screen the offset is
  // the same within a metre.
  const there = (/** @type {any} */ at) => L.latLng(...shifted(at.lat, at.lng));
  const Shifted = L.TileLayer.extend({
    _getTiledPixelBounds(/** @type {any} */ center) { return L.TileLayer.prototype._getTiledPixelBounds.call(this, there(center)); },
    _setZoomTransform(/** @type {any} */ level, /** @type {any} */ center, /** @type {number} */ zoom) { L.TileLayer.prototype._setZoomTransform.call(this, level, there(center), zoom); },
  });
  new Shifted(base.tiles, options).addTo(map);
}
