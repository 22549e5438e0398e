// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The events of one job as they come: a bounded list that can be stopped and searched.

import { byId, element, setText } from './element.js';
import { count, visible } from './format.js';
import { line } from './record.js';

/** So many lines are kept; so many of them are in the page. */
const KEPT = 2000;
const SHOWN = 400;
/** The list is drawn so often, and reading takes at most this share of the time. */
const DRAW_MS = 200;
const READ_MS = 8;
/** A stream that broke is opened again after so long. */
const AGAIN_MS = [1000, 2000, 5000, 10000];

export class Events {
  constructor(api) {
    this.api = api;
    this.list = byId('events');
    this.stateText = byId('events-state');
    this.title = byId('events-title');
    this.pauseButton = byId('events-pause');
    this.search = byId('events-search');
    this.pauseButton.addEventListener('click', () => this.pause(!this.paused));
    this.search.addEventListener('input', () => this.drawAll());
    byId('events-clear').addEventListener('click', () => {
      this.forget();
      this.drawAll();
    });
    this.paused = false;
    this.job = null;
    this.forget();
    this.say();
  }

  forget() {
    this.kept = [];
    this.numbers = { received: 0, lost: 0 };
    this.next = 0;
  }

  /** The events of this job are shown; `null`: of none. */
  watch(job) {
    if ((job?.id ?? null) === (this.job?.id ?? null)) return;
    this.abort?.abort();
    this.job = job;
    this.forget();
    this.pause(false);
    this.drawAll();
    if (job !== null) this.read(job);
  }

  /** The reader wants a job that the agent does not have. */
  missing(id) {
    // What was seen of one that is gone by now stays.
    if (this.job?.id === id) return;
    if (this.job !== null) this.watch(null);
    this.list.dataset.empty = `There is no job ${visible(id, 80)} (any more). Choose “Watch” at one above, or make a new one.`;
  }

  async read(job) {
    const abort = new AbortController();
    this.abort = abort;
    this.ended = false;
    let tries = 0;
    while (!abort.signal.aborted && !this.ended) {
      let why = 'The stream broke off without its account; events may be missing here.';
      try {
        this.status = 'connecting';
        this.say();
        let slice = performance.now();
        await this.api.stream(`/api/v1/traces/${encodeURIComponent(job.id)}/events`, abort.signal, () => {
          tries = 0;
          this.status = 'live';
          this.say();
        }, (record) => {
          this.take(record);
          if (performance.now() - slice < READ_MS) return undefined;
          return new Promise((resolve) => {
            setTimeout(() => {
              slice = performance.now();
              resolve();
            }, READ_MS);
          });
        });
      } catch (error) {
        if (abort.signal.aborted) return;
        why = `The stream broke off: ${error.message}`;
        if ([401, 403, 404, 410].includes(error.status)) this.ended = true;
      }
      if (abort.signal.aborted) return;
      if (!this.ended) {
        this.status = 'broken';
        this.take({ type: 'page', text: why });
        const wait = AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)];
        tries += 1;
        await new Promise((resolve) => { setTimeout(resolve, wait); });
      } else if (this.status !== 'ended') {
        this.take({ type: 'page', text: why });
      }
    }
    if (abort.signal.aborted) return;
    this.status = 'ended';
    this.say();
  }

  take(record) {
    const entry = line(record);
    if (entry.kind === 'event') this.numbers.received += 1;
    this.numbers.lost += entry.lost;
    if (entry.kind === 'end') {
      this.ended = true;
      this.status = 'ended';
    }
    entry.number = this.next;
    entry.text = `${entry.who} ${entry.what} ${entry.result}`.toLowerCase();
    this.next += 1;
    this.kept.push(entry);
    // Taking one from the front of an array costs as much as the array is long: a whole part at a time.
    if (this.kept.length > KEPT * 1.25) this.kept = this.kept.slice(-KEPT);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.draw();
    }, DRAW_MS);
  }

  pause(paused) {
    this.paused = paused;
    this.pausedAt = this.next;
    this.pauseButton.setAttribute('aria-pressed', String(paused));
    setText(this.pauseButton, paused ? 'Resume' : 'Pause');
    if (!paused) this.drawAll();
    this.say();
  }

  matches(entry) {
    return entry.kind !== 'event' || entry.text.includes(this.search.value.trim().toLowerCase());
  }

  drawAll() {
    this.drawnTo = 0;
    const until = this.paused ? this.pausedAt : Infinity;
    const entries = this.kept.filter((entry) => entry.number < until && this.matches(entry)).slice(-SHOWN);
    this.list.replaceChildren(...entries.map((entry) => this.make(entry)));
    this.drawnTo = this.next;
    this.list.scrollTop = this.list.scrollHeight;
    this.say();
  }

  draw() {
    this.say();
    if (this.paused) return;
    const follow = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
    const fresh = this.kept.filter((entry) => entry.number >= this.drawnTo && this.matches(entry)).slice(-SHOWN);
    this.drawnTo = this.next;
    if (fresh.length === 0) return;
    const made = fresh.map((entry) => this.make(entry));
    const surplus = Math.max(0, this.list.children.length + made.length - SHOWN);
    // Who reads further up keeps the line under the eye: the list moves by what goes away above it.
    const kept = this.list.children[surplus];
    const removed = follow || kept === undefined ? 0 : kept.offsetTop - this.list.firstChild.offsetTop;
    if (kept === undefined) this.list.replaceChildren(...made);
    else {
      for (let number = 0; number < surplus; number += 1) this.list.firstChild.remove();
      this.list.append(...made);
    }
    if (follow) this.list.scrollTop = this.list.scrollHeight;
    else if (removed > 0) this.list.scrollTop = Math.max(0, this.list.scrollTop - removed);
  }

  make(entry) {
    if (entry.kind !== 'event') {
      return element('li', { class: entry.kind }, element('time', {}, entry.time), element('span', { class: 'what' }, entry.what));
    }
    return element('li', {},
      element('time', {}, entry.time),
      element('span', { class: 'who' }, entry.who),
      element('span', { class: 'what' }, entry.what),
      entry.result === '' ? null : element('span', { class: entry.failed ? 'result bad' : 'result' }, `= ${entry.result}`),
      entry.latency === '' ? null : element('span', { class: 'took' }, entry.latency));
  }

  say() {
    const { job } = this;
    setText(this.title, job === null ? '' : visible(job.name ?? job.id, 120));
    this.pauseButton.disabled = job === null;
    this.list.dataset.job = job === null ? 'none' : 'some';
    this.list.dataset.empty = job === null ? 'Choose “Watch” at a job above, or make a new one: its events are shown here.' : 'Waiting for the first event…';
    if (job === null) {
      setText(this.stateText, '');
      return;
    }
    const words = { connecting: 'connecting', live: 'live', broken: 'connection lost, trying again', ended: 'ended' };
    const parts = [this.paused ? `paused, ${count(this.next - this.pausedAt)} new` : words[this.status] ?? '', `${count(this.numbers.received)} events`];
    if (this.numbers.lost > 0) parts.push(`${count(this.numbers.lost)} missing`);
    if (this.next > KEPT) parts.push(`the last ${count(KEPT)} are kept`);
    setText(this.stateText, parts.filter(Boolean).join(' · '));
    this.stateText.dataset.state = this.paused ? 'paused' : this.status ?? '';
  }
}
