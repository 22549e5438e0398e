// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The top tables: by container, by call, by error.

import { byId, element, setAttribute, setText } from './element.js';
import { exactly } from './filter.js';
import { count, duration, percent, short, visible } from './format.js';
import { sums } from './counts.js';
import { arrange } from './order.js';

/** So many rows are drawn; those below are one line at the end. */
const SHOWN = 100;

const VALUES = {
  name: (row) => row.name,
  calls: (row) => row.calls,
  failed: (row) => row.failed,
  share: (row) => row.failed / row.calls,
  time: (row) => row.ns,
  mean: (row) => row.ns / row.calls,
};
const TITLES = {
  name: '', calls: 'Calls', failed: 'Errors', share: 'Failing', time: 'Time', mean: 'Mean',
};

function ofOwner({ entry }) {
  const { namespace, pod, container, unit } = entry;
  if (container !== '' || pod !== '') {
    return {
      first: container || pod,
      second: [namespace, container === '' ? '' : pod].filter(Boolean).join('/'),
      filter: { namespace: exactly(namespace), pod: exactly(pod), container: exactly(container) },
    };
  }
  if (unit !== '') return { first: unit, second: 'host', filter: { unit: exactly(unit) } };
  return { first: 'no unit', second: 'host', filter: { container: '-', unit: '-' } };
}

const KINDS = {
  owner: { head: 'Container or unit', columns: ['calls', 'failed', 'share'], of: ofOwner },
  syscall: { head: 'System call', columns: ['calls', 'failed', 'share', 'mean'], of: ({ entry }) => ({ first: entry.name, second: entry.class, filter: { syscall: exactly(entry.name) } }) },
  error: { head: 'Result', columns: ['calls', 'part'], of: ({ entry }) => ({ first: entry, second: '', filter: { error: exactly(entry) } }) },
};

/** One of the tables. `kind` is the column of the rows that it sums by. */
export class Table {
  constructor(kind, state) {
    Object.assign(this, { kind, state, ...KINDS[kind] });
    const box = byId(`table-${kind}`);
    this.search = box.querySelector('input[type=search]');
    this.search.addEventListener('input', () => this.draw());
    this.body = element('tbody');
    this.heads = new Map();
    const row = element('tr');
    const names = ['name', ...this.columns];
    for (const name of names) {
      if (name === 'part') {
        row.append(element('th', { scope: 'col', class: 'number' }, 'Share'));
        continue;
      }
      const button = element('button', { type: 'button', onclick: () => this.sort(name) }, name === 'name' ? this.head : TITLES[name]);
      const head = element('th', { scope: 'col', class: name === 'name' ? 'name' : 'number' }, button);
      this.heads.set(name, head);
      row.append(head);
    }
    this.foot = element('td', { colSpan: names.length });
    this.footRow = element('tr', { hidden: true }, this.foot);
    box.querySelector('.scroll').append(element('table', {}, element('thead', {}, row), this.body, element('tfoot', {}, this.footRow)));
    this.rows = [];
    this.drawn = [];
  }

  get order() {
    const sort = this.state.value.sort[this.kind];
    return { name: sort.replace('-', ''), down: sort.startsWith('-') };
  }

  sort(name) {
    const order = this.order;
    const down = order.name === name ? !order.down : name !== 'name';
    this.state.set({ sort: { ...this.state.value.sort, [this.kind]: `${down ? '-' : ''}${name}` } });
  }

  show(view, latency) {
    this.view = view;
    this.latency = latency;
    this.rows = sums(view, this.kind).map((row) => {
      const { first, second, filter } = this.of(row);
      return { ...row, first, second, filter, name: `${first} ${second}` };
    });
    this.draw();
  }

  draw() {
    if (this.view === undefined) return;
    const order = this.order;
    const name = this.heads.has(order.name) ? order.name : 'calls';
    for (const [column, head] of this.heads) {
      setAttribute(head, 'aria-sort', column !== name ? null : order.down ? 'descending' : 'ascending');
      if (column === 'mean') head.hidden = !this.latency;
    }
    const rows = arrange(this.rows, { text: this.search.value, value: VALUES[name], down: order.down, say: (row) => row.name });
    this.all = rows.reduce((sum, row) => sum + row.calls, 0);
    const most = rows.reduce((largest, row) => Math.max(largest, row.calls), 1);
    rows.slice(0, SHOWN).forEach((row, at) => this.put(at, row, most));
    while (this.drawn.length > Math.min(rows.length, SHOWN)) this.drawn.pop().line.remove();
    const more = rows.slice(SHOWN);
    this.footRow.hidden = more.length === 0 && rows.length > 0;
    setText(this.foot, rows.length === 0 ? (this.search.value ? 'Nothing is called so.' : 'No calls match.')
      : `and ${count(more.length)} more with ${this.amount(more.reduce((sum, row) => sum + row.calls, 0))} calls`);
  }

  amount(calls) {
    return this.view.seconds > 0 ? `${short(calls / this.view.seconds)}/s` : short(calls);
  }

  // Lines are kept and filled anew, so that neither the focus nor the scroll position is lost.
  put(at, row, most) {
    const line = this.drawn[at] ?? this.add();
    line.row = row;
    setText(line.first, visible(row.first, 200));
    setText(line.second, visible(row.second, 200));
    setAttribute(line.button, 'title', `${visible(row.second === '' ? row.first : `${row.second}/${row.first}`, 400)}\nClick to filter`);
    setAttribute(line.button, 'aria-pressed', String(this.state.has(row.filter)));
    setText(line.calls, this.amount(row.calls));
    setAttribute(line.calls, 'title', `${count(row.calls)} calls`);
    const width = `${Math.max(0.5, (row.calls / most) * 100).toFixed(1)}%`;
    if (line.bar.style.width !== width) line.bar.style.width = width;
    if (line.part) setText(line.part, percent(row.calls / this.all));
    if (line.failed) {
      setText(line.failed, row.failed === 0 ? '–' : this.amount(row.failed));
      setAttribute(line.failed, 'title', `${count(row.failed)} errors`);
      setText(line.share, row.failed === 0 ? '–' : percent(row.failed / row.calls));
      line.share.classList.toggle('bad', row.failed / row.calls > 0.1);
    }
    if (line.mean) {
      setText(line.mean, row.ns > 0 ? duration(row.ns / row.calls) : '–');
      line.mean.hidden = !this.latency;
    }
  }

  add() {
    const cells = Object.fromEntries(this.columns.map((column) => [column, element('td', { class: 'number' })]));
    const [first, second, bar] = [element('span', { class: 'first' }), element('span', { class: 'second' }), element('span', { class: 'meter' })];
    const button = element('button', { type: 'button', onclick: () => this.state.toggle(line.row.filter) }, first, second);
    const line = { ...cells, first, second, bar, button, line: element('tr', {}, element('th', { scope: 'row', class: 'name' }, button, bar), ...Object.values(cells)) };
    this.body.append(line.line);
    this.drawn.push(line);
    return line;
  }
}
