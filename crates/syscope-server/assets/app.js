// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The page: asks the agent, and gives what it says to the charts.

import { Api } from './api.js';
import { byId, setText } from './element.js';
import { Counts, total } from './counts.js';
import { Events } from './events.js';
import { active } from './filter.js';
import { Filterbar } from './filterbar.js';
import { ago, count, percent, short, visible } from './format.js';
import { Heatmap } from './heatmap.js';
import { Jobs } from './jobs.js';
import { Notices } from './notices.js';
import { Sankey } from './sankey.js';
import { State } from './state.js';
import { Table } from './tables.js';
import { choose, chosen } from './theme.js';
import { Timeline } from './timeline.js';

const POLL_MS = 2000;
const SLOW_MS = 10000;
/** After failures the page asks ever less often. */
const AGAIN_MS = [2000, 2000, 4000, 8000, 15000];

class App {
  constructor() {
    this.api = new Api();
    this.state = new State(window);
    this.counts = new Counts();
    this.filterbar = new Filterbar(this.state);
    this.sankey = new Sankey(this.state);
    this.timeline = new Timeline();
    this.heatmap = new Heatmap();
    this.tables = ['owner', 'syscall', 'error'].map((kind) => new Table(kind, this.state));
    this.notices = new Notices(this.api, () => this.now());
    this.events = new Events(this.api);
    this.jobs = new Jobs(this.api, this.state, (problem) => { if (problem.status === 401) this.notices.connection(problem, location.host); });
    this.failures = 0;
    this.heard = 0;
    this.status = null;
    this.containers = null;
    this.timings = [];
    this.controls();
    this.state.listen((state) => this.changed(state));
    document.addEventListener('visibilitychange', () => (document.hidden ? this.stop() : this.now()));
    setInterval(() => this.pulse(), 1000);
    this.changed(this.state.value);
    this.now();
  }

  controls() {
    for (const input of document.querySelectorAll('input[name=mode]')) {
      input.addEventListener('change', () => this.state.set({ mode: input.value }));
    }
    // The fragment is the state: a jump within the page must not change it.
    document.querySelector('.skip').addEventListener('click', (event) => {
      event.preventDefault();
      byId('main').focus();
    });
    for (const input of document.querySelectorAll('input[name=theme]')) {
      input.checked = input.value === chosen();
      input.addEventListener('change', () => choose(input.value));
    }
  }

  changed(state) {
    for (const input of document.querySelectorAll('input[name=mode]')) input.checked = input.value === state.mode;
    this.filterbar.show(state.filter);
    this.jobs.show(this.jobs.known);
    this.watch();
    this.draw(true);
  }

