// Importing a file: first a trial with its report, then for good.
import { fill, h, icon } from '../core/dom.js';
import { api, iso, queryText } from '../core/api.js';
import { errorText, openDialog, toast } from '../core/dialog.js';
import { fromSiteTime, t, word } from '../core/i18n.js';
import { reportView } from './baseReport.js';

const DATUMS = ['wgs84', 'cgcs2000', 'gcj02', 'bd09'];

/**
 * @param {{title: string, path: string, accept: string, type: string, modes?: boolean, mode?: string, datum?: boolean, dated?: boolean, view?: (report: any) => HTMLElement, file?: Blob}} options
 * @returns {Promise<boolean>} whether it was taken
 */
export function importDialog(options) {
  return new Promise((resolve) => {
    let taken = false;
    const file = h('input', { type: 'file', accept: options.accept, id: 'base-file' });
    const mode = h('select', { 'aria-label': t('base.mode') }, ['merge', 'replace'].map((m) => h('option', { value: m }, word('baseMode', m))));
    const datum = h('select', { 'aria-label': t('base.datum') }, DATUMS.map((d) => h('option', { value: d }, word('datum', d))));
    const note = h('input', { type: 'text', maxLength: 500, placeholder: t('base.note'), 'aria-label': t('base.note') });
    const from = h('input', { type: 'datetime-local', 'aria-label': t('base.validFrom') });
    const report = h('div', { 'aria-live': 'polite' });
    const trial = h('button', { type: 'button', id: 'base-trial', onclick: () => run(true) }, icon('eyeglasses'), t('base.trial'));
    const take = h('button.primary', { type: 'button', id: 'base-take', disabled: true, onclick: () => run(false) }, icon('check2'), t('base.take'));
    const chosen = () => options.file ?? file.files?.[0];
    /** @param {boolean} isTrial */
    async function run(isTrial) {
      const content = chosen();
      if (!content) { fill(report, h('p.form-error', null, t('base.noFile'))); return; }
      trial.disabled = true;
      take.disabled = true;
      try {
        const query = { trial: isTrial ? '1' : '0', mode: options.modes ? mode.value : options.mode, datum: options.datum ? datum.value : undefined,
          note: options.dated ? note.value : undefined, validFrom: options.dated && from.value ? iso(fromSiteTime(from.value)) : undefined };
        const found = await api.post(options.path + queryText(query), new Blob([content], { type: options.type }));
        fill(report, (options.view ?? reportView)(found));
        const good = found.findings.length === 0;
        take.disabled = !(isTrial && good);
        if (!isTrial && good) {
          taken = true;
          toast(t('base.taken'), 'good');
          dialog.close();
        }
      } catch (error) { fill(report, h('p.form-error', { role: 'alert' }, errorText(error))); }
      trial.disabled = false;
    }
    file.addEventListener('change', () => { take.disabled = true; fill(report); });
    for (const control of [mode, datum]) control.addEventListener('change', () => { take.disabled = true; });
    const body = h('div.dialog-body', null,
      options.file ? null : h('div.field', null, h('label', { for: 'base-file' }, t('base.file')), file),
      h('div.toolbar', null, options.modes ? mode : null, options.datum ? datum : null, options.dated ? [note, h('label', null, t('base.validFrom'), ' ', from)] : null),
      report, h('div.dialog-foot', null, h('button', { type: 'button', onclick: () => dialog.close() }, t('action.cancel')), trial, take));
    const dialog = openDialog(options.title, body, { wide: true, name: 'base-import', onClose: () => resolve(taken) });
  });
}
