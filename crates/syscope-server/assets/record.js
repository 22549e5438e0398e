// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// A record of an event stream as a line of text. Pure.

import { clockOf, count, duration, visible } from './format.js';

/** How much of one argument and of one line is shown. */
const ARGUMENT_MAX = 200;
const LINE_MAX = 1200;

/** Text from outside: a string, or `{bytes: base64}` if it isn't UTF-8, or a cut one of either. */
function text(value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') {
    const inner = typeof value.text === 'string' ? value.text : typeof value.bytes === 'string' ? raw(value.bytes) : JSON.stringify(value);
    return value.truncated ? `${inner}…` : inner;
  }
  return String(value);
}

/** Bytes in base64 with what is not ASCII as `\xNN`. */
function raw(base64) {
  try {
    return atob(base64).replace(/[^\x20-\x7e]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  } catch {
    return base64;
  }
}

function argument(value) {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) {
    const parts = value.map(argument);
    // A set of flags is an array of names.
    return value.length > 0 && value.every((part) => typeof part === 'string' && /^[A-Z0-9_]+$/.test(part)) ? parts.join('|') : `[${parts.join(', ')}]`;
  }
  if (typeof value === 'object') {
    if ('text' in value || 'bytes' in value) return text(value);
    if (value.truncated === true && Object.keys(value).length === 1) return '…';
    return `{${Object.entries(value).map(([name, part]) => `${name}=${argument(part)}`).join(', ')}}`;
  }
  return String(value);
}

function owner(record) {
  const { container, unit } = record;
  if (container) return [container.namespace, container.pod, container.name ?? container.id?.slice(0, 12)].filter(Boolean).join('/');
  return unit?.name ?? '';
}

function process(record) {
  const { pid, comm } = record.process ?? record;
  return pid === undefined ? '' : `${text(comm)}[${pid}]`;
}

function call(record) {
  const parts = [];
  for (const [name, value] of Object.entries(record.args ?? {})) {
    // `fd_path` stands with its descriptor: fd=3</etc/hosts>.
    if (name.endsWith('_path') && `${name.slice(0, -5)}` in record.args && parts.length > 0) {
      parts[parts.length - 1] += `<${visible(text(value), ARGUMENT_MAX)}>`;
    } else {
      parts.push(`${visible(name, 64)}=${visible(argument(value), ARGUMENT_MAX)}`);
    }
  }
  return `${visible(record.syscall?.name ?? '?', 64)}(${parts.join(', ')})`;
}

function result(record) {
  if (record.ending === 'denied') return 'denied';
  if (record.ending === 'unfinished') return 'unfinished';
  const error = record.error;
  if (error !== undefined && error !== 'OK') return visible(error, 40);
  const value = record.result?.value ?? record.ret;
  if (value === undefined) return '';
  return visible(`${argument(value)}${record.ret_path === undefined ? '' : `<${text(record.ret_path)}>`}`, 120);
}

function loss(record) {
  if (record.final === true) {
    const number = (value) => count(Number(value ?? 0));
    const parts = [`${number(record.produced)} events in all`, `${number(record.delivered)} delivered`];
    if (record.sampled_out > 0 || record.sampledOut > 0) parts.push(`${number(record.sampled_out ?? record.sampledOut)} left out by sampling`);
    parts.push(Number(record.lost) > 0 ? `${number(record.lost)} lost` : 'none lost');
    return { kind: 'end', what: `End of the stream: ${parts.join(', ')}` };
  }
  const reasons = {
    ring_full: 'the kernel’s ring was full', malformed: 'they could not be read', watcher_slow: 'this page read too slowly', disk_full: 'the disk was full',
  };
  const reason = reasons[record.reason] ?? visible(String(record.reason ?? 'unknown'), 80).replaceAll('_', ' ');
  return { kind: 'loss', lost: Number(record.lost ?? 0), what: `${count(Number(record.lost ?? 0))} events are missing here: ${reason}` };
}

/**
 * `{kind, time, who, what, result, failed, latency}`: texts with everything visible in them. `kind` is `event`, `loss`
 * (events are missing here; `lost` has how many), `end` (the account of the stream) or `note`.
 */
export function line(record) {
  const time = record.ts === undefined ? '' : clockOf(record.ts);
  const plain = { kind: 'event', time, who: '', what: '', result: '', failed: false, latency: '', lost: 0 };
  const who = () => visible([owner(record), process(record)].filter(Boolean).join(' '), 300);
  switch (record.type) {
    case 'syscall':
      return {
        ...plain,
        who: who(),
        what: visible(call(record), LINE_MAX),
        result: result(record),
        failed: record.ending === 'denied' || (record.error !== undefined && record.error !== 'OK'),
        latency: record.latency_ns === undefined ? '' : duration(record.latency_ns),
      };
    case 'exec':
      return { ...plain, who: who(), what: visible(`exec ${(record.argv ?? []).map(text).join(' ')}`, LINE_MAX), result: visible(record.error ?? '', 40), failed: record.error !== undefined && record.error !== 'OK' };
    case 'exit':
      return { ...plain, who: who(), what: 'exit', result: visible(String(record.status ?? record.signal ?? ''), 40) };
    case 'cgroup':
      return { ...plain, who: visible(owner(record), 300), what: visible(`cgroup ${record.change ?? ''} ${text(record.cgroup?.path)}`, LINE_MAX) };
    case 'loss':
      return { ...plain, ...loss(record) };
    case 'end':
      return { ...plain, kind: 'end', what: visible(`End of the stream${record.reason ? `: ${String(record.reason).replaceAll('_', ' ')}` : ''}`, 200) };
    case 'page':
      return { ...plain, kind: 'note', what: visible(record.text, LINE_MAX) };
    default:
      return { ...plain, kind: 'note', what: visible(JSON.stringify(record), LINE_MAX) };
  }
}
