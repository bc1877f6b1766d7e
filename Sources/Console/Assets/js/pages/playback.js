// Playback of a camera's recording.
import { debounce, fill, h, icon } from '../core/dom.js';
import { api, clipUrl, iso, snapshotUrl } from '../core/api.js';
import { byName, clock, codecName, fromSiteTime, full, moment, siteDate, siteZone, span, t, word } from '../core/i18n.js';
import { ariaKeys, firstKey } from '../core/keys.js';
import { link, replaceRoute } from '../core/router.js';
import { cameraName, serverNow, state, className } from '../core/store.js';
import { toast } from '../core/dialog.js';
import { RecordingPlayer } from '../media/playback.js';
import { needsPictures } from '../media/live.js';
import { readTimeline, Timeline } from '../parts/timeline.js';
import { bookmarkDialog, caseDialog, download, downloadSnapshot, holdDialog, mayBookmark, mayReport, momentLink } from '../parts/picture.js';

const RATES = [0.25, 0.5, 1, 2, 4, 8];
const HOUR = 3_600_000;
const LONGEST_CLIP = 4 * HOUR; // as long as the server cuts one

/**
 * An hour around the moment; less where the camera has been recorded for less.
 * @param {string} camera
 * @param {number} at ms
 */
function firstView(camera, at) {
  const now = serverNow();
  const first = Date.parse(state.camera.get(camera)?.recordedFrom ?? '');
  const length = Number.isFinite(first) && at >= first ? Math.min(HOUR, Math.max(HOUR / 6, (now - first) * 1.2)) : HOUR;
  const from = Math.min(at - length / 2, now - length * 0.9);
  return { from, to: from + length };
}

