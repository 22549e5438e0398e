// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// One chart of ECharts in an element: its size, its theme, its tooltip. Tooltips are elements with text in them; ECharts
// is never given HTML. Labels are drawn on a canvas, where there is none.

import * as echarts from './vendor/echarts.esm.min.mjs';
import { element } from './element.js';
import { colour } from './palette.js';
import { listen } from './theme.js';

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif';

export class Chart {
  /**
   * `draw()` makes the whole option; it is called by `refresh`, and when the size or the theme changes. A chart that is
   * scrolled out of sight is drawn when it comes back.
   */
  constructor(target, draw) {
    this.target = target;
    this.make = draw;
    this.chart = echarts.init(target, null, { renderer: 'canvas' });
    this.seen = true;
    this.due = false;
    // Reading the size makes the browser lay out the page: once per change and not once per refresh.
    [this.width, this.height] = [target.clientWidth, target.clientHeight];
    new ResizeObserver(() => {
      if (target.clientWidth === this.width && target.clientHeight === this.height) return;
      [this.width, this.height] = [target.clientWidth, target.clientHeight];
      if (this.width === 0) return;
      this.chart.resize();
      this.refresh();
    }).observe(target);
    new IntersectionObserver((entries) => {
      this.seen = entries.at(-1).isIntersecting;
      if (this.seen && this.due) this.refresh();
    }, { rootMargin: '200px' }).observe(target);
    listen(() => this.refresh());
  }

  refresh() {
    this.due = this.width === 0 || !this.seen;
    if (this.due) return;
    this.chart.setOption({ animation: false, textStyle: { fontFamily: FONT }, ...this.make() }, { replaceMerge: ['series'] });
  }

  /** Says in words what the chart shows. */
  describe(text) {
    if (this.target.getAttribute('aria-label') !== text) this.target.setAttribute('aria-label', text);
  }
}

/** What all tooltips have in common. `show(parameters)` gives an element, or null for none. */
export function tooltip(show) {
  return {
    renderMode: 'html',
    confine: true,
    transitionDuration: 0,
    padding: 0,
    borderWidth: 1,
    borderColor: colour('line'),
    backgroundColor: colour('card'),
    textStyle: { color: colour('text'), fontSize: 12 },
    extraCssText: 'border-radius:8px;box-shadow:0 6px 24px rgba(0,0,0,.18);max-width:340px;white-space:normal;',
    formatter: (parameters) => show(parameters) ?? '',
  };
}

/** The content of a tooltip: a heading and lines of `[name, value, colour]`. */
export function tip(heading, lines) {
  return element('div', { class: 'tip' },
    element('strong', {}, heading),
    ...lines.map(([name, value, mark]) => {
      const dot = element('i', {});
      if (mark) dot.style.background = mark;
      return element('div', {}, mark ? dot : null, element('span', {}, name), element('b', {}, value));
    }));
}
