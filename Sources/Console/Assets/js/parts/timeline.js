// The timeline: a canvas with lanes, its geometry and its gestures.
import { h } from '../core/dom.js';
import { clock, full, minute, siteDate, t, toSiteTime, word } from '../core/i18n.js';

/** @typedef {{from: number, to: number}} Range */
/** @typedef {{runs: Range[], gaps: (Range & {reason: string})[], activity: Range[], alarms: any[], bookmarks: any[], holds: any[]}} TimelineData */

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Distances of marks in ms. */
const STEPS = [1000, 5000, 10_000, 30_000, MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, 60 * MINUTE, 3 * 60 * MINUTE, 6 * 60 * MINUTE];

/** @param {any} data from the API @returns {TimelineData} */
export function readTimeline(data) {
  const ranges = (/** @type {any[]} */ list) => (list ?? []).map((r) => ({ ...r, from: Date.parse(r.from), to: Date.parse(r.to) }));
  return {
    runs: ranges(data.runs), gaps: ranges(data.gaps), activity: ranges(data.activity), bookmarks: ranges(data.bookmarks),
    holds: ranges(data.holds).filter((hold) => !hold.releasedAt),
    alarms: (data.alarms ?? []).map((/** @type {any} */ a) => ({ ...a, from: Date.parse(a.openedAt), to: a.clearedAt ? Date.parse(a.clearedAt) : Date.parse(a.openedAt) + 1000 })),
  };
}

export class Timeline {
  /** @type {TimelineData} */ data = { runs: [], gaps: [], activity: [], alarms: [], bookmarks: [], holds: [] };
  at = 0;
  /** @type {number|null} */ markIn = null;
  /** @type {number|null} */ markOut = null;
  /** @type {number|null} */ hover = null;
  #dragging = false;

  /**
   * @param {{from: number, to: number}} view @param {{seek: (at: number) => void, viewed: () => void, range: (from: number, to: number) => void, now: () => number}} listener
   */
  constructor(view, listener) {
    this.from = view.from;
    this.to = view.to;
    this.listener = listener;
    this.canvas = h('canvas', { 'aria-hidden': 'true' });
    this.tip = h('div.timeline-tip', { hidden: true });
    this.slider = h('div.timeline', { role: 'slider', tabindex: '0', 'aria-label': t('timeline.label'), 'aria-orientation': 'horizontal' }, this.canvas, this.tip);
    this.#gestures();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.slider);
  }

  close() { this.observer.disconnect(); }

  get span() { return this.to - this.from; }
  /** @param {number} ms */
  #x(ms) { return ((ms - this.from) / this.span) * this.slider.clientWidth; }
  /** @param {number} x */
  #ms(x) { return this.from + (x / Math.max(1, this.slider.clientWidth)) * this.span; }

  /** @param {number} factor below 1 comes closer @param {number} [around] ms */
  zoom(factor, around = this.at) {
    const span = Math.min(DAY, Math.max(MINUTE, this.span * factor));
    const share = Math.min(1, Math.max(0, (around - this.from) / this.span));
    this.show(around - share * span, span);
  }

  /** @param {number} from @param {number} span */
  show(from, span) {
    const latest = this.listener.now() + span * 0.1;
    const start = Math.min(from, latest - span);
    this.from = start;
    this.to = start + span;
    this.draw();
    this.listener.viewed();
  }

  /**
   * The whole day of the present moment in the site's zone.
   * @param {number} dayStart
   */
  fit(dayStart) {
    this.from = dayStart;
    this.to = dayStart + DAY;
    this.draw();
    this.listener.viewed();
  }

