// The editor of a sensor's rules: every kind that a rule of one sensor can have, parts within parts.
import { fill, h, icon } from '../core/dom.js';
import { t, word } from '../core/i18n.js';
import { state } from '../core/store.js';
import { fieldName } from './sensor.js';

/** @typedef {HTMLElement & {read: () => any, find: (path: string) => HTMLElement|null}} RuleEditor */

const KINDS = ['above', 'below', 'between', 'outside', 'rate', 'stuck', 'state', 'noData', 'all', 'any', 'not'];
/** What each kind says besides the field. */
const SAYS = /** @type {Record<string, string[]>} */ ({
  above: ['value', 'clearBelow'], below: ['value', 'clearAbove'], between: ['from', 'to', 'clearMargin'], outside: ['from', 'to', 'clearMargin'],
  rate: ['value', 'per', 'clearBelow', 'clearAbove'], stuck: ['value'], state: ['is', 'isNot'], noData: [], all: [], any: [], not: [],
});
const JOINED = ['all', 'any', 'not'];
const NUMBERS = ['value', 'from', 'to', 'clearBelow', 'clearAbove', 'clearMargin'];
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const SEVERITIES = ['', 'info', 'warning', 'critical'];

/** One list of classes for all rules. */
function classList() {
  const known = document.getElementById('rule-classes');
  if (known) known.remove();
  return h('datalist', { id: 'rule-classes' }, state.site.classes.map((/** @type {any} */ c) => h('option', { value: c.code }, c.name)));
}

/**
 * One rule, or (`part`) a condition within one.
 * @param {any} rule as the server writes it
 * @param {{profile: () => string, part?: boolean, removed: () => void}} options
 * @returns {RuleEditor}
 */
