// A stream that was tried: what it is, in a table, and what should be known about it.
import { h, icon } from '../core/dom.js';
import { codecName, number, t, word } from '../core/i18n.js';

/** @param {any} value @param {number} digits @param {string} unit */
const figure = (value, digits, unit) => (value === null || value === undefined ? '–' : `${number(value, digits)} ${unit}`);

/** @param {any} report of POST /cameras/probe */
function groups(report) {
  if (report.keyFrameSeconds === null) return t('probe.oneGroup');
  const every = t('probe.groupEvery', { seconds: number(report.keyFrameSeconds, 2), frames: number(report.keyFrameFrames, 1) });
  if (report.constant === null) return every;
  return `${every} · ${report.constant ? t('probe.constant') : t('probe.varies', { from: number(report.keyFrameSecondsLeast, 2), to: number(report.keyFrameSecondsMost, 2) })}`;
}

/** @param {any} report */
function sound(report) {
  const left = report.leftOut.length ? ` (${t('probe.leftOut', { streams: report.leftOut.join(', ') })})` : '';
  return (report.audio ? t('probe.audioIs', { codec: report.audio.codec, rate: number(report.audio.sampleRate, 0), channels: report.audio.channels }) : t('probe.noAudio')) + left;
}

/** @param {any} report */
function rate(report) {
  const declared = report.declaredFrameRate === null ? '' : ` (${t('probe.declared', { rate: number(report.declaredFrameRate, 2) })})`;
  return `${figure(report.frameRate, 2, t('probe.perSecond'))}${declared} · ${figure(report.bitRate / 1e6, 2, 'Mbit/s')}`;
}

/**
 * One stream's report.
 * @param {string} title @param {any} report
 */
export function probeReport(title, report) {
  const rows = [
    ['probe.source', report.source],
    ['probe.video', [codecName(report.codec), report.profile, report.width ? `${report.width}×${report.height}` : null].filter(Boolean).join(' · ')],
    ['probe.rate', rate(report)],
    ['probe.groups', groups(report)],
    ['probe.audio', sound(report)],
    ['probe.start', t('probe.startText', { connect: number(report.connectSeconds, 2), key: report.firstKeyFrameSeconds === null ? '–' : number(report.firstKeyFrameSeconds, 2) })],
    ['probe.clock', report.clockDriftMilliseconds === null ? '–' : t('probe.clockText', { ms: number(report.clockDriftMilliseconds, 1) })],
    ['probe.measured', t('probe.measuredText', { frames: report.frames, seconds: number(report.measuredSeconds, 1), pause: number(report.longestPauseSeconds, 2) })],
  ];
  return h('section.probe', { data: { probe: report.recordable ? 'good' : 'bad' } }, h('h3', null, title),
    h('dl.facts', null, rows.map(([key, value]) => [h('dt', null, t(key)), h('dd', null, value)])),
    h('ul.advice', null, report.advice.map((/** @type {any} */ a) => h('li', { data: { advice: a.code, severity: a.severity } },
      icon(a.severity === 'warning' ? 'exclamation-triangle' : a.code === 'good' ? 'check-circle' : 'info-circle'), ' ', t(`advice.${a.code}`, { ...a.params, codec: a.params.codec ? codecName(a.params.codec) : '' })))));
}

/** @param {any} problem an answer of POST /cameras/probe that is no report */
export const probeFailure = (problem) =>
  h('p.form-error', { role: 'alert' }, t('probe.failed', { reason: word('reason', problem.params?.reason ?? 'sourceError') }), h('br'), h('span.dim.small', null, problem.message));
