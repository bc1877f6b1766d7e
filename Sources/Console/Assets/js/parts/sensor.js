// What sensors send, in words: names and units of their fields, their readings, the curve around an alarm.
import { fill, h, icon } from '../core/dom.js';
import { api, iso } from '../core/api.js';
import { moment, number, span, t, word } from '../core/i18n.js';
import { errorText } from '../core/dialog.js';
import { link } from '../core/router.js';
import { on, serverNow, state } from '../core/store.js';
import { curve } from './curve.js';

/** Stretches that a long range is shown in. */
const POINTS = 800;
/** Shown before and after an alarm at least, ms. */
const AROUND = 120_000;
/** Longest range of an alarm's curve, ms. */
const MOST = 6 * 3_600_000;

/** Units of fields by the ending of their name, as `powerW` says it. */
const ENDINGS = /** @type {[RegExp, string][]} */ ([
  [/[a-z]KW$|[a-z]Kw$/, 'kW'], [/[a-z]W$/, 'W'], [/[a-z]V$/, 'V'], [/[a-z]A$/, 'A'], [/Cm$/, 'cm'], [/Mm$/, 'mm'], [/[a-z]M$/, 'm'],
  [/[a-z]C$/, '°C'], [/(Pct|Percent)$/, '%'], [/Kmh$/, 'km/h'], [/Deg$/, '°'], [/Ppm$/, 'ppm'], [/Lux$/, 'lx'],
]);
/** Units that a profile fixes for a field. */
const UNITS = /** @type {Record<string, string>} */ ({ 'waterLevel.value': 'cm', 'manhole.value': '°', 'gas.value': '%LEL', 'rain.value': 'mm', 'pipePressure.value': 'kPa', 'pipeFlow.value': 'm³/h', 'temperature.value': '°C', 'binLevel.value': '%', 'noise.value': 'dB(A)', 'dust.value': 'µg/m³' });
/** Words a streetlight's `value` stands for. */
const LAMP = /** @type {Record<string, string>} */ ({ '1': 'on', '0': 'off', '0.5': 'low', '0.25': 'starting', '-1': 'fault' });

/**
 * A field of a profile by the name people use.
 * @param {string} profile
 * @param {string} field
 */
export function fieldName(profile, field) {
  const own = word('sensorField', `${profile}_${field}`);
  if (own !== `${profile}_${field}`) return own;
  return word('sensorField', field);
}
/** @param {string} profile @param {string} field */
export function unitOf(profile, field) {
  return UNITS[`${profile}.${field}`] ?? ENDINGS.find(([ending]) => ending.test(field))?.[1] ?? '';
}
/**
 * A value with its unit, or the word it stands for.
 * @param {string} profile
 * @param {string} field
 * @param {number|null|undefined} value
 */
export function valueText(profile, field, value) {
  if (value === null || value === undefined) return '–';
  if (profile === 'streetlight' && field === 'value' && LAMP[String(value)]) return word('lamp', LAMP[String(value)]);
  const unit = unitOf(profile, field);
  return `${number(value, 2)}${unit ? ` ${unit}` : ''}`;
}

/**
 * The values of a reading by name; `value` first, the others in a fixed order.
 * @param {any} reading
 * @returns {Record<string, number>}
 */
export function valuesOf(reading) {
  const values = reading?.values ?? (reading?.value === undefined || reading?.value === null ? {} : { value: reading.value });
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => Number(b === 'value') - Number(a === 'value') || (a < b ? -1 : 1)));
}

/** @param {any} sensor */
export function lastText(sensor) {
  const values = Object.entries(valuesOf(sensor.last));
  if (values.length === 0) return '–';
  return values.map(([name, value]) => (values.length === 1 || name === 'value' ? valueText(sensor.profile, name, value) : `${fieldName(sensor.profile, name)} ${valueText(sensor.profile, name, value)}`)).join(' · ');
}

