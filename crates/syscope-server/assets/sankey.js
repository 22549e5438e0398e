// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The Sankey: who calls what, and how it ends.

import { Chart, tip, tooltip } from './chart.js';
import { byId, element, setText } from './element.js';
import { COLUMNS, flows } from './flows.js';
import { count, percent, short, visible } from './format.js';
import { colour, nodeColour } from './palette.js';

const NAMES = { namespace: 'Namespace', pod: 'Pod or unit', class: 'Class', syscall: 'System call', error: 'Result' };
/** Below this width three columns are all that can be read. */
const NARROW = 640;
const FEW = ['pod', 'syscall', 'error'];
/** How long a chart under the pointer stays as it is, at most. */
const HELD_MS = 10000;

export class Sankey {
  constructor(state) {
    this.state = state;
    this.data = { total: 0, failed: 0, columns: [], nodes: [], links: [] };
    this.seconds = 0;
    this.heads = byId('sankey-heads');
    this.empty = byId('sankey-empty');
    this.target = byId('sankey');
    this.controls();
    this.chart = new Chart(this.target, () => this.option());
    this.marks();
    this.chart.chart.on('click', (event) => this.click(event));
    this.chart.chart.on('mouseover', () => { this.heldUntil = performance.now() + HELD_MS; });
    this.chart.chart.on('mouseout', () => { this.heldUntil = 0; });
    this.chart.chart.on('globalout', () => { this.heldUntil = 0; });
  }

  controls() {
    const box = byId('sankey-columns');
    this.boxes = new Map(COLUMNS.map((column) => {
      const input = element('input', { type: 'checkbox', onchange: () => this.choose() });
      box.append(element('label', { class: 'chip' }, input, NAMES[column]));
      return [column, input];
    }));
    this.top = byId('sankey-top');
    this.top.addEventListener('change', () => this.state.set({ top: Number(this.top.value) }));
  }

  choose() {
    const columns = COLUMNS.filter((column) => this.boxes.get(column).checked);
    // One column alone has no links to draw.
    if (columns.length >= 2) this.state.set({ columns });
    else this.marks();
  }

  get columns() {
    return this.state.value.columns ?? (this.chart.width < NARROW ? FEW : COLUMNS);
  }

  marks() {
    for (const [column, input] of this.boxes) input.checked = this.columns.includes(column);
    this.top.value = String(this.state.value.top);
  }

  /** A new view; `now` draws it even under the pointer. */
  show(view, now) {
    this.view = view;
    this.seconds = view.seconds;
    this.fold();
    const largest = Math.max(4, ...this.data.columns.map((column) => column.nodes.length));
    const height = `${Math.max(this.chart.width < NARROW ? 360 : 440, largest * 25 + 40)}px`;
    this.empty.hidden = this.data.total > 0;
    const none = view.seconds === 0 ? 'Waiting for the next reply, to compare with…' : 'No calls in the last interval match.';
    setText(this.empty, view.mode === 'rate' ? none : 'No calls match.');
    if (!now && performance.now() < (this.heldUntil ?? 0)) return;
    if (this.target.style.height !== height) this.target.style.height = height;
    this.chart.refresh();
  }

  fold() {
    this.data = flows(this.view, { columns: this.columns, top: this.state.value.top });
    this.byId = new Map(this.data.nodes.map((node) => [node.id, node]));
  }

  /** Calls as they are shown: since the start, or per second. */
  amount(calls) {
    return this.seconds > 0 ? `${short(calls / this.seconds)}/s` : short(calls);
  }

