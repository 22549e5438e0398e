// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// What was counted, over time. The agent's tables and rows come with each reply anew; here each owner, call and error
// keeps one number for as long as the page is open, so that two replies can be compared. Pure.

import { masks } from './filter.js';

/** How many replies are remembered as differences: ten minutes at one each two seconds. */
export const REMEMBERED = 300;
/** And how many of their rows: 28 bytes each, so 42 MB. Where 20,000 rows change all the time that is two minutes. */
const ROWS_REMEMBERED = 1500000;
/** So many owners, calls or errors; beyond it (containers that came and went for days) the page begins anew. */
const KNOWN = 20000;
/** Over how many replies the order of the charts is decided: half a minute. */
const RANKED = 15;

/** Entries by the text that tells them apart, in the order in which they came. */
class Table {
  constructor(key) {
    this.key = key;
    this.entries = [];
    this.numbers = new Map();
  }

  /** The numbers of these entries here, by their place in the reply. */
  take(entries) {
    return Uint32Array.from(entries, (entry) => {
      const key = this.key(entry);
      let number = this.numbers.get(key);
      if (number === undefined) {
        number = this.entries.length;
        this.numbers.set(key, number);
        this.entries.push(entry);
      }
      return number;
    });
  }
}

// Rows are told apart by one number: owner, call, error. 2^53 has room for 2^24 owners of 2^16 calls of 2^13 errors;
// an error's number is below 4096.
const CALLS = 2 ** 16;
const ERRORS = 2 ** 13;

/** Rows as columns: `length` rows, of which row `i` is `owner[i]`, `syscall[i]`, `error[i]`, `calls[i]`, `ns[i]`. */
class Rows {
  constructor(length) {
    this.length = length;
    this.owner = new Uint32Array(length);
    this.syscall = new Uint32Array(length);
    this.error = new Uint32Array(length);
    this.calls = new Float64Array(length);
    this.ns = new Float64Array(length);
  }

  /** A row of this is put at `at`. */
  put(at, from, row, calls, ns) {
    this.owner[at] = from.owner[row];
    this.syscall[at] = from.syscall[row];
    this.error[at] = from.error[row];
    this.calls[at] = calls;
    this.ns[at] = ns;
  }

  /** The first `length` rows. */
  cut(length) {
    const cut = Object.assign(new Rows(0), this);
    cut.length = length;
    for (const column of ['owner', 'syscall', 'error', 'calls', 'ns']) cut[column] = this[column].slice(0, length);
    return cut;
  }
}

function keyOf(rows, at) {
  return (rows.owner[at] * CALLS + rows.syscall[at]) * ERRORS + rows.error[at];
}

function placesOf(rows) {
  const places = new Map();
  for (let at = 0; at < rows.length; at += 1) places.set(keyOf(rows, at), at);
  return places;
}

/** All that the page knows of the counts. */
export class Counts {
  constructor() {
    this.clear();
  }

  /** Nothing is known. */
  clear() {
    this.owners = new Table((owner) => JSON.stringify([owner.namespace, owner.pod, owner.container, owner.unit]));
    this.syscalls = new Table((call) => call.name);
    this.errors = new Table((error) => error);
    this.ok = this.errors.take(['OK'])[0];
    /** The newest reply as it came, and its rows. */
    this.reply = null;
    this.rows = new Rows(0);
    /** What was added between two replies: `{ts, seconds, rows}`, the oldest first. */
    this.steps = [];
    this.remembered = 0;
    /** Per histogram (owner and call) that the filter lets pass: its buckets at the newest reply. */
    this.histograms = new Map();
    /** Buckets that were added since the reply before, under a filter: `{ts, seconds, buckets}`. */
    this.heat = [];
    this.heatFilter = '';
  }

  get tables() {
    return { owners: this.owners.entries, syscalls: this.syscalls.entries, errors: this.errors.entries };
  }

