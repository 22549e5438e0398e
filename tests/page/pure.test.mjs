// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The parts of the charts page that need no browser: node --test tests/page/pure.test.mjs

import assert from 'node:assert/strict';
import { test } from 'node:test';

const assets = new URL('../../crates/syscope-server/assets/', import.meta.url);
const load = (name) => import(new URL(name, assets));
const { Counts, sums, total } = await load('counts.js');
const { COLUMNS, flows } = await load('flows.js');
const { active, exactly, FIELDS, masks, matcher } = await load('filter.js');
const format = await load('format.js');
const { arrange } = await load('order.js');
const { initial, parse, write } = await load('state.js');
const { line } = await load('record.js');
const { fromFilter, request, summary, words } = await load('request.js');
const { coarse, quantile } = await load('buckets.js');

const NONE = Object.fromEntries(FIELDS.map((field) => [field, '']));
const owner = (namespace, pod, container, unit = '') => ({ namespace, pod, container, unit });
const call = (name, kind) => ({ name, class: kind, group: 'G' });

/** A reply with every owner making every call, `calls(owner, call, error)` times. */
function reply({ ts = 1000, owners, syscalls, errors = ['OK', 'ENOENT'], calls, histograms = [], history = [] }) {
  const rows = [];
  owners.forEach((_, o) => syscalls.forEach((__, s) => errors.forEach((___, e) => {
    const number = calls(o, s, e);
    if (number > 0) rows.push([o, s, e, number, number * 10]);
  })));
  return { ts, owners, syscalls, errors, rows, latency: histograms.length > 0, histograms, history, folded: 0 };
}

const small = (ts = 1000, factor = 1) => reply({
  ts,
  owners: [owner('prod', 'web', 'web'), owner('prod', 'db', 'sql'), owner('', '', 'lone'), owner('', '', '', 'ssh.service'), owner('', '', '')],
  syscalls: [call('read', 'FileSystem'), call('openat', 'FileSystem'), call('connect', 'Network')],
  calls: (o, s, e) => (o + 1) * (s + 1) * (e === 0 ? 10 : 1) * factor,
});

const view = (counts, filter = NONE, mode = 'total') => counts.view(mode, filter);

function conserve(folded) {
  for (const { column, nodes } of folded.columns) {
    assert.equal(nodes.reduce((sum, node) => sum + node.value, 0), folded.total, column);
    assert.equal(nodes.reduce((sum, node) => sum + node.failed, 0), folded.failed, column);
  }
  const [into, out] = [new Map(), new Map()];
  for (const { source, target, value } of folded.links) {
    out.set(source, (out.get(source) ?? 0) + value);
    into.set(target, (into.get(target) ?? 0) + value);
  }
  const last = folded.columns.length - 1;
  folded.columns.forEach(({ nodes }, at) => {
    for (const node of nodes) {
      if (at > 0) assert.equal(into.get(node.id), node.value, node.id);
      if (at < last) assert.equal(out.get(node.id), node.value, node.id);
    }
  });
}

test('each column of the Sankey has all calls, and what flows into a node flows out of it', () => {
  const counts = new Counts();
  counts.take(small(), NONE);
  const folded = flows(view(counts));
  assert.equal(folded.total, 15 * 6 * 11);
  assert.equal(folded.failed, 15 * 6);
  conserve(folded);
  assert.deepEqual(folded.columns.map(({ column }) => column), COLUMNS);
});

test('equal names in two columns are different nodes', () => {
  const counts = new Counts();
  counts.take(reply({ owners: [owner('read', 'read', 'read')], syscalls: [call('read', 'read')], errors: ['OK', 'read'], calls: () => 5 }), NONE);
  const folded = flows(view(counts));
  assert.equal(new Set(folded.nodes.map((node) => node.id)).size, 6);
  for (const { source, target } of folded.links) assert.notEqual(source, target);
  conserve(folded);
});

test('pods of one name in two namespaces are different nodes', () => {
  const counts = new Counts();
  counts.take(reply({ owners: [owner('a', 'web', 'c'), owner('b', 'web', 'c')], syscalls: [call('read', 'F')], calls: () => 1 }), NONE);
  assert.equal(flows(view(counts)).columns[1].nodes.length, 2);
});

