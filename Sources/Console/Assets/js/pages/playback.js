// Playback of up to nine cameras in step.
import { debounce, fill, h, icon } from '../core/dom.js';
import { may } from '../core/abilities.js';
import { api, clipUrl, iso } from '../core/api.js';
import { clock, fromSiteTime, full, siteDate, siteZone, span, t, word } from '../core/i18n.js';
import { ariaKeys, firstKey } from '../core/keys.js';
import { link, replaceRoute } from '../core/router.js';
import { cameraName, remember, remembered, serverNow, state } from '../core/store.js';
import { openDialog, toast } from '../core/dialog.js';
import { PlaybackGroup } from '../media/group.js';
import { ActivitySearch, joinActivity, readActivity } from '../parts/activity.js';
import { cameraPicker, sortedCameras } from '../parts/cameras.js';
import { newExportDialog } from '../parts/exports.js';
import { firstView, loadLanes, LONGEST, noLanes } from '../parts/lanes.js';
import { bookmarkDialog, caseDialog, download, downloadSnapshot, holdRange, mayBookmark, mayReport } from '../parts/picture.js';
import { drawEvents, momentsOf, TimelineLegend } from '../parts/recordingEvents.js';
import { SoundButton, SpeedControl } from '../parts/speed.js';
import { Thumbnails } from '../parts/thumbs.js';
import { Timeline } from '../parts/timeline.js';

const HOUR = 3_600_000;
const LONGEST_CLIP = 4 * HOUR; // as long as the server cuts one
const MOST = 9;