  /** The newest reply of `GET /api/v1/syscalls` is taken in; `filter` is the one that holds now. */
  take(reply, filter) {
    if (Math.max(this.owners.entries.length, this.syscalls.entries.length) > KNOWN) this.clear();
    const owner = this.owners.take(reply.owners);
    const syscall = this.syscalls.take(reply.syscalls);
    const error = this.errors.take(reply.errors);
    const before = this.rows;
    let places = null;
    const first = this.reply === null;
    const seconds = first ? 0 : Math.max((reply.ts - this.reply.ts) / 1000, 0);
    if (!first && reply.ts === this.reply.ts) return;

    const rows = new Rows(reply.rows.length);
    const added = new Rows(first ? 0 : reply.rows.length);
    let changed = 0;
    for (let at = 0; at < rows.length; at += 1) {
      const row = reply.rows[at];
      rows.owner[at] = owner[row[0]];
      rows.syscall[at] = syscall[row[1]];
      rows.error[at] = error[row[2]];
      rows.calls[at] = row[3];
      rows.ns[at] = row[4];
      if (first) continue;
      // Mostly the agent keeps its order; where it doesn't, the key finds the row.
      let was = at;
      if (before.owner[at] !== rows.owner[at] || before.syscall[at] !== rows.syscall[at]
        || before.error[at] !== rows.error[at]) {
        places ??= placesOf(before);
        was = places.get(keyOf(rows, at));
      }
      let calls = row[3];
      let ns = row[4];
      // Fewer calls than before: the agent, or this container's count, began again.
      if (was !== undefined && calls >= before.calls[was]) {
        calls -= before.calls[was];
        ns = Math.max(0, ns - before.ns[was]);
      }
      if (calls > 0) {
        added.put(changed, rows, at, calls, ns);
        changed += 1;
      }
    }
    this.takeHeat(reply, owner, syscall, seconds, filter);
    this.rows = rows;
    this.reply = reply;
    if (!first && seconds > 0) {
      this.steps.push({ ts: reply.ts, seconds, rows: added.cut(changed) });
      this.remembered += changed;
      while (this.steps.length > REMEMBERED || (this.remembered > ROWS_REMEMBERED && this.steps.length > RANKED)) {
        this.remembered -= this.steps.shift().rows.length;
      }
    }
  }

  // The heat map of the whole node comes from the agent's history. Under a filter it is made of the histograms, from the
  // moment on at which the filter was set: the histograms of all rows for ten minutes would be too many to keep.
  takeHeat(reply, owner, syscall, seconds, filter) {
    const set = JSON.stringify(filter);
    if (set !== this.heatFilter) {
      this.heat = [];
      this.heatFilter = set;
    }
    const pass = masks(filter, this.tables);
    // Without a filter they are not needed, and 20,000 of them are work.
    if (!reply.latency || pass === null) {
      this.histograms = new Map();
      return;
    }
    const known = new Map();
    const sum = new Array(40).fill(0);
    for (const histogram of reply.histograms ?? []) {
      const [from, call] = [owner[histogram.owner], syscall[histogram.syscall]];
      const key = from * CALLS + call;
      if (!(pass.owners[from] && pass.syscalls[call])) continue;
      known.set(key, histogram.buckets);
      const old = this.histograms.get(key) ?? [];
      const again = histogram.buckets.some((calls, bucket) => calls < (old[bucket] ?? 0));
      for (let bucket = 0; bucket < histogram.buckets.length; bucket += 1) {
        sum[bucket] += histogram.buckets[bucket] - (again ? 0 : old[bucket] ?? 0);
      }
    }
    if (seconds > 0 && this.histograms.size > 0) {
      this.heat.push({ ts: reply.ts, seconds, buckets: sum });
      if (this.heat.length > REMEMBERED) this.heat.shift();
    }
    this.histograms = known;
  }

  /**
   * What the charts show: `{rows, seconds, pass, weight}`. In `total` mode all calls since the agent began, else those
   * of the last interval, which was `seconds` long. `pass` are the filter's masks or null; `weight` are the rows after
   * which the charts are ordered: those of the last half minute, so that nothing jumps.
   */
  view(mode, filter) {
    const pass = masks(filter, this.tables);
    if (mode === 'total') return { mode, rows: this.rows, seconds: 0, pass, weight: [this.rows], tables: this.tables, ok: this.ok };
    const last = this.steps.at(-1);
    return {
      mode,
      rows: last?.rows ?? new Rows(0),
      seconds: last?.seconds ?? 0,
      pass,
      weight: this.steps.slice(-RANKED).map((step) => step.rows),
      tables: this.tables,
      ok: this.ok,
    };
  }

