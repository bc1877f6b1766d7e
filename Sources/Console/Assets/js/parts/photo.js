// Photos of forms: chosen or taken, made smaller and sent.
import { h, icon } from '../core/dom.js';
import { api } from '../core/api.js';
import { t } from '../core/i18n.js';

/** Longest side of an uploaded photo in pixels. */
const PHOTO_SIDE = 1600;

/**
 * A photo made smaller and sent; `read()` gives its attachment id or null.
 * @param {string} label
 */
export function photoField(label) {
  const input = h('input', { type: 'file', accept: 'image/*', capture: 'environment', 'aria-label': label });
  const preview = h('img.photo-preview', { alt: '', hidden: true });
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    preview.hidden = !file;
    if (file) {
      const url = URL.createObjectURL(file);
      preview.onload = () => URL.revokeObjectURL(url);
      preview.src = url;
    }
  });
  input.classList.add('visually-hidden');
  const pick = h('label.button', null, icon('camera'), t('case.choosePhoto'), input);
  return Object.assign(h('div.photo-field', null, pick, preview), { read: () => input.files?.[0] ?? null, focus: () => input.focus() });
}

/** @param {File} file @returns {Promise<string>} the attachment's id */
export async function upload(file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return (await api.post('/attachments', file)).id;
  const scale = Math.min(1, PHOTO_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = h('canvas');
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.85));
  const made = await api.post('/attachments', blob ?? file);
  return made.id;
}
