// A curve of readings with its thresholds on a canvas.
import { h } from '../core/dom.js';
import { clock, full, minute, number, siteDate, t } from '../core/i18n.js';

/** @typedef {{at: number, value: number}} Sample */

/** @param {{label: string}} options */
export function curve(options) {
  const canvas = h('canvas');
  const tip = h('div.timeline-tip', { hidden: true });
  const box = h('div.curve', { role: 'img', 'aria-label': options.label }, canvas, tip);
  /** @type {Sample[]} */ let samples = [];
  /** @type {{value: number, label: string, dashed: boolean}[]} */ let lines = [];
  /** @type {{from: number, to: number|null, label: string}|null} */ let marked = null;
  let from = 0;
  let to = 1;
  let low = 0;
  let high = 1;
  const left = 52;
  const bottom = 24;
  const x = (/** @type {number} */ ms) => left + ((ms - from) / (to - from)) * (box.clientWidth - left - 8);
  const y = (/** @type {number} */ v) => 10 + (1 - (v - low) / (high - low)) * (box.clientHeight - bottom - 10);

  /**
   * A step of 1, 2 or 5 times a power of ten.
   * @param {number} range
   * @param {number} count
   */
  function niceStep(range, count) {
    const rough = range / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    return ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10) * power;
  }
  function draw() {
    const wide = box.clientWidth;
    const tall = box.clientHeight;
    if (!wide || !tall) return;
    const scale = window.devicePixelRatio || 1;
    canvas.width = Math.round(wide * scale);
    canvas.height = Math.round(tall * scale);
    const g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    g.setTransform(scale, 0, 0, scale, 0, 0);
    const style = getComputedStyle(box);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    g.clearRect(0, 0, wide, tall);
    g.font = `12px ${style.fontFamily}`;
    const values = [...samples.map((s) => s.value), ...lines.map((l) => l.value)];
    low = Math.min(...values, samples.length ? Infinity : 0);
    high = Math.max(...values, samples.length ? -Infinity : 1);
    const pad = (high - low || Math.abs(high) || 1) * 0.08;
    low -= pad;
    high += pad;
    if (marked) {
      const begin = Math.max(left, x(marked.from));
      const stop = Math.min(wide - 8, x(marked.to ?? to));
      g.fillStyle = colour('--lane-marked');
      g.fillRect(begin, 10, Math.max(2, stop - begin), tall - bottom - 10);
      g.fillStyle = colour('--warning');
      g.fillRect(begin, 10, 1.5, tall - bottom - 10);
    }
    const step = niceStep(high - low, 7);
    g.textAlign = 'right';
    for (let v = Math.ceil(low / step) * step; v <= high; v += step) {
      g.fillStyle = colour('--line');
      g.fillRect(left, Math.round(y(v)), wide - left - 8, 1);
      g.fillStyle = colour('--dim');
      g.fillText(number(Math.abs(v) < step / 1000 ? 0 : v, 2), left - 6, y(v) + 4);
    }
    g.textAlign = 'center';
    const marks = Math.max(2, Math.floor((wide - left) / 110));
    for (let i = 0; i <= marks; i += 1) {
      const ms = from + ((to - from) * i) / marks;
      g.fillStyle = colour('--dim');
      g.fillText(to - from > 86_400_000 * 1.5 ? siteDate(ms).slice(5) : to - from < marks * 90_000 ? clock(ms) : minute(ms), Math.min(Math.max(x(ms), left + 16), wide - 24), tall - 6);
    }
    g.lineWidth = 1.5;
    for (const line of lines) {
      g.strokeStyle = colour(line.dashed ? '--dim' : '--warning');
      g.setLineDash(line.dashed ? [4, 4] : [8, 4]);
      g.beginPath();
      g.moveTo(left, y(line.value));
      g.lineTo(wide - 8, y(line.value));
      g.stroke();
      g.fillStyle = colour(line.dashed ? '--dim' : '--warning');
      g.textAlign = 'left';
      g.fillText(line.label, left + 6, y(line.value) - 4);
    }
    g.setLineDash([]);
    g.strokeStyle = colour('--accent');
    g.lineWidth = 1.8;
    g.beginPath();
    let last = -Infinity;
    const hole = Math.max(600_000, (to - from) / 20);
    for (const s of samples) {
      if (s.at - last > hole) g.moveTo(x(s.at), y(s.value));
      else g.lineTo(x(s.at), y(s.value));
      last = s.at;
    }
    g.stroke();
    // Where readings are few each one is seen.
    if (samples.length < 80) {
      g.fillStyle = colour('--accent');
      for (const s of samples) { g.beginPath(); g.arc(x(s.at), y(s.value), 2.5, 0, 7); g.fill(); }
    }
    if (samples.length === 0) {
      g.fillStyle = colour('--dim');
      g.textAlign = 'center';
      g.fillText(t('sensors.noReadings'), wide / 2, tall / 2);
    }
  }
  box.addEventListener('pointermove', (/** @type {PointerEvent} */ e) => {
    const px = e.clientX - box.getBoundingClientRect().left;
    const ms = from + ((px - left) / (box.clientWidth - left - 8)) * (to - from);
    const near = samples.reduce((best, s) => (Math.abs(s.at - ms) < Math.abs((best?.at ?? Infinity) - ms) ? s : best), /** @type {Sample|null} */ (null));
    tip.hidden = !near;
    if (near) {
      tip.textContent = `${full(near.at)}  ${number(near.value, 3)}`;
      tip.style.left = `${Math.min(Math.max(x(near.at), 100), box.clientWidth - 100)}px`;
    }
  });
  box.addEventListener('pointerleave', () => { tip.hidden = true; });
  const observer = new ResizeObserver(draw);
  observer.observe(box);
  // On paper the curve is drawn in the paper's colours.
  const paper = matchMedia('print');
  paper.addEventListener('change', draw);
  return Object.assign(box, {
    /** @param {{samples: Sample[], lines: {value: number, label: string, dashed: boolean}[], from: number, to: number, span?: {from: number, to: number|null, label: string}}} data */
    show(data) { ({ samples, lines, from, to } = data); marked = data.span ?? null; draw(); },
    close: () => { observer.disconnect(); paper.removeEventListener('change', draw); },
  });
}