function ruleEditor(rule, options) {
  const { part = false } = options;
  /** @type {Map<string, any>} */ let inputs = new Map();
  /** @type {RuleEditor[]} */ let parts = (rule.of ?? []).map(partEditor);
  /** Kept while the kind changes there and back. @type {Record<string, any>} */ let kept = { ...rule };
  const kind = h('select', { 'aria-label': t('rules.kind'), data: { field: 'kind' }, onchange: () => { kept = { ...kept, ...values() }; draw(); } }, KINDS.filter((k) => !part || k !== 'noData').map((k) => h('option', { value: k }, word('kind', k))));
  kind.value = rule.kind ?? 'above';
  const body = h('div.rule-fields');
  const list = h('div.rule-parts');
  /** @param {any} one @returns {RuleEditor} */
  function partEditor(one) {
    const editor = ruleEditor(one, { profile: options.profile, part: true, removed: () => { parts = parts.filter((p) => p !== editor); drawParts(); } });
    return editor;
  }
  function drawParts() {
    fill(list, parts, h('button', { type: 'button', data: { add: 'part' }, onclick: () => { parts.push(partEditor({ kind: 'above' })); drawParts(); } }, icon('plus-lg'), t('rules.addPart')));
    list.hidden = !JOINED.includes(kind.value);
  }
  /** @param {string} name @param {any} input @param {string} [label] */
  function labelled(name, input, label = t(`rules.${name}`)) {
    input.dataset.field = name;
    inputs.set(name, input);
    return h('label.rule-field', null, h('span', null, label), input);
  }
  /** @param {string} name @param {string} [hint] */
  const text = (name, hint) => h('input', { type: NUMBERS.includes(name) ? 'number' : 'text', step: 'any', maxLength: 100, value: shown(kept[name]), placeholder: hint ?? '', autocomplete: 'off' });
  function draw() {
    inputs = new Map([['kind', kind]]);
    const joined = JOINED.includes(kind.value);
    const span = t('rules.spanHint');
    const schedule = kept.schedule ?? {};
    fill(body,
      joined || kind.value === 'noData' ? null : labelled('field', text('field', `value: ${fieldName(options.profile(), 'value')}`)),
      SAYS[kind.value].map((name) => labelled(name, text(name, name === 'per' ? span : name.startsWith('is') ? t('rules.statesHint') : ''), kind.value === 'rate' && name === 'value' ? t('rules.change') : kind.value === 'stuck' ? t('rules.tolerance') : undefined)),
      !part || kind.value === 'stuck' ? labelled('for', text('for', span), kind.value === 'noData' ? t('rules.silence') : undefined) : null,
      part ? null : [
        kind.value === 'noData' ? null : labelled('clearFor', text('clearFor', span)),
        labelled('severity', choice(SEVERITIES, kept.severity, (v) => (v ? word('severity', v) : t('rules.usual')))),
        labelled('class', h('input', { list: 'rule-classes', value: kept.class ?? '', maxLength: 20, autocomplete: 'off' })),
        labelled('id', text('id', t('rules.idHint'))),
        labelled('schedule.days', h('select', { multiple: true, size: 3 }, DAYS.map((d, i) => h('option', { value: d, selected: (schedule.days ?? []).includes(d) }, word('day', `d${i}`))))),
        labelled('schedule.hours', h('input', { value: (schedule.hours ?? []).join(', '), placeholder: '18:00-06:00', autocomplete: 'off' })),
      ]);
    drawParts();
  }
  /** @param {string[]} options @param {string|undefined} value @param {(v: string) => string} name */
  function choice(options, value, name) {
    const select = h('select', null, options.map((o) => h('option', { value: o }, name(o))));
    select.value = value ?? '';
    return select;
  }
  /** What the fields say now; empty ones are absent. @returns {Record<string, any>} */
  function values() {
    /** @type {Record<string, any>} */ const found = {};
    for (const [name, input] of inputs) {
      const value = input.multiple ? '' : input.value.trim();
      if (name.startsWith('schedule.') || value === '') continue;
      found[name] = NUMBERS.includes(name) ? Number(value) : name === 'is' || name === 'isNot' ? value.split(/[,\uff0c\u3001\s]+/).filter(Boolean) : value;
    }
    const days = [...(inputs.get('schedule.days')?.selectedOptions ?? [])].map((o) => o.value);
    const hours = (inputs.get('schedule.hours')?.value ?? '').split(/[,\uff0c\u3001]/).map((/** @type {string} */ s) => s.trim()).filter(Boolean);
    if (days.length || hours.length) found.schedule = { ...(days.length ? { days } : {}), ...(hours.length ? { hours } : {}) };
    if (JOINED.includes(kind.value)) found.of = parts.map((p) => p.read());
    return found;
  }
  draw();
  return Object.assign(h('fieldset.rule-card', { data: { part: String(part) } },
    h('div.rule-head', null, kind, h('span.grow'), h('button.ghost.square', { type: 'button', 'aria-label': t('rules.remove'), title: t('rules.remove'), onclick: options.removed }, icon('trash'))), body, list), {
    read: () => ({ kind: kind.value, ...values() }),
    /** @param {string} path as a mistake names it: `of[1].value`, `clearBelow` */
    find: (path) => {
      const inner = path.match(/^of\[(\d+)\]\.(.*)$/);
      return inner ? parts[Number(inner[1])]?.find(inner[2]) ?? null : inputs.get(path) ?? inputs.get(path.split('.')[0]) ?? null;
    },
  });
}

/** @param {any} value */
const shown = (value) => (value === undefined || value === null ? '' : Array.isArray(value) ? value.join(', ') : String(value));

/**
 * The rules of one sensor.
 * @param {any[]} rules
 * @param {() => string} profile the profile that is chosen at the moment
 */
export function rulesEditor(rules, profile) {
  const list = h('div.rule-list');
  /** @type {RuleEditor[]} */ let editors = [];
  /** @param {any} rule */
  function add(rule) {
    const editor = ruleEditor(rule, { profile, removed: () => { editors = editors.filter((e) => e !== editor); editor.remove(); } });
    editors.push(editor);
    list.append(editor);
    return editor;
  }
  rules.forEach(add);
  return Object.assign(h('div.rules-editor', null, classList(), list,
    h('button', { type: 'button', id: 'add-rule', onclick: () => { add({ kind: 'above' }).querySelector('select')?.focus(); } }, icon('plus-lg'), t('rules.add'))), {
    read: () => editors.map((e) => e.read()),
    /** @param {string} field as a mistake names it: `rules[0].for` */
    find: (field) => {
      const inner = field.match(/^rules\[(\d+)\](?:\.(.*))?$/);
      return inner ? editors[Number(inner[1])]?.find(inner[2] ?? 'kind') ?? null : null;
    },
    /** Takes the marks of mistakes away. */
    clear: () => { for (const input of list.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid'); },
  });
}
