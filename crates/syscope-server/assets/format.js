// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// How numbers, times and foreign text are written. Pure.

// Control characters, line and paragraph separators, and those that turn the direction of text or are
// not seen at all: a container may put them into its names and arguments to look like another.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const SHORT = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text from outside with everything visible in it: `a\u202eb`, at most `limit` characters. */
export function visible(text, limit = 4096) {
  const whole = String(text);
  const kept = whole.length > limit ? `${whole.slice(0, limit)}…` : whole;
  return kept.replace(UNSEEN, (c) => SHORT[c] ?? `\\u{${c.codePointAt(0).toString(16)}}`);
}

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** A count in full: `1,234,567`. */
export function count(number) {
  return grouped.format(number);
}

/** A number in four or five characters: `7`, `999`, `1.23k`, `45.6M`; below 10 with a decimal if it has one. */
export function short(number) {
  const size = Math.abs(number);
  if (size === 0) return '0';
  if (size < 0.01) return '<0.01';
  if (size < 9.995) return trim(number.toFixed(2));
  if (size < 99.95) return trim(number.toFixed(1));
  if (size < 999.5) return number.toFixed(0);
  const units = ['k', 'M', 'G', 'T', 'P', 'E'];
  let scaled = number;
  for (const unit of units) {
    scaled /= 1000;
    if (Math.abs(scaled) < 999.5 || unit === 'E') {
      const digits = Math.abs(scaled) < 9.995 ? 2 : Math.abs(scaled) < 99.95 ? 1 : 0;
      return scaled.toFixed(digits) + unit;
    }
  }
  return String(number);
}

function trim(digits) {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}

/** A share of 0 to 1 in per cent: `0 %`, `<0.1 %`, `12.3 %`. */
export function percent(share) {
  if (!(share > 0)) return '0 %';
  const hundred = share * 100;
  if (hundred < 0.1) return '<0.1 %';
  if (hundred >= 99.95) return share >= 1 ? '100 %' : '>99.9 %';
  return `${hundred.toFixed(1)} %`;
}

/** A length of time in nanoseconds: `870 ns`, `1.2 µs`, `35 ms`, `2.5 s`. */
export function duration(nanoseconds) {
  const units = [['ns', 1], ['µs', 1e3], ['ms', 1e6], ['s', 1e9]];
  let [name, size] = units[0];
  for (const [unit, from] of units) {
    if (nanoseconds >= from * 0.9995) [name, size] = [unit, from];
  }
  const scaled = nanoseconds / size;
  const digits = scaled < 9.995 && name !== 'ns' ? 1 : 0;
  return `${scaled >= 9999.5 ? count(scaled) : trim(scaled.toFixed(digits))} ${name}`;
}

/** The lower bound of a log2 bucket. */
export function bucketFrom(bucket) {
  return duration(2 ** bucket);
}

/** The time of day of milliseconds since 1970, in the reader's zone: `14:05:09`. */
export function clock(milliseconds) {
  const at = new Date(milliseconds);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
}

/** The time of day of an RFC 3339 time stamp, with milliseconds; what can't be read as it is. */
export function clockOf(text) {
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) return visible(text ?? '', 40);
  return `${clock(milliseconds)}.${String(new Date(milliseconds).getMilliseconds()).padStart(3, '0')}`;
}

/** How long ago, roughly: `4 s`, `12 min`, `3 h`, `5 d`. */
export function ago(milliseconds) {
  const seconds = Math.max(0, milliseconds / 1000);
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}
