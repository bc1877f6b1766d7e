// How fast and in which direction, and whether it is heard.
import { fill, h, icon } from '../core/dom.js';
import { t } from '../core/i18n.js';
import { ariaKeys, firstKey } from '../core/keys.js';
import { toast } from '../core/dialog.js';
import { remember, remembered } from '../core/store.js';

const RATES = [0.125, 0.25, 0.5, 1, 2, 4, 8, 16];
/** @param {number} rate */
const label = (rate) => (Math.abs(rate) < 1 ? `${rate < 0 ? '−' : ''}1/${Math.round(1 / Math.abs(rate))}×` : `${rate < 0 ? '−' : ''}${Math.abs(rate)}×`);

export class SpeedControl {
  /** @param {import('../media/group.js').PlaybackGroup} group @param {() => void} changed */
  constructor(group, changed) {
    this.group = group;
    this.changed = changed;
    this.select = h('select', { id: 'playback-rate', 'aria-label': t('playback.speed'), title: t('playback.speedWhy') }, RATES.map((r) => h('option', { value: String(r) }, label(r))));
    this.select.value = '1';
    this.select.addEventListener('change', () => this.#set(Number(this.select.value) * (group.rate < 0 ? -1 : 1)));
    this.reverse = h('button.square', { type: 'button', data: { act: 'reverse' }, 'aria-pressed': 'false', title: `${t('key.reverse')} (${firstKey('reverse')})`, 'aria-label': t('key.reverse'), 'aria-keyshortcuts': ariaKeys('reverse'), onclick: () => (group.rate < 0 && group.playing ? this.onward() : this.back()) }, icon('rewind-fill'));
  }

  get text() { return label(this.group.rate); }

  /** @param {number} rate */
  #set(rate) {
    this.group.setRate(rate);
    this.draw();
    this.changed();
  }
  /**
   * One step slower or faster, in the direction it has.
   * @param {number} step
   */
  change(step) {
    const { rate } = this.group;
    const next = RATES[RATES.indexOf(Math.abs(rate)) + step];
    if (next) this.#set(next * (rate < 0 ? -1 : 1));
  }
  /** Backwards; again is faster. */
  back() {
    const { rate, playing } = this.group;
    this.#set(rate < 0 && playing ? Math.max(-16, rate * 2) : -1);
    this.group.play();
  }
  stop() {
    this.group.pause();
    this.#set(1);
  }
  /** On; again is faster. */
  onward() {
    const { rate, playing } = this.group;
    this.#set(rate > 0 && playing ? Math.min(16, Math.max(1, rate * 2)) : 1);
    this.group.play();
  }

  draw() {
    this.select.value = String(Math.abs(this.group.rate));
    this.reverse.setAttribute('aria-pressed', String(this.group.rate < 0));
    this.reverse.dataset.rate = String(this.group.rate);
  }
}

/** The sound of what is chosen: off at first, a browser wants a gesture and a room its quiet. */
export class SoundButton {
  on = false;
  volume = remembered('volume', 0.7);
  #available = true;
  #drawn = '';

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.button = h('button.square', { type: 'button', data: { act: 'playbackMute' }, 'aria-keyshortcuts': ariaKeys('playbackMute'), onclick: () => this.toggle() });
    this.slider = h('input.volume', { type: 'range', min: '0', max: '1', step: '0.05', value: String(this.volume), 'aria-label': t('sound.volume'), hidden: true, oninput: () => {
      this.volume = Number(this.slider.value);
      remember('volume', this.volume);
      this.changed();
    } });
    this.element = h('span.sound', null, this.button, this.slider);
    this.draw();
  }

  get text() { return `${this.on} ${this.#available}`; }

  toggle() {
    if (!this.#available) { toast(t('sound.none')); return; }
    this.on = !this.on;
    this.changed();
    this.draw();
  }

  /** @param {boolean} available */
  setAvailable(available) {
    this.#available = available;
    this.draw();
  }

  draw() {
    if (this.#drawn === this.text) return;
    this.#drawn = this.text;
    const heard = this.on && this.#available;
    const words = !this.#available ? t('sound.none') : heard ? t('sound.muteCamera') : t('sound.hearCamera');
    fill(this.button, icon(heard ? 'volume-up' : 'volume-mute'));
    this.button.setAttribute('aria-label', words);
    this.button.setAttribute('aria-pressed', String(heard));
    this.button.title = `${words} (${firstKey('playbackMute')})`;
    this.button.dataset.available = String(this.#available);
    this.slider.hidden = !heard;
  }
}
