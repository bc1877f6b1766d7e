// Reports: tickets with how far each is, the form that takes one, cases that may be the same problem side by side.
import { may } from '../core/abilities.js';
import { debounce, fill, h, icon } from '../core/dom.js';
import { api, iso } from '../core/api.js';
import { errorText, formDialog, openDialog, toast, toastError } from '../core/dialog.js';
import { full, isChinese, moment, number, span, t, word } from '../core/i18n.js';
import { link } from '../core/router.js';
import { className, isRole, serverNow } from '../core/store.js';
import { channels } from './channels.js';
import { caseState, empty, failed } from './marks.js';
import { photoField, upload } from './photo.js';
import { classPicker, clientId, positionFields } from './picture.js';

/** @param {any} report */
export const channelName = (report) => (isChinese() ? report.channelName : report.channelNameEn || report.channelName);
/** @param {any} report */
export const reportStage = (report) => h('span.tag', { data: { stage: report.stage } }, word('stage', report.stage));

/**
 * The stages a report has passed, with their times.
 * @param {any} report
 */
export const stageList = (report) =>
  h('ol.stages', { 'aria-label': t('report.progress') }, (report.steps ?? []).map((/** @type {any} */ step, /** @type {number} */ i, /** @type {any[]} */ all) =>
    h('li', { data: { stage: step.stage }, 'aria-current': i === all.length - 1 ? 'step' : undefined }, h('b', null, word('stage', step.stage)), h('time.mono.dim', { datetime: step.at }, full(step.at)))));

/** @param {string[]} urls */
export const voicePlayers = (urls) => urls.map((url) => h('audio', { src: url, controls: true, preload: 'none', 'aria-label': t('report.voice') }));

/** @param {string[]} urls @param {string} label */
const pictures = (urls, label) =>
  h('div.pictures', null, urls.length ? urls.map((url) => h('a', { href: url, target: '_blank', rel: 'noopener' }, h('img', { src: url, alt: label, loading: 'lazy' }))) : h('p.dim', null, t('tile.noPicture')));

/**
 * Takes a report on any channel; while it is typed, cases that may be the same problem are named.
 * @param {string} [caseId] the case that it is of, when somebody knows already
 */
export async function reportDialog(caseId) {
  const id = clientId();
  const all = await channels();
  const groups = ['public', 'supervision'].map((group) => all.filter((c) => c.group === group)).flat();
  const classes = classPicker();
  const position = positionFields(null);
  const same = h('div.same-hint', { role: 'status' });
  let chosen = caseId ?? '';
  const look = debounce(async () => {
    const at = position.read();
    const code = classes.read();
    fill(same);
    chosen = caseId ?? '';
    if (!at || !code || caseId) return;
    const found = (await api.get('/duplicates', { class: code, lat: at.lat, lon: at.lon }).catch(() => ({ items: [] }))).items;
    if (found.length === 0) return;
    fill(same, h('b', null, t('duplicates.maybe')), h('ul', null, found.slice(0, 3).map((/** @type {any} */ d) => h('li', null, h('label.check', null,
      h('input', { type: 'checkbox', onchange: (/** @type {Event} */ e) => {
        const box = /** @type {HTMLInputElement} */ (e.target);
        for (const other of same.querySelectorAll('input')) if (other !== box) other.checked = false;
        chosen = box.checked ? d.case.id : '';
      } }), `${d.case.number} · ${word('caseState', d.case.state)} · ${t('duplicates.metres', { n: number(d.metres, 0) })} · ${moment(d.case.openedAt)}`)))), h('p.hint', null, t('duplicates.linkHint')));
  }, 400);
  classes.addEventListener('change', look);
  classes.addEventListener('input', look);
  position.addEventListener('input', look);
  const acceptor = isRole('acceptor');
  const made = await formDialog({
    title: t('report.new'), name: 'new-report', wide: true, submit: t('report.take'),
    before: acceptor ? same : null,
    fields: [
      isRole('unit') ? null : { name: 'channel', label: t('report.channel'), type: /** @type {'select'} */ ('select'), value: acceptor ? '12345' : undefined, options: groups.map((c) => ({ value: c.id, label: isChinese() ? c.name : c.nameEn })) },
      { name: 'class', label: t('case.class'), required: true, element: classes },
      { name: 'address', label: t('case.address') },
      { name: 'position', label: t('case.position'), element: position },
      { name: 'description', label: t('case.description'), type: /** @type {'textarea'} */ ('textarea'), maxLength: 500 },
      acceptor ? { name: 'reporter', label: t('report.reporter'), maxLength: 100 } : null,
      acceptor ? { name: 'contact', label: t('report.contact'), maxLength: 100, hint: t('report.contactHint') } : null,
      { name: 'photo', label: t('case.photo'), element: photoField(t('case.photo')) },
    ].flatMap((field) => (field ? [/** @type {import('../core/dialog.js').Field} */ (field)] : [])),
    send: async (values) => {
      const { photo, ...body } = values;
      return api.post('/reports', { ...body, photos: photo ? [await upload(photo)] : [], caseId: chosen || null, clientId: id, at: iso(serverNow()) });
    },
  });
  if (made?.ticket) toast(t('report.taken', { ticket: made.ticket }), 'good');
  return made;
}

