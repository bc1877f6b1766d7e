// What is shown of a camera whose codec this browser can't decode: its key-frame pictures, or a transcoded video. Each user's choice.
import { h, icon } from '../core/dom.js';
import { openDialog } from '../core/dialog.js';
import { codecName, t } from '../core/i18n.js';
import { emit, remember, remembered, state } from '../core/store.js';

/** @typedef {'auto'|'video'|'pictures'} CodecChoice `auto`: video where it is seen large, pictures in a wall */

const CHOICES = /** @type {CodecChoice[]} */ (['auto', 'video', 'pictures']);
const key = () => `codec.${state.user?.name ?? ''}`;

/** @returns {CodecChoice} */
export function codecChoice() {
  const kept = remembered(key(), 'auto');
  return CHOICES.includes(kept) ? kept : 'auto';
}

/** How many videos the server transcodes at once; 0 where it does not. */
export const transcodeLimit = () => state.site.features?.transcodeLimit ?? 0;

/**
 * Lets the user choose; everything shown follows.
 * @param {string|null|undefined} codec
 */
export function chooseCodec(codec) {
  const name = codecName(codec);
  const limit = transcodeLimit();
  const dialog = openDialog(t('codec.title', { codec: name }), h('div.dialog-body', null,
    h('p.dim', null, t('codec.why', { codec: name })),
    h('div.choices', { role: 'radiogroup', 'aria-label': t('codec.title', { codec: name }) }, CHOICES.map((choice) => h('label.check.choice', null,
      h('input', { type: 'radio', name: 'codec', value: choice, checked: choice === codecChoice(), disabled: choice === 'video' && limit === 0, onchange: () => {
        remember(key(), choice);
        emit('session', { codec: choice });
        dialog.close();
      } }), h('span', null, h('b', null, t(`codecChoice.${choice}`)), h('br'), h('span.dim', null, t(`codecHint.${choice}`)))))),
    h('p.hint', null, limit ? t('codec.limit', { n: limit }) : t('codec.none'))), { name: 'codec' });
}

/**
 * The badge on a picture that isn't the camera's own video; a click lets the user choose.
 * @param {{codec: string|null|undefined, shown: 'pictures'|'video', busy: boolean, limit?: number}} what
 */
export function codecBadge({ codec, shown, busy, limit }) {
  const name = codecName(codec);
  const text = shown === 'video' ? t('tile.transcoded', { codec: name }) : t('tile.pictures', { codec: name });
  const why = busy ? t('tile.busy', { n: limit || transcodeLimit() }) : shown === 'video' ? t('tile.transcodedWhy', { codec: name }) : t('tile.picturesWhy', { codec: name });
  return [h('button.tile-badge-button', { type: 'button', title: why, 'aria-label': `${text}. ${why}`, onclick: (/** @type {Event} */ e) => { e.stopPropagation(); chooseCodec(codec); } },
    icon(shown === 'video' ? 'film' : 'image'), text), busy ? h('span.tile-badge-note', { role: 'status' }, why) : null];
}