  /** @param {number} at */
  setAt(at) {
    this.at = at;
    if (!this.#dragging && (at < this.from || at > this.to)) this.show(at - this.span * (at > this.to ? 0.1 : 0.5), this.span);
    this.slider.setAttribute('aria-valuemin', String(Math.round(this.from / 1000)));
    this.slider.setAttribute('aria-valuemax', String(Math.round(this.to / 1000)));
    this.slider.setAttribute('aria-valuenow', String(Math.round(at / 1000)));
    this.slider.setAttribute('aria-valuetext', this.describe(at));
    this.draw();
  }

  /** @param {number} at */
  describe(at) {
    const inside = (/** @type {Range} */ r) => r.from <= at && at < r.to;
    const gap = this.data.gaps.find(inside);
    const events = this.data.alarms.filter(inside).length + this.data.bookmarks.filter(inside).length;
    const what = this.data.runs.some(inside) ? t('timeline.recorded') : gap ? t('timeline.gap', { reason: word('reason', gap.reason) }) : t('timeline.unknown');
    return `${full(at)}, ${what}${events ? `, ${t('timeline.events', { n: events })}` : ''}`;
  }

  #gestures() {
    let startX = 0;
    let startFrom = 0;
    let mode = '';
    const x = (/** @type {PointerEvent|WheelEvent} */ e) => e.clientX - this.slider.getBoundingClientRect().left;
    this.slider.addEventListener('pointerdown', (/** @type {PointerEvent} */ e) => {
      if (e.button !== 0) return;
      this.slider.setPointerCapture(e.pointerId);
      startX = x(e);
      startFrom = this.from;
      mode = e.shiftKey ? 'range' : e.ctrlKey || e.metaKey ? 'pan' : 'seek';
      this.#dragging = true;
    });
    this.slider.addEventListener('pointermove', (/** @type {PointerEvent} */ e) => {
      this.hover = this.#ms(x(e));
      if (this.#dragging) {
        if (mode === 'pan') this.show(startFrom - ((x(e) - startX) / this.slider.clientWidth) * this.span, this.span);
        else if (mode === 'range') { this.markIn = Math.min(this.#ms(startX), this.hover); this.markOut = Math.max(this.#ms(startX), this.hover); }
        else this.at = Math.min(this.hover, this.listener.now());
      }
      this.#showTip(x(e));
      this.draw();
    });
    const end = (/** @type {PointerEvent} */ e) => {
      if (!this.#dragging) return;
      this.#dragging = false;
      if (mode === 'seek') this.listener.seek(Math.min(this.#ms(x(e)), this.listener.now()));
      if (mode === 'range' && this.markIn !== null && this.markOut !== null) this.listener.range(this.markIn, this.markOut);
    };
    this.slider.addEventListener('pointerup', end);
    this.slider.addEventListener('pointercancel', () => { this.#dragging = false; });
    this.slider.addEventListener('pointerleave', () => { this.hover = null; this.tip.hidden = true; this.draw(); });
    this.slider.addEventListener('wheel', (/** @type {WheelEvent} */ e) => {
      e.preventDefault();
      if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) this.show(this.from + ((e.deltaX || e.deltaY) / 600) * this.span, this.span);
      else this.zoom(e.deltaY > 0 ? 1.3 : 1 / 1.3, this.#ms(x(e)));
    }, { passive: false });
  }

  /** @param {number} x */
  #showTip(x) {
    if (this.hover === null) return;
    this.tip.hidden = false;
    this.tip.textContent = this.describe(this.hover);
    const half = this.tip.offsetWidth / 2;
    this.tip.style.left = `${Math.min(Math.max(x, half), this.slider.clientWidth - half)}px`;
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
    const style = getComputedStyle(this.slider);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    g.font = `12px ${style.fontFamily}`;
    this.#drawMarks(g, wide, high, colour);
    const lane = (/** @type {Range[]} */ list, /** @type {number} */ top, /** @type {number} */ height, /** @type {string} */ fillStyle, least = 1) => {
      g.fillStyle = fillStyle;
      for (const r of list) {
        if (r.to < this.from || r.from > this.to) continue;
        const left = Math.max(-4, this.#x(r.from));
        g.fillRect(left, top, Math.max(least, Math.min(wide + 4, this.#x(r.to)) - left), height);
      }
    };
    lane(this.data.runs, 24, 26, colour('--lane-recorded'));
    for (const gap of this.data.gaps) this.#drawGap(g, gap, colour);
    lane(this.data.activity, 38, 12, colour('--lane-activity'));
    lane(this.data.alarms, 54, 10, colour('--lane-alarm'), 4);
    lane(this.data.bookmarks, 68, 10, colour('--lane-bookmark'), 4);
    lane(this.data.holds, 82, 6, colour('--lane-hold'), 4);
    if (this.markIn !== null || this.markOut !== null) {
      const left = this.#x(this.markIn ?? /** @type {number} */ (this.markOut));
      const right = this.#x(this.markOut ?? /** @type {number} */ (this.markIn));
      g.fillStyle = colour('--lane-range');
      g.fillRect(left, 20, Math.max(2, right - left), high - 20);
      g.fillStyle = colour('--text');
      if (this.markIn !== null) g.fillText('I', left + 2, high - 4);
      if (this.markOut !== null) g.fillText('O', right - 10, high - 4);
    }
    const now = this.#x(this.listener.now());
    if (now < wide) { g.fillStyle = colour('--lane-future'); g.fillRect(now, 20, wide - now, high - 20); }
    if (this.hover !== null) { g.fillStyle = colour('--dim'); g.fillRect(this.#x(this.hover), 20, 1, high - 20); }
    const x = this.#x(this.at);
    g.fillStyle = colour('--cursor');
    g.fillRect(x - 1, 18, 2, high - 18);
    g.beginPath();
    g.moveTo(x - 6, 14); g.lineTo(x + 6, 14); g.lineTo(x, 23);
    g.fill();
  }

  /** @param {CanvasRenderingContext2D} g @param {number} wide @param {number} high @param {(name: string) => string} colour */
  #drawMarks(g, wide, high, colour) {
    const step = STEPS.find((s) => (s / this.span) * wide > 84) ?? STEPS[STEPS.length - 1];
    const offset = Date.parse(`${toSiteTime(this.from)}Z`) - Math.floor(this.from / 1000) * 1000;
    g.textBaseline = 'alphabetic';
    for (let ms = Math.ceil((this.from + offset) / step) * step - offset; ms < this.to; ms += step) {
      const x = this.#x(ms);
      g.fillStyle = colour('--line');
      g.fillRect(x, 18, 1, high - 18);
      g.fillStyle = colour('--dim');
      const midnight = (ms + offset) % DAY === 0;
      g.fillText(midnight ? siteDate(ms).slice(5) : step < MINUTE ? clock(ms) : minute(ms), x + 3, 12);
    }
  }

  /** @param {CanvasRenderingContext2D} g @param {Range & {reason: string}} gap @param {(name: string) => string} colour */
  #drawGap(g, gap, colour) {
    if (gap.to < this.from || gap.from > this.to) return;
    const left = Math.max(0, this.#x(gap.from));
    const right = Math.min(this.slider.clientWidth, Math.max(left + 2, this.#x(gap.to)));
    g.save();
    g.beginPath();
    g.rect(left, 24, right - left, 26);
    g.clip();
    g.strokeStyle = colour('--lane-gap');
    g.lineWidth = 1.5;
    for (let x = left - 26; x < right; x += 7) { g.beginPath(); g.moveTo(x, 50); g.lineTo(x + 26, 24); g.stroke(); }
    if (right - left > 70) {
      g.fillStyle = colour('--surface');
      const text = word('reason', gap.reason);
      g.fillRect(left + 6, 29, g.measureText(text).width + 8, 16);
      g.fillStyle = colour('--dim');
      g.fillText(text, left + 10, 41);
    }
    g.restore();
  }
}
