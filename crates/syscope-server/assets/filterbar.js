// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The bar with the filter that holds for all charts.

import { byId, element, setText } from './element.js';
import { active, exactly, FIELDS, matcher } from './filter.js';
import { visible } from './format.js';

const LABELS = {
  namespace: 'Namespace', pod: 'Pod', container: 'Container', unit: 'Unit', class: 'Class', syscall: 'System call', error: 'Result',
};
/** So many suggestions a field has. */
const SUGGESTED = 1000;
const HELP = 'A name as it is; * and ? stand for any characters; ! in front excludes; - alone is none';

export class Filterbar {
  constructor(state) {
    this.state = state;
    this.known = '';
    this.fields = byId('filter-fields');
    this.inputs = new Map();
    this.lists = new Map();
    for (const field of FIELDS) {
      const list = element('datalist', { id: `known-${field}` });
      const input = element('input', {
        id: `filter-${field}`, type: 'text', list: list.id, placeholder: 'any', autocomplete: 'off', spellcheck: false, title: HELP, maxLength: 512, onchange: () => this.state.filter({ [field]: input.value.trim() }),
      });
      this.inputs.set(field, input);
      this.lists.set(field, list);
      this.fields.append(element('label', { class: 'field' }, element('span', {}, LABELS[field]), input, list));
    }
    this.note = byId('filter-note');
    this.clear = byId('filter-clear');
    this.clear.addEventListener('click', () => this.state.filter(Object.fromEntries(FIELDS.map((field) => [field, '']))));
    this.open = byId('filter-open');
    this.open.addEventListener('click', () => {
      const open = this.fields.toggleAttribute('data-open');
      this.open.setAttribute('aria-expanded', String(open));
    });
    this.fields.addEventListener('submit', (event) => event.preventDefault());
    byId('filter-failed').addEventListener('click', () => this.state.filter({ error: this.state.value.filter.error === '!OK' ? '' : '!OK' }));
  }

  /** The filter is what the state says. */
  show(filter) {
    let set = 0;
    for (const [field, input] of this.inputs) {
      if (input.value !== filter[field]) input.value = filter[field];
      input.classList.toggle('set', filter[field] !== '');
      if (filter[field] !== '') set += 1;
    }
    this.clear.disabled = !active(filter);
    byId('filter-failed').setAttribute('aria-pressed', String(filter.error === '!OK'));
    setText(this.open, set === 0 ? 'Filter' : `Filter (${set})`);
  }

  /** What there is to choose from; a filter that nothing known matches is told. */
  suggest(tables, filter) {
    const values = {
      namespace: tables.owners.map((owner) => owner.namespace),
      pod: tables.owners.map((owner) => owner.pod),
      container: tables.owners.map((owner) => owner.container),
      unit: tables.owners.map((owner) => owner.unit),
      class: tables.syscalls.map((call) => call.class),
      syscall: tables.syscalls.map((call) => call.name),
      error: tables.errors,
    };
    const size = `${tables.owners.length} ${tables.syscalls.length} ${tables.errors.length}`;
    if (size !== this.known) {
      this.known = size;
      for (const field of FIELDS) {
        const names = [...new Set(values[field])].filter((name) => name !== '').sort().slice(0, SUGGESTED);
        this.lists.get(field).replaceChildren(...names.map((name) => element('option', { value: exactly(name), label: visible(name, 120) })));
      }
    }
    const strange = FIELDS.filter((field) => {
      const test = matcher(filter[field]);
      return test !== null && tables.owners.length > 0 && !values[field].some(test);
    });
    setText(this.note, strange.length === 0 ? '' : `Nothing known matches ${strange.map((field) => `${LABELS[field].toLowerCase()} “${visible(filter[field], 80)}”`).join(', ')}. A name must be whole, or have a *.`);
  }
}
