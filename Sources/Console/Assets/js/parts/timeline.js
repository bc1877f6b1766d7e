// The timeline: its geometry, its gestures and what it says to those who can't see it.
import { h } from '../core/dom.js';
import { full, t, word } from '../core/i18n.js';
import { gapAt, gapText, noLanes } from './lanes.js';
import { laneTop, paint, timelineHeight } from './timelinePaint.js';

export const LEAST_SPAN = 10_000;
export const MOST_SPAN = 30 * 86_400_000;
/** Half the width in pixels within which a narrow gap is found by the pointer. */
const REACH = 4;

/**
 * @typedef {{seek: (at: number) => void, scrub: (at: number|null) => void, hover: (at: number|null) => void, viewed: () => void, range: (from: number, to: number) => void,
 *   lane: (camera: string) => void, now: () => number}} TimelineListener
 */

export class Timeline {
  /**
   * The chosen camera's first.
   * @type {{camera: string, name: string, lanes: import('./lanes.js').Lanes}[]}
   */
  rows = [];
  /**
   * What a search has found.
   * @type {import('./lanes.js').Range[]}
   */
  found = [];
  at = 0;
  /** @type {number|null} */ markIn = null;
  /** @type {number|null} */ markOut = null;
  /** @type {number|null} */ hover = null;
  #dragging = false;
  /** Where the cursor was drawn, half pixels. */
  #cursor = NaN;

  /** @param {{from: number, to: number}} view @param {TimelineListener} listener */
  constructor(view, listener) {
    this.from = view.from;
    this.to = view.to;
    this.listener = listener;
    this.canvas = h('canvas', { 'aria-hidden': 'true' });
    this.tipImage = h('img', { alt: '', hidden: true });
    this.tipText = h('span');
    this.tip = h('div.timeline-tip', { hidden: true }, this.tipImage, this.tipText);
    this.slider = h('div.timeline', { role: 'slider', tabindex: '0', 'aria-label': t('timeline.label'), 'aria-orientation': 'horizontal' }, this.canvas, this.tip);
    this.#gestures();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.slider);
  }

  close() { this.observer.disconnect(); }

