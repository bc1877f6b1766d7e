// The one table of keys: it drives the handler, the help and `aria-keyshortcuts`.

/**
 * @typedef {{id: string, keys: string[], scope: 'global'|'live'|'playback'|'alarms'}} Key
 * `keys`: as `event.key` names them, letters upper case, with `Shift+`, `Ctrl+` (also ⌘) in front; `G L` is one after the other.
 */

/** @type {Key[]} */
export const KEYS = [
  { id: 'help', keys: ['?'], scope: 'global' },
  { id: 'search', keys: ['Ctrl+K'], scope: 'global' },
  { id: 'nextAlarm', keys: ['N'], scope: 'global' },
  { id: 'previousAlarm', keys: ['Shift+N'], scope: 'global' },
  { id: 'muteSound', keys: ['Shift+M'], scope: 'global' },
  { id: 'goOverview', keys: ['G O'], scope: 'global' },
  { id: 'goLive', keys: ['G L'], scope: 'global' },
  { id: 'goPlayback', keys: ['G P'], scope: 'global' },
  { id: 'goAlarms', keys: ['G A'], scope: 'global' },
  { id: 'goCases', keys: ['G C'], scope: 'global' },
  { id: 'goSensors', keys: ['G S'], scope: 'global' },
  { id: 'goMap', keys: ['G M'], scope: 'global' },
  { id: 'goEvidence', keys: ['G E'], scope: 'global' },
  { id: 'goCompleteness', keys: ['G R'], scope: 'global' },
  { id: 'goStorage', keys: ['G D'], scope: 'global' },
  { id: 'goAudit', keys: ['G U'], scope: 'global' },
  { id: 'tile', keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], scope: 'live' },
  { id: 'fullscreen', keys: ['F'], scope: 'live' },
  { id: 'wall', keys: ['Escape'], scope: 'live' },
  { id: 'bookmark', keys: ['B'], scope: 'live' },
  { id: 'bookmarkHold', keys: ['Shift+B'], scope: 'live' },
  { id: 'snapshot', keys: ['S'], scope: 'live' },
  { id: 'caseFromPicture', keys: ['C'], scope: 'live' },
  { id: 'openPlayback', keys: ['P'], scope: 'live' },
  { id: 'tileSound', keys: ['M'], scope: 'live' },
  { id: 'replay', keys: ['R'], scope: 'live' },
  { id: 'play', keys: ['Space'], scope: 'playback' },
  { id: 'back10', keys: ['ArrowLeft'], scope: 'playback' },
  { id: 'forward10', keys: ['ArrowRight'], scope: 'playback' },
  { id: 'forward1', keys: ['ArrowUp'], scope: 'playback' },
  { id: 'back1', keys: ['ArrowDown'], scope: 'playback' },
  { id: 'frameBack', keys: [',', 'Shift+ArrowLeft'], scope: 'playback' },
  { id: 'frameForward', keys: ['.', 'Shift+ArrowRight'], scope: 'playback' },
  { id: 'reverse', keys: ['J'], scope: 'playback' },
  { id: 'stop', keys: ['K'], scope: 'playback' },
  { id: 'onward', keys: ['L'], scope: 'playback' },
  { id: 'slower', keys: ['<'], scope: 'playback' },
  { id: 'faster', keys: ['>'], scope: 'playback' },
  { id: 'previousEvent', keys: ['['], scope: 'playback' },
  { id: 'nextEvent', keys: [']'], scope: 'playback' },
  { id: 'previousGap', keys: ['{'], scope: 'playback' },
  { id: 'nextGap', keys: ['}'], scope: 'playback' },
  { id: 'markIn', keys: ['I'], scope: 'playback' },
  { id: 'markOut', keys: ['O'], scope: 'playback' },
  { id: 'exportClip', keys: ['E'], scope: 'playback' },
  { id: 'exportRange', keys: ['X'], scope: 'playback' },
  { id: 'holdRange', keys: ['Shift+E'], scope: 'playback' },
  { id: 'playbackMute', keys: ['M'], scope: 'playback' },
  { id: 'activitySearch', keys: ['A'], scope: 'playback' },
  { id: 'chooseCameras', keys: ['V'], scope: 'playback' },
  { id: 'playbackBookmark', keys: ['B'], scope: 'playback' },
  { id: 'playbackSnapshot', keys: ['S'], scope: 'playback' },
  { id: 'playbackCase', keys: ['C'], scope: 'playback' },
  { id: 'zoomIn', keys: ['+', '='], scope: 'playback' },
  { id: 'zoomOut', keys: ['-'], scope: 'playback' },
  { id: 'zoomFit', keys: ['0'], scope: 'playback' },
  { id: 'zoomMonth', keys: ['9'], scope: 'playback' },
  { id: 'dayStart', keys: ['Home'], scope: 'playback' },
  { id: 'goNow', keys: ['End'], scope: 'playback' },
  { id: 'confirmAlarm', keys: ['A'], scope: 'alarms' },
  { id: 'rejectAlarm', keys: ['X'], scope: 'alarms' },
];

