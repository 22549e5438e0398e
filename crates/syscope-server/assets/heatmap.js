// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// How long calls took: time by log2 bucket, the more calls per second the stronger.

import { Chart, tip, tooltip } from './chart.js';
import { byId, setText } from './element.js';
import { bucketFrom, clock, duration, short } from './format.js';
import { colour, heat } from './palette.js';
import { coarse, quantile } from './buckets.js';

export class Heatmap {
  constructor() {
    this.columns = [];
    this.target = byId('heatmap');
    this.note = byId('heatmap-note');
    this.reason = byId('heatmap-reason');
    this.chart = new Chart(this.target, () => this.option());
  }

  /** `latency` is whether the agent measures it, `filter` the one that holds, or null. */
  show(columns, latency, filter) {
    this.columns = columns;
    const some = columns.some(({ buckets }) => buckets.some((calls) => calls > 0));
    this.target.hidden = !latency || !some;
    this.reason.hidden = latency && some;
    if (!latency) {
      setText(this.reason, 'This agent does not measure how long calls take, because that costs every call a second hook. Start it with --metrics-latency to see it here.');
    } else if (!some) {
      setText(this.reason, filter === null ? 'No calls were timed yet.' : 'Under a filter this chart begins when the filter is set. It will be here in a moment.');
    }
    setText(this.note, this.words(latency && some, filter));
    if (latency && some) this.chart.refresh();
  }

  words(some, filter) {
    if (!some) return '';
    const { buckets } = this.columns.at(-1);
    const [half, most] = [quantile(buckets, 0.5), quantile(buckets, 0.99)];
    const now = half === null ? '' : `now p50 ${duration(half)}, p99 ${duration(most)}`;
    if (filter === null) return now;
    const errors = filter.error === '' ? '' : '; of all results: times are not kept by error';
    return `${now}${now === '' ? '' : '; '}since the filter was set${errors}`;
  }

  option() {
    const columns = coarse(this.columns, Math.max(24, Math.floor(this.chart.width / 8)));
    this.drawn = columns;
    let [low, high] = [40, 0];
    let most = 0;
    for (const { buckets } of columns) {
      buckets.forEach((calls, bucket) => {
        if (!(calls > 0)) return;
        low = Math.min(low, bucket);
        high = Math.max(high, bucket);
        most = Math.max(most, calls);
      });
    }
    [low, high] = [Math.min(low, 8), Math.max(high, 24)];
    const data = [];
    columns.forEach(({ buckets }, at) => {
      for (let bucket = low; bucket <= high; bucket += 1) {
        // A scale of logarithms: one slow call in a million fast ones is what one looks for.
        const calls = buckets[bucket] ?? 0;
        if (calls > 0) data.push([at, bucket - low, Math.log10(1 + calls)]);
      }
    });
    this.low = low;
    this.chart.describe(`Heat map of latency over time: ${this.note.textContent}.`);
    return {
      grid: { left: 58, right: 14, top: 12, bottom: 26 },
      tooltip: { ...tooltip((parameters) => this.tip(parameters)), trigger: 'item' },
      visualMap: { show: false, min: 0, max: Math.max(1, Math.log10(1 + most)), dimension: 2, inRange: { color: heat().slice(1) } },
      xAxis: {
        type: 'category',
        data: columns.map(({ ts }) => clock(ts)),
        axisLine: { lineStyle: { color: colour('line') } },
        axisTick: { show: false },
        axisLabel: { color: colour('muted'), fontSize: 11, hideOverlap: true },
      },
      yAxis: {
        type: 'category',
        data: Array.from({ length: high - low + 1 }, (_, at) => bucketFrom(at + low)),
        axisLine: { show: false },
        axisTick: { show: false },
        // 2^10 ns is a microsecond, 2^20 a millisecond, near enough.
        axisLabel: { color: colour('muted'), fontSize: 11, interval: (at) => (at + low) % 5 === 0 },
        splitArea: { show: true, areaStyle: { color: [heat()[0]] } },
      },
      series: [{ type: 'heatmap', data, progressive: 0, itemStyle: { borderWidth: 0 }, emphasis: { itemStyle: { borderColor: colour('text'), borderWidth: 1 } } }],
    };
  }

  tip({ data }) {
    const column = this.drawn[data[0]];
    if (column === undefined) return null;
    const bucket = data[1] + this.low;
    return tip(clock(column.ts), [
      ['took', `${duration(2 ** bucket)} to ${duration(2 ** (bucket + 1))}`],
      ['calls per second', short(column.buckets[bucket])],
    ]);
  }
}
