// Building elements without a framework and without inline styles or handlers.

/** @typedef {Node|string|number|null|undefined|false|any[]} Child */

/**
 * Makes an element: `h('button.primary', {onclick: f, 'aria-label': 'x', data: {state: 'live'}}, 'text')`.
 * @param {string} spec tag name with `.class` parts
 * @param {Record<string, any>|null} [props]
 * @param {...Child} children
 * @returns {any}
 */
export function h(spec, props, ...children) {
  const [tag, ...classes] = spec.split('.');
  const element = document.createElement(tag || 'div');
  if (classes.length) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key === 'class') element.classList.add(...String(value).split(' ').filter(Boolean));
    else if (key === 'data') Object.assign(element.dataset, value);
    else if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== 'string') /** @type {any} */ (element)[key] = value;
    else if (key === 'value') /** @type {any} */ (element).value = value;
    else element.setAttribute(key, value === true ? '' : String(value));
  }
  add(element, children);
  return element;
}

/** @param {Element} parent @param {Child[]} children */
export function add(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) add(parent, child);
    else parent.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Replaces what an element holds.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

/**
 * One of the packaged icons, drawn in the colour of the text.
 * @param {string} name
 */
export function icon(name) {
  const span = h('span.icon', { 'aria-hidden': 'true' });
  span.style.setProperty('--icon', `url(/assets/icons/${name}.svg)`);
  return span;
}

/** @param {string} tag @param {Record<string, any>} attributes @param {...(Node|string)} children */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/**
 * Calls `f` at most once per `ms`, with the last arguments.
 * @template {any[]} A
 * @param {(...a: A) => void} f
 * @param {number} ms
 */
export function debounce(f, ms) {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  return (/** @type {A} */ ...a) => {
    clearTimeout(timer);
    timer = setTimeout(() => f(...a), ms);
  };
}
