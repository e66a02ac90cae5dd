// SPDX-License-Identifier: Apache-2.0
//
// One connection after another to one URL: opens it, reads it, and decides what its end means.
//
// All that happens belongs to an attempt, and an attempt that is no longer the current one has no effect any more, whatever its promises
// still do. So closing delivers nothing more, and nothing has to be cancelled in the right order.

import { StreamError, type StreamErrorReason } from "./error.js";
import type { Settings } from "./options.js";
import { createParser, MAX_MILLIS } from "./parser.js";

export interface StreamSnapshot {
  /** `waiting`: for the next attempt; `paused`: the page is hidden or put away; `closed`: for good. */
  readonly state: "connecting" | "open" | "waiting" | "paused" | "closed";
  /** In a row, until an event comes. */
  readonly failures: number;
  /** The last failure; null again once the stream is open, and after `close()`. */
  readonly error: StreamError | null;
  /** While waiting: when the next attempt begins, as `Date.now()`. */
  readonly retryAt: number | null;
}

/** Where a connection puts what it gets. */
export interface Sink {
  /** The last event id, which is where the next attempt resumes. */
  id(): string;
  event(type: string, data: string, id: string): void;
  /** The place has moved without an event. */
  move(id: string): void;
  /** All events of a chunk were given. */
  chunk(): void;
  state(snapshot: StreamSnapshot): void;
  /** How many events wait to be taken. */
  backlog(): number;
  /** Resolves when none does. */
  drained(): Promise<void>;
}

/** What brings events: a connection of its own, or a part in a shared one. */
export interface Source {
  start(): void;
  stop(): void;
  /** This is a good moment: whoever waits for the next attempt makes it now. */
  nudge(): void;
}

/** Less than this is not waited, so that no answer of a server makes a busy loop. */
const MIN_MILLIS = 100;

/** What HTTP says of delays: seconds or a date. */
function retryAfter(response: Response): number | undefined {
  const value = response.headers.get("retry-after");
  if (!value) return;
  const millis = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return millis >= 0 ? millis : undefined;
}

async function given<T>(value: T | (() => T | Promise<T>)): Promise<T> {
  return typeof value === "function" ? (value as () => T | Promise<T>)() : value;
}

/** The id goes into the header as its UTF-8 bytes; one that no header can carry goes into the query. */
function resume(url: string, headers: Headers, id: string): string {
  if (!id) return url;
  if (/[\0-\x08\n-\x1f\x7f]|^[\t ]|[\t ]$/.test(id)) {
    const target = new URL(url);
    target.searchParams.set("lastEventId", id);
    return target.href;
  }
  headers.set("Last-Event-ID", String.fromCharCode(...new TextEncoder().encode(id)));
  return url;
}

