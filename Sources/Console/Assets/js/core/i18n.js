// Texts from two JSON files; numbers and times in the site's time zone.

/** @type {Record<string, string>} */
let texts = {};
let language = 'zh-CN';
let zone = 'Asia/Shanghai';
/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/**
 * Loads a language and makes it the page's.
 * @param {string} wanted
 */
export async function loadLanguage(wanted) {
  const name = wanted === 'en' ? 'en' : 'zh-CN';
  const response = await fetch(`/assets/app/i18n/${name}.json`);
  texts = await response.json();
  language = name;
  formats.clear();
  document.documentElement.lang = name;
}

export const currentLanguage = () => language;
export const isChinese = () => language === 'zh-CN';
export const siteZone = () => zone;

/** @param {string} name an IANA zone */
export function setZone(name) {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    zone = name;
    formats.clear();
  } catch { /* an unknown zone keeps the default */ }
}

/**
 * The text of a key, `{name}` replaced, and `{name|one|many}` by the word that goes with the number.
 * @param {string} key
 * @param {Record<string, any>} [values]
 */
export function t(key, values) {
  const text = texts[key];
  if (text === undefined) return key;
  if (!values) return text;
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g, (whole, name, one, many) => {
    if (!(name in values)) return whole;
    return one === undefined ? String(values[name]) : String(values[name]) === '1' ? one : many;
  });
}

/**
 * The text of a code the server sent; the code itself where this version has no word for it.
 * @param {string} group
 * @param {string|null|undefined} code
 */
export function word(group, code) {
  if (code === null || code === undefined || code === '') return '–';
  return texts[`${group}.${code}`] ?? String(code);
}

/**
 * A sentence the server wrote with values in it, `stands on line 4 already`: found by the texts of a group whose keys
 * have names in their places; the sentence itself where none fits.
 * @param {string} group
 * @param {string} text
 */
export function sentence(group, text) {
  const exact = texts[`${group}.${text}`];
  if (exact !== undefined) return exact;
  for (const key of Object.keys(texts)) {
    if (!key.startsWith(`${group}.`) || !key.includes('{')) continue;
    const pattern = key.slice(group.length + 1).replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{(\w+)\}/g, '(?<$1>.+)');
    const values = text.match(new RegExp(`^${pattern}$`, 'u'))?.groups;
    if (values) return t(key, values);
  }
  return text;
}

/** @param {string} key @param {Intl.DateTimeFormatOptions} options */
function format(key, options) {
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(language, { hourCycle: 'h23', timeZone: zone, ...options })));
  return made;
}

/** @typedef {string|number|Date|null|undefined} When */
/** @param {When} when */
export const toDate = (when) => (when instanceof Date ? when : new Date(/** @type {any} */ (when)));
/** @param {When} when */
const none = (when) => when === null || when === undefined || when === '' || Number.isNaN(toDate(when).getTime());

/**
 * 18:40:12
 * @param {When} when
 */
export const clock = (when) =>
  none(when) ? '–' : format('clock', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(toDate(when));
/**
 * 18:40
 * @param {When} when
 */
export const minute = (when) => (none(when) ? '–' : format('minute', { hour: '2-digit', minute: '2-digit' }).format(toDate(when)));
/** @param {When} when */
export const day = (when) => (none(when) ? '–' : format('day', { month: '2-digit', day: '2-digit', weekday: 'short' }).format(toDate(when)));
/**
 * Date and time, without the date where it is today.
 * @param {When} when
 */
export function moment(when) {
  if (none(when)) return '–';
  const date = toDate(when);
  const text = clock(date);
  return siteDate(date) === siteDate(new Date()) ? text : `${siteDate(date).slice(5)} ${text}`;
}
/**
 * 2026-11-23 18:40:12
 * @param {When} when
 */
export const full = (when) => (none(when) ? '–' : `${siteDate(when)} ${clock(when)}`);
/**
 * 2026-11-23 in the site's zone.
 * @param {When} when
 */
export function siteDate(when) {
  const date = toDate(when);
  let made = formats.get('iso');
  if (!made) formats.set('iso', (made = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })));
  return made.format(date);
}

/**
 * Milliseconds the site's zone is ahead of UTC at a moment.
 * @param {number} ms
 */
function zoneOffset(ms) {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  }).formatToParts(new Date(ms));
  const value = (/** @type {string} */ type) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Date.UTC(value('year'), value('month') - 1, value('day'), value('hour'), value('minute'), value('second')) - Math.floor(ms / 1000) * 1000;
}

/**
 * The moment a local date and time of the site names.
 * @param {string} text `2026-11-23T18:40:12`
 */
export function fromSiteTime(text) {
  const asUtc = Date.parse(`${text.length === 16 ? `${text}:00` : text}Z`);
  const guess = asUtc - zoneOffset(asUtc);
  return asUtc - zoneOffset(guess);
}
/**
 * What a datetime-local field shows for a moment.
 * @param {number} ms
 */
export const toSiteTime = (ms) => new Date(ms + zoneOffset(ms)).toISOString().slice(0, 19);

/**
 * A length of time in one or two units.
 * @param {number} ms
 */
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return t('span.seconds', { n: seconds });
  if (seconds < 3600) return t('span.minutes', { n: Math.floor(seconds / 60) });
  if (seconds < 86400) return t('span.hours', { h: Math.floor(seconds / 3600), m: Math.floor((seconds % 3600) / 60) });
  return t('span.days', { d: Math.floor(seconds / 86400), h: Math.floor((seconds % 86400) / 3600) });
}
/** @param {number|null|undefined} value @param {number} [digits] */
export const number = (value, digits = 1) =>
  value === null || value === undefined ? '–' : new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
/** @param {number|null|undefined} bytes */
export function size(bytes) {
  if (bytes === null || bytes === undefined) return '–';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < 4) { value /= 1000; unit += 1; }
  return `${number(value, value < 10 ? 1 : 0)} ${units[unit]}`;
}
/**
 * The name people know a codec by.
 * @param {string|null|undefined} codec
 */
export const codecName = (codec) => ({ h264: 'H.264', hevc: 'H.265', mpeg4: 'MPEG-4', mjpeg: 'MJPEG' }[/** @type {'h264'} */ (codec ?? 'hevc')] ?? String(codec));
/** Sorts by name as people read it. */
export const byName = (/** @type {string} */ a, /** @type {string} */ b) => new Intl.Collator(language, { numeric: true }).compare(a, b);
