// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Rows folded into the nodes and links of the Sankey. Pure.
//
// A node is told apart by its column and what it stands for, so a pod and a container of one name, or a call named like
// a class, are different nodes and no loop can arise. Per column the largest `top` have nodes of their own; all others
// are one node, `N more`. Nothing is left out: each column sums up to the same total.

import { passes } from './counts.js';
import { exactly } from './filter.js';

/** The columns, from left to right, and what they stand for. */
export const COLUMNS = ['namespace', 'pod', 'class', 'syscall', 'error'];

// What an owner is in each column: `{key, kind, name, filter}`. `filter` has the patterns that a click sets, by field.
function namespaceOf(owner) {
  if (owner.namespace !== '') return { key: `n${owner.namespace}`, kind: 'namespace', name: owner.namespace, filter: { namespace: exactly(owner.namespace) } };
  if (owner.pod !== '' || owner.container !== '') {
    return { key: 'c', kind: 'containers', name: 'containers', filter: { namespace: '-', container: '?*' } };
  }
  return { key: 'h', kind: 'host', name: 'host', filter: { namespace: '-', container: '-' } };
}

function podOf(owner) {
  if (owner.pod !== '') {
    const filter = { namespace: exactly(owner.namespace), pod: exactly(owner.pod) };
    return { key: `p${JSON.stringify([owner.namespace, owner.pod])}`, kind: 'pod', name: owner.pod, namespace: owner.namespace, filter };
  }
  if (owner.container !== '') {
    const filter = { namespace: exactly(owner.namespace), pod: '-', container: exactly(owner.container) };
    return { key: `c${JSON.stringify([owner.namespace, owner.container])}`, kind: 'container', name: owner.container, filter };
  }
  if (owner.unit !== '') return { key: `u${owner.unit}`, kind: 'unit', name: owner.unit, filter: { unit: exactly(owner.unit) } };
  return { key: 'h', kind: 'host', name: 'no unit', filter: { container: '-', unit: '-' } };
}

const READERS = {
  namespace: ['owner', 'owners', namespaceOf],
  pod: ['owner', 'owners', podOf],
  class: ['syscall', 'syscalls', (call) => {
    const name = call.class || 'unknown';
    return { key: `c${call.class}`, kind: 'class', name, filter: { class: exactly(call.class) } };
  }],
  syscall: ['syscall', 'syscalls', (call) => ({ key: `s${call.name}`, kind: 'syscall', name: call.name, class: call.class, filter: { syscall: exactly(call.name) } })],
  error: ['error', 'errors', (error) => ({ key: `e${error}`, kind: error === 'OK' ? 'ok' : 'error', name: error, filter: { error: exactly(error) } })],
};

/** The distinct things of a column, and which of them each entry of its table is. */
function distinct(column, tables) {
  const [, table, read] = READERS[column];
  const numbers = new Map();
  const things = [];
  const of = Uint32Array.from(tables[table], (entry) => {
    const thing = read(entry);
    let number = numbers.get(thing.key);
    if (number === undefined) {
      number = things.length;
      numbers.set(thing.key, number);
      things.push(thing);
    }
    return number;
  });
  return { things, of };
}

/**
 * The Sankey of a view (`Counts.view`): `{total, columns, nodes, links}`.
 *
 * `columns[i]` is `{column, nodes}`; a node is `{id, column, kind, name, filter, value, failed, folded}`, where `folded`
 * is how many things the node stands for if it is `N more`, else 0; a link is `{source, target, value, failed}` with ids
 * of nodes. Nodes are in the order in which they are drawn.
 */
export function flows(view, { columns = COLUMNS, top = 12 } = {}) {
  const { rows, pass, tables, ok } = view;
  const parts = columns.map((column) => ({ column, index: READERS[column][0], ...distinct(column, tables) }));

  const kept = passing(rows, pass);
  // How large each thing is now and, to order them, was lately; how much of it failed.
  for (const part of parts) {
    part.at = kept.map((at) => part.of[rows[part.index][at]]);
    part.value = new Float64Array(part.things.length);
    part.failed = new Float64Array(part.things.length);
    add(part.value, part.at, kept, rows.calls);
    add(part.failed, part.at, kept, rows.calls, (at) => rows.error[at] !== ok);
    part.rank = part.value;
  }
  const sum = kept.reduce((all, at) => all + rows.calls[at], 0);
  const failedSum = kept.reduce((all, at) => all + (rows.error[at] === ok ? 0 : rows.calls[at]), 0);
  if (view.weight.length !== 1 || view.weight[0] !== rows) rank(parts, view);

  for (const part of parts) choose(part, top);
  const links = join(parts, view, kept);
  return {
    total: sum,
    failed: failedSum,
    columns: parts.map((part) => ({ column: part.column, nodes: part.nodes })),
    nodes: parts.flatMap((part) => part.nodes),
    links,
  };
}