  get span() { return this.to - this.from; }
  /** The chosen camera's. */
  get lanes() { return this.rows[0]?.lanes ?? noLanes(); }
  get dragging() { return this.#dragging; }
  /** @param {number} ms */
  x(ms) { return ((ms - this.from) / this.span) * this.slider.clientWidth; }
  /** @param {number} x */
  ms(x) { return this.from + (x / Math.max(1, this.slider.clientWidth)) * this.span; }

  /** @param {{camera: string, name: string, lanes: import('./lanes.js').Lanes}[]} rows */
  setRows(rows) {
    this.rows = rows;
    this.slider.style.height = `${timelineHeight(rows.length)}px`;
    this.setAt(this.at);
    this.draw();
  }

  /** @param {number} factor below 1 comes closer @param {number} [around] ms */
  zoom(factor, around = this.at) {
    const span = Math.min(MOST_SPAN, Math.max(LEAST_SPAN, this.span * factor));
    const share = Math.min(1, Math.max(0, (around - this.from) / this.span));
    this.show(around - share * span, span);
  }

  /** @param {number} from @param {number} span */
  show(from, span) {
    const latest = this.listener.now() + span * 0.05;
    const start = Math.min(from, latest - span);
    this.from = start;
    this.to = start + span;
    this.draw();
    this.listener.viewed();
  }

  /** @param {number} at */
  setAt(at) {
    this.at = at;
    if (!this.#dragging && (at < this.from || at > this.to)) this.show(at - this.span * (at > this.to ? 0.1 : 0.5), this.span);
    this.#tell('aria-valuemin', String(Math.round(this.from / 1000)));
    this.#tell('aria-valuemax', String(Math.round(this.to / 1000)));
    this.#tell('aria-valuenow', String(Math.round(at / 1000)));
    this.#tell('aria-valuetext', this.describe(at));
    // While it plays this comes many times a second: over long windows the cursor has not moved by a pixel.
    if (Math.round(this.x(at) * 2) !== this.#cursor) this.draw();
  }

  /** @param {string} name @param {string} value */
  #tell(name, value) {
    if (this.slider.getAttribute(name) !== value) this.slider.setAttribute(name, value);
  }

  /** @param {number} at @param {number} [reach] ms around it within which a gap counts @param {number} [row] */
  describe(at, reach = 0, row = 0) {
    const lanes = this.rows[row]?.lanes ?? noLanes();
    const inside = (/** @type {import('./lanes.js').Range} */ r) => r.from - reach <= at && at < r.to + reach;
    const gap = gapAt(lanes, at) ?? (reach ? lanes.gaps.find(inside) : null);
    const parts = [row ? `${this.rows[row].name} ${full(at)}` : full(at)];
    if (gap) parts.push(gapText(gap));
    else parts.push(lanes.runs.some(inside) ? t('timeline.recorded') : t('timeline.unknown'));
    if (lanes.activity.some(inside)) parts.push(t('timeline.moved'));
    for (const alarm of lanes.alarms.filter(inside).slice(0, 2)) parts.push(word('kind', alarm.kind));
    for (const mark of lanes.bookmarks.filter(inside).slice(0, 2)) parts.push(mark.title);
    if (lanes.holds.some(inside)) parts.push(t('timeline.held'));
    return parts.join(', ');
  }

  #gestures() {
    let startX = 0;
    let startFrom = 0;
    let mode = '';
    const x = (/** @type {PointerEvent|WheelEvent} */ e) => e.clientX - this.slider.getBoundingClientRect().left;
    const row = (/** @type {PointerEvent} */ e) => {
      const y = e.clientY - this.slider.getBoundingClientRect().top;
      const found = this.rows.findIndex((_, i) => i > 0 && y >= laneTop(i) && y < laneTop(i + 1));
      return Math.max(0, found);
    };
    this.slider.addEventListener('pointerdown', (/** @type {PointerEvent} */ e) => {
      if (e.button !== 0) return;
      const lane = row(e);
      if (lane) this.listener.lane(this.rows[lane].camera);
      this.slider.setPointerCapture(e.pointerId);
      startX = x(e);
      startFrom = this.from;
      mode = e.shiftKey ? 'range' : e.ctrlKey || e.metaKey ? 'pan' : 'seek';
      this.#dragging = true;
    });
    this.slider.addEventListener('pointermove', (/** @type {PointerEvent} */ e) => {
      this.hover = this.ms(x(e));
      if (this.#dragging) {
        if (mode === 'pan') this.show(startFrom - ((x(e) - startX) / this.slider.clientWidth) * this.span, this.span);
        else if (mode === 'range') { this.markIn = Math.min(this.ms(startX), this.hover); this.markOut = Math.max(this.ms(startX), this.hover); }
        else if (Math.abs(x(e) - startX) > 3) {
          this.at = Math.min(this.hover, this.listener.now());
          this.listener.scrub(this.at);
        }
      }
      this.#showTip(x(e), row(e));
      this.listener.hover(this.hover);
      this.draw();
    });
    const end = (/** @type {PointerEvent} */ e) => {
      if (!this.#dragging) return;
      this.#dragging = false;
      this.listener.scrub(null);
      if (mode === 'seek') this.listener.seek(Math.min(this.ms(x(e)), this.listener.now()));
      if (mode === 'range' && this.markIn !== null && this.markOut !== null) this.listener.range(this.markIn, this.markOut);
    };
    this.slider.addEventListener('pointerup', end);
    this.slider.addEventListener('pointercancel', () => { this.#dragging = false; this.listener.scrub(null); });
    this.slider.addEventListener('pointerleave', () => { this.hover = null; this.tip.hidden = true; this.listener.hover(null); this.draw(); });
    this.slider.addEventListener('wheel', (/** @type {WheelEvent} */ e) => {
      e.preventDefault();
      if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) this.show(this.from + ((e.deltaX || e.deltaY) / 600) * this.span, this.span);
      else this.zoom(e.deltaY > 0 ? 1.3 : 1 / 1.3, this.ms(x(e)));
    }, { passive: false });
  }

  /** @param {number} x @param {number} row */
  #showTip(x, row) {
    if (this.hover === null) return;
    this.tip.hidden = false;
    this.tipText.textContent = this.describe(this.hover, (REACH / Math.max(1, this.slider.clientWidth)) * this.span, row);
    const half = this.tip.offsetWidth / 2;
    this.tip.style.left = `${Math.min(Math.max(x, half), Math.max(half, this.slider.clientWidth - half))}px`;
  }

  /**
   * The picture beside the pointer.
   * @param {string} url empty for none
   */
  setPreview(url) {
    this.tipImage.hidden = !url;
    if (url && this.tipImage.src !== url) this.tipImage.src = url;
  }

  draw() {
    const wide = this.slider.clientWidth;
    const high = this.slider.clientHeight;
    if (!wide || !high) return;
    const scale = window.devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(wide * scale) || this.canvas.height !== Math.round(high * scale)) {
      this.canvas.width = Math.round(wide * scale);
      this.canvas.height = Math.round(high * scale);
    }
    const g = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    g.setTransform(scale, 0, 0, scale, 0, 0);
    g.clearRect(0, 0, wide, high);
    paint(g, this, wide, high);
    this.#cursor = Math.round(this.x(this.at) * 2);
  }
}
