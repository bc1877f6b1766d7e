// What an operator does with a picture, live or recorded: bookmark, hold, save, report a case.
import { h, fill, icon } from '../core/dom.js';
import { api, iso, queryText } from '../core/api.js';
import { full, isChinese, siteDate, clock, t, word } from '../core/i18n.js';
import { formDialog, toast, toastError } from '../core/dialog.js';
import { link } from '../core/router.js';
import { cameraName, isRole, state } from '../core/store.js';
import { gapList, newHoldDialog } from './holds.js';
import { loadLanes, noLanes } from './lanes.js';

/** @typedef {{camera: string, at: number, capture: (width?: number) => HTMLCanvasElement|null}} Picture */

export const mayBookmark = () => isRole('monitor');
export const mayReport = () => isRole('monitor', 'acceptor', 'collector');

/** @param {string} camera @param {number} from ms @param {number} to ms @param {string} title @param {boolean} hold */
export async function saveBookmark(camera, from, to, title, hold) {
  const made = await api.post('/bookmarks', { cameraId: camera, from: iso(from), to: iso(to), title, hold });
  toast(hold ? t('bookmark.savedHold') : t('bookmark.saved'), 'good');
  return made;
}

/** @param {string} camera @param {number} from ms @param {number} to ms */
export function bookmarkDialog(camera, from, to) {
  const hold = { name: 'hold', type: /** @type {const} */ ('checkbox'), label: t('bookmark.withHold') };
  return formDialog({
    title: t('bookmark.new'), name: 'bookmark',
    before: h('p.dim', null, `${cameraName(camera)} · ${full(from)} – ${clock(to)}`),
    fields: [{ name: 'title', label: t('bookmark.title'), required: true, value: `${cameraName(camera)} ${clock(to)}`, maxLength: 120 }, hold],
    submit: t('action.save'),
    send: (values) => saveBookmark(camera, from, to, values.title, values.hold),
  });
}

/**
 * A bookmark with a hold, at once.
 * @param {string} camera
 * @param {number} from ms
 * @param {number} to ms
 */
export async function bookmarkHoldNow(camera, from, to) {
  try {
    return await saveBookmark(camera, from, to, `${cameraName(camera)} ${clock(to)}`, true);
  } catch (error) { toastError(error); return null; }
}

/**
 * Locks a range of several cameras; what of it is missing already is said before.
 * @param {string[]} cameras @param {number} from ms @param {number} to ms @param {string} [reason] what the reason begins as
 */
export async function holdRange(cameras, from, to, reason) {
  const missing = await Promise.all(cameras.map(async (id) => {
    const lanes = await loadLanes(id, from, to).catch(noLanes);
    return { id, gaps: lanes.gaps.map((g) => ({ ...g, from: Math.max(g.from, from), to: Math.min(g.to, to) })).filter((g) => g.to - g.from > 1000) };
  }));
  const short = missing.filter((m) => m.gaps.length > 0);
  const before = short.length === 0 ? h('p.hold-missing', { data: { missing: 'none' } }, icon('check-circle'), ' ', t('hold.allThere'))
    : h('div.hold-missing', { role: 'note', data: { missing: 'some' } }, h('b', null, icon('exclamation-triangle'), ' ', t('hold.someMissing')), short.map((m) => h('div', null, cameraName(m.id), gapList(m.gaps))));
  return newHoldDialog({ cameraIds: cameras, from, to, reason, before });
}

/**
 * Gives the browser a file to save.
 * @param {string} url
 * @param {string} [name]
 */
export function download(url, name) {
  const anchor = h('a', { href: url, download: name ?? '' });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
}

/** @param {Picture} picture */
export function downloadSnapshot(picture) {
  const canvas = picture.capture();
  if (!canvas) { toast(t('tile.noPicture'), 'bad'); return; }
  canvas.toBlob((blob) => {
    if (!blob) return;
    const url = URL.createObjectURL(blob);
    download(url, `${picture.camera}_${siteDate(picture.at)}_${clock(picture.at).replaceAll(':', '')}.jpg`);
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }, 'image/jpeg', 0.92);
}

/**
 * A list of classes with a filter above it; `read()` gives the code.
 * @param {string} [chosen]
 */