/**
 * Notes what a reporter says of a closed case.
 * @param {any} report
 */
export const callBackDialog = (report) => formDialog({
  title: `${t('callBack.title')} · ${report.ticket}`, name: 'callback', submit: t('action.save'),
  before: h('p', null, [report.reporter, report.contact].filter(Boolean).join(' · ') || t('callBack.noContact')),
  fields: [
    { name: 'result', label: t('callBack.result'), type: 'radio', required: true, value: 'satisfied', options: ['satisfied', 'unsatisfied', 'unreachable'].map((value) => ({ value, label: word('callBackResult', value) })) },
    { name: 'note', label: t('field.note'), type: 'textarea', maxLength: 500, hint: t('callBack.hint') },
  ],
  send: (values) => api.post(`/reports/${encodeURIComponent(report.ticket)}/callback`, { result: values.result, note: values.note || null }),
});

/**
 * Two cases side by side, as far as a person needs to say whether they are one problem.
 * @param {any} item the case in question
 * @param {any} found a candidate
 * @param {() => void} done
 */
function compare(item, found, done) {
  const other = found.case;
  const column = (/** @type {any} */ c, /** @type {string} */ title) => h('section', null, h('h3', null, title),
    h('p', null, h('a.mono', { href: link('cases', c.id) }, c.number), ' ', caseState(c)), pictures(c.snapshots ?? [], c.number),
    h('dl.facts', null, h('dt', null, t('case.place')), h('dd', null, c.address || c.cell || '–'), h('dt', null, t('field.opened')), h('dd.mono', null, full(c.openedAt)), h('dt', null, t('case.description')), h('dd', null, c.description || '–')));
  const mergeable = (item.actions ?? []).includes('merge') && !['closed', 'selfHandled', 'archived'].includes(other.state);
  const body = h('div.dialog-body', null,
    h('p', null, `${t('duplicates.metres', { n: number(found.metres, 0) })} · ${t('duplicates.apart', { span: span(found.secondsApart * 1000) })} · ${t('duplicates.reports', { n: found.reports })}`),
    h('div.side-by-side', null, column(item, t('duplicates.this')), column(other, t('duplicates.other'))),
    h('div.dialog-foot', null, h('button', { type: 'button', onclick: () => dialog.close() }, t('duplicates.different')),
      mergeable ? h('button.primary', { type: 'button', id: 'merge', onclick: async () => {
        try {
          await api.post(`/cases/${encodeURIComponent(item.id)}/actions/merge`, { into: other.id });
          toast(t('duplicates.merged', { number: other.number }), 'good');
          dialog.close();
          done();
        } catch (error) { toastError(error); }
      } }, icon('link-45deg'), t('duplicates.merge')) : h('p.hint', null, t('duplicates.closedHint'))));
  const dialog = openDialog(t('duplicates.title'), body, { wide: true, name: 'duplicate' });
}

/**
 * Cases that may be the same problem as one; a person looks at both and decides.
 * @param {any} item
 * @param {() => void} changed
 */
export function duplicatesPanel(item, changed) {
  const list = h('div');
  async function load() {
    try {
      const found = (await api.get(`/cases/${encodeURIComponent(item.id)}/duplicates`)).items;
      fill(list, found.length === 0 ? h('p.dim', null, t('duplicates.none')) : h('ul.duplicates', null, found.map((/** @type {any} */ d) =>
        h('li', { data: { case: d.case.id, likely: String(d.likely) } }, h('button', { type: 'button', onclick: () => compare(item, d, changed) }, icon('layout-split'), t('duplicates.compare')),
          h('div', null, h('b.mono', null, d.case.number), ' ', caseState(d.case), d.likely ? h('span.tag', { data: { likely: 'true' } }, t('duplicates.likely')) : null,
            h('p.dim', null, `${className(d.case.class, d.case.className)} · ${t('duplicates.metres', { n: number(d.metres, 0) })} · ${moment(d.case.openedAt)} · ${t('duplicates.reports', { n: d.reports })}`))))));
    } catch (error) { fill(list, failed(errorText(error), load)); }
  }
  void load();
  return h('section.panel', null, h('h2', null, t('duplicates.title')), list);
}

/**
 * The reports of a case, each with its ticket.
 * @param {string} caseId
 */
export function reportsPanel(caseId) {
  const list = h('div');
  const load = async () => {
    try {
      const found = await api.all('/reports', { caseId }, 500);
      fill(list, found.length === 0 ? empty(t('report.none')) : h('ul.tickets', null, found.map((r) => h('li', { data: { ticket: r.ticket } }, h('a.mono', { href: link('reports', r.ticket) }, r.ticket), h('span', null, channelName(r)), h('span.mono.dim', null, moment(r.happenedAt)), reportStage(r)))));
    } catch (error) { fill(list, failed(errorText(error), load)); }
  };
  void load();
  return h('section.panel.no-print', null, h('div.toolbar', null, h('h2', null, t('report.ofCase')), h('span.grow'), isRole('acceptor') && may('post', '/reports') ? h('button', { type: 'button', onclick: async () => { if ((await reportDialog(caseId))?.ticket) await load(); } }, icon('plus-lg'), t('report.another')) : null), list);
}
