// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The agent's HTTP API, and the token that it may want.

const TOKEN = 'syscope.token';
/** An answer that takes longer is none. */
const PATIENCE_MS = 10000;
/** A line of a stream that is longer is not shown: an exec may carry two megabytes of arguments. */
const LINE_MAX = 8 * 1024 * 1024;

/** Why a request failed: `status` is that of HTTP, 0 if there was no answer; `detail` says what was wrong. */
export class Problem extends Error {
  constructor(status, title, detail) {
    super(detail || title);
    this.status = status;
    this.title = title;
    this.detail = detail;
  }
}

export class Api {
  /** The bearer token for this tab; empty if there is none. */
  get token() {
    try {
      return sessionStorage.getItem(TOKEN) ?? '';
    } catch {
      return this.kept ?? '';
    }
  }

  set token(token) {
    // A browser that keeps nothing: the token holds until the page is left.
    this.kept = token;
    try {
      if (token === '') sessionStorage.removeItem(TOKEN);
      else sessionStorage.setItem(TOKEN, token);
    } catch { /* as said */ }
  }

  async request(method, path, { body, signal, accept = 'application/json' } = {}) {
    const headers = { Accept: accept };
    if (this.token !== '') headers.Authorization = `Bearer ${this.token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    let response;
    try {
      response = await fetch(path, {
        method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body), cache: 'no-store', credentials: 'same-origin', redirect: 'error',
      });
    } catch (error) {
      if (signal?.aborted && signal.reason?.name !== 'TimeoutError') throw error;
      const late = signal?.aborted;
      throw new Problem(0, late ? 'The agent took too long' : 'The agent does not answer', '');
    }
    if (!response.ok) throw await problem(response);
    return response;
  }

  /** The JSON reply to a `GET`, and how long the main thread parsed it: `{reply, parsing}` (milliseconds). */
  async get(path) {
    const response = await this.request('GET', path, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return parse(response);
  }

  /** The JSON reply to a `POST`. */
  async post(path, body) {
    const response = await this.request('POST', path, { body, signal: AbortSignal.timeout(PATIENCE_MS) });
    return (await parse(response)).reply;
  }

  /** A `DELETE`. */
  async delete(path) {
    await this.request('DELETE', path, { signal: AbortSignal.timeout(PATIENCE_MS) });
  }

  /**
   * Reads a stream of JSON lines until it ends or `signal` aborts. `take(record)` gets each; while it returns a promise
   * nothing is read, so the agent sees a slow reader and says what it left out.
   */
  async stream(path, signal, opened, take) {
    const response = await this.request('GET', path, { signal, accept: 'application/x-ndjson' });
    opened();
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let rest = '';
    let skipping = false;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
        rest = lines.pop();
        for (const line of lines) {
          if (skipping) {
            skipping = false;
            await take({ type: 'page', text: 'An event that is too long to be shown here.' });
          } else if (line.trim() !== '') {
            const wait = take(record(line));
            if (wait !== undefined) await wait;
          }
        }
        if (rest.length > LINE_MAX || skipping) {
          skipping = true;
          rest = '';
        }
      }
    } finally {
      reader.cancel().catch(() => {});
    }
  }
}

function record(line) {
  try {
    const value = JSON.parse(line);
    if (value !== null && typeof value === 'object') return value;
  } catch { /* it is told below */ }
  return { type: 'page', text: `A line that is no event: ${line.slice(0, 200)}` };
}

async function parse(response) {
  let text;
  try {
    text = await response.text();
  } catch {
    throw new Problem(0, 'The agent does not answer', 'Its answer broke off.');
  }
  const begin = performance.now();
  try {
    return { reply: JSON.parse(text), parsing: performance.now() - begin };
  } catch {
    throw new Problem(response.status, 'No answer of a Syscope agent', `${new URL(response.url).pathname} did not give JSON.`);
  }
}

async function problem(response) {
  let [title, detail] = [response.statusText || `HTTP ${response.status}`, ''];
  try {
    const body = JSON.parse((await response.text()).slice(0, 65536));
    if (typeof body.title === 'string') title = body.title;
    if (typeof body.detail === 'string') detail = body.detail;
  } catch { /* not every proxy on the way writes problem+json */ }
  return new Problem(response.status, title, detail);
}