test('what is beyond the largest is one node, and nothing is lost', () => {
  const counts = new Counts();
  const owners = Array.from({ length: 500 }, (_, at) => owner(`n${at % 40}`, `pod-${at}`, 'c'));
  const syscalls = Array.from({ length: 40 }, (_, at) => call(`call${at}`, `class${at % 9}`));
  const errors = ['EA', 'OK', ...Array.from({ length: 30 }, (_, at) => `E${at}`)];
  counts.take(reply({ owners, syscalls, errors, calls: (o, s, e) => (((o * 31 + s * 17 + e * 7) % 13 === 0) ? o + s + 1 : 0) }), NONE);
  for (const top of [1, 6, 12, 48]) {
    const folded = flows(view(counts), { top });
    conserve(folded);
    for (const { nodes } of folded.columns) {
      assert.ok(nodes.length <= top + 1);
      const more = nodes.filter((node) => node.folded > 0);
      assert.ok(more.length <= 1);
      if (more.length === 1) assert.equal(more[0].name, `${more[0].folded} more`);
    }
    assert.equal(folded.columns[4].nodes.filter((node) => node.kind === 'ok').length, 1, 'OK is never folded');
  }
});

test('a name like that of the folded node is not the folded node', () => {
  const counts = new Counts();
  const owners = Array.from({ length: 30 }, (_, at) => owner(at === 0 ? '29 more' : at === 1 ? '\0more' : `n${at}`, `p${at}`, 'c'));
  counts.take(reply({ owners, syscalls: ['\0more', 'a', 'b', 'c', 'd', 'e'].map((name) => call(name, name)), errors: ['OK', '\0more', 'a', 'b', 'c', 'd'], calls: (o, s, e) => 100 - o - s - e }), NONE);
  const folded = flows(view(counts), { top: 3 });
  assert.equal(new Set(folded.nodes.map((node) => node.id)).size, folded.nodes.length);
  conserve(folded);
});

test('a click on a node filters by just what the node has', () => {
  const counts = new Counts();
  const owners = [owner('a*', 'p', 'c'), owner('a-b', 'p', 'c'), owner('!x', '-', 'c'), owner('', '', 'lone'), owner('', '', '', 'u.service'), owner('', '', ''), owner('__proto__', 'q', 'c')];
  counts.take(reply({ owners, syscalls: [call('read', 'F'), call('i386:open', '')], calls: (o, s, e) => o * 10 + s * 3 + e + 1 }), NONE);
  const all = flows(view(counts));
  for (const node of all.nodes) {
    const only = total(counts.rows, masks({ ...NONE, ...node.filter }, counts.tables), counts.ok);
    assert.equal(only.calls, node.value, node.id);
    assert.equal(only.failed, node.failed, node.id);
  }
});

test('rates are what was added between two replies, whatever the order of rows and tables', () => {
  const counts = new Counts();
  counts.take(small(1000), NONE);
  const next = small(3000, 3);
  next.owners.reverse();
  next.rows = next.rows.map(([o, ...rest]) => [next.owners.length - 1 - o, ...rest]).reverse();
  counts.take(next, NONE);
  const rate = view(counts, NONE, 'rate');
  assert.equal(rate.seconds, 2);
  assert.equal(total(rate.rows, null, counts.ok).calls, 15 * 6 * 11 * 2);
  conserve(flows(rate));
});

test('a count that fell began again; a row that is new had none before', () => {
  const counts = new Counts();
  const one = (ts, number, more) => reply({ ts, owners: more ? [owner('n', 'b', ''), owner('n', 'a', '')] : [owner('n', 'a', '')], syscalls: [call('read', 'F')], errors: ['OK'], calls: (o) => (more && o === 0 ? 7 : number) });
  counts.take(one(1000, 100), NONE);
  counts.take(one(2000, 40), NONE);
  assert.equal(total(view(counts, NONE, 'rate').rows, null, counts.ok).calls, 40);
  counts.take(one(3000, 45, true), NONE);
  assert.equal(total(view(counts, NONE, 'rate').rows, null, counts.ok).calls, 5 + 7);
  counts.take(one(3000, 45, true), NONE);
  assert.equal(counts.steps.length, 2, 'the same reply twice is one');
});

test('the timeline under a filter is of what passes, else of the node', () => {
  const counts = new Counts();
  const history = [{ ts: 0, calls: 10, failed: 1, latency: [] }, { ts: 2000, calls: 30, failed: 2, latency: [] }, { ts: 4000, calls: 5, failed: 0, latency: [] }, { ts: 5000, calls: 6, failed: 1, latency: [] }];
  counts.take({ ...small(1000), history }, NONE);
  counts.take({ ...small(3000, 2), history }, NONE);
  assert.deepEqual(counts.timeline(NONE).map(({ calls, failed }) => [calls, failed]), [[10, 0.5], [1, 1]]);
  const some = counts.timeline({ ...NONE, pod: 'web' });
  assert.deepEqual(some.map(({ calls, failed }) => [calls, failed]), [[66 / 2, 6 / 2]]);
});

