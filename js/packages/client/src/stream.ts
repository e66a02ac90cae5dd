// SPDX-License-Identifier: Apache-2.0
//
// What a program holds: listeners, the state, the last id. It does not know whether its events come from a connection of its own or from
// another tab's.

import { connection, type Sink, type Source, type StreamSnapshot } from "./connection.js";
import { type Gap, type ResumeStore, type Settings, settings, type StreamOptions } from "./options.js";
import type { StreamError } from "./error.js";

/** One event. */
export class StreamEvent<T extends string = string, D = any> {
  readonly type: T;
  readonly data: string;
  /** The last id that the stream has set; empty if it never did. */
  readonly id: string;

  constructor(type: T, data: string, id: string) {
    this.type = type;
    this.data = data;
    this.id = id;
  }

  /** The data as JSON; throws a `SyntaxError` where it is none. */
  json(): D {
    return JSON.parse(this.data);
  }
}

/** The types of a stream's events, each with what its data is as JSON. */
export type EventTypes = Record<string, any>;

/** Any of a stream's events, as a union to narrow by `type`. */
export type AnyEvent<E extends EventTypes> = { [K in keyof E & string]: StreamEvent<K, E[K]> }[keyof E & string];

export interface Stream<E extends EventTypes = EventTypes> extends AsyncIterable<AnyEvent<E>> {
  readonly url: string;
  /** Where the stream would resume; empty if the server sends no ids. */
  readonly lastEventId: string;

  /** Calls the listener for each event of a type (`*`: of any but `hibiki.cursor`), until the function that this returns is called. */
  on(type: "*", listener: (event: AnyEvent<E>) => void): () => void;
  on<K extends keyof E & string>(type: K, listener: (event: StreamEvent<K, E[K]>) => void): () => void;

  /** The state: the same object until it changes. */
  getSnapshot(): StreamSnapshot;
  /** Calls the listener after each change of the state, until the function that this returns is called. */
  subscribe(listener: () => void): () => void;

  /** Ends the wait for the next attempt, if there is one. */
  reconnect(): void;
  /** Closes the stream for good. Nothing is delivered any more, also not what has come already. */
  close(): void;

  /**
   * The events from now on. While they are not taken the stream is not read, so a slow loop slows the server and not this program's memory. Leaving
   * the loop closes the stream; a final error other than `no-content` is thrown.
   */
  [Symbol.asyncIterator](): AsyncIterator<AnyEvent<E>, undefined>;
}

type Listener = (event: any) => void;

/** The name under which listeners of the state are kept; no event has it, as types are of one line. */
const STATE = "\n";

