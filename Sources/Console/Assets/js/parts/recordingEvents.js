// Beside the timeline: what its colours mean, how much of the window is recorded, and the same events and gaps as a list.
import { fill, h, icon } from '../core/dom.js';
import { moment, number, span, t, word } from '../core/i18n.js';
import { link } from '../core/router.js';
import { className } from '../core/store.js';
import { GAP_KINDS, gapKind, gapWords, lengthOf, totals } from './lanes.js';
import { byWhom } from './marks.js';

/** Entries listed at most, the newest first; more is said. */
const LISTED = 300;

export class TimelineLegend {
  constructor() {
    this.sums = h('span.timeline-sums', { role: 'status' });
    const entry = (/** @type {string} */ name, /** @type {string} */ text) => h('span.legend-entry', null, h('span.legend-swatch', { data: { lane: name }, 'aria-hidden': 'true' }), text);
    this.element = h('div.timeline-legend', null, this.sums, h('span.legend-entries', null,
      ['recorded', 'signed', 'activity', 'alarm', 'bookmark', 'hold'].map((name) => entry(name, t(`lane.${name}`))), GAP_KINDS.map((kind) => entry(`gap-${kind}`, t(`gapKind.${kind}`)))));
  }

  /** @param {import('./lanes.js').Lanes} lanes @param {number} from @param {number} to */
  draw(lanes, from, to) {
    if (lanes.to === 0) return;
    const { recorded, gap, gaps, none } = totals(lanes, from, to);
    const share = recorded + gap > 0 ? (100 * recorded) / (recorded + gap) : 0;
    // 99.996 % is not whole: it is cut, never rounded up.
    const text = [t('timeline.totals', { recorded: lengthOf(recorded), share: number(Math.floor(share * 100) / 100, 2), gap: gap > 0 ? lengthOf(gap) : '0', n: gaps }), none >= 1000 ? t('timeline.none', { span: span(none) }) : ''].filter(Boolean).join(' · ');
    if (this.sums.textContent === text) return;
    fill(this.sums, text);
    this.sums.dataset.gaps = String(gaps);
    this.sums.dataset.gapSeconds = String(Math.round(gap / 1000));
  }
}

/**
 * The window's alarms, bookmarks, holds and gaps as a list.
 * @param {Element} list @param {import('./lanes.js').Lanes} lanes @param {number} from @param {number} to @param {(at: number) => void} seek
 */
export function drawEvents(list, lanes, from, to, seek) {
  const all = [
    ...lanes.alarms.map((a) => ({ from: a.from, to: a.to, kind: 'alarm', icon: 'bell', text: word('kind', a.kind), note: a.class ? className(a.class) : '', href: link('alarms', a.id) })),
    ...lanes.bookmarks.map((b) => ({ from: b.from, to: b.to, kind: 'bookmark', icon: 'bookmark', text: b.title, note: byWhom(b.by), href: '' })),
    ...lanes.holds.map((l) => ({ from: l.from, to: l.to, kind: 'hold', icon: 'lock', text: t('timeline.holdOf', { reason: word('holdReason', l.reason) }), note: byWhom(l.owner ?? l.by), href: '' })),
    ...lanes.gaps.map((g) => ({ from: g.from, to: g.to, kind: `gap-${gapKind(g.reason)}`, icon: 'slash-circle', text: gapWords(g.reason), note: lengthOf(g.to - g.from), href: '' })),
  ].filter((e) => e.to >= from && e.from <= to).sort((a, b) => b.from - a.from);
  const before = list.querySelectorAll('.event').length ? /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.event : undefined;
  fill(list, all.length === 0 && lanes.to > 0 ? h('li.dim', null, t('playback.noEvents')) : null, all.slice(0, LISTED).map((e) => {
    const name = `${e.kind} ${e.from}`;
    return h('li', null, h('button.event', { type: 'button', data: { kind: e.kind, event: name }, onclick: () => seek(e.from) }, icon(e.icon), h('span.mono', null, moment(e.from)), h('span.event-text', null, e.text, e.note ? h('span.dim', null, ` ${e.note}`) : null)),
      e.href ? h('a.square', { href: e.href, 'aria-label': t('playback.openAlarm') }, icon('box-arrow-up-right')) : null);
  }), all.length > LISTED ? h('li.dim', null, t('playback.more', { n: all.length - LISTED })) : null);
  if (before) /** @type {HTMLElement|null} */ (list.querySelector(`[data-event="${CSS.escape(before)}"]`))?.focus();
}

/**
 * The moments that the keys for events or gaps go to.
 * @param {import('./lanes.js').Lanes} lanes @param {'events'|'gaps'} which
 */
export const momentsOf = (lanes, which) =>
  (which === 'gaps' ? lanes.gaps : [...lanes.alarms, ...lanes.bookmarks]).map((e) => e.from).sort((a, b) => a - b);