export function classPicker(chosen) {
  const select = h('select', { size: 5, name: 'classList', 'aria-label': t('case.class') });
  const filter = h('input', { type: 'search', placeholder: t('case.classFilter'), 'aria-label': t('case.classFilter'), autocomplete: 'off' });
  const label = (/** @type {any} */ c) => `${isChinese() ? c.name : c.nameEn || c.name}  ·  ${c.code}  ·  ${word('classKind', c.kind)}`;
  const draw = () => {
    const before = select.value || chosen;
    const wanted = filter.value.trim().toLowerCase();
    const found = state.site.classes.filter((/** @type {any} */ c) => [c.code, c.name, c.nameEn].some((v) => String(v ?? '').toLowerCase().includes(wanted)));
    fill(select, found.map((/** @type {any} */ c) => h('option', { value: c.code }, label(c))));
    if (found.some((/** @type {any} */ c) => c.code === before)) select.value = before;
    else if (found.length === 1 || wanted) select.selectedIndex = found.length ? 0 : -1;
  };
  filter.addEventListener('input', draw);
  filter.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => { if (event.key === 'ArrowDown') { event.preventDefault(); select.focus(); } });
  draw();
  return Object.assign(h('div.class-picker', null, filter, select), { read: () => select.value, focus: () => filter.focus() });
}

/**
 * Latitude and longitude, both or neither.
 * @param {{lat: number, lon: number}|null|undefined} position
 */
export function positionFields(position) {
  const lat = h('input', { type: 'number', step: 'any', name: 'lat', value: position ? String(Number(position.lat.toFixed(6))) : '', 'aria-label': t('case.lat'), placeholder: t('case.lat') });
  const lon = h('input', { type: 'number', step: 'any', name: 'lon', value: position ? String(Number(position.lon.toFixed(6))) : '', 'aria-label': t('case.lon'), placeholder: t('case.lon') });
  const locate = navigator.geolocation && window.isSecureContext && isRole('collector') ? h('button', { type: 'button', onclick: () => navigator.geolocation.getCurrentPosition((found) => {
    lat.value = found.coords.latitude.toFixed(6);
    lon.value = found.coords.longitude.toFixed(6);
  }, () => toast(t('case.noPosition'), 'bad')) }, icon('geo'), t('case.here')) : null;
  const read = () => (lat.value === '' || lon.value === '' ? null : { lat: Number(lat.value), lon: Number(lon.value) });
  return Object.assign(h('div.position-fields', null, lat, lon, locate), { read });
}

/** An id that makes a report idempotent; crypto.randomUUID is missing without TLS. */
export function clientId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
}

/**
 * Reports a case from what is seen .
 * @param {Picture} picture
 */
export async function caseDialog(picture) {
  const camera = state.camera.get(picture.camera);
  const preview = picture.capture(640);
  const id = clientId();
  const made = await formDialog({
    title: t('case.fromPicture'), name: 'case', wide: true,
    before: h('figure.case-preview', null, preview ?? h('p.dim', null, t('tile.noPicture')), h('figcaption.dim', null, `${cameraName(picture.camera)} · ${full(picture.at)}`)),
    fields: [
      { name: 'class', label: t('case.class'), required: true, element: classPicker() },
      { name: 'address', label: t('case.address'), value: camera?.address ?? camera?.name ?? '' },
      { name: 'position', label: t('case.position'), element: positionFields(camera?.position) },
      { name: 'description', label: t('case.description'), maxLength: 500 },
    ],
    submit: t('case.report'),
    send: (values) => api.post('/cases', { ...values, channel: 'monitor', cameraId: picture.camera, at: iso(picture.at), reporter: state.user.name, clientId: id }),
  });
  if (made?.id) {
    toast(t('case.reported', { number: made.number }), 'good');
    document.body.dataset.lastCase = made.id;
  }
  return made;
}

/**
 * The address of a moment of the recording.
 * @param {string} camera
 * @param {number} at ms
 */
export const momentLink = (camera, at) => link('playback', null, { camera, at: iso(at) });
/** @param {string} path @param {Record<string, any>} query */
export const apiUrl = (path, query) => `/api/v1${path}${queryText(query)}`;
