// Alarms: the list, the judgement.
import { debounce, fill, h, icon } from '../core/dom.js';
import { api } from '../core/api.js';
import { clock, full, moment, number, span, t, word } from '../core/i18n.js';
import { ariaKeys, firstKey } from '../core/keys.js';
import { formDialog, toast, toastError, errorText } from '../core/dialog.js';
import { link, replaceRoute } from '../core/router.js';
import { className, isRole, serverNow, state } from '../core/store.js';
import { alarmState, alarmTitle, byWhom, empty, failed, severityMark, sourceName, zoneName } from '../parts/marks.js';
import { clipPlayer } from '../parts/clip.js';
import { hasChildren, stormChildren } from '../parts/stormChildren.js';
import { alarmCurve, fieldName, valueText } from '../parts/sensor.js';
import { vehicleValue } from '../parts/vehicle.js';

const KINDS = ['motion', 'stationary', 'above', 'below', 'between', 'outside', 'rate', 'stuck', 'state', 'count', 'all', 'any', 'not', 'storm', 'noData', 'sos', 'tamper', 'overspeed', 'inArea', 'outOfArea', 'offRoute', 'longStop', 'idle', 'silent', 'licence', 'absent', 'missed', 'offline', 'recordingGap', 'crashing', 'disk', 'diskHeld', 'databaseDamaged', 'clock'];
const STATES = ['open', 'confirmed', 'rejected', 'cleared'];

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  /** @type {any[]} */ let items = [];
  /** @type {string|null} */ let next = null;
  /** @type {string|null} */ let chosen = context.route.id;
  /** @type {any} */ let shown = null;
  let turn = 0;
  const filters = { state: context.route.query.state ?? '', unjudged: context.route.query.unjudged === 'true', kind: '', source: context.route.query.source ?? '' };
  root.classList.toggle('detail-open', Boolean(chosen));
  const list = h('div.rows', { role: 'listbox', 'aria-label': t('page.alarms'), tabindex: '0' });
  const detail = h('section.detail', { 'aria-label': t('alarms.detail') });
  const stateSelect = h('select', { 'aria-label': t('filter.state') }, h('option', { value: '' }, t('filter.allStates')), STATES.map((s) => h('option', { value: s }, word('alarmState', s))));
  const kindSelect = h('select', { 'aria-label': t('filter.kind') }, h('option', { value: '' }, t('filter.allKinds')), KINDS.map((k) => h('option', { value: k }, word('kind', k))));
  const sources = [...state.camera.values(), ...state.sensor.values()].map((s) => ({ id: s.id, name: s.name ?? s.id }));
  const sourceSelect = h('select', { 'aria-label': t('filter.source') }, h('option', { value: '' }, t('filter.allSources')), sources.map((s) => h('option', { value: s.id }, s.name)));
  const unjudgedBox = h('input', { type: 'checkbox', checked: filters.unjudged });
  stateSelect.value = filters.state;
  sourceSelect.value = filters.source;
  const more = h('button', { type: 'button', onclick: () => load(next) }, t('list.more'));

  /** @param {any} alarm */
  const matches = (alarm) => (!filters.state || alarm.state === filters.state) && (!filters.unjudged || !alarm.verdict) && (!filters.kind || alarm.kind === filters.kind) && (!filters.source || alarm.source === filters.source);

  /** @param {string|null} [cursor] */
  async function load(cursor) {
    const mine = ++turn;
    try {
      const page = await api.get('/alarms', { state: filters.state, unjudged: filters.unjudged ? 'true' : '', kind: filters.kind, source: filters.source, limit: 100, cursor });
      if (mine !== turn) return;
      items = cursor ? [...items, ...page.items] : page.items;
      next = page.next;
      drawList();
      if (!chosen && items.length && matchMedia('(min-width: 801px)').matches) choose(items[0].id, false);
    } catch (error) {
      if (mine === turn) fill(list, failed(errorText(error), () => load()));
    }
  }
  function drawList() {
    const top = list.scrollTop;
    fill(list, items.length === 0 ? empty(t('alarms.none'), 'check2-circle') : null, items.map((a) =>
      h('div.row.alarm-row', { role: 'option', id: `alarm-${a.id}`, data: { id: a.id, state: a.state, severity: a.severity, judged: String(Boolean(a.verdict)) }, 'aria-selected': String(a.id === chosen), onclick: () => choose(a.id, true) },
        severityMark(a.severity),
        h('div.row-main', null, h('b', null, sourceName(a)), h('span', null, alarmTitle(a), a.occurrences > 1 ? h('span.dim', null, ` ×${a.occurrences}`) : null)),
        h('div.row-side', null, h('span.mono', null, moment(a.openedAt)), alarmState(a)))), next ? more : null);
    list.scrollTop = top;
    if (chosen) list.setAttribute('aria-activedescendant', `alarm-${chosen}`);
  }

  /** @param {string} id @param {boolean} byHand */
  async function choose(id, byHand) {
    chosen = id;
    root.classList.toggle('detail-open', byHand);
    replaceRoute(link('alarms', id, filters.unjudged ? { unjudged: 'true' } : {}));
    drawList();
    document.getElementById(`alarm-${id}`)?.scrollIntoView({ block: 'nearest' });
    await show();
  }
  async function show() {
    const id = chosen;
    if (!id) { fill(detail, empty(t('alarms.choose'), 'bell')); return; }
    let alarm = items.find((a) => a.id === id) ?? state.alarm.get(id);
    if (!alarm) alarm = await api.get(`/alarms/${encodeURIComponent(id)}`).catch((/** @type {any} */ e) => { fill(detail, failed(errorText(e))); return null; });
    if (!alarm || chosen !== id) return;
    shown = alarm;
    drawDetail(alarm);
  }

  /** @param {any} a */
  function drawDetail(a) {
    const opened = Date.parse(a.openedAt);
    const sensor = a.sourceKind === 'sensor' ? state.sensor.get(a.source) ?? { profile: '' } : null;
    const field = a.part ?? sensor?.rules?.find((/** @type {any} */ r) => r.kind === a.kind)?.field ?? 'value';
    const text = (/** @type {number} */ value) => (sensor ? valueText(sensor.profile, field, value) : a.sourceKind === 'vehicle' ? vehicleValue(a.kind, value) : number(value));
    const children = h('span', null, '…');
    const rows = [
      [t('field.state'), [alarmState(a), a.verdict ? h('span.dim', null, ` ${word('verdict', a.verdict)}${a.decidedBy ? ` · ${byWhom(a.decidedBy)} ${moment(a.decidedAt)}` : ''}`) : null]],
      [t('field.opened'), `${full(a.openedAt)}${a.clearedAt ? ` – ${clock(a.clearedAt)} (${span(Date.parse(a.clearedAt) - opened)})` : ` (${span(serverNow() - opened)})`}`],
      [t('field.class'), a.class ? `${className(a.class, a.className)} (${a.class})` : '–'],
      [t('field.policy'), word('policy', a.policy)],
      a.value === null || a.value === undefined ? null : [t('field.value'), a.threshold === null || a.threshold === undefined ? text(a.value) : t('alarms.value', { value: text(a.value), threshold: text(a.threshold) })],
      sensor ? [t('sensors.field'), fieldName(sensor.profile, field)] : a.part ? [t('field.part'), zoneName(a)] : null,
      [t('field.place'), a.address || (a.position ? `${a.position.lat.toFixed(5)}, ${a.position.lon.toFixed(5)}` : '–')],
      a.reason ? [t('field.reason'), a.reason] : null,
      a.parent ? [t('alarms.parent'), h('a', { href: link('alarms', null, { source: a.parent }) }, a.parent)] : null,
      a.caseAfter && !a.caseId ? [t('alarms.case'), t('alarms.caseAfter', { at: clock(a.caseAfter) })] : null,
      hasChildren(a) ? [t('alarms.children'), children] : null,
      a.flapping ? [t('field.state'), t('alarms.flapping')] : null,
    ].filter((row) => row !== null);
    const may = isRole('monitor') && !a.verdict;
    const picture = a.snapshot ? pictureWithBox(a) : null;
    fill(detail,
      h('header.detail-head', null, h('button.narrow-only.ghost.square', { type: 'button', 'aria-label': t('action.back'), onclick: () => root.classList.remove('detail-open') }, icon('arrow-left')),
        severityMark(a.severity), h('h2', null, `${sourceName(a)} · ${word('kind', a.kind)}`)),
      may ? h('div.judge', null,
        h('button.primary.big', { type: 'button', data: { act: 'confirm' }, 'aria-keyshortcuts': ariaKeys('confirmAlarm'), onclick: confirm }, icon('check-lg'), a.policy === 'ask' && a.class ? t('alarms.confirmOpens') : t('alarms.confirm'), h('kbd', null, firstKey('confirmAlarm'))),
        h('button.big', { type: 'button', data: { act: 'reject' }, 'aria-keyshortcuts': ariaKeys('rejectAlarm'), onclick: reject }, icon('x-lg'), t('alarms.reject'), h('kbd', null, firstKey('rejectAlarm')))) : null,
      h('div.detail-grid', null,
        h('div', null, picture, sensor ? alarmCurve(a) : null, a.sourceKind === 'camera' && a.kind !== 'offline' ? clipPlayer({ cameraId: a.source, from: opened - 10_000, to: Math.min(opened + 20_000, serverNow()), about: { title: alarmTitle(a) } }) : null),
        h('div', null, h('dl.facts', null, rows.map((row) => [h('dt', null, /** @type {any} */ (row)[0]), h('dd', null, /** @type {any} */ (row)[1])])),
          hasChildren(a) ? stormChildren(a, (text) => fill(children, text)) : null,
          h('div.button-row', null,
            a.caseId ? h('a.button', { href: link('cases', a.caseId), data: { act: 'openCase' } }, icon('folder2-open'), t('alarms.openCase')) : null,
            a.sourceKind === 'camera' ? h('a.button', { href: link('playback', null, { camera: a.source, at: new Date(opened - 10_000).toISOString() }) }, icon('clock-history'), t('page.playback')) : null,
            a.sourceKind === 'camera' ? h('a.button', { href: link('live', null, { camera: a.source }) }, icon('grid-3x3-gap'), t('page.live')) : null,
            a.sourceKind === 'sensor' ? h('a.button', { href: link('sensors', a.source) }, icon('activity'), t('page.sensors')) : null,
            a.sourceKind === 'vehicle' ? h('a.button', { href: link('vehicles', a.source) }, icon('truck'), t('page.vehicles')) : null,
            a.position ? h('a.button', { href: link('map', null, { lat: a.position.lat, lon: a.position.lon }) }, icon('geo-alt'), t('page.map')) : null))));
  }

  /** @param {any} a */
  function pictureWithBox(a) {
    const image = h('img', { src: a.snapshot, alt: t('alarms.snapshot') });
    const frame = h('div.boxed', null, image);
    image.addEventListener('error', () => { frame.hidden = true; });
    if (a.box) {
      const box = h('div.box', { 'aria-hidden': 'true' });
      box.style.left = `${a.box.x * 100}%`;
      box.style.top = `${a.box.y * 100}%`;
      box.style.width = `${a.box.width * 100}%`;
      box.style.height = `${a.box.height * 100}%`;
      frame.append(box);
    }
    return frame;
  }

  /** @param {any} alarm */
  function changed(alarm) {
    const at = items.findIndex((a) => a.id === alarm.id);
    if (at >= 0) items[at] = alarm;
    else if (matches(alarm)) items = [alarm, ...items].sort((a, b) => (a.openedAt < b.openedAt ? 1 : -1));
    redraw();
    if (shown?.id === alarm.id) {
      const same = shown.state === alarm.state && shown.verdict === alarm.verdict && shown.caseId === alarm.caseId && shown.snapshot === alarm.snapshot;
      shown = alarm;
      if (!same) drawDetail(alarm);
    }
  }
  const redraw = debounce(drawList, 150);
  async function confirm() {
    if (!shown || shown.verdict || !isRole('monitor')) return;
    const id = shown.id;
    try {
      changed(await api.post(`/alarms/${encodeURIComponent(id)}/confirm`, {}));
      toast(t('alarms.confirmed'), 'good');
    } catch (error) { toastError(error); }
  }
  function reject() {
    if (!shown || shown.verdict || !isRole('monitor')) return;
    const id = shown.id;
    void formDialog({
      title: t('alarms.reject'), name: 'reject', danger: true, submit: t('alarms.reject'),
      fields: [{ name: 'choice', label: t('field.reason'), type: 'select', options: ['shadow', 'allowed', 'weather', 'device', 'other'].map((r) => ({ value: r, label: t(`rejectReason.${r}`) })) }, { name: 'note', label: t('alarms.rejectNote') }],
      send: async (values) => {
        const reason = [t(`rejectReason.${values.choice}`), values.note].filter(Boolean).join(' · ');
        changed(await api.post(`/alarms/${encodeURIComponent(id)}/reject`, { reason }));
      },
    });
  }

  const filter = () => {
    Object.assign(filters, { state: stateSelect.value, kind: kindSelect.value, source: sourceSelect.value, unjudged: unjudgedBox.checked });
    void load();
  };
  for (const control of [stateSelect, kindSelect, sourceSelect, unjudgedBox]) control.addEventListener('change', filter);
  list.addEventListener('keydown', (/** @type {KeyboardEvent} */ e) => {
    if (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return;
    e.preventDefault();
    const at = items.findIndex((a) => a.id === chosen);
    const to = items[at + (e.key === 'ArrowDown' ? 1 : -1)];
    if (to) void choose(to.id, false);
  });
  fill(root, h('div.split', null,
    h('section.list-pane', null, h('div.toolbar', null, stateSelect, kindSelect, sourceSelect, h('label.check', null, unjudgedBox, t('filter.unjudged'))), list), detail));
  context.on('alarm', changed);
  context.on('reset', () => load());
  context.keys('alarms', { confirmAlarm: confirm, rejectAlarm: reject });
  void load();
  void show();
  return { update: (/** @type {import('../core/router.js').Route} */ route) => {
    if (route.id) { void choose(route.id, true); return true; }
    unjudgedBox.checked = route.query.unjudged === 'true';
    filter();
    return true;
  } };
}
