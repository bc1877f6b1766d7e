// "When did anything move in this corner": the panel beside the picture, its results and the heat over the picture.
import { fill, h, icon } from '../core/dom.js';
import { api, iso } from '../core/api.js';
import { fromSiteTime, moment, number, span, t, toSiteTime } from '../core/i18n.js';
import { errorText } from '../core/dialog.js';
import { serverNow } from '../core/store.js';
import { RegionLayer } from './region.js';

const DAY = 86_400_000;
const RANGES = [{ key: 'hour', ms: 3_600_000 }, { key: 'day', ms: DAY }, { key: 'days3', ms: 3 * DAY }, { key: 'week', ms: 7 * DAY }, { key: 'month', ms: 30 * DAY }];
/** Moments closer than this are one result, ms. */
const JOIN = 5000;
/** Results listed; the timeline shows them all. */
const LISTED = 300;

/** @param {any[]} spans from the API @returns {{from: number, to: number, share: number}[]} */
export function readActivity(spans) {
  return (spans ?? []).map((s) => ({ from: Date.parse(s.from), to: Date.parse(s.to), share: s.share ?? 0 }));
}

/**
 * Neighbours become one.
 * @param {{from: number, to: number, share: number}[]} list ascending
 */
export function joinActivity(list) {
  /** @type {{from: number, to: number, share: number}[]} */
  const joined = [];
  for (const s of list) {
    const last = joined[joined.length - 1];
    if (last && s.from - last.to <= JOIN) {
      last.to = Math.max(last.to, s.to);
      last.share = Math.max(last.share, s.share);
    } else joined.push({ ...s });
  }
  return joined;
}

export class ActivitySearch {
  #turn = 0;
  #heatOn = false;
  #open = false;
  /** @type {{from: number, to: number, share: number}[]} */ results = [];