/** The places of the rows that the masks let pass. */
function passing(rows, pass) {
  const kept = new Uint32Array(rows.length);
  let length = 0;
  for (let at = 0; at < rows.length; at += 1) {
    if (!passes(pass, rows, at)) continue;
    kept[length] = at;
    length += 1;
  }
  return kept.subarray(0, length);
}

function add(to, things, kept, calls, only) {
  for (let place = 0; place < kept.length; place += 1) {
    if (only === undefined || only(kept[place])) to[things[place]] += calls[kept[place]];
  }
}

function rank(parts, { weight, pass }) {
  for (const part of parts) part.rank = new Float64Array(part.things.length);
  for (const rows of weight) {
    const kept = passing(rows, pass);
    for (const part of parts) {
      const [index, { of, rank: sums }] = [rows[part.index], part];
      for (const at of kept) sums[of[index[at]]] += rows.calls[at];
    }
  }
}

/** The nodes of a column, and to which of them each thing belongs. */
function choose(part, top) {
  const { things, value, rank: weight } = part;
  const seen = [];
  for (let thing = 0; thing < things.length; thing += 1) if (value[thing] > 0) seen.push(thing);
  const byName = (a, b) => (things[a].name < things[b].name ? -1 : things[a].name > things[b].name ? 1 : 0);
  seen.sort((a, b) => weight[b] - weight[a] || byName(a, b));
  // `1 more` says less than the name of the one, and takes as much room.
  const kept = seen.length <= top + 1 ? seen : seen.slice(0, top);
  // That calls succeed is always shown apart, however few do: an OK among `N more` errors would look like one.
  if (part.column === 'error') {
    const fine = seen.find((thing) => things[thing].kind === 'ok');
    if (fine !== undefined && !kept.includes(fine)) kept[kept.length - 1] = fine;
  }
  part.nodeOf = new Int32Array(things.length).fill(-1);
  part.nodes = kept.map((thing, place) => {
    part.nodeOf[thing] = place;
    const { key, ...what } = things[thing];
    return { id: `${part.column}:${key}`, column: part.column, ...what, value: value[thing], failed: part.failed[thing], folded: 0 };
  });
  const rest = seen.filter((thing) => part.nodeOf[thing] < 0);
  if (rest.length > 0) {
    for (const thing of rest) part.nodeOf[thing] = kept.length;
    part.nodes.push({
      // No thing has this id: the keys of things begin with a letter for their kind.
      id: `${part.column}:\0more`,
      column: part.column,
      kind: 'more',
      name: `${rest.length} more`,
      filter: null,
      value: rest.reduce((all, thing) => all + value[thing], 0),
      failed: rest.reduce((all, thing) => all + part.failed[thing], 0),
      folded: rest.length,
    });
  }
}

function join(parts, { rows, ok }, kept) {
  const links = [];
  for (let left = 0; left + 1 < parts.length; left += 1) {
    const [from, to] = [parts[left], parts[left + 1]];
    const width = to.nodes.length;
    const value = new Float64Array(from.nodes.length * width);
    const failed = new Float64Array(value.length);
    for (let place = 0; place < kept.length; place += 1) {
      const at = kept[place];
      const link = from.nodeOf[from.at[place]] * width + to.nodeOf[to.at[place]];
      value[link] += rows.calls[at];
      if (rows.error[at] !== ok) failed[link] += rows.calls[at];
    }
    for (let link = 0; link < value.length; link += 1) {
      if (value[link] === 0) continue;
      const [source, target] = [from.nodes[Math.floor(link / width)].id, to.nodes[link % width].id];
      links.push({ source, target, value: value[link], failed: failed[link] });
    }
  }
  return links;
}