export function connection(url: string, settings: Settings, sink: Sink): Source {
  const where = new URL(url).pathname; // the query may hold a secret
  let attempt: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let asked: number | undefined; // what `retry:` said last
  let refreshed = false;

  let trouble: StreamError | null = null;

  const state = (now: StreamSnapshot["state"], error: StreamError | null, retryAt: number | null = null) =>
    sink.state({ state: now, failures, error: (trouble = error), retryAt });

  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
    const last = attempt;
    attempt = undefined;
    last?.abort();
  };

  const delay = (error: StreamError, after: number | undefined) => {
    if (after !== undefined) return after;
    if (error.reason === "ended" && asked !== undefined && failures < 2) return asked;
    const least = asked ?? 0;
    const base = Math.max(asked ?? settings.retryMillis, MIN_MILLIS);
    const most = Math.min(settings.maxDelayMillis, base * 2 ** (failures - 1));
    return least + Math.random() * Math.max(0, most - least);
  };

  const fail = (error: StreamError, after?: number) => {
    stop();
    if (globalThis.navigator?.onLine !== false) failures++; // without a network it is nobody's failure
    if (!error.final && failures > settings.maxRetries) {
      error = new StreamError("max-retries", `${where}: failed ${failures} times in a row (expected: at most ${settings.maxRetries}): ${error.message}`, {
        status: error.status,
        final: true,
        cause: error,
      });
    }
    if (error.final) return state("closed", error);
    const millis = Math.min(Math.max(delay(error, after), MIN_MILLIS), MAX_MILLIS);
    timer = setTimeout(open, millis);
    state("waiting", error, Date.now() + millis);
  };

  const request = async (refresh: boolean, signal: AbortSignal) => {
    const { token, method, credentials } = settings;
    const headers = new Headers(await given(settings.headers));
    if (!headers.has("accept")) headers.set("Accept", "text/event-stream");
    const bearer = typeof token === "function" ? await token({ refresh }) : token;
    if (bearer) headers.set("Authorization", `Bearer ${bearer}`);
    const init: RequestInit = { headers, signal, cache: "no-store" };
    if (method) init.method = method;
    if (credentials) init.credentials = credentials;
    if (settings.body !== undefined) init.body = await given(settings.body);
    return [resume(url, headers, sink.id()), init] as const;
  };

  const open = async (refresh?: unknown) => {
    stop();
    const mine = (attempt = new AbortController());
    const current = () => attempt === mine;
    let step: StreamErrorReason = "token";
    const fault = (reason: StreamErrorReason, text: string, status?: number, final = false) =>
      current() && fail(new StreamError(reason, `${where}: ${text}`, { status, final }));
    const watch = (reason: StreamErrorReason, text: string, millis: number) => {
      clearTimeout(timer);
      if (millis && millis <= MAX_MILLIS) timer = setTimeout(() => fault(reason, `${text} within ${millis} ms`), millis);
    };

    if (!refresh) state("connecting", trouble);
    if (!current()) return;
    watch("timeout", "no answer", settings.connectMillis);
    try {
      const [target, init] = await request(!!refresh, mine.signal);
      if (!current()) return;
      step = "network";
      const response = await (settings.fetch ?? fetch)(target, init);
      if (!current()) return;
      const { status } = response;
      const contentType = response.headers.get("content-type") ?? "";
      if (status === 204) return fault("no-content", "there will be nothing more (204)", status, true);
      if (status === 401 && typeof settings.token === "function" && !refreshed) {
        refreshed = true;
        return void open(true);
      }
      if (status !== 200) {
        const again = status >= 500 || [408, 425, 429].includes(status);
        return fail(new StreamError("status", `${where}: answered ${status} (expected: 200)`, { status, final: !again }), retryAfter(response));
      }
      if (!/^\s*text\/event-stream\s*(;|$)/i.test(contentType)) {
        return fault("content-type", `content type: ${contentType || "none"} (expected: text/event-stream)`, status, true);
      }

      refreshed = false;
      state("open", null);
      if (!current()) return;
      const feed = createParser(
        {
          event(type, data, id) {
            if (!current()) return;
            if (failures) {
              failures = 0;
              state("open", null);
              if (!current()) return;
            }
            sink.event(type, data, id);
          },
          id(id) {
            if (current()) sink.move(id);
          },
          retry(millis) {
            asked = millis;
          },
        },
        settings,
        sink.id(),
      );
      const reader = response.body?.getReader();
      let heard = performance.now();
      const listen = (millis: number) => {
        clearTimeout(timer);
        if (settings.idleMillis && settings.idleMillis <= MAX_MILLIS) timer = setTimeout(check, millis);
      };
      // One timer that finds out how long it was, rather than a new one for each chunk.
      const check = () => {
        const left = heard + settings.idleMillis - performance.now();
        if (left > 0) listen(left);
        else fault("idle", `nothing came within ${settings.idleMillis} ms`);
      };
      listen(settings.idleMillis);
      while (reader) {
        if (sink.backlog()) {
          clearTimeout(timer); // it is we who do not read
          await sink.drained();
          if (!current()) return;
          heard = performance.now();
          listen(settings.idleMillis);
        }
        const { done, value } = await reader.read();
        if (!current()) return;
        if (done) break;
        heard = performance.now();
        try {
          feed(value);
        } finally {
          sink.chunk();
        }
        if (!current()) return;
      }
      fault("ended", "the server ended the stream", status);
    } catch (cause) {
      // Node tells what happened in the cause of its "fetch failed".
      const { message } = ((cause as Error)?.cause ?? cause ?? {}) as Error;
      if (current()) fail(cause instanceof StreamError ? cause : new StreamError(step, `${where}: ${message ?? cause}`, { cause }));
    }
  };

  return {
    start() {
      failures = 0;
      void open();
    },
    stop,
    nudge() {
      if (timer !== undefined && !attempt) void open();
    },
  };
}