/** @typedef {(event: KeyboardEvent, name: string) => void} KeyHandler */
/** @type {{scope: string, handlers: Record<string, KeyHandler>}[]} */
const bound = [];
let pending = '';
let pendingUntil = 0;

/**
 * Binds handlers by key id in a scope; returns what unbinds them.
 * @param {string} scope
 * @param {Record<string, KeyHandler>} handlers
 */
export function bindKeys(scope, handlers) {
  const entry = { scope, handlers };
  bound.push(entry);
  return () => void bound.splice(bound.indexOf(entry), 1);
}

/** The scopes whose keys work now. */
export const activeScopes = () => [...new Set(bound.map((entry) => entry.scope))];

/**
 * For a button that does the same as a key.
 * @param {string} id
 */
export function ariaKeys(id) {
  const key = KEYS.find((k) => k.id === id);
  if (!key) return undefined;
  return key.keys.map((name) => name.replace('Ctrl+', 'Control+').replace(/^\+$/, 'plus')).join(' ');
}

/**
 * What a person reads on the button or in the help.
 * @param {string} name
 */
export const keyLabel = (name) =>
  name.replace('ArrowLeft', '←').replace('ArrowRight', '→').replace('ArrowUp', '↑').replace('ArrowDown', '↓').replace('Shift+', '⇧ ').replace('Ctrl+', 'Ctrl/⌘ ').replace('Escape', 'Esc');

/** @param {string} id */
export const firstKey = (id) => keyLabel(KEYS.find((k) => k.id === id)?.keys[0] ?? '');

/** @param {KeyboardEvent} event */
function nameOf(event) {
  const letter = /^[a-z]$/i.test(event.key);
  let name = event.key === ' ' ? 'Space' : letter ? event.key.toUpperCase() : event.key;
  if ((letter || name.startsWith('Arrow')) && event.shiftKey) name = `Shift+${name}`;
  if (event.ctrlKey || event.metaKey) name = `Ctrl+${name}`;
  return name;
}

/** @param {EventTarget|null} target */
function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select') !== null);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.isComposing || event.keyCode === 229 || event.altKey || event.defaultPrevented) return;
  let name = nameOf(event);
  if (typing(event.target) && name !== 'Ctrl+K') return;
  if (document.querySelector('dialog[open]')) return;
  // What these keys do to the element itself comes first; Space does nothing to a link.
  const pressed = name === 'Space' ? 'button, summary, input, [role=option]' : name === 'Enter' ? 'button, a, summary, [role=option]' : '';
  if (pressed && event.target instanceof Element && event.target.closest(pressed)) return;
  if (pending && performance.now() < pendingUntil) name = `${pending} ${name}`;
  else if (name === 'G') {
    pending = 'G';
    pendingUntil = performance.now() + 1200;
    return;
  }
  pending = '';
  for (const entry of [...bound].reverse()) {
    const key = KEYS.find((k) => k.scope === entry.scope && k.keys.includes(name) && entry.handlers[k.id]);
    if (!key) continue;
    event.preventDefault();
    entry.handlers[key.id](event, name);
    return;
  }
}

document.addEventListener('keydown', onKey);