  option() {
    if (this.view !== undefined && this.data.columns.length !== this.columns.length) this.fold();
    this.marks();
    const narrow = this.chart.width < NARROW;
    const count = this.data.columns.length;
    const right = narrow ? 96 : 150;
    const left = 4;
    const nodeWidth = narrow ? 9 : 12;
    const step = count > 1 ? (this.chart.width - left - right - nodeWidth) / (count - 1) : 0;
    this.headings(left, step);
    const letters = (depth) => Math.floor(((depth === count - 1 ? right : step) - nodeWidth - 8) / 6.4);
    const depth = new Map(this.data.columns.map(({ column }, at) => [column, at]));
    this.describe();
    return {
      tooltip: { ...tooltip((parameters) => this.tip(parameters)), trigger: 'item' },
      series: [{
        type: 'sankey',
        left,
        right,
        top: 6,
        bottom: 10,
        nodeWidth,
        nodeGap: 13,
        nodeAlign: 'left',
        // The order of the data is the order on the page: it was chosen so that nothing jumps.
        layoutIterations: 0,
        draggable: false,
        cursor: 'pointer',
        emphasis: { focus: 'adjacency', lineStyle: { opacity: 0.6 } },
        blur: { itemStyle: { opacity: 0.35 }, lineStyle: { opacity: 0.05 }, label: { opacity: 0.4 } },
        lineStyle: { color: 'gradient', opacity: 0.26, curveness: 0.5 },
        label: {
          position: 'right',
          distance: 6,
          fontSize: narrow ? 11 : 12,
          color: colour('text'),
          textBorderColor: colour('card'),
          textBorderWidth: 3,
          rich: { v: { color: colour('muted'), fontSize: narrow ? 10 : 11, textBorderColor: colour('card'), textBorderWidth: 3 } },
          formatter: ({ name }) => this.label(this.byId.get(name), letters(depth.get(this.byId.get(name)?.column))),
        },
        data: this.data.nodes.map((node) => {
          const color = nodeColour(node);
          return { name: node.id, value: node.value, depth: depth.get(node.column), itemStyle: { color, borderColor: color, borderWidth: 1 } };
        }),
        links: this.data.links,
      }],
    };
  }

  label(node, letters) {
    if (node === undefined) return '';
    const value = this.amount(node.value);
    const room = Math.max(6, letters - value.length - 1);
    // The value alone is styled (`{v|...}`). A name can't style itself: its braces are followed by a space of no width.
    const name = middle(visible(node.name, 256), room).replaceAll('{', '{\u200b');
    return `${name} {v|${value}}`;
  }

  headings(left, step) {
    const names = this.data.columns.map(({ column }) => column);
    while (this.heads.children.length > names.length) this.heads.lastChild.remove();
    names.forEach((column, at) => {
      const head = this.heads.children[at] ?? this.heads.appendChild(element('span', {}));
      setText(head, NAMES[column]);
      head.style.left = `${left + at * step}px`;
    });
  }

  tip({ dataType, data }) {
    if (dataType === 'edge') {
      const [from, to] = [this.byId.get(data.source), this.byId.get(data.target)];
      if (from === undefined || to === undefined) return null;
      return tip(`${visible(from.name, 120)} → ${visible(to.name, 120)}`, this.lines(data, from));
    }
    const node = this.byId.get(data.name);
    if (node === undefined) return null;
    const lines = this.lines(node);
    if (node.kind === 'pod') lines.unshift(['namespace', visible(node.namespace, 120) || '(none)']);
    if (node.kind === 'syscall') lines.unshift(['class', visible(node.class || 'unknown', 60)]);
    return tip(visible(node.name, 200), [...lines, ['', node.folded > 0 ? 'click to show more of them' : 'click to filter']]);
  }

  lines({ value, failed }, of) {
    const lines = [['calls', count(value)]];
    if (this.seconds > 0) lines.push(['per second', short(value / this.seconds)]);
    lines.push(['share of all', percent(value / this.data.total)]);
    if (of !== undefined) lines.push([`share of ${visible(of.name, 40)}`, percent(value / of.value)]);
    lines.push(['failed', `${count(failed)} (${percent(failed / value)})`]);
    return lines;
  }

  describe() {
    const parts = this.data.columns.map(({ column, nodes }) => {
      const named = nodes.slice(0, 3).map((node) => `${visible(node.name, 60)} ${percent(node.value / this.data.total)}`);
      return `${NAMES[column]}: ${named.join(', ')}`;
    });
    this.chart.describe(`Sankey of ${count(this.data.total)} calls. ${parts.join('. ')}. The tables below have the same numbers, and buttons to filter.`);
  }

  click({ dataType, data }) {
    if (dataType !== 'node') return;
    const node = this.byId.get(data.name);
    if (node === undefined) return;
    this.heldUntil = 0;
    if (node.folded > 0) {
      const tops = [...this.top.options].map((option) => Number(option.value));
      this.state.set({ top: tops.find((top) => top > this.state.value.top) ?? tops.at(-1) });
      return;
    }
    this.state.toggle(node.filter);
  }
}

/** At most `room` characters of a name: the beginning and the end, which tells pods of one deployment apart. */
function middle(text, room) {
  const letters = [...text];
  if (letters.length <= room) return text;
  const end = Math.min(5, Math.floor(room / 3));
  return `${letters.slice(0, room - end - 1).join('')}…${letters.slice(-end).join('')}`;
}
