// What a change of base data would do, or has done, in words and tables.
import { h, icon } from '../core/dom.js';
import { full, number, sentence, t, word } from '../core/i18n.js';
import { className, unitName } from '../core/store.js';

/** @param {any[]} findings */
export const findingTable = (findings) => h('div.table-wrap.report-table', null, h('table.table', null,
  h('thead', null, h('tr', null, ['base.line', 'base.column', 'base.value', 'base.problem', 'base.remedy'].map((k) => h('th', { scope: 'col' }, t(k))))),
  h('tbody', null, findings.map((f) => h('tr', null, h('td.mono', null, f.line ?? '–'), h('td.mono', null, f.column ?? f.file), h('td.wrap', null, f.value ?? ''), h('td.wrap', null, sentence('finding', f.problem)), h('td.wrap', null, sentence('finding', f.remedy)))))));

/** @param {any} fault */
export const faultText = (fault) => `${word('gridFault', fault.kind)}${fault.areaM2 ? ` · ${number(fault.areaM2, 1)} m²` : ''}${fault.detail ? ` · ${fault.detail}` : ''}`;

/**
 * The lines of an effect that is not nothing.
 * @param {any} effect
 */
function effectLines(effect) {
  const lines = [];
  if (effect.addedClasses) lines.push(t('baseEffect.addedClasses', { n: effect.addedClasses }));
  if (effect.removedClasses) lines.push(t('baseEffect.removedClasses', { n: effect.removedClasses }));
  if (effect.classesDueOtherwise) lines.push(t('baseEffect.deadlines', { n: effect.classesDueOtherwise }));
  if (effect.classesAlarmedOtherwise) lines.push(t('baseEffect.alarms', { n: effect.classesAlarmedOtherwise }));
  if (effect.addedCells || effect.removedCells) lines.push(t('baseEffect.cells', { added: effect.addedCells, removed: effect.removedCells }));
  if (effect.reassigned) lines.push(t('baseEffect.reassigned', { n: effect.reassigned }));
  for (const unit of effect.units ?? []) lines.push(t('baseEffect.unit', { unit: unitName(unit.unit), gained: unit.gained, lost: unit.lost }));
  if (effect.unclearBefore !== effect.unclearAfter) lines.push(t('baseEffect.unclear', { before: effect.unclearBefore, after: effect.unclearAfter }));
  return lines.length ? lines : [t('baseEffect.none')];
}

/**
 * One line for the history.
 * @param {any} effect
 */
export const effectText = (effect) => (effect ? effectLines(effect).join(t('list.comma')) : '–');

/**
 * A report of an import, an edit or a way back.
 * @param {any} report
 */
export function reportView(report) {
  const rows = Object.entries(report.rows ?? {}).map(([set, n]) => t('base.rowsOf', { set: word('baseSet', set), added: n.added, changed: n.changed, removed: n.removed }));
  const good = report.findings.length === 0;
  return h('div.report', { data: { good: String(good) } },
    h('p', null, icon(good ? 'check-circle' : 'exclamation-triangle'), h('b', null, good ? t('base.canBeTaken') : t('base.refused', { n: report.findings.length }))),
    rows.length ? h('ul', null, rows.map((line) => h('li', null, line))) : null,
    report.effect ? [h('h3', null, t('base.effect')), h('ul.effect', null, effectLines(report.effect).map((line) => h('li', null, line))),
      report.effect.deadlines.length ? h('div.table-wrap.report-table', null, h('table.table', null,
        h('thead', null, h('tr', null, ['case.class', 'base.level', 'base.dueBefore', 'base.dueAfter'].map((k) => h('th', { scope: 'col' }, t(k))))),
        h('tbody', null, report.effect.deadlines.map((/** @type {any} */ d) => h('tr', null, h('td', null, `${d.class} ${className(d.class)}`), h('td', null, d.level), h('td.mono', null, d.before ? full(d.before) : '–'), h('td.mono', null, d.after ? full(d.after) : '–')))))) : null] : null,
    report.faults.length ? [h('h3', null, t('base.faults', { n: report.faults.length })), h('ul', null, report.faults.slice(0, 50).map((/** @type {any} */ f) => h('li', null, faultText(f), ' ', h('span.mono.dim', null, f.cells.slice(0, 6).join(' ')))))] : null,
    good ? null : findingTable(report.findings));
}