/** @param {any} rule @param {string} profile */
export function ruleText(rule, profile) {
  const duration = span((rule.forSeconds ?? 0) * 1000);
  const field = rule.field ?? 'value';
  const text = (/** @type {number} */ value) => valueText(profile, field, value);
  const whole = rule.kind === 'noData' ? t('rule.noData', { for: duration })
    : ['above', 'below'].includes(rule.kind) ? t(`rule.${rule.kind}`, { field: fieldName(profile, field), value: text(rule.value), clear: text(rule.clearBelow ?? rule.clearAbove ?? rule.value), for: duration })
      : t('rule.whole', { condition: conditionText(rule, profile), for: duration });
  const hours = (rule.schedule?.windows ?? []).map((/** @type {any} */ w) => windowText(w)).join(', ');
  return [whole, rule.clearForSeconds ? t('rule.clearFor', { for: span(rule.clearForSeconds * 1000) }) : '', hours ? t('rule.schedule', { hours }) : ''].filter(Boolean).join(' · ');
}

/** @param {any} rule @param {string} profile @returns {string} */
function conditionText(rule, profile) {
  const field = rule.field ?? 'value';
  const text = (/** @type {number} */ value) => valueText(profile, field, value);
  const name = `${rule.sensor ? `${state.sensor.get(rule.sensor)?.name ?? rule.sensor} ` : ''}${fieldName(profile, field)}`;
  const parts = (rule.of ?? []).map((/** @type {any} */ part) => conditionText(part, profile)).join('; ');
  switch (rule.kind) {
    case 'rate': return t(rule.value < 0 ? 'condition.fall' : 'condition.rise', { field: name, value: text(Math.abs(rule.value)), per: span((rule.perSeconds ?? 0) * 1000) });
    case 'state': return t(rule.negated ? 'condition.stateNot' : 'condition.state', { field: name, states: (rule.states ?? []).map(text).join(' / ') });
    case 'count': return t(rule.adjacent ? 'condition.countAdjacent' : 'condition.count', { n: rule.atLeast, parts });
    default: return t(`condition.${rule.kind}`, { field: name, value: text(rule.value), upper: text(rule.upper ?? rule.value), parts });
  }
}

/** @param {any} window hours of the week @returns {string} */
function windowText(window) {
  const time = (/** @type {number} */ minute) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  const days = window.days.length === 7 ? '' : `${[...window.days].sort().map((/** @type {number} */ d) => word('day', `d${d}`)).join('/')} `;
  return `${days}${time(window.fromMinute)}–${time(window.toMinute)}`;
}

/**
 * The lines of a field's thresholds.
 * @param {any} sensor
 * @param {string} field
 */
export function thresholds(sensor, field) {
  return (sensor.rules ?? []).filter((/** @type {any} */ r) => ['above', 'below', 'between', 'outside'].includes(r.kind) && (r.field ?? 'value') === field).flatMap((/** @type {any} */ r) => {
    const clear = r.clearBelow ?? r.clearAbove;
    const line = { value: r.value, label: `${t('sensors.threshold')} ${valueText(sensor.profile, field, r.value)}`, dashed: false };
    if (r.upper !== undefined) return [line, { value: r.upper, label: `${t('sensors.threshold')} ${valueText(sensor.profile, field, r.upper)}`, dashed: false }];
    return clear === null || clear === undefined || clear === r.value ? [line] : [line, { value: clear, label: `${t('sensors.clears')} ${valueText(sensor.profile, field, clear)}`, dashed: true }];
  });
}

/**
 * The readings of a range; where there are more than one page holds, the lows and highs of equal stretches.
 * @param {string} id
 * @param {number} from ms
 * @param {number} to ms
 * @returns {Promise<{items: any[], sampled: boolean}>}
 */