test('the heat map under a filter begins with the filter', () => {
  const counts = new Counts();
  const at = (ts, n) => ({ ...small(ts, n), latency: true, histograms: [{ owner: 0, syscall: 0, buckets: [0, n] }, { owner: 1, syscall: 0, buckets: [5 * n] }] });
  const filter = { ...NONE, pod: 'web' };
  counts.take(at(1000, 1), NONE);
  counts.take(at(2000, 2), filter);
  assert.deepEqual(counts.heatmap(filter), []);
  counts.take(at(4000, 6), filter);
  assert.deepEqual(counts.heatmap(filter).map(({ buckets }) => buckets.slice(0, 2)), [[0, 2]]);
  assert.deepEqual(counts.heatmap({ ...NONE, pod: 'db' }), []);
});

test('sums by a column leave nothing out', () => {
  const counts = new Counts();
  counts.take(small(), NONE);
  for (const column of ['owner', 'syscall', 'error']) {
    const rows = sums(view(counts), column);
    assert.equal(rows.reduce((sum, row) => sum + row.calls, 0), 15 * 6 * 11);
    assert.equal(rows.reduce((sum, row) => sum + row.ns, 0), 15 * 6 * 11 * 10);
  }
});

test('patterns', () => {
  const cases = [
    ['nginx', ['nginx'], ['nginx-1', '']], ['web-*', ['web-', 'web-1'], ['aweb-1', 'web']], ['?b', ['ab'], ['b', 'abb']],
    ['!OK', ['ENOENT', ''], ['OK']], ['-', [''], ['-', 'a']], ['!-', ['a'], ['']], ['\\-', ['-'], ['']], ['\\!a', ['!a'], ['a', 'b']],
    ['a\\*', ['a*'], ['ab']], ['*', ['', 'a'], []], ['?*', ['a', 'ab'], ['']], ['*a*b*', ['ab', 'xaybz'], ['ba']], ['  x ', ['x'], ['y']],
  ];
  for (const [pattern, yes, no] of cases) {
    for (const value of yes) assert.ok(matcher(pattern)(value), `${pattern} ${value}`);
    for (const value of no) assert.ok(!matcher(pattern)(value), `${pattern} ${value}`);
  }
  assert.equal(matcher(''), null);
  assert.equal(matcher('!'), null);
  for (const value of ['', '-', '!', '!a', '*', 'a?b', 'a\\b', '\\', 'plain', '__proto__']) {
    const test = matcher(exactly(value));
    assert.ok(test(value), value);
    assert.ok(!test(`${value}x`), value);
  }
  const begin = performance.now();
  matcher(`${'*a'.repeat(200)}b`)('a'.repeat(5000));
  assert.ok(performance.now() - begin < 1000, 'no pattern takes for ever');
  assert.ok(!active(NONE));
});

test('numbers are short', () => {
  const cases = [[0, '0'], [7, '7'], [0.5, '0.5'], [9.994, '9.99'], [42.04, '42'], [999, '999'], [999.6, '1.00k'], [1234, '1.23k'], [45600, '45.6k'], [999949, '1.00M'], [1e6, '1.00M'], [2.5e9, '2.50G'], [1e19, '10.0E'], [0.001, '<0.01']];
  for (const [number, text] of cases) assert.equal(format.short(number), text);
  for (const [share, text] of [[0, '0 %'], [0.0004, '<0.1 %'], [0.123, '12.3 %'], [0.9999, '>99.9 %'], [1, '100 %'], [NaN, '0 %']]) assert.equal(format.percent(share), text);
  for (const [ns, text] of [[870, '870 ns'], [1200, '1.2 µs'], [2 ** 10, '1 µs'], [35e6, '35 ms'], [2.5e9, '2.5 s'], [999.9, '1 µs']]) assert.equal(format.duration(ns), text);
  assert.equal(format.count(1234567), '1,234,567');
});

test('what can not be seen is shown', () => {
  assert.equal(format.visible('a\u202eb\u0007\n\u200b'), 'a\\u{202e}b\\u{7}\\n\\u{200b}');
  assert.equal(format.visible('<img src=x>'), '<img src=x>');
  assert.equal(format.visible('x'.repeat(10), 4), 'xxxx…');
});

test('rows are arranged and found', () => {
  const rows = [{ n: 'b', v: 1 }, { n: 'a', v: 1 }, { n: 'C', v: 5 }];
  const say = (row) => row.n;
  assert.deepEqual(arrange(rows, { value: (row) => row.v, say }).map(say), ['C', 'a', 'b']);
  assert.deepEqual(arrange(rows, { value: say, down: false, say }).map(say), ['C', 'a', 'b']);
  assert.deepEqual(arrange(rows, { text: ' c', value: say, say }).map(say), ['C']);
});