  /** @param {{camera: () => string, shape: () => number, seek: (at: number) => void, found: (list: {from: number, to: number}[]) => void, view: (from: number, to: number) => void}} host */
  constructor(host) {
    this.host = host;
    this.layer = new RegionLayer(() => { this.#describe(); void this.search(); });
    const now = serverNow();
    this.range = h('select', { 'aria-label': t('activity.range'), onchange: () => { this.#setRange(); void this.search(); } },
      RANGES.map((r) => h('option', { value: String(r.ms) }, t(`activityRange.${r.key}`))), h('option', { value: 'own' }, t('activityRange.own')));
    this.range.value = String(DAY);
    const field = (/** @type {number} */ ms, /** @type {string} */ label) => h('input', { type: 'datetime-local', step: '1', value: toSiteTime(ms), 'aria-label': label, onchange: () => { this.range.value = 'own'; void this.search(); } });
    this.from = field(now - DAY, t('activity.from'));
    this.to = field(now, t('activity.to'));
    this.own = h('div.activity-own', { hidden: true }, this.from, this.to);
    this.where = h('p.hint');
    this.note = h('p.dim', { role: 'status' });
    this.list = h('ol.event-list', { 'aria-label': t('activity.results') });
    this.heatButton = h('button', { type: 'button', 'aria-pressed': 'false', data: { act: 'heat' }, onclick: () => void this.toggleHeat() }, icon('fire'), t('activity.heat'));
    this.element = h('div.activity', { data: { state: 'idle' } }, this.where, h('div.toolbar', null, this.range, this.heatButton,
      h('button', { type: 'button', data: { act: 'whole' }, onclick: () => this.layer.set(null) }, icon('aspect-ratio'), t('activity.whole'))), this.own, this.note, this.list);
    this.#describe();
  }

  close() { this.layer.close(); }

  get open() { return this.#open; }
  /** @param {boolean} open */
  setOpen(open) {
    this.#open = open;
    if (!open) { this.#heatOn = false; this.layer.heat = null; this.heatButton.setAttribute('aria-pressed', 'false'); }
    this.layer.setOpen(open, this.host.shape());
    if (open && this.element.dataset.state === 'idle') void this.search();
    if (!open) this.host.found([]);
    else this.host.found(this.results);
  }

  /** Another camera: its own results. */
  cameraChanged() {
    this.results = [];
    this.layer.heat = null;
    this.element.dataset.state = 'idle';
    if (this.#open) { void this.search(); if (this.#heatOn) void this.#loadHeat(); }
  }

  #describe() {
    const r = this.layer.region;
    fill(this.where, icon('bounding-box-circles'), ' ', r ? t('activity.region', { x: Math.round(r.x * 100), y: Math.round(r.y * 100), w: Math.round(r.width * 100), h: Math.round(r.height * 100) }) : t('activity.draw'));
  }

  #setRange() {
    this.own.hidden = this.range.value !== 'own';
    if (this.range.value === 'own') return;
    this.from.value = toSiteTime(serverNow() - Number(this.range.value));
    this.to.value = toSiteTime(serverNow());
  }

  /** @returns {[number, number]} */
  #window() {
    if (this.range.value !== 'own') { const now = serverNow(); return [now - Number(this.range.value), now]; }
    const from = fromSiteTime(this.from.value);
    const to = fromSiteTime(this.to.value);
    return [Number.isFinite(from) ? from : serverNow() - DAY, Number.isFinite(to) ? to : serverNow()];
  }

  async search() {
    this.own.hidden = this.range.value !== 'own';
    const mine = ++this.#turn;
    const [from, to] = this.#window();
    const camera = this.host.camera();
    const r = this.layer.region;
    const region = r ? [r.x, r.y, r.width, r.height].map((v) => v.toFixed(4)).join(',') : undefined;
    this.element.dataset.state = 'searching';
    fill(this.note, icon('hourglass-split'), ' ', t('activity.searching'));
    const began = performance.now();
    try {
      const answer = await api.get(`/cameras/${encodeURIComponent(camera)}/activity`, { from: iso(from), to: iso(to), region });
      if (mine !== this.#turn) return;
      this.results = joinActivity(readActivity(answer.spans).sort((a, b) => a.from - b.from));
      this.element.dataset.state = 'found';
      this.element.dataset.took = String(Math.round(performance.now() - began));
      fill(this.note, this.results.length === 0 ? t('activity.none') : t('activity.found', { n: this.results.length }), this.results.length > LISTED ? ` ${t('activity.listed', { n: LISTED })}` : '');
      this.#drawResults();
      this.host.found(this.results);
      const last = this.results.at(-1);
      if (last) {
        const margin = Math.max(60_000, (last.to - this.results[0].from) / 20);
        this.host.view(this.results[0].from - margin, last.to + margin);
      }
    } catch (error) {
      if (mine !== this.#turn) return;
      this.results = [];
      this.element.dataset.state = 'failed';
      fill(this.note, icon('exclamation-triangle'), ' ', errorText(error));
      fill(this.list);
    }
  }

  #drawResults() {
    fill(this.list, [...this.results].reverse().slice(0, LISTED).map((s) => h('li', null,
      h('button.event', { type: 'button', data: { from: iso(s.from) }, onclick: () => this.host.seek(s.from - 1000) }, icon('activity'),
        h('span.mono', null, moment(s.from)), h('span.event-text.dim', null, span(Math.max(1000, s.to - s.from))),
        h('span.activity-share', { title: t('activity.share', { n: number(s.share * 100, 1) }) }, bar(s.share))))));
  }

  async toggleHeat() {
    this.#heatOn = !this.#heatOn;
    this.heatButton.setAttribute('aria-pressed', String(this.#heatOn));
    if (this.#heatOn) await this.#loadHeat();
    else { this.layer.heat = null; this.layer.setOpen(this.#open, this.host.shape()); }
  }

  async #loadHeat() {
    const [from, to] = this.#window();
    try {
      const heat = await api.get(`/cameras/${encodeURIComponent(this.host.camera())}/activity/map`, { from: iso(from), to: iso(to) });
      if (!this.#heatOn) return;
      this.layer.heat = heat;
      this.layer.setOpen(this.#open, this.host.shape());
      this.layer.canvas.dataset.heat = String(heat.windows ?? 0);
    } catch (error) { fill(this.note, icon('exclamation-triangle'), ' ', errorText(error)); }
  }
}

/**
 * How much of the rectangle moved, as a bar.
 * @param {number} share
 */
function bar(share) {
  const inner = h('span');
  inner.style.width = `${Math.max(4, Math.min(100, Math.sqrt(share) * 100))}%`;
  return inner;
}