/** @param {string|undefined} text @returns {string[]} */
const camerasOf = (text) => (text ?? '').split(',').filter((id, i, all) => state.camera.has(id) && all.indexOf(id) === i).slice(0, MOST);

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  const known = sortedCameras();
  const asked = Date.parse(context.route.query.at ?? '');
  let cameras = camerasOf(context.route.query.camera);
  if (cameras.length === 0) cameras = camerasOf(remembered('playback', '')).slice(0, 1);
  if (cameras.length === 0 && known[0]) cameras = [known[0].id];
  let chosen = cameras[0] ?? '';
  const grid = h('div.player', { data: { state: 'empty' }, role: 'group', 'aria-label': t('page.playback') });
  const note = h('div.player-note', { role: 'status', hidden: true });
  const events = h('ol.event-list', { 'aria-label': t('playback.events') });
  const rangeText = h('span.range-text');
  const cameraSelect = h('select', { id: 'playback-camera', 'aria-label': t('playback.camera') }, known.map((c) => h('option', { value: c.id }, c.name)));
  const when = h('input', { type: 'text', size: 19, inputMode: 'numeric', spellcheck: false, autocomplete: 'off', id: 'playback-at', 'aria-label': t('playback.at'), title: 'YYYY-MM-DD HH:MM:SS' });
  const legend = new TimelineLegend();
  const thumbs = new Thumbnails(() => preview());
  /** @type {Map<string, import('../parts/lanes.js').Lanes>} */
  const lanesOf = new Map();
  /** @type {number|null} */ let scrubbing = null;
  let drawn = '';

  const group = new PlaybackGroup({ changed: draw, skipped: (from, to, reason) => say(t('playback.skipped', { span: span(to - from), reason: word('reason', reason) })) });
  const first = Number.isFinite(asked) ? asked : serverNow() - 60_000;
  group.clock.set(first);
  const timeline = new Timeline(firstView(chosen, first), {
    seek, viewed: () => { drawWindow(); loadTimelines(); }, now: serverNow, range: draw, lane: choose,
    scrub: (at) => { scrubbing = at; preview(); draw(); },
    hover: () => preview(),
  });
  const speed = new SpeedControl(group, draw);
  const sound = new SoundButton(() => giveSound());
  const search = new ActivitySearch({
    camera: () => chosen, seek, shape,
    found: (list) => { timeline.found = list; timeline.draw(); },
    view: (from, to) => timeline.show(from, Math.min(LONGEST, to - from)),
  });
  const picture = () => group.pictures.find((p) => p.camera === chosen) ?? group.pictures[0];
  function shape() {
    const seen = picture()?.seen;
    const [wide, high] = seen instanceof HTMLVideoElement ? [seen.videoWidth, seen.videoHeight] : [seen?.naturalWidth ?? 0, seen?.naturalHeight ?? 0];
    const camera = state.camera.get(chosen);
    return wide && high ? wide / high : (camera?.width || 16) / (camera?.height || 9);
  }

  const loadTimelines = debounce(async () => {
    const margin = Math.min(timeline.span / 4, (LONGEST - timeline.span) / 2);
    const [from, to] = [timeline.from - margin, timeline.to + margin];
    await Promise.all([chosen, ...cameras.filter((id) => id !== chosen)].map(async (id) => {
      try {
        const lanes = await loadLanes(id, from, to);
        if (id === chosen && may('get', '/cameras/{id}/activity')) {
          const answer = await api.get(`/cameras/${encodeURIComponent(id)}/activity`, { from: iso(lanes.from), to: iso(lanes.to) }).catch(() => null);
          if (answer) lanes.activity = joinActivity(readActivity(answer.spans));
        }
        lanesOf.set(id, lanes);
        showLanes();
      } catch { /* the stale notice in the header says that the server is away */ }
    }));
  }, 180);
  function showLanes() {
    const order = [chosen, ...cameras.filter((id) => id !== chosen)].filter(Boolean);
    for (const p of group.pictures) p.lanes = lanesOf.get(p.camera) ?? noLanes();
    timeline.setRows(order.map((id) => ({ camera: id, name: cameraName(id), lanes: lanesOf.get(id) ?? noLanes() })));
    drawWindow();
  }
  function drawWindow() {
    legend.draw(timeline.lanes, timeline.from, Math.min(timeline.to, serverNow()));
    laterEvents();
  }
  const laterEvents = debounce(() => drawEvents(events, timeline.lanes, timeline.from, timeline.to, seek), 100);

  /** @param {string} text */
  function say(text) {
    fill(note, icon('skip-forward'), text);
    note.hidden = false;
    clearTimeout(note.timer);
    note.timer = setTimeout(() => { note.hidden = true; }, 5000);
  }
  /** @param {number} ms */
  function seek(ms) {
    group.seek(ms);
    timeline.setAt(group.at);
  }
  function preview() {
    const at = scrubbing ?? timeline.hover;
    const url = at !== null && at <= serverNow() && may('get', '/cameras/{id}/thumbnails') ? thumbs.near(at, timeline.from, timeline.to) : '';
    timeline.setPreview(url);
    timeline.slider.dataset.thumbs = String(thumbs.count);
    for (const p of group.pictures) p.setPreview(scrubbing !== null && p.camera === chosen ? url : '', scrubbing);
  }

  // Cameras
  function setCameras(/** @type {string[]} */ ids) {
    cameras = ids.slice(0, MOST);
    if (!cameras.includes(chosen)) chosen = cameras[0] ?? '';
    remember('playback', cameras.join(','));
    group.setCameras(cameras);
    grid.dataset.count = String(cameras.length <= 1 ? 1 : cameras.length <= 2 ? 2 : cameras.length <= 4 ? 4 : cameras.length <= 6 ? 6 : 9);
    // What is there stays in place: a player that is moved in the document stands still.
    group.pictures.forEach((p, i) => {
      if (grid.children[i] !== p.element) grid.insertBefore(p.element, grid.children[i] ?? null);
      if (p.element.dataset.bound) return;
      p.element.dataset.bound = 'true';
      p.element.addEventListener('pointerdown', () => choose(p.camera));
      p.element.append(h('button.ghost.square.player-remove', { type: 'button', title: t('playback.removeCamera'), 'aria-label': `${t('playback.removeCamera')}: ${p.name}`, onclick: () => setCameras(cameras.filter((id) => id !== p.camera)) }, icon('x-lg')));
    });
    choose(chosen, true);
    loadTimelines();
  }
  function choose(/** @type {string} */ id, again = false) {
    if (id === chosen && !again) return;
    chosen = id;
    cameraSelect.value = id;
    thumbs.setCamera(id);
    for (const p of group.pictures) p.element.dataset.chosen = String(p.camera === id && cameras.length > 1);
    picture()?.element.append(search.layer.canvas);
    search.cameraChanged();
    search.layer.setOpen(search.open, shape());
    giveSound();
    showLanes();
    loadTimelines();
    drawn = '';
    draw();
  }
  function giveSound() {
    for (const p of group.pictures) p.setVolume(p.camera === chosen && sound.on ? sound.volume : null);
    sound.setAvailable(Boolean(state.camera.get(chosen)?.audio));
  }
  function chooseCameras() {
    const picker = cameraPicker(cameras);
    const dialog = openDialog(t('playback.cameras'), h('form.dialog-body', { method: 'dialog', onsubmit: (/** @type {Event} */ e) => {
      e.preventDefault();
      const ids = /** @type {string[]} */ (picker.read() || []);
      if (ids.length > MOST) { toast(t('playback.mostCameras', { n: MOST }), 'bad'); return; }
      dialog.close();
      if (ids.length) setCameras([...cameras.filter((id) => ids.includes(id)), ...ids.filter((id) => !cameras.includes(id))]);
    } }, h('p.hint', null, t('playback.mostCameras', { n: MOST })), picker, h('div.dialog-foot', null, h('button.primary', { type: 'submit' }, t('action.save')))), { name: 'cameras' });
  }

  // Moments and ranges
  /** @param {'events'|'gaps'} which @param {number} direction */
  async function jump(which, direction) {
    const now = group.at;
    const find = (/** @type {number[]} */ list) => (direction > 0 ? list.find((m) => m > now + 500) : [...list].reverse().find((m) => m < now - 1500));
    let target = find(momentsOf(timeline.lanes, which));
    if (target === undefined) {
      const wide = await loadLanes(chosen, direction > 0 ? now : now - LONGEST, direction > 0 ? now + LONGEST : now).catch(noLanes);
      target = find(momentsOf(wide, which));
    }
    if (target === undefined) toast(t(which === 'gaps' ? 'playback.noMoreGaps' : 'playback.noMore'));
    else seek(target);
  }
  /**
   * The marked range, or 30 s up to the picture.
   * @returns {[number, number]}
   */
  function range() {
    const { markIn, markOut } = timeline;
    if (markIn !== null && markOut !== null && markOut > markIn) return [markIn, markOut];
    if (markIn !== null) return [markIn, Math.max(markIn + 1000, group.at)];
    return [group.at - 30_000, group.at];
  }
  function mark(/** @type {'markIn'|'markOut'} */ which) {
    timeline[which] = group.at;
    if (timeline.markIn !== null && timeline.markOut !== null && timeline.markOut <= timeline.markIn) timeline[which === 'markIn' ? 'markOut' : 'markIn'] = null;
    timeline.draw();
    draw();
  }
  const view = () => ({ camera: chosen, at: group.at, capture: (/** @type {number|undefined} */ w) => picture()?.capture(w) ?? null });
  const cut = () => {
    const [from, to] = range();
    if (to - from > LONGEST_CLIP) { toast(t('playback.tooLong', { span: span(LONGEST_CLIP) }), 'bad'); return; }
    if (!timeline.lanes.runs.some((r) => r.from < to && r.to > from)) { toast(t('error.nothingRecorded'), 'bad'); return; }
    download(clipUrl(chosen, from, to));
    toast(t('playback.downloading', { span: span(to - from) }));
  };
  const mayExport = () => may('post', '/exports');
  const exportRange = () => { const [from, to] = range(); void newExportDialog({ cameraIds: cameras, ranges: [{ from, to }], title: `${cameraName(chosen)} ${full(from)}` }); };
  const hold = () => { if (mayBookmark()) void holdRange(cameras, ...range()).then(loadTimelines); };
  const bookmark = () => { if (mayBookmark()) void bookmarkDialog(chosen, ...range()).then(loadTimelines); };
  const report = () => { if (mayReport()) { group.pause(); void caseDialog(view()); } };
  const share = () => {
    replaceRoute(link('playback', null, { camera: [chosen, ...cameras.filter((id) => id !== chosen)].join(','), at: iso(Math.round(group.at)) }));
    navigator.clipboard?.writeText(location.href).catch(() => {});
    toast(t('playback.linked'));
  };

  function draw() {
    const now = group.at;
    grid.dataset.state = group.state;
    grid.dataset.at = iso(now);
    if (document.activeElement !== when) when.value = full(now);
    if (group.playing && !timeline.dragging) timeline.setAt(now);
    const [from, to] = range();
    const text = timeline.markIn === null && timeline.markOut === null ? t('playback.noRange') : `${clock(from)} – ${clock(to)} (${span(to - from)})`;
    const key = [group.playing, text, speed.text, sound.text].join('|');
    if (key === drawn) return;
    drawn = key;
    fill(rangeText, text);
    fill(playButton, icon(group.playing ? 'pause-fill' : 'play-fill'));
    playButton.dataset.playing = String(group.playing);
    playButton.setAttribute('aria-label', t(group.playing ? 'playback.pause' : 'playback.play'));
    speed.draw();
    sound.draw();
  }

  /** @param {string} key @param {string} iconName @param {() => void} f @param {string} [text] */
  const button = (key, iconName, f, text) => h('button', { type: 'button', class: text ? '' : 'square', data: { act: key }, title: `${t(`key.${key}`)} (${firstKey(key)})`, 'aria-label': t(`key.${key}`), 'aria-keyshortcuts': ariaKeys(key), onclick: f }, icon(iconName), text ? h('span.wide-only', null, text) : null);
  const toggle = () => { if (group.playing) group.pause(); else group.play(); };
  const frame = (/** @type {number} */ direction) => { group.step(direction, picture()); timeline.setAt(group.at); };
  const playButton = button('play', 'play-fill', toggle);
  playButton.classList.add('primary');
  const dayStart = () => fromSiteTime(`${siteDate(group.at)}T00:00:00`);
  const month = () => timeline.show(serverNow() - LONGEST * 0.97, LONGEST);
  const fit = () => timeline.show(dayStart(), 24 * HOUR);
  const toNow = () => { group.setRate(1); seek(serverNow() - 5000); group.play(); };
  const skipBox = h('label.check', { title: t('playback.skipGapsWhy') }, h('input', { type: 'checkbox', checked: true, data: { act: 'skipGaps' }, onchange: (/** @type {any} */ e) => { group.skipGaps = e.target.checked; group.turn(); } }), t('playback.skipGaps'));
  const tabs = ['events', 'activity'].map((name) => h('button', { type: 'button', role: 'tab', data: { tab: name }, onclick: () => showTab(name) }, icon(name === 'events' ? 'list-ul' : 'activity'), t(`playbackTab.${name}`)));
  const panel = h('div.side-body', { role: 'tabpanel' });
  function showTab(/** @type {string} */ name) {
    if (!may('get', '/cameras/{id}/activity')) name = 'events';
    for (const tab of tabs) { tab.setAttribute('aria-selected', String(tab.dataset.tab === name)); tab.hidden = !may('get', '/cameras/{id}/activity') && tab.dataset.tab === 'activity'; }
    fill(panel, name === 'events' ? events : search.element);
    search.setOpen(name === 'activity');
  }
  fill(root, h('div.playback', null,
    h('div.toolbar', null, cameraSelect, button('chooseCameras', 'plus-square', chooseCameras, t('playback.cameras')), when, h('span.dim.wide-only', null, siteZone()), h('span.grow'),
      button('goNow', 'skip-end', toNow, t('playback.now')),
      h('button', { type: 'button', data: { act: 'link' }, onclick: share }, icon('link-45deg'), h('span.wide-only', null, t('playback.link'))),
      h('a.button', { href: link('live', null, { camera: chosen }) }, icon('grid-3x3-gap'), h('span.wide-only', null, t('page.live')))),
    h('div.playback-body', null, h('div.player-box', null, grid, note), h('aside.side-right', null, h('div.segmented', { role: 'tablist' }, tabs), panel)),
    h('div.timeline-box', null, timeline.slider, legend.element),
    h('div.toolbar.controls', null,
      button('previousGap', 'chevron-bar-left', () => void jump('gaps', -1)), button('previousEvent', 'skip-backward', () => void jump('events', -1)), button('back10', 'arrow-counterclockwise', () => seek(group.at - 10_000)), button('frameBack', 'chevron-left', () => frame(-1)),
      speed.reverse, playButton,
      button('frameForward', 'chevron-right', () => frame(1)), button('forward10', 'arrow-clockwise', () => seek(group.at + 10_000)), button('nextEvent', 'skip-forward', () => void jump('events', 1)), button('nextGap', 'chevron-bar-right', () => void jump('gaps', 1)), speed.select, sound.element, skipBox,
      h('span.divider'), button('zoomOut', 'zoom-out', () => timeline.zoom(1.6)), button('zoomIn', 'zoom-in', () => timeline.zoom(1 / 1.6)), button('zoomFit', 'calendar-day', fit), button('zoomMonth', 'calendar3', month),
      h('span.divider'), button('markIn', 'box-arrow-in-right', () => mark('markIn'), t('playback.in')), button('markOut', 'box-arrow-right', () => mark('markOut'), t('playback.out')), rangeText,
      h('span.grow'),
      mayBookmark() ? button('playbackBookmark', 'bookmark-plus', bookmark, t('bookmark.short')) : null,
      mayBookmark() ? button('holdRange', 'lock', hold, t('hold.short')) : null,
      mayExport() ? button('exportRange', 'box-arrow-up', exportRange, t('export.new')) : null,
      button('exportClip', 'download', cut, t('playback.clip')), button('playbackSnapshot', 'camera', () => downloadSnapshot(view())),
      mayReport() ? button('playbackCase', 'flag', report, t('case.report')) : null)));

  cameraSelect.addEventListener('change', () => setCameras(cameras.includes(cameraSelect.value) ? cameras.filter((id) => id !== chosen) : cameras.map((id) => (id === chosen ? cameraSelect.value : id))));
  when.addEventListener('change', () => {
    const found = /^(?:(\d{4}-\d{2}-\d{2})[ T])?(\d{1,2}:\d{2})(:\d{2}(?:\.\d+)?)?$/.exec(when.value.trim());
    const ms = found ? fromSiteTime(`${found[1] ?? siteDate(group.at)}T${found[2].padStart(5, '0')}${found[3]?.slice(0, 3) ?? ':00'}`) + Number(`0${found[3]?.slice(3) || ''}`) * 1000 : NaN;
    if (!Number.isFinite(ms)) { toast(t('playback.badTime'), 'bad'); return; }
    when.blur();
    seek(ms);
  });
  context.keys('playback', {
    play: toggle, back10: () => seek(group.at - 10_000), forward10: () => seek(group.at + 10_000), forward1: () => seek(group.at + 1000), back1: () => seek(group.at - 1000),
    frameBack: () => frame(-1), frameForward: () => frame(1), slower: () => speed.change(-1), faster: () => speed.change(1), reverse: () => speed.back(), stop: () => speed.stop(), onward: () => speed.onward(),
    previousEvent: () => void jump('events', -1), nextEvent: () => void jump('events', 1), previousGap: () => void jump('gaps', -1), nextGap: () => void jump('gaps', 1),
    markIn: () => mark('markIn'), markOut: () => mark('markOut'), exportClip: cut, exportRange: () => { if (mayExport()) exportRange(); }, holdRange: hold, playbackBookmark: bookmark, playbackSnapshot: () => downloadSnapshot(view()), playbackCase: report, playbackMute: () => sound.toggle(),
    zoomIn: () => timeline.zoom(1 / 1.6), zoomOut: () => timeline.zoom(1.6), zoomFit: fit, zoomMonth: month, dayStart: () => seek(dayStart()), goNow: toNow, chooseCameras, activitySearch: () => showTab(search.open ? 'events' : 'activity'),
  });
  context.every(15_000, loadTimelines);
  context.on('bookmark', loadTimelines);
  context.on('alarm', (alarm) => { if (cameras.includes(alarm.source)) loadTimelines(); });
  context.leave(() => { group.close(); timeline.close(); thumbs.close(); search.close(); });
  showTab('events');
  if (cameras.length) { setCameras(cameras); seek(first); group.play(); }
  return { update: (/** @type {import('../core/router.js').Route} */ route) => {
    const ids = camerasOf(route.query.camera);
    const moment = Date.parse(route.query.at ?? '');
    if (ids.length) { chosen = ids[0]; setCameras(ids); }
    if (Number.isFinite(moment)) { seek(moment); group.play(); }
  } };
}
