// The last seconds of a camera again, in its live tile; afterwards the tile is live as before.
import { h, icon } from '../core/dom.js';
import { span, t } from '../core/i18n.js';
import { serverNow } from '../core/store.js';
import { loadLanes } from '../parts/lanes.js';
import { PlaybackGroup } from './group.js';

/** How far it goes back, ms. */
const BACK = 30_000;
/** So near to the present it ends: what is recorded is about that much later than what is live. */
const NEAR = 2500;

export class Replay {
  #from = serverNow() - BACK;

  /** @param {string} camera @param {HTMLElement} tile @param {() => void} ended */
  constructor(camera, tile, ended) {
    this.until = serverNow() - NEAR;
    this.ended = ended;
    this.count = h('span');
    this.bar = h('div.replay-bar', { role: 'status' }, icon('arrow-counterclockwise'), this.count,
      h('button', { type: 'button', data: { act: 'replayEnd' }, onclick: (/** @type {Event} */ e) => { e.stopPropagation(); this.close(); } }, t('tile.replayEnd')));
    this.box = h('div.replay', null, this.bar);
    this.group = new PlaybackGroup({ changed: () => this.#changed(), skipped: () => {} });
    this.group.setCameras([camera]);
    this.box.prepend(this.group.pictures[0].element);
    tile.append(this.box);
    tile.dataset.replay = 'true';
    this.tile = tile;
    this.group.seek(this.#from);
    this.group.play();
    void loadLanes(camera, this.#from - 1000, this.until).then((lanes) => { if (this.group.pictures[0]) this.group.pictures[0].lanes = lanes; }).catch(() => {});
  }

  get at() { return this.group.at; }
  /** @param {number} [width] */
  capture(width) { return this.group.pictures[0]?.capture(width) ?? null; }

  #changed() {
    // Told while it is being made, too.
    if (!this.box.isConnected) return;
    const left = this.until - this.group.at;
    this.count.textContent = t('tile.replay', { span: span(Math.max(0, left)) });
    if (left <= 0 || this.group.state === 'nothing') queueMicrotask(() => this.close());
  }

  #closed = false;
  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.group.close();
    this.box.remove();
    delete this.tile.dataset.replay;
    this.ended();
  }
}
