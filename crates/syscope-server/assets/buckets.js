// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Log2 buckets of latency, over time. Pure.

/**
 * Below how many nanoseconds the share `q` of the calls lies, with calls spread evenly within a bucket; `null` if there
 * are none.
 */
export function quantile(buckets, q) {
  const all = buckets.reduce((sum, calls) => sum + calls, 0);
  if (!(all > 0)) return null;
  let left = all * q;
  for (let bucket = 0; bucket < buckets.length; bucket += 1) {
    if (buckets[bucket] > 0 && left <= buckets[bucket]) return 2 ** bucket * (1 + left / buckets[bucket]);
    left -= buckets[bucket];
  }
  return 2 ** buckets.length;
}

/**
 * At most about `most` columns, those of one stretch of time being one: a cell is wide enough to be seen. The stretches
 * begin at round times, so they stay as they are while time goes on.
 */
export function coarse(columns, most) {
  if (columns.length <= most) return columns;
  const span = columns.at(-1).ts - columns[0].ts;
  const stretch = 1000 * 2 ** Math.ceil(Math.log2(span / 1000 / most));
  const all = [];
  for (const { ts, seconds, buckets } of columns) {
    const begin = Math.floor(ts / stretch) * stretch;
    let last = all.at(-1);
    if (last === undefined || last.begin !== begin) {
      last = { begin, ts, seconds: 0, buckets: [] };
      all.push(last);
    }
    buckets.forEach((calls, bucket) => { last.buckets[bucket] = (last.buckets[bucket] ?? 0) + calls * seconds; });
    last.seconds += seconds;
    last.ts = ts;
  }
  return all.map(({ ts, seconds, buckets }) => ({ ts, seconds, buckets: buckets.map((calls) => calls / seconds) }));
}