test('the state is in the fragment, and nonsense is left out', () => {
  assert.equal(write(initial()), '');
  const state = { ...initial(), mode: 'rate', top: 24, columns: ['pod', 'error'], job: 'a b', filter: { ...NONE, pod: '<img>&x=1', error: '!OK' }, sort: { owner: 'name', syscall: '-failed', error: '-calls' } };
  assert.deepEqual(parse(write(state)), state);
  assert.deepEqual(parse('#mode=wild&top=7&columns=pod&sort.owner=evil&unknown=1'), initial());
});

test('events are lines of text', () => {
  const event = line({
    type: 'syscall', ts: '2026-11-21T02:30:29.123456789Z', syscall: { name: 'openat' },
    args: { dirfd: 'AT_FDCWD', fd: 3, fd_path: '/etc', pathname: { bytes: 'YQD/' }, flags: ['O_RDONLY', 'O_CLOEXEC'], buf: { text: 'x', truncated: true }, none: null, more: { a: 1, b: [1, 'x'] } },
    ret: -2, error: 'ENOENT', latency_ns: 37750, process: { pid: 7, comm: 'sh\u001b[31m' }, container: { namespace: 'prod', pod: 'web', name: 'c' },
  });
  assert.equal(event.what, 'openat(dirfd=AT_FDCWD, fd=3</etc>, pathname=a\\x00\\xff, flags=O_RDONLY|O_CLOEXEC, buf=x…, none=NULL, more={a=1, b=[1, x]})');
  assert.deepEqual([event.who, event.result, event.failed, event.latency], ['prod/web/c sh\\u{1b}[31m[7]', 'ENOENT', true, '38 µs']);
  const gap = line({ type: 'loss', reason: 'ring_full', lost: 1700 });
  assert.deepEqual([gap.kind, gap.lost], ['loss', 1700]);
  assert.match(gap.what, /^1,700 events are missing here/);
  const end = line({ type: 'loss', final: true, produced: 10, delivered: 8, lost: 2 });
  assert.equal(end.what, 'End of the stream: 10 events in all, 8 delivered, 2 lost');
  for (const odd of [{}, { type: 'syscall' }, { type: 'exec', argv: ['a', { bytes: '!!' }] }, { type: 'new' }, { type: 'exit' }, { type: 'cgroup' }]) line(odd);
});

test('the form becomes a request, or says what is wrong', () => {
  assert.deepEqual(request({ syscalls: 'openat, connect  %Network', labels: 'a=b, c=', failedOnly: true, duration: '1h30m', sampleRate: '10', name: ' n ' }).body, {
    name: 'n', syscalls: ['openat', 'connect', '%Network'], labelSelector: { matchLabels: { a: 'b', c: '' } }, failedOnly: true, duration: '1h30m', sampleRate: 10,
  });
  assert.deepEqual(request({}).body, {});
  for (const [name, value] of [['duration', '5'], ['lease', '1 h'], ['sampleRate', '0'], ['maxEvents', '-1'], ['maxEvents', '1.5'], ['labels', 'x']]) {
    assert.equal(request({ [name]: value }).error.field, name);
  }
  assert.deepEqual(words(' a,,b\n'), ['a', 'b']);
  assert.deepEqual(fromFilter({ ...NONE, namespace: 'prod', pod: 'web-*', class: 'Network', error: '!OK' }), { namespace: 'prod', pods: '', containers: '', syscalls: '%Network', failedOnly: true });
  assert.equal(summary({ namespace: 'prod', spec: { syscalls: ['openat'], pods: [], minLatency: '0s', sampleRate: 1, duration: '10m', failedOnly: true } }), 'openat · namespace prod · failed only · for 10m');
});

test('quantiles and stretches of buckets', () => {
  assert.equal(quantile([0, 0, 0], 0.5), null);
  assert.equal(quantile([0, 10], 0.5), 3);
  assert.equal(quantile([0, 10, 0, 10], 0.99), 8 * (1 + 0.98));
  const columns = Array.from({ length: 100 }, (_, at) => ({ ts: at * 2000, seconds: 2, buckets: [at, 1] }));
  const few = coarse(columns, 25);
  assert.ok(few.length <= 30);
  const calls = (all) => all.reduce((sum, { seconds, buckets }) => sum + seconds * buckets[0], 0);
  assert.equal(Math.round(calls(few)), calls(columns));
  assert.equal(coarse(columns, 100), columns);
});
