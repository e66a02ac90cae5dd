// SPDX-License-Identifier: Apache-2.0

import { createStream, type Stream } from "./stream.js";
import type { StreamOptions } from "./options.js";

export interface EventSourceOptions extends StreamOptions {
  withCredentials?: boolean;
}

type Handler<E extends Event> = ((this: EventSource, event: E) => unknown) | null;

const STATES = { connecting: 0, waiting: 0, paused: 0, open: 1, closed: 2 };

/**
 * A drop-in for the browser's `EventSource`, for where there is none or where it cannot do enough: it takes all options of `createStream`, and connects
 * again after a 5xx. Its watchdog is off unless `idleMillis` is given, as a server that is made for the browser's need not send heartbeats. An `error` event
 * has the reason as its `error`.
 */
export class EventSource extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSED = 2;
  readonly withCredentials: boolean;
  readonly #stream: Stream;
  readonly #handlers = new Map<string, Handler<any>>();

  constructor(url: string | URL, { withCredentials = false, ...options }: EventSourceOptions = {}) {
    super();
    this.withCredentials = !!withCredentials;
    const stream = createStream(url, { retryMillis: 3000, idleMillis: 0, credentials: withCredentials ? "include" : "same-origin", ...options });
    this.#stream = stream;
    let last = stream.getSnapshot();
    stream.subscribe(() => {
      const now = stream.getSnapshot();
      const before = last;
      last = now;
      if (now.state === "open") {
        if (before.state !== "open") this.dispatchEvent(new Event("open"));
      } else if (now.error && now.error !== before.error) {
        this.dispatchEvent(Object.assign(new Event("error"), { error: now.error }));
      }
    });
    const { origin } = new URL(stream.url);
    const deliver = ({ type, data, id }: { type: string; data: string; id: string }) =>
      this.dispatchEvent(new MessageEvent(type, { data, lastEventId: id, origin }));
    stream.on("*", deliver);
    stream.on("hibiki.cursor", deliver);
  }

  get url(): string {
    return this.#stream.url;
  }

  get readyState(): 0 | 1 | 2 {
    return STATES[this.#stream.getSnapshot().state] as 0 | 1 | 2;
  }

  get onopen(): Handler<Event> {
    return this.#handlers.get("open") ?? null;
  }
  set onopen(handler: Handler<Event>) {
    this.#handle("open", handler);
  }

  get onmessage(): Handler<MessageEvent<string>> {
    return this.#handlers.get("message") ?? null;
  }
  set onmessage(handler: Handler<MessageEvent<string>>) {
    this.#handle("message", handler);
  }

  get onerror(): Handler<Event> {
    return this.#handlers.get("error") ?? null;
  }
  set onerror(handler: Handler<Event>) {
    this.#handle("error", handler);
  }

  close(): void {
    this.#stream.close();
  }

  /** One listener a type, which stands where the handler was first set, as the standard wants it. */
  #handle(type: string, handler: Handler<any>): void {
    if (!this.#handlers.has(type)) this.addEventListener(type, (event) => this.#handlers.get(type)?.call(this, event));
    this.#handlers.set(type, typeof handler === "function" ? handler : null);
  }
}