/** @param {HTMLElement} root @param {import('../shell.js').Context} context */
export function mount(root, context) {
  const cameras = [...state.camera.values()].sort((a, b) => byName(a.name, b.name));
  const asked = Date.parse(context.route.query.at ?? '');
  let camera = state.camera.has(context.route.query.camera) ? context.route.query.camera : cameras[0]?.id ?? '';
  let at = Number.isFinite(asked) ? asked : serverNow() - 60_000;
  let asPictures = false;
  /** @type {any} */ let pictureTimer = null;
  let frameLength = 0.04;

  const video = h('video', { muted: true, playsInline: true, tabindex: '-1' });
  video.setAttribute('playsinline', '');
  const image = h('img', { alt: '', hidden: true });
  const cover = h('div.tile-cover', { hidden: true });
  const badge = h('span.tile-badge', { hidden: true });
  const note = h('div.player-note', { role: 'status', hidden: true });
  const stamp = h('div.player-stamp');
  const screen = h('div.player', { data: { state: 'idle' } }, video, image, cover, badge, note, stamp);
  const events = h('ol.event-list', { 'aria-label': t('playback.events') });
  const rangeText = h('span.range-text');
  const cameraSelect = h('select', { id: 'playback-camera', 'aria-label': t('playback.camera') }, cameras.map((c) => h('option', { value: c.id }, c.name)));
  const when = h('input', { type: 'text', size: 19, inputMode: 'numeric', spellcheck: false, autocomplete: 'off', id: 'playback-at', 'aria-label': t('playback.at'), title: 'YYYY-MM-DD HH:MM:SS' });
  const rateSelect = h('select', { id: 'playback-rate', 'aria-label': t('playback.speed') }, RATES.map((r) => h('option', { value: String(r) }, `${r}×`)));
  rateSelect.value = '1';

  const player = new RecordingPlayer(video, { changed: draw, skipped: (gap) => say(t('playback.skipped', { span: span(gap.to - gap.from), reason: word('reason', gap.reason) })) });
  const timeline = new Timeline(firstView(camera, at), {
    seek: (ms) => seek(ms), viewed: () => loadTimeline(), now: serverNow,
    range: () => draw(),
  });
  const loadTimeline = debounce(async () => {
    if (!camera) return;
    const margin = timeline.span / 4;
    const asked = camera;
    try {
      const data = await api.get(`/cameras/${encodeURIComponent(camera)}/timeline`, { from: iso(timeline.from - margin), to: iso(Math.min(timeline.to + margin, serverNow())) });
      if (asked !== camera) return;
      timeline.data = readTimeline(data);
      timeline.setAt(timeline.at);
      drawEvents();
      draw();
    } catch { /* the stale notice in the header says that the server is away */ }
  }, 180);

  /** @param {string} text */
  function say(text) {
    fill(note, icon('skip-forward'), text);
    note.hidden = false;
    clearTimeout(note.timer);
    note.timer = setTimeout(() => { note.hidden = true; }, 5000);
  }

  const current = () => (asPictures ? at : player.at);
  /** @param {number} ms */
  function seek(ms) {
    at = Math.min(ms, serverNow());
    if (asPictures) showPicture();
    else player.seek(at);
    timeline.setAt(at);
    draw();
  }
  /** The picture asked for; the one before it stands until this one is there. */
  let pictureTurn = 0;
  let pictureComing = false;
  function showPicture() {
    const mine = ++pictureTurn;
    const next = new Image();
    pictureComing = true;
    const done = (/** @type {boolean} */ found) => {
      if (mine !== pictureTurn) return;
      pictureComing = false;
      if (found) image.src = next.src;
      image.hidden = !found || !asPictures;
      noPicture = !found;
      draw();
    };
    next.onload = () => done(true);
    next.onerror = () => done(false);
    next.src = snapshotUrl(camera, at, 1280);
  }
  let noPicture = false;
  function openCamera() {
    asPictures = needsPictures(state.camera.get(camera));
    cameraSelect.value = camera;
    timeline.data = { runs: [], gaps: [], activity: [], alarms: [], bookmarks: [], holds: [] };
    setMode();
    if (!camera) return;
    if (asPictures) seek(at);
    else player.open(camera, at);
    timeline.setAt(at);
    loadTimeline();
  }
  function setMode() {
    video.hidden = asPictures;
    image.hidden = !asPictures;
    badge.hidden = !asPictures;
    clearInterval(pictureTimer);
    const codec = codecName(state.camera.get(camera)?.codec);
    fill(badge, icon('image'), t('tile.pictures', { codec }));
    badge.title = t('tile.picturesWhy', { codec });
  }
  let picturesPlaying = false;
  function toggle() {
    if (asPictures) {
      picturesPlaying = !picturesPlaying;
      clearInterval(pictureTimer);
      // A slow answer holds the steps back instead of being overtaken.
      if (picturesPlaying) pictureTimer = setInterval(() => { if (!pictureComing) seek(at + 1000 * Math.max(1, player.rate)); }, 1000);
    } else if (player.playing) player.pause();
    else player.play();
    draw();
  }
  /** @param {number} direction */
  function frame(direction) {
    if (asPictures) seek(at + direction * 2000);
    else player.step(direction, frameLength);
  }
  /** @param {number} direction */
  function changeRate(direction) {
    const next = RATES[RATES.indexOf(player.rate) + direction];
    if (next) { player.setRate(next); rateSelect.value = String(next); }
  }
  /** @param {number} direction */
  function jump(direction) {
    const now = current();
    const marks = [...timeline.data.alarms, ...timeline.data.bookmarks].map((e) => e.from).sort((a, b) => a - b);
    const target = direction > 0 ? marks.find((m) => m > now + 500) : marks.reverse().find((m) => m < now - 1500);
    if (target === undefined) toast(t('playback.noMore'));
    else seek(target);
  }
  /**
   * The marked range, or 30 s up to the picture.
   * @returns {[number, number]}
   */
  function range() {
    const { markIn, markOut } = timeline;
    if (markIn !== null && markOut !== null && markOut > markIn) return [markIn, markOut];
    if (markIn !== null) return [markIn, Math.max(markIn + 1000, current())];
    return [current() - 30_000, current()];
  }
  function mark(/** @type {'markIn'|'markOut'} */ which) {
    timeline[which] = current();
    if (timeline.markIn !== null && timeline.markOut !== null && timeline.markOut <= timeline.markIn) timeline[which === 'markIn' ? 'markOut' : 'markIn'] = null;
    draw();
  }
  function capture(/** @type {number|undefined} */ width) {
    const from = asPictures ? image : video;
    const wide = asPictures ? image.naturalWidth : video.videoWidth;
    const high = asPictures ? image.naturalHeight : video.videoHeight;
    if (!wide) return null;
    const canvas = h('canvas');
    canvas.width = Math.min(wide, width ?? wide);
    canvas.height = Math.round((high * canvas.width) / wide);
    canvas.getContext('2d')?.drawImage(from, 0, 0, canvas.width, canvas.height);
    return canvas;
  }
  const picture = () => ({ camera, at: current(), capture });
  const exportClip = () => {
    const [from, to] = range();
    if (to - from > LONGEST_CLIP) { toast(t('playback.tooLong', { span: span(LONGEST_CLIP) }), 'bad'); return; }
    if (!timeline.data.runs.some((r) => r.from < to && r.to > from)) { toast(t('error.nothingRecorded'), 'bad'); return; }
    download(clipUrl(camera, from, to));
    toast(t('playback.downloading', { span: span(to - from) }));
  };
  const hold = () => { if (mayBookmark()) void holdDialog(camera, ...range()).then(loadTimeline); };
  const bookmark = () => { if (mayBookmark()) void bookmarkDialog(camera, ...range()).then(loadTimeline); };
  const report = () => { if (mayReport()) { player.pause(); void caseDialog(picture()); } };

  function draw() {
    const now = current();
    screen.dataset.state = asPictures ? (noPicture ? 'nothing' : picturesPlaying ? 'playing' : 'paused') : player.state;
    screen.dataset.at = iso(now);
    fill(stamp, `${cameraName(camera)}  ${full(now)}`);
    if (document.activeElement !== when) when.value = full(now);
    const texts = { loading: 'playback.loading', nothing: 'playback.nothing', atEnd: 'playback.atEnd', unsupported: 'playback.unsupported', failed: 'playback.failed' };
    const shown = asPictures ? (noPicture ? 'nothing' : 'paused') : player.state;
    const key = texts[/** @type {'nothing'} */ (shown)];
    cover.hidden = !key || shown === 'atEnd';
    if (key) {
      // Why there is nothing, where the timeline knows it.
      const gap = shown === 'nothing' ? timeline.data.gaps.find((g) => g.from <= now && now <= g.to) : undefined;
      fill(cover, icon(shown === 'loading' ? 'hourglass-split' : 'camera-video-off'), h('b', null, t(key)), gap ? h('span', null, word('reason', gap.reason)) : null);
    }
    if (!asPictures && player.state === 'unsupported') { asPictures = true; setMode(); seek(now); }
    const playing = asPictures ? picturesPlaying : player.playing;
    if (playButton.dataset.playing !== String(playing)) {
      playButton.dataset.playing = String(playing);
      fill(playButton, icon(playing ? 'pause-fill' : 'play-fill'));
      playButton.setAttribute('aria-label', t(playing ? 'playback.pause' : 'playback.play'));
    }
    const [from, to] = range();
    fill(rangeText, timeline.markIn === null && timeline.markOut === null ? t('playback.noRange') : `${clock(from)} – ${clock(to)} (${span(to - from)})`);
  }
  function drawEvents() {
    const list = [
      ...timeline.data.alarms.map((a) => ({ from: a.from, icon: 'bell', text: word('kind', a.kind), note: a.class ? className(a.class) : '', href: link('alarms', a.id) })),
      ...timeline.data.bookmarks.map((b) => ({ from: b.from, icon: b.holdId ? 'lock' : 'bookmark', text: b.title, note: b.by ?? '', href: '' })),
      ...timeline.data.gaps.filter((g) => g.to - g.from > 2000).map((g) => ({ from: g.from, icon: 'slash-circle', text: t('timeline.gap', { reason: word('reason', g.reason) }), note: span(g.to - g.from), href: '' })),
    ].filter((e) => e.from >= timeline.from - 1000 && e.from <= timeline.to).sort((a, b) => b.from - a.from).slice(0, 200);
    fill(events, list.length === 0 ? h('li.dim', null, t('playback.noEvents')) : null, list.map((e) =>
      h('li', null, h('button.event', { type: 'button', onclick: () => seek(e.from) }, icon(e.icon), h('span.mono', null, moment(e.from)), h('span.event-text', null, e.text, e.note ? h('span.dim', null, ` ${e.note}`) : null)),
        e.href ? h('a.square', { href: e.href, 'aria-label': t('playback.openAlarm') }, icon('box-arrow-up-right')) : null)));
  }

  /** @param {string} key @param {string} iconName @param {() => void} f @param {string} [text] */
  const button = (key, iconName, f, text) => h('button', { type: 'button', class: text ? '' : 'square', data: { act: key }, title: `${t(`key.${key}`)} (${firstKey(key)})`, 'aria-label': t(`key.${key}`), 'aria-keyshortcuts': ariaKeys(key), onclick: f }, icon(iconName), text ? h('span.wide-only', null, text) : null);
  const playButton = button('play', 'play-fill', toggle);
  playButton.classList.add('primary');
  const dayStart = () => fromSiteTime(`${siteDate(current())}T00:00:00`);
  fill(root, h('div.playback', null,
    h('div.toolbar', null, cameraSelect, when, h('span.dim.wide-only', null, siteZone()), h('span.grow'),
      button('goNow', 'skip-end', () => seek(serverNow() - 5000), t('playback.now')),
      h('button', { type: 'button', onclick: () => { replaceRoute(momentLink(camera, Math.round(current()))); toast(t('playback.linked')); } }, icon('link-45deg'), h('span.wide-only', null, t('playback.link'))),
      h('a.button', { href: link('live', null, { camera }) }, icon('grid-3x3-gap'), h('span.wide-only', null, t('page.live')))),
    h('div.playback-body', null, screen, h('aside.side-right', null, h('h2', null, t('playback.events')), events)),
    timeline.slider,
    h('div.toolbar.controls', null,
      button('previousEvent', 'skip-backward', () => jump(-1)), button('back10', 'arrow-counterclockwise', () => seek(current() - 10_000)), button('frameBack', 'chevron-left', () => frame(-1)), playButton,
      button('frameForward', 'chevron-right', () => frame(1)), button('forward10', 'arrow-clockwise', () => seek(current() + 10_000)), button('nextEvent', 'skip-forward', () => jump(1)), rateSelect,
      h('span.divider'), button('zoomOut', 'zoom-out', () => timeline.zoom(1.6)), button('zoomIn', 'zoom-in', () => timeline.zoom(1 / 1.6)), button('zoomFit', 'calendar-day', () => timeline.fit(dayStart())),
      h('span.divider'), button('markIn', 'box-arrow-in-right', () => mark('markIn'), t('playback.in')), button('markOut', 'box-arrow-right', () => mark('markOut'), t('playback.out')), rangeText,
      h('span.grow'),
      mayBookmark() ? button('playbackBookmark', 'bookmark-plus', bookmark, t('bookmark.short')) : null,
      mayBookmark() ? button('holdRange', 'lock', hold, t('hold.short')) : null,
      button('exportClip', 'download', exportClip, t('playback.clip')), button('playbackSnapshot', 'camera', () => downloadSnapshot(picture())),
      mayReport() ? button('playbackCase', 'flag', report, t('case.report')) : null)));

  cameraSelect.addEventListener('change', () => { at = current(); camera = cameraSelect.value; openCamera(); });
  when.addEventListener('change', () => {
    const found = /^(\d{4}-\d{2}-\d{2})[ T](\d{1,2}:\d{2})(:\d{2})?$/.exec(when.value.trim());
    const ms = found ? fromSiteTime(`${found[1]}T${found[2].padStart(5, '0')}${found[3] ?? ':00'}`) : NaN;
    if (!Number.isFinite(ms)) { toast(t('playback.badTime'), 'bad'); return; }
    timeline.show(ms - timeline.span / 2, timeline.span);
    seek(ms);
    when.blur();
  });
  rateSelect.addEventListener('change', () => player.setRate(Number(rateSelect.value)));
  if ('requestVideoFrameCallback' in video) {
    let last = 0;
    let presented = 0;
    const seen = (/** @type {number} */ _now, /** @type {any} */ meta) => {
      const length = meta.mediaTime - last;
      if (meta.presentedFrames === presented + 1 && player.rate <= 1 && !video.paused && length > 0.008 && length < 0.2) frameLength = length;
      last = meta.mediaTime;
      presented = meta.presentedFrames;
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  }
  context.keys('playback', {
    play: toggle, back10: () => seek(current() - 10_000), forward10: () => seek(current() + 10_000), forward1: () => seek(current() + 1000), back1: () => seek(current() - 1000),
    frameBack: () => frame(-1), frameForward: () => frame(1), slower: () => changeRate(-1), faster: () => changeRate(1), previousEvent: () => jump(-1), nextEvent: () => jump(1),
    markIn: () => mark('markIn'), markOut: () => mark('markOut'), exportClip, holdRange: hold, playbackBookmark: bookmark, playbackSnapshot: () => downloadSnapshot(picture()), playbackCase: report,
    zoomIn: () => timeline.zoom(1 / 1.6), zoomOut: () => timeline.zoom(1.6), zoomFit: () => timeline.fit(dayStart()), dayStart: () => seek(dayStart()), goNow: () => seek(serverNow() - 5000),
  });
  context.every(250, () => { if (player.playing || player.state === 'loading') { timeline.setAt(current()); draw(); } });
  context.every(15_000, loadTimeline);
  context.on('bookmark', loadTimeline);
  context.on('alarm', loadTimeline);
  context.leave(() => { clearInterval(pictureTimer); player.close(); timeline.close(); });
  openCamera();
  if (camera && !asPictures) player.play();
  return { update: (/** @type {import('../core/router.js').Route} */ route) => {
    const moment = Date.parse(route.query.at ?? '');
    if (state.camera.has(route.query.camera)) camera = route.query.camera;
    if (Number.isFinite(moment)) at = moment;
    openCamera();
  } };
}
