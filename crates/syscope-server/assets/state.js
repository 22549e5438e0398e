// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// What the reader has chosen. It is in the URL's fragment, so that a link shows the same; the token and the theme are
// not, because they are the reader's own.

import { FIELDS } from './filter.js';
import { COLUMNS } from './flows.js';

const TOPS = [6, 12, 24, 48];
const SORTS = /^-?(name|calls|failed|share|time|mean)$/;

/** What holds if nothing was chosen. */
export function initial() {
  return { mode: 'total', top: 12, columns: null, filter: Object.fromEntries(FIELDS.map((field) => [field, ''])), sort: { owner: '-calls', syscall: '-calls', error: '-calls' }, job: '' };
}

/** State from a fragment (`#mode=rate&pod=web-1`). What is unknown or wrong is left out. */
export function parse(fragment) {
  const state = initial();
  const read = new URLSearchParams(fragment.replace(/^#/, ''));
  if (read.get('mode') === 'rate') state.mode = 'rate';
  const top = Number(read.get('top'));
  if (TOPS.includes(top)) state.top = top;
  const columns = (read.get('columns') ?? '').split(',');
  const chosen = COLUMNS.filter((column) => columns.includes(column));
  if (chosen.length >= 2) state.columns = chosen;
  for (const field of FIELDS) state.filter[field] = (read.get(field) ?? '').slice(0, 512);
  for (const table of Object.keys(state.sort)) {
    const sort = read.get(`sort.${table}`) ?? '';
    if (SORTS.test(sort)) state.sort[table] = sort;
  }
  state.job = (read.get('job') ?? '').slice(0, 256);
  return state;
}

/** The fragment of a state, without what is as it is by itself. */
export function write(state) {
  const plain = initial();
  const out = new URLSearchParams();
  if (state.mode !== plain.mode) out.set('mode', state.mode);
  if (state.top !== plain.top) out.set('top', String(state.top));
  if (state.columns !== null) out.set('columns', state.columns.join(','));
  for (const field of FIELDS) if (state.filter[field] !== '') out.set(field, state.filter[field]);
  for (const table of Object.keys(plain.sort)) {
    if (state.sort[table] !== plain.sort[table]) out.set(`sort.${table}`, state.sort[table]);
  }
  if (state.job !== '') out.set('job', state.job);
  const text = out.toString();
  return text === '' ? '' : `#${text}`;
}

/** The state of the page. Listeners are told what it became, whether the page or the address bar changed it. */
export class State {
  constructor(window) {
    this.window = window;
    this.value = parse(window.location.hash);
    this.listeners = [];
    window.addEventListener('hashchange', () => {
      this.value = parse(window.location.hash);
      this.tell();
    });
  }

  listen(listener) {
    this.listeners.push(listener);
  }

  tell() {
    for (const listener of this.listeners) listener(this.value);
  }

  /** Some members get new values. */
  set(change) {
    this.value = { ...this.value, ...change };
    const { location, history } = this.window;
    const address = location.pathname + location.search + write(this.value);
    // One step of `back` per change of the filter; the rest is not worth one.
    if ('filter' in change) history.pushState(null, '', address);
    else history.replaceState(null, '', address);
    this.tell();
  }

  /** Fields of the filter get new patterns. */
  filter(change) {
    this.set({ filter: { ...this.value.filter, ...change } });
  }

  /** Whether the filter has all of these patterns. */
  has(patterns) {
    return Object.entries(patterns).every(([field, pattern]) => this.value.filter[field] === pattern);
  }

  /** These patterns are set; or cleared, if that is what is set. */
  toggle(patterns) {
    const clear = this.has(patterns);
    this.filter(Object.fromEntries(Object.entries(patterns).map(([field, pattern]) => [field, clear ? '' : pattern])));
  }
}
