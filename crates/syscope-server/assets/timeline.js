// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Calls and failures per second, one above the other: they often differ by a thousand.

import { Chart, tip, tooltip } from './chart.js';
import { byId, setText } from './element.js';
import { clock, percent, short } from './format.js';
import { colour } from './palette.js';

export class Timeline {
  constructor() {
    this.points = [];
    this.note = byId('timeline-note');
    this.empty = byId('timeline-empty');
    this.chart = new Chart(byId('timeline'), () => this.option());
  }

  show(points, filtered) {
    this.points = points;
    this.empty.hidden = points.length > 0;
    setText(this.note, filtered ? 'of what the filter lets pass, as far back as this page saw it' : 'of the whole node');
    this.chart.refresh();
  }

  option() {
    const { points } = this;
    const last = points.at(-1);
    this.chart.describe(last === undefined ? 'Calls and errors per second: no data yet.'
      : `Calls and errors per second over time; now ${short(last.calls)} calls and ${short(last.failed)} errors per second.`);
    const axis = (gridIndex, labels) => ({
      type: 'time',
      gridIndex,
      axisLine: { lineStyle: { color: colour('line') } },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: { show: labels, color: colour('muted'), fontSize: 11, hideOverlap: true, formatter: (ts) => clock(ts) },
      axisPointer: { label: { show: false }, lineStyle: { color: colour('muted') } },
    });
    const value = (gridIndex, name) => ({
      type: 'value',
      gridIndex,
      name,
      nameTextStyle: { color: colour('muted'), fontSize: 11, align: 'left', padding: [0, 0, 0, -40] },
      nameGap: 10,
      min: 0,
      splitNumber: 3,
      axisLabel: { color: colour('muted'), fontSize: 11, formatter: (number) => short(number) },
      splitLine: { lineStyle: { color: colour('line') } },
    });
    const line = (at, name, member, color) => ({
      type: 'line',
      name,
      xAxisIndex: at,
      yAxisIndex: at,
      showSymbol: points.length < 3,
      symbolSize: 5,
      lineStyle: { width: 2, color },
      itemStyle: { color },
      areaStyle: { opacity: 0.14, color },
      data: points.map((point) => [point.ts, point[member]]),
    });
    return {
      // Both begin and end at one place, whatever their labels need.
      grid: [{ top: 26, height: '44%' }, { bottom: 26, height: '22%' }].map((grid) => ({ left: 46, right: 18, outerBoundsMode: 'none', ...grid })),
      axisPointer: { link: [{ xAxisIndex: 'all' }] },
      xAxis: [axis(0, false), axis(1, true)],
      yAxis: [value(0, 'calls per second'), value(1, 'errors per second')],
      tooltip: { ...tooltip((parameters) => this.tip(parameters)), trigger: 'axis' },
      series: [line(0, 'calls', 'calls', colour('calls')), line(1, 'errors', 'failed', colour('errors'))],
    };
  }

  tip(parameters) {
    const ts = parameters[0]?.value[0];
    const point = this.points.find((one) => one.ts === ts);
    if (point === undefined) return null;
    return tip(clock(point.ts), [
      ['calls per second', short(point.calls), colour('calls')],
      ['errors per second', short(point.failed), colour('errors')],
      ['failing', percent(point.calls > 0 ? point.failed / point.calls : 0)],
    ]);
  }
}