  watch() {
    // A job that the list doesn't have (yet) may come from a link: it is watched when it is there.
    if (this.state.value.job === '') this.events.watch(null);
    else if (this.jobs.watched !== null) this.events.watch(this.jobs.watched);
    else if (this.jobsKnown) this.events.missing(this.state.value.job);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Asks at once. */
  now() {
    this.stop();
    this.poll();
  }

  async poll() {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    const begin = performance.now();
    try {
      const slow = this.status === null || begin - this.asked >= SLOW_MS;
      const [counts, jobs, status, containers] = await Promise.all([
        this.api.get('/api/v1/syscalls'),
        this.api.get('/api/v1/traces').catch((problem) => problem),
        slow ? this.api.get('/api/v1/status').catch((problem) => problem) : null,
        slow ? this.api.get('/api/v1/containers').catch((problem) => problem) : null,
      ]);
      this.failures = 0;
      this.heard = performance.now();
      this.notices.connection(null);
      if (status !== null && status.reply !== undefined) {
        this.asked = begin;
        this.status = status.reply;
        this.notices.status(this.status);
      }
      if (containers !== null && containers.reply !== undefined) {
        this.containers = containers.reply.containers ?? [];
        this.jobs.suggest(this.containers);
      }
      if (jobs.reply !== undefined) {
        this.jobs.show(jobs.reply.traces ?? []);
        this.jobsKnown = true;
        this.watch();
      }
      this.refresh(counts);
    } catch (problem) {
      // What is no problem with the agent is one of the page: it is shown by the browser too.
      if (problem.status === undefined) throw problem;
      this.failures += 1;
      this.failure = problem.status;
      this.notices.connection(problem, location.host);
    } finally {
      this.asking = false;
      this.pulse();
      const pause = this.failures === 0 ? POLL_MS : AGAIN_MS[Math.min(this.failures, AGAIN_MS.length) - 1];
      const wait = this.again ? 0 : Math.max(200, pause - (performance.now() - begin));
      this.again = false;
      this.stop();
      if (!document.hidden) this.timer = setTimeout(() => this.poll(), wait);
    }
  }

  refresh({ reply, parsing }) {
    const begin = performance.now();
    this.counts.take(reply, this.state.value.filter);
    // Milliseconds of the main thread that this reply costs, and the longest of them in one piece.
    this.timings.push({ parse: parsing, take: performance.now() - begin, draw: 0, longest: 0 });
    if (this.timings.length > 100) this.timings.shift();
    this.draw(false);
  }

  /** Everything is drawn, one chart a task, so that the page answers to the reader in between. `now`: the reader waits. */
  draw(now) {
    if (this.counts.reply === null) return;
    const { mode, filter } = this.state.value;
    const filtered = active(filter);
    const { latency, folded } = this.counts.reply;
    const view = this.counts.view(mode, filter);
    const points = this.counts.timeline(filter);
    this.view = view;
    const steps = [
      () => {
        this.sankey.show(view, now);
        this.figures(view, points.at(-1));
      },
      () => { for (const table of this.tables) table.show(view, latency); },
      () => this.timeline.show(points, filtered),
      () => this.heatmap.show(this.counts.heatmap(filter), latency, filtered ? filter : null),
      () => {
        this.filterbar.suggest(view.tables, filter);
        this.notices.folded(folded);
        byId('main').dataset.ready = 'true';
      },
    ];
    const timing = this.timings.at(-1);
    const next = () => {
      const begin = performance.now();
      steps.shift()();
      const took = performance.now() - begin;
      timing.draw += took;
      timing.longest = Math.max(timing.longest, took);
      this.step = steps.length > 0 ? setTimeout(next) : undefined;
    };
    clearTimeout(this.step);
    next();
  }

  figures(view, last) {
    const all = total(view.rows, view.pass, view.ok);
    const whole = this.counts.view('total', this.state.value.filter);
    const sum = total(whole.rows, whole.pass, whole.ok);
    const put = (name, value, note) => {
      setText(byId(`figure-${name}`), value);
      setText(byId(`figure-${name}-note`), note);
    };
    put('calls', last === undefined ? '…' : short(last.calls), `${short(sum.calls)} since the start`);
    put('errors', last === undefined ? '…' : short(last.failed), `${short(sum.failed)} since the start`);
    put('share', all.calls > 0 ? percent(all.failed / all.calls) : '–', view.mode === 'rate' ? 'in the last interval' : 'since the start');
    const seen = new Set();
    for (let at = 0; at < whole.rows.length; at += 1) if (whole.pass === null || whole.pass.owners[whole.rows.owner[at]]) seen.add(whole.rows.owner[at]);
    const owners = [...seen].map((at) => view.tables.owners[at]);
    const containers = owners.filter((owner) => owner.container !== '' || owner.pod !== '').length;
    const units = owners.filter((owner) => owner.unit !== '').length;
    const running = this.containers === null ? '' : `${count(this.containers.filter((one) => one.state === 'running').length)} run; `;
    put('containers', count(containers), `${running}${count(units)} units too`);
    const lost = Object.values(this.status?.lost ?? {}).reduce((one, other) => one + other, 0);
    put('lost', this.status === null ? '…' : short(lost), lost === 0 ? 'every event arrived' : Object.entries(this.status.lost).filter(([, n]) => n > 0).map(([reason, n]) => `${visible(reason, 30).replaceAll('_', ' ')} ${short(n)}`).join(', '));
    byId('figure-lost').classList.toggle('bad', lost > 0);
    const node = this.counts.reply.node ?? this.status?.node ?? location.host;
    setText(byId('node'), visible(node, 80));
    document.title = `${visible(node, 80)} · Syscope`;
    setText(byId('version'), this.status === null ? '' : `syscope ${visible(this.status.version, 40)} · started ${ago(Date.now() - Date.parse(this.status.started))} ago`);
    setText(byId('sum'), view.mode === 'rate' && view.seconds > 0
      ? `${count(this.sankey.data.total)} calls in the last ${short(view.seconds)} s, ${count(this.sankey.data.failed)} failed`
      : `${count(this.sankey.data.total)} calls, ${count(this.sankey.data.failed)} failed`);
  }

  /** Whether the agent is there, in a word. */
  pulse() {
    const text = byId('pulse');
    const since = this.heard === 0 ? null : performance.now() - this.heard;
    const state = this.failures > 0 ? 'gone' : since === null ? 'wait' : 'live';
    text.dataset.state = state;
    const word = { 401: 'needs a token', 403: 'not allowed', 503: 'not ready' }[this.failure] ?? 'no answer';
    const words = { wait: 'connecting', live: 'live', gone: since === null ? word : `${word}, ${ago(since)} old` };
    setText(text, words[state]);
    byId('main').classList.toggle('stale', this.failures > 0 && since !== null);
  }
}

// For the test in a browser, and for whoever debugs the page in theirs.
window.syscope = new App();
