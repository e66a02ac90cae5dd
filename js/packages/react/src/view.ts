// SPDX-License-Identifier: Apache-2.0
//
// What one hook shows of one stream, in the form of `useSyncExternalStore`: a snapshot that is the same object until something changes.

import type { StreamError, StreamEvent, StreamOptions, StreamSnapshot } from "@hibiki/client";
import { createContext, createElement, type ReactNode, useContext, useInsertionEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { type Latest, Pool, type SharedStream } from "./pool.js";

/** How the stream is. */
export interface Connection {
  /** From open to error. */
  isConnected: boolean;
  /** Null until an error, and null again when the stream is open. `error.final`: it does not go on. */
  error: StreamError | null;
  state: StreamSnapshot["state"];
  /** In a row, until an event comes. */
  failures: number;
  /** While `state` is `waiting`: when the next attempt begins, as `Date.now()`. */
  retryAt: number | null;
  /** Ends the wait for the next attempt; opens a stream again that was closed with a final error, at the place where it was. Always the same function. */
  reconnect: () => void;
}

/** A URL, or options with one; null for no stream yet. Only another URL connects again; functions may change with each render. */
export type Source = string | null | (StreamOptions & { url: string | null });

interface Provided {
  pool: Pool;
  hub: string;
  options: StreamOptions;
}

const Context = createContext<Provided | null>(null);

export interface SseProviderProps {
  /** Where the hub is, for hooks that name a channel. Default: where the page is. */
  hub?: string;
  /** For all streams below, such as `token` or `maxRetries`. */
  options?: StreamOptions;
  children?: ReactNode;
}

/** All hooks below it that name the same URL have one stream together. */
export function SseProvider({ hub = "", options = {}, children }: SseProviderProps) {
  const [pool] = useState(() => new Pool());
  const value = useMemo(() => ({ pool, hub, options }), [pool, hub, options]);
  return createElement(Context.Provider, { value }, children);
}

/** The URL of a hub's channel. */
export function useChannelUrl(channel: string): string {
  return `${useContext(Context)?.hub ?? ""}/api/events/${channel.split("/").map(encodeURIComponent).join("/")}`;
}

/** What a hook keeps, made of what it kept and the next event. The same value means that nothing has changed. */
export type Reduce<S> = (kept: S, event: StreamEvent) => S;

class View<S> {
  #stream: SharedStream | undefined;
  readonly #reconnect = () => this.#stream?.reconnect();
  #connection: Connection = { isConnected: false, error: null, state: "connecting", failures: 0, retryAt: null, reconnect: this.#reconnect };
  #kept: S;
  #snapshot: [S, Connection];
  readonly server: [S, Connection];

  constructor(
    private readonly pool: Pool,
    private readonly url: string | null,
    private readonly latest: Latest,
    private readonly reduce: { current: Reduce<S> },
    private readonly isDone: { current: ((kept: S) => boolean) | undefined },
    initial: S,
  ) {
    this.#kept = initial;
    this.server = this.#snapshot = [initial, this.#connection];
  }

  readonly subscribe = (notify: () => void): (() => void) => {
    if (this.url === null || this.isDone.current?.(this.#kept)) return () => {};
    const [stream, leave] = this.pool.take(this.url, this.latest);
    const change = () => {
      this.#snapshot = [this.#kept, this.#connection];
      notify();
    };
    /** Whether something has changed. */
    const look = () => {
      const { state, error, failures, retryAt } = stream.snapshot();
      const last = this.#connection;
      if (last.state === state && last.error === error && last.failures === failures && last.retryAt === retryAt) return false;
      this.#connection = { isConnected: state === "open", error, state, failures, retryAt, reconnect: this.#reconnect };
      return true;
    };
    const unfollow = stream.follow(
      () => look() && change(),
      (event) => {
        const next = this.reduce.current(this.#kept, event);
        if (Object.is(next, this.#kept)) return;
        this.#kept = next;
        if (this.isDone.current?.(next)) {
          off();
          this.#connection = { ...this.#connection, isConnected: false, state: "closed" };
        }
        change();
      },
    );
    let isOff = false;
    const off = () => {
      if (isOff) return;
      isOff = true;
      this.#stream = undefined;
      unfollow();
      leave();
    };
    this.#stream = stream;
    if (look()) change();
    return off;
  };

  readonly getSnapshot = (): [S, Connection] => this.#snapshot;
}

/** A ref that is of the newest render before any event can come. */
export function useNewest<T>(value: T): { current: T } {
  const ref = useRef(value);
  useInsertionEffect(() => {
    ref.current = value;
  });
  return ref;
}

/** Follows a stream; once `isDone` says so of what is kept, without a connection. */
export function useView<S>(source: Source, initial: S, reduce: Reduce<S>, isDone?: (kept: S) => boolean): [S, Connection] {
  const provided = useContext(Context);
  const [own] = useState(() => new Pool());
  const pool = provided?.pool ?? own;
  const { url, ...options } = typeof source === "object" && source ? source : { url: source };
  const latest = useNewest<StreamOptions>({ ...provided?.options, ...options });
  const newest = useNewest(reduce);
  const done = useNewest(isDone);
  const view = useMemo(() => new View<S>(pool, url, latest, newest, done, initial), [pool, url]);
  return useSyncExternalStore(view.subscribe, view.getSnapshot, () => view.server);
}

