// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The filter that holds for all charts: one pattern per field. Pure.
//
//   nginx      just that           web-*    any ending (`?` is any one character)
//   !OK        all but that        -        without (no namespace, no pod, ...)
//   \*         a star              \!x \-   a name that begins so

/** The fields that can be filtered by, in the order of the bar. */
export const FIELDS = ['namespace', 'pod', 'container', 'unit', 'class', 'syscall', 'error'];

/** The pattern that matches this value and no other. */
export function exactly(value) {
  if (value === '') return '-';
  const plain = value.replace(/[\\*?]/g, '\\$&');
  return plain === '-' || plain.startsWith('!') ? `\\${plain}` : plain;
}

/** A function that says whether a value matches; `null` if every value does. */
export function matcher(pattern) {
  const text = (pattern ?? '').trim();
  if (text === '') return null;
  if (text.startsWith('!')) {
    const inner = matcher(text.slice(1));
    return inner === null ? null : (value) => !inner(value);
  }
  if (text === '-') return (value) => value === '';
  const parts = [''];
  for (let at = 0; at < text.length; at += 1) {
    const c = text[at];
    if (c === '\\' && at + 1 < text.length) {
      at += 1;
      parts[parts.length - 1] += text[at];
    } else if (c === '*' || c === '?') {
      parts.push({ wild: c }, '');
    } else {
      parts[parts.length - 1] += c;
    }
  }
  if (parts.length === 1) return (value) => value === parts[0];
  return (value) => glob(parts, value);
}

// Stars are tried from the shortest on, and only the last star ever has to be taken back: no pattern takes longer than
// its length times that of the value.
function glob(parts, value) {
  const tokens = [];
  for (const part of parts) {
    if (typeof part === 'string') tokens.push(...part.split('').map((c) => ({ c })));
    else tokens.push(part);
  }
  let [t, v, star, from] = [0, 0, -1, 0];
  while (v < value.length) {
    const token = tokens[t];
    if (token !== undefined && token.wild === '*') {
      [star, from] = [t, v];
      t += 1;
    } else if (token !== undefined && (token.wild === '?' || token.c === value[v])) {
      t += 1;
      v += 1;
    } else if (star >= 0) {
      from += 1;
      [t, v] = [star + 1, from];
    } else {
      return false;
    }
  }
  while (tokens[t] !== undefined && tokens[t].wild === '*') t += 1;
  return t === tokens.length;
}

/** Whether any field of the filter is set. */
export function active(filter) {
  return FIELDS.some((field) => (filter[field] ?? '').trim() !== '');
}

/**
 * What the filter lets pass of these tables: `{owners, syscalls, errors}`, one byte per entry, 1 if it passes; `null`
 * if the filter is empty.
 */
export function masks(filter, tables) {
  if (!active(filter)) return null;
  const of = (entries, fields, read) => {
    const tests = fields.map((field) => [field, matcher(filter[field])]).filter((test) => test[1] !== null);
    return Uint8Array.from(entries, (entry) => (tests.every(([field, test]) => test(read(entry, field))) ? 1 : 0));
  };
  return {
    owners: of(tables.owners, ['namespace', 'pod', 'container', 'unit'], (owner, field) => owner[field] ?? ''),
    syscalls: of(tables.syscalls, ['class', 'syscall'], (call, field) => (field === 'class' ? call.class : call.name)),
    errors: of(tables.errors, ['error'], (error) => error),
  };
}
