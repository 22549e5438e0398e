// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// What is wrong and what to do about it, above the charts.

import { byId, element, setText } from './element.js';
import { count, visible } from './format.js';

/** What to do about a failed request: `{title, text}`. */
export function advice(problem, host) {
  const said = problem.detail ? ` The agent says: ${visible(problem.detail, 500)}` : '';
  switch (problem.status) {
    case 0:
      return { title: problem.title, text: `Nothing at ${host} gave an answer. See whether it runs (systemctl status syscope, or kubectl get pods) and whether a tunnel or port-forward to it has ended.${said} The numbers below are the last ones known; the page goes on trying.` };
    case 401:
      return { title: 'The agent wants a token', text: `Enter a bearer token that it accepts.${said}` };
    case 403:
      return { title: 'The token is not allowed to see this', text: `Use one that may get traces of this namespace, or ask who runs the cluster for the right.${said}` };
    case 404:
      return { title: 'This is no agent that the page knows', text: `${host} has no /api/v1/syscalls. The page and the agent must be of one version: reload the page.${said}` };
    case 429:
      return { title: 'Too many requests', text: `The agent is asked more often than it allows; the page slows down.${said}` };
    case 503:
      return { title: 'The agent is not ready', text: `It runs, but does not deliver yet.${said} The page goes on trying; /readyz and \`syscope doctor\` say what is missing.` };
    default:
      return { title: visible(`${problem.title} (${problem.status})`, 120), text: said.trim() || 'The page goes on trying.' };
  }
}

export class Notices {
  constructor(api, retry) {
    this.box = byId('notices');
    this.shown = new Map();
    this.form = byId('token');
    this.input = byId('token-input');
    this.api = api;
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.api.token = this.input.value.trim();
      this.input.value = '';
      retry();
    });
    byId('token-forget').addEventListener('click', () => {
      this.api.token = '';
      retry();
    });
  }

  /** A notice of this name says this; `null`: it is gone. `level` is `bad`, `warn` or `info`. */
  set(name, notice, level = 'bad') {
    let shown = this.shown.get(name);
    if (notice === null) {
      shown?.remove();
      this.shown.delete(name);
      return;
    }
    if (shown === undefined) {
      shown = element('div', { class: 'notice', role: level === 'bad' ? 'alert' : 'status' }, element('strong'), element('span'));
      this.shown.set(name, shown);
      this.box.append(shown);
    }
    shown.dataset.level = level;
    setText(shown.firstChild, notice.title);
    setText(shown.lastChild, notice.text);
  }

  /** The problem with the counts, or null if they came. */
  connection(problem, host) {
    this.set('connection', problem === null ? null : advice(problem, host), problem?.status === 503 ? 'warn' : 'bad');
    const wanted = problem?.status === 401 || problem?.status === 403;
    if (this.form.hidden === wanted) {
      this.form.hidden = !wanted;
      if (wanted) this.input.focus();
    }
    byId('token-forget').hidden = this.api.token === '';
  }

  /** What the agent says of itself. */
  status(status) {
    const broken = (status?.readiness?.sources ?? []).filter((source) => !source.ok);
    this.set('sources', broken.length === 0 ? null : {
      title: 'Not everything delivers',
      text: broken.map((source) => visible(`${source.name}: ${source.detail ?? 'no reason given'}`, 400)).join(' · '),
    }, 'warn');
    const full = (status?.maps ?? []).filter((map) => map.updateErrors > 0);
    this.set('maps', full.length === 0 ? null : {
      title: 'Tables of the kernel were full',
      text: `${full.map((map) => `${visible(map.name, 60)}: ${count(map.updateErrors)} entries found no room (${count(map.entries)} of ${count(map.capacity)} in use)`).join(' · ')}.`,
    }, 'warn');
  }

  /** Calls that are in no row. */
  folded(calls) {
    this.set('folded', calls > 0 ? {
      title: `${count(calls)} calls are not shown`,
      text: 'There was no room for their series. Raise --metrics-max-series, or leave out labels with --metrics-labels.',
    } : null, 'info');
  }
}
