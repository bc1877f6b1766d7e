// What several pages show of a vehicle: its rules in words, the length of a track.
import { number, span, t, word } from '../core/i18n.js';

/** @param {any} rule */
export function vehicleRuleText(rule) {
  const of = { value: rule.value, areas: (rule.areas ?? []).join(', ') || '–', route: rule.route ?? '–', for: span((rule.forSeconds ?? 0) * 1000) };
  return `${word('kind', rule.kind)}: ${t(`vehicleRule.${rule.kind}`, of)}`;
}

/**
 * The value of a vehicle's alarm: a speed, a distance, a time.
 * @param {string} kind @param {number} value
 */
export function vehicleValue(kind, value) {
  if (kind === 'longStop' || kind === 'idle') return span(value * 1000);
  if (kind === 'overspeed') return `${number(value, 0)} km/h`;
  return kind === 'offRoute' || kind === 'licence' ? `${number(value, 0)} m` : number(value);
}

/**
 * Metres along a track (equirectangular, good enough for a sum).
 * @param {{lat: number, lon: number}[]} points
 */
export function metresOf(points) {
  let metres = 0;
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1], points[i]];
    const x = (b.lon - a.lon) * Math.cos((a.lat * Math.PI) / 180);
    metres += Math.hypot(x, b.lat - a.lat) * 111_195;
  }
  return metres;
}
