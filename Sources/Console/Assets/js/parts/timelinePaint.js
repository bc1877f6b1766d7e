// How the timeline looks: lanes on a canvas.
import { clock, minute, siteDate, toSiteTime, word } from '../core/i18n.js';
import { gapKind } from './lanes.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Distances of marks in ms. */
const STEPS = [SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 5 * DAY];
/** Pixels from the top: the ruler, the chosen camera's lanes, then a lane for each other camera. */
const RULER = 18;
const MAIN = { recorded: [22, 26], alarms: [52, 9], bookmarks: [63, 9], holds: [74, 6] };
const OTHERS = 84;
const OTHER = 15;
/** A gap is never narrower than this, however long the window. */
const LEAST_GAP = 2;

/** @param {number} row of a camera that isn't chosen: 1, 2, … */
export const laneTop = (row) => OTHERS + (row - 1) * OTHER;
/** @param {number} rows */
export const timelineHeight = (rows) => (rows > 1 ? laneTop(rows) + 2 : OTHERS + 6);

/** @typedef {import('./lanes.js').Range} Range */

/** @param {CanvasRenderingContext2D} g @param {import('./timeline.js').Timeline} line @param {number} wide @param {number} high */
export function paint(g, line, wide, high) {
  const style = getComputedStyle(line.slider);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  g.font = `12px ${style.fontFamily}`;
  paintMarks(g, line, wide, high, colour);
  /** @param {Range[]} list @param {number[]} place @param {string} fill @param {number} [least] */
  const lane = (list, [top, height], fill, least = 1) => {
    g.fillStyle = fill;
    for (const r of list) {
      if (r.to < line.from || r.from > line.to) continue;
      const left = Math.max(-4, line.x(r.from));
      g.fillRect(left, top, Math.max(least, Math.min(wide + 4, line.x(r.to)) - left), height);
    }
  };
  line.rows.forEach(({ lanes, name }, row) => {
    const [top, height] = row === 0 ? MAIN.recorded : [laneTop(row) + 1, OTHER - 3];
    lane(lanes.runs, [top, height], colour('--lane-recorded'));
    if (row === 0) paintActivity(g, line, lanes.activity, top, height, colour('--lane-activity'));
    // The short ones last: nothing lies over them.
    const short = (/** @type {Range} */ r) => ((r.to - r.from) / line.span) * wide < LEAST_GAP;
    for (const gap of lanes.gaps) if (!short(gap)) paintGap(g, line, gap, top, height, colour, row === 0);
    for (const gap of lanes.gaps) if (short(gap)) paintGap(g, line, gap, top, height, colour, false);
    if (row) {
      g.font = `11px ${style.fontFamily}`;
      const width = Math.min(160, g.measureText(name).width);
      g.fillStyle = 'rgb(0 0 0 / 55%)';
      g.fillRect(0, top, width + 8, height);
      g.fillStyle = colour('--text');
      g.fillText(name, 4, top + height - 3, 160);
      g.font = `12px ${style.fontFamily}`;
    }
  });
  const lanes = line.lanes;
  lane(lanes.alarms, MAIN.alarms, colour('--lane-alarm'), 4);
  lane(lanes.bookmarks, MAIN.bookmarks, colour('--lane-bookmark'), 4);
  lane(lanes.holds, MAIN.holds, colour('--lane-hold'), 4);
  lane(line.found, [RULER, 4], colour('--lane-found'), 3);
  if (lanes.signedUntil !== null) {
    const end = line.x(lanes.signedUntil);
    g.fillStyle = colour('--lane-signed');
    for (const run of lanes.runs) {
      const left = Math.max(0, line.x(run.from));
      const right = Math.min(wide, end, line.x(run.to));
      if (right > left) g.fillRect(left, MAIN.recorded[0] + MAIN.recorded[1], right - left, 2);
    }
  }
  if (line.markIn !== null || line.markOut !== null) {
    const left = line.x(line.markIn ?? /** @type {number} */ (line.markOut));
    const right = line.x(line.markOut ?? /** @type {number} */ (line.markIn));
    g.fillStyle = colour('--lane-range');
    g.fillRect(left, RULER + 2, Math.max(2, right - left), high - RULER - 2);
    g.fillStyle = colour('--text');
    for (const [mark, x, letter] of /** @type {[number|null, number, string][]} */ ([[line.markIn, left + 3, 'I'], [line.markOut, right - 9, 'O']])) {
      if (mark === null) continue;
      g.fillRect(mark === line.markIn ? left : right - 1, RULER + 2, 1, high);
      g.fillText(letter, x, MAIN.holds[0] + 8);
    }
  }
  const now = line.x(line.listener.now());
  if (now < wide) { g.fillStyle = colour('--lane-future'); g.fillRect(now, RULER + 2, wide - now, high - RULER - 2); }
  if (line.hover !== null) { g.fillStyle = colour('--dim'); g.fillRect(line.x(line.hover), RULER + 2, 1, high - RULER - 2); }
  const x = line.x(line.at);
  g.fillStyle = colour('--cursor');
  g.fillRect(x - 1, RULER, 2, high - RULER);
  g.beginPath();
  g.moveTo(x - 6, RULER - 4); g.lineTo(x + 6, RULER - 4); g.lineTo(x, RULER + 5);
  g.fill();
}