/** Errors of listeners are the program's: they become uncaught errors, and the stream goes on. */
function call<A extends unknown[]>(listener: ((...args: A) => void) | undefined, ...args: A): void {
  try {
    listener?.(...args);
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function storeOf(resume: StreamOptions["resume"], url: string): ResumeStore | undefined {
  if (typeof resume === "object") return resume;
  if (!resume) return undefined;
  const key = resume === true ? `hibiki:${url}` : resume;
  return { load: () => sessionStorage.getItem(key), save: (id) => sessionStorage.setItem(key, id) };
}

function absolute(url: string | URL): string {
  try {
    return new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href).href;
  } catch {
    throw new TypeError(`url: ${url} (expected: an absolute URL, or in a page one relative to it)`);
  }
}

/** Opens a stream, which connects at once and stays so until it is closed or the server refuses it for good. */
export function createStream<E extends EventTypes = EventTypes>(url: string | URL, options: StreamOptions = {}): Stream<E> {
  const target = absolute(url);
  const all: Settings = settings(options);
  const store = storeOf(all.resume, target);
  const sharing = all.share && globalThis.navigator?.locks && globalThis.BroadcastChannel;
  const listeners = new Map<string, readonly Listener[]>(); // arrays are replaced, so that one being called does not change
  const iterators = new Set<Iterator>();
  const page = new AbortController(); // its signal takes our listeners off the page
  const drains: (() => void)[] = [];
  let snapshot: StreamSnapshot = { state: "connecting", failures: 0, error: null, retryAt: null };
  let id = (store && attempt(() => store.load())) ?? all.lastEventId ?? "";
  let saved = id;
  let closed = false;
  let backlog = 0;
  let source: Source | undefined;

  interface Iterator {
    give(event: StreamEvent): void;
    end(error: StreamError | null): void;
  }

  const add = (type: string, listener: Listener) => {
    const mine: Listener = (event) => listener(event); // so that one given twice is taken away once
    listeners.set(type, [...(listeners.get(type) ?? []), mine]);
    return () => {
      const left = (listeners.get(type) ?? []).filter((other) => other !== mine);
      if (left.length) listeners.set(type, left);
      else listeners.delete(type);
    };
  };

  const tell = (type: string, event: unknown) => {
    for (const listener of listeners.get(type) ?? []) {
      if (closed && type !== STATE) return;
      call(listener, event);
    }
  };

  const taken = (count: number) => {
    backlog -= count;
    if (!backlog) for (const resolve of drains.splice(0)) resolve();
  };

  const finish = (next: StreamSnapshot) => {
    closed = true;
    source?.stop();
    page.abort();
    snapshot = next;
    for (const iterator of iterators) iterator.end(next.error);
    tell(STATE, undefined);
    listeners.clear();
  };

  const sink: Sink = {
    id: () => id,
    event(type, data, at) {
      if (closed) return;
      id = at;
      const event = new StreamEvent(type, data, at);
      if (type === "hibiki.cursor") call(all.onCursor, at);
      if (type === "hibiki.gap") call(all.onGap, (attempt(() => event.json()) ?? { reason: "unknown-id", after: "", resumedAt: at }) as Gap);
      if (type === "hibiki.token-expiring") call(all.onTokenExpiring, event);
      if (type !== "*") tell(type, event);
      if (type === "hibiki.cursor" || closed) return;
      tell("*", event);
      for (const iterator of iterators) iterator.give(event);
    },
    move(at) {
      id = at;
      call(all.onCursor, at);
    },
    chunk() {
      if (store && id !== saved) attempt(() => store.save((saved = id)));
    },
    state(next) {
      if (closed) return;
      if (next.state === "closed") return finish(next);
      snapshot = next;
      tell(STATE, undefined);
    },
    backlog: () => backlog,
    drained: () => new Promise((resolve) => (backlog ? drains.push(resolve) : resolve())),
  };

  const own = (into: Sink) => connection(target, all, into);
  const begin = (made: Source) => {
    source = made;
    if (!closed && snapshot.state !== "paused") made.start();
  };

  const pause = () => {
    if (snapshot.state === "paused") return;
    source?.stop();
    sink.state({ ...snapshot, state: "paused", retryAt: null });
  };
  const resume = () => {
    if (snapshot.state !== "paused") return;
    sink.state({ ...snapshot, state: "connecting" });
    source?.start();
  };
  const hear = (on: { addEventListener?: Window["addEventListener"] } | undefined, type: string, listener: () => void) =>
    on?.addEventListener?.(type, listener, { signal: page.signal });
  const doc = globalThis.document as Document | undefined;
  const show = () => {
    if (!doc?.hidden) {
      resume();
      source?.nudge(); // timers of hidden pages are late
    } else if (all.whenHidden === "pause" && !sharing) {
      pause();
    }
  };

  const self: Stream<E> = {
    url: target,
    get lastEventId() {
      return id;
    },
    on: (type: string, listener: Listener) => add(type, listener),
    getSnapshot: () => snapshot,
    subscribe: (listener) => add(STATE, listener),
    reconnect: () => source?.nudge(),
    close() {
      if (!closed) finish({ state: "closed", failures: snapshot.failures, error: null, retryAt: null });
    },
    [Symbol.asyncIterator]() {
      const queue: StreamEvent[] = [];
      let error: StreamError | null = null;
      let waiting: Promise<void> | undefined;
      let wake: (() => void) | undefined;
      const iterator: Iterator = {
        give(event) {
          queue.push(event);
          backlog++;
          wake?.();
        },
        end(why) {
          iterators.delete(iterator);
          if (!why) taken(queue.splice(0).length); // closed by the program: nothing more
          else if (why.reason !== "no-content") error = why;
          wake?.();
        },
      };
      if (closed) iterator.end(snapshot.error);
      else iterators.add(iterator);
      return {
        async next() {
          while (!queue.length && iterators.has(iterator)) {
            await (waiting ??= new Promise((resolve) => (wake = resolve)));
            waiting = undefined;
          }
          const value = queue.shift() as AnyEvent<E> | undefined;
          if (value) {
            taken(1);
            return { done: false, value };
          }
          const why = error;
          error = null;
          if (why) throw why;
          return { done: true, value: undefined };
        },
        async return() {
          self.close();
          return { done: true, value: undefined };
        },
      };
    },
  };

  hear(globalThis as never, "online", () => source?.nudge());
  hear(doc, "visibilitychange", show);
  if (doc) {
    hear(globalThis as never, "pagehide", pause); // a page with an open connection is not kept for "back"
    hear(globalThis as never, "pageshow", resume);
    if (doc.hidden) show();
  }
  // What the caller does right after this call, such as adding listeners, comes before the first event.
  if (sharing) void import("./share.js").then(({ share }) => begin(share(`hibiki:${all.share === true ? target : all.share}`, own, sink)));
  else begin(own(sink));
  return self;
}