  /**
   * Calls and failures per second: `[{ts, seconds, calls, failed}]`, the oldest first. Without a filter the agent's
   * history of the node, else what was seen since the page was opened.
   */
  timeline(filter) {
    const pass = masks(filter, this.tables);
    if (pass === null) {
      const points = differences(this.reply?.history ?? [], (moment, before, seconds) => ({
        ts: moment.ts,
        seconds,
        calls: (moment.calls - before.calls) / seconds,
        failed: (moment.failed - before.failed) / seconds,
      }));
      // An agent that began just now has no history yet.
      if (points.length > 0) return points;
    }
    return this.steps.map(({ ts, seconds, rows }) => {
      const { calls, failed } = total(rows, pass, this.ok);
      return { ts, seconds, calls: calls / seconds, failed: failed / seconds };
    });
  }

  /** Calls per second by bucket: `[{ts, seconds, buckets}]`, the oldest first; sources as for `timeline`. */
  heatmap(filter) {
    const rate = ({ ts, seconds, buckets }) => ({ ts, seconds, buckets: buckets.map((calls) => calls / seconds) });
    if (masks(filter, this.tables) !== null) return JSON.stringify(filter) === this.heatFilter ? this.heat.map(rate) : [];
    return differences(this.reply?.history ?? [], (moment, before, seconds) => ({
      ts: moment.ts,
      seconds,
      buckets: moment.latency.map((calls, bucket) => Math.max(0, calls - (before.latency[bucket] ?? 0)) / seconds),
    }));
  }
}

// Pairs of neighbours in the agent's history. Numbers that fell are a new beginning, which has no rate.
function differences(history, make) {
  const all = [];
  for (let at = 1; at < history.length; at += 1) {
    const [before, moment] = [history[at - 1], history[at]];
    const seconds = (moment.ts - before.ts) / 1000;
    if (seconds > 0 && moment.calls >= before.calls) all.push(make(moment, before, seconds));
  }
  return all;
}

/** Whether the masks let a row pass. */
export function passes(pass, rows, at) {
  return pass === null
    || (pass.owners[rows.owner[at]] === 1 && pass.syscalls[rows.syscall[at]] === 1 && pass.errors[rows.error[at]] === 1);
}

/** The sum of what passes: `{calls, failed, ns}`. */
export function total(rows, pass, ok) {
  let [calls, failed, ns] = [0, 0, 0];
  for (let at = 0; at < rows.length; at += 1) {
    if (!passes(pass, rows, at)) continue;
    calls += rows.calls[at];
    ns += rows.ns[at];
    if (rows.error[at] !== ok) failed += rows.calls[at];
  }
  return { calls, failed, ns };
}

/**
 * What passes, by one of its columns (`owner`, `syscall`, `error`):
 * `[{entry, index, calls, failed, ns}]`, without those that have no calls.
 */
export function sums(view, column) {
  const entries = view.tables[{ owner: 'owners', syscall: 'syscalls', error: 'errors' }[column]];
  const [calls, failed, ns] = [0, 1, 2].map(() => new Float64Array(entries.length));
  const { rows, pass, ok } = view;
  const index = rows[column];
  for (let at = 0; at < rows.length; at += 1) {
    if (!passes(pass, rows, at)) continue;
    const to = index[at];
    calls[to] += rows.calls[at];
    ns[to] += rows.ns[at];
    if (rows.error[at] !== ok) failed[to] += rows.calls[at];
  }
  const all = [];
  for (let at = 0; at < entries.length; at += 1) {
    if (calls[at] > 0) all.push({ entry: entries[at], index: at, calls: calls[at], failed: failed[at], ns: ns[at] });
  }
  return all;
}
