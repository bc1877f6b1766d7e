// The channels on which reports come in: the site's own table, with the words of the pages for what isn't in it.
import { api } from '../core/api.js';
import { isChinese, word } from '../core/i18n.js';
import { on } from '../core/store.js';

/** @type {any[]|null} */
let known = null;
on('base', () => { known = null; });

/** The channels of the site, asked for once. @returns {Promise<any[]>} */
export async function channels() {
  known ??= (await api.get('/channels').catch(() => null))?.items ?? null;
  return known ?? [];
}

/**
 * A channel's name; once `channels()` has answered, that of the site's table.
 * @param {string} id
 */
export function channelText(id) {
  const found = known?.find((channel) => channel.id === id);
  return found ? (isChinese() ? found.name : found.nameEn || found.name) : word('channel', id);
}
