// SPDX-License-Identifier: Apache-2.0

import type { StreamEvent } from "./stream.js";

/** A value, or what gives it for each attempt to connect. */
export type PerAttempt<T> = T | (() => T | Promise<T>);

/** Keeps the place in a stream over a reload of the page. Both may throw; then the stream goes on without. */
export interface ResumeStore {
  load(): string | null | undefined;
  /** Called after the events up to that id were delivered, at most once a chunk. */
  save(id: string): void;
}

/** What `hibiki.gap` says: events after `after` are gone, the stream goes on at `resumedAt`. */
export interface Gap {
  reason: "expired" | "log-reset" | "unknown-id";
  after: string;
  resumedAt: string;
}

export interface StreamOptions {
  /** GET unless given. */
  method?: string;
  headers?: PerAttempt<HeadersInit>;
  /** A body that can be sent again; one that cannot, such as a stream, from a function. */
  body?: PerAttempt<BodyInit>;
  credentials?: RequestCredentials;
  /** A bearer token, or what gets one before each attempt; with `refresh` after a 401, once, for one that is not from a cache. */
  token?: string | ((how: { refresh: boolean }) => string | Promise<string>);
  /** For tests, or for a `fetch` that goes another way. */
  fetch?: typeof fetch;

  /** Continues after this event on the first connect. What the resume store has counts more. */
  lastEventId?: string;
  /** Keeps the last id in the session storage (a string names the entry), or in a store of your own, so that a reload continues where the page was. */
  resume?: boolean | string | ResumeStore;
  /**
   * One connection for all tabs of this origin. A string names the group; unless given it is the URL. The tab that has the connection holds the Web Lock
   * `hibiki:<name>`. Without Web Locks each tab has its own.
   */
  share?: boolean | string;
  /** `pause` closes the connection while the page is hidden, and resumes. Default `keep`; a shared stream always keeps. */
  whenHidden?: "keep" | "pause";

  /** Failures in a row; the next one closes the stream. Only an event resets the count. No limit unless given. */
  maxRetries?: number;
  /** The first delay before connecting again, until the server says `retry:`. Default 1000. */
  retryMillis?: number;
  /** The longest delay of our own; what the server asks for may be longer. Default 30000. */
  maxDelayMillis?: number;
  /** For the token and the head of the answer. Default 30000; 0: for ever. */
  connectMillis?: number;
  /** How long an open stream may send nothing, not even a comment, before it counts as dead. Default 45000, three heartbeats of Hibiki; 0: for ever. */
  idleMillis?: number;
  /** In UTF-16 units. Default 16777216. */
  maxLineChars?: number;
  /** In UTF-16 units. Default 16777216. */
  maxEventChars?: number;

  /** Events were missed that the server no longer has. */
  onGap?: (gap: Gap) => void;
  /** The place in the stream has moved without an event. */
  onCursor?: (id: string) => void;
  /** The stream will end with its token soon. */
  onTokenExpiring?: (event: StreamEvent) => void;
}

export const NUMBERS = {
  maxRetries: Infinity,
  retryMillis: 1000,
  maxDelayMillis: 30_000,
  connectMillis: 30_000,
  idleMillis: 45_000,
  maxLineChars: 2 ** 24,
  maxEventChars: 2 ** 24,
};

/** The options with nothing left open. */
export type Settings = StreamOptions & typeof NUMBERS;

export function settings(options: StreamOptions): Settings {
  const all = { ...NUMBERS, ...options } as Settings;
  for (const key of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) {
    all[key] ??= NUMBERS[key];
    if (!(all[key] >= 0)) throw new RangeError(`${key}: ${all[key]} (expected: a number, at least 0)`);
  }
  return all;
}
