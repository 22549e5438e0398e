// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Trace jobs: those there are, a form for a new one, and a way to stop them.

import { byId, element, setAttribute, setText } from './element.js';
import { ago, count, visible } from './format.js';
import { fromFilter, request, summary } from './request.js';

const ENDS = {
  deleted: 'stopped', lease: 'nobody watched', duration: 'its time was over', max_events: 'had its events', shutdown: 'agent ended', failed: 'failed',
};

export class Jobs {
  constructor(api, state, changed) {
    Object.assign(this, { api, state, changed });
    this.body = byId('jobs-body');
    this.none = byId('jobs-none');
    this.form = byId('job-form');
    this.error = byId('job-error');
    this.toggle = byId('job-new');
    this.lines = new Map();
    this.known = [];
    this.toggle.addEventListener('click', () => this.open(this.form.hidden));
    byId('job-cancel').addEventListener('click', () => this.open(false));
    byId('job-from-filter').addEventListener('click', () => this.fill(fromFilter(this.state.value.filter)));
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.create();
    });
  }

  open(open) {
    this.form.hidden = !open;
    this.toggle.setAttribute('aria-expanded', String(open));
    if (open) {
      this.fill(fromFilter(this.state.value.filter));
      this.form.elements.syscalls.focus();
    } else {
      this.toggle.focus();
    }
    this.complain('');
  }

  fill(values) {
    for (const [name, value] of Object.entries(values)) {
      const field = this.form.elements[name];
      if (field.type === 'checkbox') field.checked = value;
      else field.value = value;
    }
  }

  complain(text, field) {
    for (const one of this.form.elements) setAttribute(one, 'aria-invalid', one.name !== '' && one.name === field ? 'true' : null);
    setText(this.error, text);
    this.error.hidden = text === '';
  }

  async create() {
    const values = Object.fromEntries([...this.form.elements].filter((field) => field.name !== '').map((field) => [field.name, field.type === 'checkbox' ? field.checked : field.value]));
    const { body, error } = request(values);
    if (error !== undefined) {
      this.complain(error.why, error.field);
      this.form.elements[error.field].focus();
      return;
    }
    const button = byId('job-create');
    button.disabled = true;
    try {
      const job = await this.api.post('/api/v1/traces', body);
      this.show([job, ...this.known.filter((known) => known.id !== job.id)]);
      this.open(false);
      this.watch(job);
      byId('events-card').scrollIntoView({ block: 'nearest', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
    } catch (problem) {
      this.complain(`The job was not made: ${visible(problem.message, 500)}${problem.status === 401 ? ' Enter a token above.' : ''}`);
      this.changed(problem);
    } finally {
      button.disabled = false;
    }
  }

  watch(job) {
    this.state.set({ job: this.state.value.job === job.id ? '' : job.id });
  }

  async stop(job, button) {
    button.disabled = true;
    try {
      await this.api.delete(`/api/v1/traces/${encodeURIComponent(job.id)}`);
      this.show(this.known.map((known) => (known.id === job.id ? { ...known, running: false, end: 'deleted' } : known)));
    } catch (problem) {
      // One that is gone is what was wanted.
      if (problem.status === 404) this.show(this.known.filter((known) => known.id !== job.id));
      else this.changed(problem);
    } finally {
      button.disabled = false;
    }
  }

  /** What the form proposes of these containers. */
  suggest(containers) {
    const images = [...new Set(containers.map((container) => container.image).filter(Boolean))].sort().slice(0, 500);
    const key = JSON.stringify(images);
    if (key === this.images) return;
    this.images = key;
    byId('known-image').replaceChildren(...images.map((image) => element('option', { value: image, label: visible(image, 200) })));
  }

  /** The jobs there are, the newest first. */
  show(jobs) {
    this.known = [...jobs].sort((a, b) => Number(b.running) - Number(a.running) || (a.started < b.started ? 1 : a.started > b.started ? -1 : 0));
    this.none.hidden = jobs.length > 0;
    const ids = new Set(jobs.map((job) => job.id));
    for (const [id, line] of this.lines) {
      if (ids.has(id)) continue;
      line.row.remove();
      this.lines.delete(id);
    }
    this.known.forEach((job, at) => {
      const line = this.lines.get(job.id) ?? this.add(job.id);
      this.put(line, job);
      if (this.body.children[at] !== line.row) this.body.insertBefore(line.row, this.body.children[at] ?? null);
    });
  }

  add(id) {
    const line = { job: null };
    line.name = element('span', { class: 'first' });
    line.what = element('span', { class: 'second' });
    line.state = element('span', { class: 'badge' });
    line.events = element('td', { class: 'number', 'data-name': 'events' });
    line.lost = element('td', { class: 'number', 'data-name': 'lost' });
    line.containers = element('td', { class: 'number wide' });
    line.watchers = element('td', { class: 'number wide' });
    line.watch = element('button', { type: 'button', class: 'plain', onclick: () => this.watch(line.job) }, 'Watch');
    line.stop = element('button', { type: 'button', class: 'plain danger', onclick: () => this.stop(line.job, line.stop) }, 'Stop');
    line.row = element('tr', {},
      element('th', { scope: 'row', class: 'name' }, element('div', { class: 'job-name' }, line.name, line.state), line.what),
      line.events, line.lost, line.containers, line.watchers,
      element('td', { class: 'actions' }, line.watch, line.stop));
    this.lines.set(id, line);
    return line;
  }

  put(line, job) {
    line.job = job;
    const name = visible(job.name ?? job.id, 120);
    setText(line.name, name);
    setText(line.what, summary(job));
    const since = Date.parse(job.started);
    const age = Number.isNaN(since) ? '' : ` ${ago(Date.now() - since)}`;
    setText(line.state, job.running ? `running${age}` : ENDS[job.end] ?? 'ended');
    line.state.dataset.state = job.running ? 'running' : 'ended';
    setText(line.events, count(job.counts?.delivered ?? 0));
    setText(line.lost, count(job.counts?.lost ?? 0));
    line.lost.classList.toggle('bad', (job.counts?.lost ?? 0) > 0);
    setText(line.containers, count(job.containers ?? 0));
    setText(line.watchers, count(job.watchers ?? 0));
    const watched = this.state.value.job === job.id;
    setText(line.watch, watched ? 'Watching' : 'Watch');
    setAttribute(line.watch, 'aria-pressed', String(watched));
    setAttribute(line.watch, 'aria-label', `Watch ${name}`);
    setAttribute(line.stop, 'aria-label', `Stop ${name}`);
    line.stop.hidden = !job.running;
    line.row.classList.toggle('watched', watched);
  }

  /** The job that the reader watches, if it is known. */
  get watched() {
    return this.known.find((job) => job.id === this.state.value.job) ?? null;
  }
}
