// A rectangle drawn on a picture, and the heat of what has moved over it.
import { h } from '../core/dom.js';
import { t } from '../core/i18n.js';

/** @typedef {{x: number, y: number, width: number, height: number}} Region fractions of the picture, from its upper left corner */

/** Smaller rectangles are taken for a click, fraction of the picture. */
const LEAST = 0.02;
/** A step of the arrow keys: one cell of the 32 × 18 grid. */
const STEPS = { x: 1 / 32, y: 1 / 18 };

export class RegionLayer {
  /** @type {Region|null} */ region = null;
  /** @type {{columns: number, rows: number, counts: number[]}|null} */ heat = null;
  #shape = 16 / 9;
  #dragging = false;

  /** @param {(region: Region|null) => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.canvas = h('canvas.region-layer', { tabindex: '0', role: 'application', 'aria-label': t('activity.draw'), hidden: true });
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.canvas);
    this.#gestures();
  }

  close() { this.observer.disconnect(); this.canvas.remove(); }

  /** @param {boolean} on whether a rectangle can be drawn @param {number} shape width by height of the picture */
  setOpen(on, shape) {
    this.#shape = shape || 16 / 9;
    this.canvas.hidden = !on && !this.heat;
    this.canvas.dataset.drawing = String(on);
    this.draw();
  }

  /** @param {Region|null} region */
  set(region) {
    this.region = region;
    this.draw();
    this.changed(region);
  }

  /** The picture within its tile: `object-fit: contain`. */
  #frame() {
    const wide = this.canvas.clientWidth;
    const high = this.canvas.clientHeight;
    const width = Math.min(wide, high * this.#shape);
    const height = width / this.#shape;
    return { left: (wide - width) / 2, top: (high - height) / 2, width, height };
  }

  #gestures() {
    /** @type {{x: number, y: number}|null} */
    let start = null;
    const point = (/** @type {PointerEvent} */ e) => {
      const box = this.canvas.getBoundingClientRect();
      const frame = this.#frame();
      const clamp = (/** @type {number} */ v) => Math.max(0, Math.min(1, v));
      return { x: clamp((e.clientX - box.left - frame.left) / frame.width), y: clamp((e.clientY - box.top - frame.top) / frame.height) };
    };
    const between = (/** @type {{x: number, y: number}} */ a, /** @type {{x: number, y: number}} */ b) => ({ x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) });
    this.canvas.addEventListener('pointerdown', (/** @type {PointerEvent} */ e) => {
      if (e.button !== 0 || this.canvas.dataset.drawing !== 'true') return;
      e.stopPropagation();
      this.canvas.setPointerCapture(e.pointerId);
      start = point(e);
    });
    this.canvas.addEventListener('pointermove', (/** @type {PointerEvent} */ e) => {
      if (!start) return;
      this.region = between(start, point(e));
      this.#dragging = true;
      this.draw();
    });
    this.canvas.addEventListener('pointerup', (/** @type {PointerEvent} */ e) => {
      if (!start) return;
      const region = between(start, point(e));
      start = null;
      this.#dragging = false;
      this.set(region.width < LEAST || region.height < LEAST ? null : region);
    });
    this.canvas.addEventListener('pointercancel', () => { start = null; this.#dragging = false; this.draw(); });
    // Without a pointer: the arrows move the rectangle, with Shift they change its size.
    this.canvas.addEventListener('keydown', (/** @type {KeyboardEvent} */ e) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[/** @type {'ArrowUp'} */ (e.key)];
      if (!step || this.canvas.dataset.drawing !== 'true') return;
      e.preventDefault();
      e.stopPropagation();
      const r = this.region ?? { x: 0.375, y: 0.375, width: 0.25, height: 0.25 };
      const [dx, dy] = [step[0] * STEPS.x, step[1] * STEPS.y];
      const limit = (/** @type {number} */ v, /** @type {number} */ most) => Math.max(0, Math.min(most, v));
      this.set(e.shiftKey
        ? { ...r, width: Math.max(STEPS.x, limit(r.width + dx, 1 - r.x)), height: Math.max(STEPS.y, limit(r.height + dy, 1 - r.y)) }
        : { ...r, x: limit(r.x + dx, 1 - r.width), y: limit(r.y + dy, 1 - r.height) });
    });
  }

  draw() {
    const wide = this.canvas.clientWidth;
    const high = this.canvas.clientHeight;
    if (!wide || !high) return;
    this.canvas.width = wide;
    this.canvas.height = high;
    const g = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    const { left, top, width, height } = this.#frame();
    if (this.heat) {
      const { columns, rows, counts } = this.heat;
      const most = Math.max(1, ...counts);
      for (let i = 0; i < counts.length; i += 1) {
        if (!counts[i]) continue;
        const share = Math.sqrt(counts[i] / most);
        // From cold to warm, ever less transparent: also told apart without colour.
        g.fillStyle = `hsl(${210 - 190 * share} 80% ${45 + 15 * share}% / ${0.15 + 0.5 * share})`;
        g.fillRect(left + ((i % columns) * width) / columns, top + (Math.floor(i / columns) * height) / rows, width / columns + 0.5, height / rows + 0.5);
      }
    }
    if (!this.region) return;
    const r = this.region;
    const [x, y, w, z] = [left + r.x * width, top + r.y * height, r.width * width, r.height * height];
    // Only while it is drawn: a search's results are looked at undimmed.
    if (this.#dragging) {
      g.fillStyle = 'rgb(0 0 0 / 40%)';
      g.fillRect(left, top, width, y - top);
      g.fillRect(left, y + z, width, top + height - y - z);
      g.fillRect(left, y, x - left, z);
      g.fillRect(x + w, y, left + width - x - w, z);
    }
    g.strokeStyle = '#000';
    g.lineWidth = 4;
    g.strokeRect(x, y, w, z);
    g.strokeStyle = getComputedStyle(this.canvas).getPropertyValue('--attention').trim();
    g.lineWidth = 2;
    g.strokeRect(x, y, w, z);
  }
}
