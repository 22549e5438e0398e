// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The order of rows in a table, and which of them are shown. Pure.

/**
 * Rows that contain `text` (of any case) in what `say(row)` gives, in the order of `value(row)`: numbers by size, text
 * by name. `down` is the largest first. Equal ones are in the order of `say`, so nothing jumps.
 */
export function arrange(rows, { text = '', value, down = true, say }) {
  const wanted = text.trim().toLowerCase();
  const kept = rows
    .map((row) => ({ row, key: value(row), name: say(row) }))
    .filter(({ name }) => wanted === '' || name.toLowerCase().includes(wanted));
  const sign = down ? -1 : 1;
  const compare = (a, b) => {
    if (typeof a === 'string') return a < b ? -1 : a > b ? 1 : 0;
    return a - b;
  };
  kept.sort((a, b) => sign * compare(a.key, b.key) || compare(a.name, b.name));
  return kept.map(({ row }) => row);
}