export async function readingsOf(id, from, to) {
  const path = `/sensors/${encodeURIComponent(id)}/readings`;
  const first = await api.get(path, { from: iso(from), to: iso(to), limit: 1000 });
  if (!first.next) return { items: first.items, sampled: false };
  // More than a page: the server's stretches, each with its lowest and highest value, so that no peak is missed.
  const { fields } = await api.get(`/sensors/${encodeURIComponent(id)}/curve`, { from: iso(from), to: iso(to), points: POINTS });
  /** @type {any[]} */ const items = [];
  for (const [name, points] of Object.entries(/** @type {Record<string, any[]>} */ (fields))) {
    for (const p of points) {
      items.push({ occurredAt: p.at, values: { [name]: p.low } });
      if (p.high !== p.low) items.push({ occurredAt: p.at, values: { [name]: p.high } });
    }
  }
  items.sort((a, b) => Date.parse(a.occurredAt) - Date.parse(b.occurredAt));
  return { items, sampled: true };
}

/**
 * The curve around a sensor's alarm, with threshold, clear threshold and the alarm's time; it goes on while the alarm does.
 * @param {any} alarm
 */
export function alarmCurve(alarm) {
  const sensor = state.sensor.get(alarm.source) ?? { id: alarm.source, name: alarm.sourceName, profile: '', rules: [] };
  const opened = Date.parse(alarm.openedAt);
  const closed = alarm.clearedAt ? Date.parse(alarm.clearedAt) : null;
  const rule = (sensor.rules ?? []).find((/** @type {any} */ r) => r.kind === alarm.kind);
  const before = Math.max(AROUND, (rule?.forSeconds ?? 0) * 3000);
  const from = opened - before;
  const last = Math.min((closed ?? serverNow()) + AROUND, opened + MOST);
  const field = alarm.part ?? rule?.field ?? 'value';
  const unit = unitOf(sensor.profile, field);
  const graph = curve({ label: t('sensors.curveOf', { name: sensor.name ?? sensor.id }) });
  const note = h('p.clip-note', { role: 'status' });
  const box = h('figure.sensor-curve', { data: { state: 'loading', sensor: sensor.id } },
    h('figcaption', null, h('b', null, `${fieldName(sensor.profile, field)}${unit ? ` (${unit})` : ''}`), h('span.dim', null, `${sensor.name ?? sensor.id} · ${word('kind', alarm.kind)} ${moment(opened)}`), h('span.grow'),
      h('a.button.no-print', { href: link('sensors', sensor.id) }, icon('activity'), t('sensors.open'))),
    graph, note);
  /** @type {any[]} */ let readings = [];
  const draw = () => {
    const samples = readings.map((r) => ({ at: Date.parse(r.occurredAt), value: valuesOf(r)[field] })).filter((s) => Number.isFinite(s.value));
    box.dataset.samples = String(samples.length);
    graph.show({ from, to: Math.min(serverNow(), closed === null ? opened + MOST : last), samples, lines: thresholds(sensor, field), span: { from: opened, to: closed, label: word('kind', alarm.kind) } });
  };
  async function load() {
    try {
      const found = await readingsOf(sensor.id, from, Math.min(last, serverNow()));
      readings = found.items;
      box.dataset.state = 'ready';
      fill(note, found.sampled ? t('sensors.sampled') : '');
      draw();
    } catch (error) {
      box.dataset.state = 'failed';
      fill(note, icon('exclamation-triangle'), errorText(error));
    }
  }
  const off = on('sensor', (/** @type {any} */ changed) => {
    if (!box.isConnected) { if (box.dataset.state !== 'loading') { off(); graph.close(); } return; }
    if (changed.id !== sensor.id || closed !== null || !changed.last || box.dataset.state !== 'ready') return;
    if (changed.last.occurredAt === readings[readings.length - 1]?.occurredAt || Date.parse(changed.last.occurredAt) > opened + MOST) return;
    readings.push(changed.last);
    draw();
  });
  void load();
  return box;
}
