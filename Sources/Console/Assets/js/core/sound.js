// Sounds of alarms by severity, made with WebAudio; one at a time; muting ends by itself.
import { remembered, remember } from './store.js';

/** @type {AudioContext|null} */
let context = null;
let busyUntil = 0;
let mutedUntil = Number(remembered('mutedUntil', 0));
let enabled = Boolean(remembered('sound', true));

/**
 * Tones of each severity: [hertz, seconds from the start, seconds long].
 * @type {Record<string, [number, number, number][]>}
 */
const TONES = {
  critical: [[880, 0, 0.16], [660, 0.2, 0.16], [880, 0.4, 0.16], [660, 0.6, 0.2]],
  warning: [[660, 0, 0.14], [660, 0.22, 0.18]],
  info: [[520, 0, 0.14]],
};

// A browser lets a page sound only after a first gesture.
for (const event of ['pointerdown', 'keydown']) {
  document.addEventListener(event, () => {
    context ??= typeof AudioContext === 'function' ? new AudioContext() : null;
    if (context?.state === 'suspended') void context.resume();
  }, { passive: true });
}

export const sound = {
  get enabled() { return enabled; },
  set enabled(value) { enabled = value; remember('sound', value); },
  /** Ms for which it stays muted. */
  get mutedFor() { return Math.max(0, mutedUntil - Date.now()); },
  /** @param {number} ms 0 unmutes */
  mute(ms) { mutedUntil = ms ? Date.now() + ms : 0; remember('mutedUntil', mutedUntil); },
  /** @param {string} severity */
  play(severity) {
    if (!enabled || this.mutedFor > 0 || !context || context.state !== 'running' || document.hidden) return;
    const now = context.currentTime;
    if (now < busyUntil) return;
    const tones = TONES[severity] ?? TONES.info;
    busyUntil = now + Math.max(...tones.map(([, at, long]) => at + long)) + 0.4;
    for (const [hertz, at, long] of tones) {
      const oscillator = context.createOscillator();
      const gain = context.createGain();
      oscillator.frequency.value = hertz;
      gain.gain.setValueAtTime(0, now + at);
      gain.gain.linearRampToValueAtTime(0.16, now + at + 0.02);
      gain.gain.setValueAtTime(0.16, now + at + long - 0.04);
      gain.gain.linearRampToValueAtTime(0, now + at + long);
      oscillator.connect(gain).connect(context.destination);
      oscillator.start(now + at);
      oscillator.stop(now + at + long);
    }
  },
};