/** @param {CanvasRenderingContext2D} g @param {import('./timeline.js').Timeline} line @param {number} wide @param {number} high @param {(name: string) => string} colour */
function paintMarks(g, line, wide, high, colour) {
  const step = STEPS.find((s) => (s / line.span) * wide > 84) ?? STEPS[STEPS.length - 1];
  const offset = Date.parse(`${toSiteTime(line.from)}Z`) - Math.floor(line.from / 1000) * 1000;
  g.textBaseline = 'alphabetic';
  for (let ms = Math.ceil((line.from + offset) / step) * step - offset; ms < line.to; ms += step) {
    const x = line.x(ms);
    g.fillStyle = colour('--line');
    g.fillRect(x, RULER, 1, high - RULER);
    g.fillStyle = colour('--dim');
    const midnight = (ms + offset) % DAY === 0;
    g.fillText(midnight || step >= DAY ? siteDate(ms).slice(5) : step < MINUTE ? clock(ms) : minute(ms), x + 3, 12);
  }
}

/**
 * How much moved, as height; a little of it is still seen.
 * @param {CanvasRenderingContext2D} g @param {import('./timeline.js').Timeline} line @param {import('./lanes.js').Activity[]} list
 * @param {number} top @param {number} height @param {string} fill
 */
function paintActivity(g, line, list, top, height, fill) {
  g.fillStyle = fill;
  for (const r of list) {
    if (r.to < line.from || r.from > line.to) continue;
    const high = r.share === undefined ? height / 2 : Math.max(3, Math.sqrt(Math.min(1, r.share)) * (height - 4));
    const left = line.x(r.from);
    g.fillRect(left, top + height - high, Math.max(1, line.x(r.to) - left), high);
  }
}

/**
 * @param {CanvasRenderingContext2D} g @param {import('./timeline.js').Timeline} line @param {import('./lanes.js').Gap} gap
 * @param {number} top @param {number} height @param {(name: string) => string} colour @param {boolean} withWords
 */
function paintGap(g, line, gap, top, height, colour, withWords) {
  if (gap.to < line.from || gap.from > line.to) return;
  const end = line.slider.clientWidth;
  const kind = gapKind(gap.reason);
  let left = Math.max(0, line.x(gap.from));
  let right = Math.min(end, line.x(gap.to));
  // Short gaps are widened around their middle and go through the lane's whole height.
  const narrow = right - left < LEAST_GAP;
  if (narrow) { left = Math.min(end - LEAST_GAP, Math.max(0, (left + right - LEAST_GAP) / 2)); right = left + LEAST_GAP; }
  const shade = colour(`--gap-${kind}`);
  g.save();
  g.beginPath();
  g.rect(left, top - (narrow ? 2 : 0), right - left, height + (narrow ? 4 : 0));
  g.clip();
  g.fillStyle = colour('--surface');
  g.fillRect(left, top, right - left, height);
  g.globalAlpha = right - left < 8 ? 1 : 0.28;
  g.fillStyle = shade;
  g.fillRect(left, top - 2, right - left, height + 4);
  g.globalAlpha = 1;
  g.strokeStyle = shade;
  g.lineWidth = 1.5;
  if (kind !== 'none') for (let x = left - height; x < right; x += 7) { g.beginPath(); g.moveTo(x, top + height); g.lineTo(x + height, top); g.stroke(); }
  const text = withWords && right - left > 40 ? word('reason', gap.reason) : '';
  if (text && g.measureText(text).width + 20 < right - left) {
    g.fillStyle = colour('--surface');
    g.fillRect(left + 6, top + 5, g.measureText(text).width + 8, 16);
    g.fillStyle = colour('--text');
    g.fillText(text, left + 10, top + 17);
  }
  g.restore();
}
