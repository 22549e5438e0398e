// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// What the form for a new job holds, as the body of `POST /api/v1/traces`, and a job's spec in words. Pure.

import { count, visible } from './format.js';
import { matcher } from './filter.js';

/** Words of a field: separated by commas or white space. */
export function words(text) {
  return (text ?? '').split(/[\s,]+/).filter((word) => word !== '');
}

/** `{body}` or `{error}` (which field, and why) of the form's values by name. */
export function request(form) {
  const body = {};
  const text = (name) => (form[name] ?? '').trim();
  if (text('name') !== '') body.name = text('name');
  if (text('namespace') !== '') body.namespace = text('namespace');
  for (const name of ['syscalls', 'pods', 'containers', 'images']) {
    const list = words(form[name]);
    if (list.length > 0) body[name] = list;
  }
  const labels = {};
  for (const word of words(form.labels)) {
    const at = word.indexOf('=');
    if (at < 1) return { error: { field: 'labels', why: `${word}: a label is KEY=VALUE` } };
    labels[word.slice(0, at)] = word.slice(at + 1);
  }
  if (Object.keys(labels).length > 0) body.labelSelector = { matchLabels: labels };
  if (form.failedOnly) body.failedOnly = true;
  for (const name of ['minLatency', 'duration', 'lease']) {
    const span = text(name);
    if (span === '') continue;
    if (!/^([0-9]{1,8}(ns|us|ms|s|m|h))+$/.test(span)) return { error: { field: name, why: `${span} is no length of time; write 500ms, 10s, 2m or 1h30m` } };
    body[name] = span;
  }
  for (const [name, least, most] of [['sampleRate', 1, 4294967295], ['maxEvents', 0, Number.MAX_SAFE_INTEGER]]) {
    if (text(name) === '') continue;
    const number = Number(text(name));
    if (!Number.isInteger(number) || number < least || number > most) return { error: { field: name, why: `${text(name)} is no whole number of ${least} or more` } };
    body[name] = number;
  }
  return { body };
}

/** The fields of the form that say what the filter says, as far as a job can. */
export function fromFilter(filter) {
  const plain = (pattern) => {
    const test = matcher(pattern);
    const name = (pattern ?? '').trim();
    // Only a plain name: jobs know no patterns.
    return test !== null && !/^!|^-$|[*?\\]/.test(name) ? name : '';
  };
  return {
    namespace: plain(filter.namespace),
    pods: plain(filter.pod),
    containers: plain(filter.container),
    syscalls: plain(filter.syscall) || (plain(filter.class) === '' ? '' : `%${plain(filter.class)}`),
    failedOnly: filter.error === '!OK' || (plain(filter.error) !== '' && plain(filter.error) !== 'OK'),
  };
}

/** A job's spec in a line: `openat, connect · pod web-1 · failed only`. */
export function summary(job) {
  const spec = job.spec ?? {};
  const list = (name, values) => {
    if (!Array.isArray(values) || values.length === 0) return '';
    const some = values.slice(0, 4).join(', ');
    return `${name}${some}${values.length > 4 ? ` and ${values.length - 4} more` : ''}`;
  };
  const labels = Object.entries(spec.labelSelector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const parts = [
    list('', spec.syscalls) || 'all calls',
    job.namespace ? `namespace ${job.namespace}` : '',
    list('pod ', spec.pods), list('container ', spec.containers), list('image ', spec.images), list('label ', labels),
    spec.labelSelector?.matchExpressions?.length ? 'label expressions' : '',
    list('', Object.entries(spec.fieldSelector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`)),
    spec.failedOnly ? 'failed only' : '',
    spec.minLatency && spec.minLatency !== '0s' ? `at least ${spec.minLatency}` : '',
    spec.sampleRate > 1 ? `1 of ${count(spec.sampleRate)}` : '',
    spec.maxEvents > 0 ? `up to ${count(spec.maxEvents)} events` : '',
    spec.duration && spec.duration !== '0s' ? `for ${spec.duration}` : '',
  ];
  return visible(parts.filter(Boolean).join(' · '), 300);
}
