// SPDX-License-Identifier: Apache-2.0
//
// Streams that several hooks use: one for each URL, from the first who needs it to the last.
//
// The last one to leave does not close the stream at once but a moment later, if nobody has come: where one component takes another's place the old one
// leaves before the new one comes, and StrictMode lets each leave and come once more. Neither must cost a connection.

import { createStream, type Stream, type StreamEvent, type StreamOptions, type StreamSnapshot } from "@hibiki/client";

/** Options as functions see them: those of the newest render. */
export interface Latest {
  current: StreamOptions;
}

/** The options of the moment, except that functions are looked up when they are called, so that a stream never calls one of an old render. */
function following(latest: Latest): StreamOptions {
  const options = { ...latest.current } as Record<string, unknown>;
  for (const [key, value] of Object.entries(options)) {
    if (typeof value === "function") {
      options[key] = (...given: unknown[]) => {
        const now = (latest.current as Record<string, unknown>)[key];
        return typeof now === "function" ? now(...given) : now;
      };
    }
  }
  return options as StreamOptions;
}

/** The stream of a URL. One that has ended for good can be opened again, at the place where it was; then those who follow it move over. */
export class SharedStream {
  users = 0;
  #stream: Stream;
  readonly #followers = new Map<() => void, () => void>();

  constructor(
    private readonly url: string,
    private readonly latest: Latest,
  ) {
    this.#stream = createStream(url, following(latest));
  }

  snapshot(): StreamSnapshot {
    return this.#stream.getSnapshot();
  }

  /** Calls `changed` after each change of the state and `heard` for each event, until the function that this returns is called. */
  follow(changed: () => void, heard: (event: StreamEvent) => void): () => void {
    let offs: (() => void)[] = [];
    const attach = () => void (offs = [this.#stream.subscribe(changed), this.#stream.on("*", heard)]);
    attach();
    this.#followers.set(attach, changed);
    return () => {
      this.#followers.delete(attach);
      offs.forEach((off) => off());
    };
  }

  reconnect(): void {
    if (this.snapshot().state !== "closed") return this.#stream.reconnect();
    this.#stream = createStream(this.url, { ...following(this.latest), lastEventId: this.#stream.lastEventId });
    const followers = [...this.#followers];
    for (const [attach] of followers) attach();
    for (const [, changed] of followers) changed();
  }

  close(): void {
    this.#stream.close();
  }
}

export class Pool {
  readonly #streams = new Map<string, SharedStream>();

  /** The stream of that URL, and what lets it go. The options count where this opens it. */
  take(url: string, latest: Latest): [stream: SharedStream, leave: () => void] {
    const stream = this.#streams.get(url) ?? new SharedStream(url, latest);
    this.#streams.set(url, stream);
    stream.users++;
    return [stream, () => void (--stream.users || setTimeout(() => this.#closeUnused(url, stream)))];
  }

  #closeUnused(url: string, stream: SharedStream): void {
    if (stream.users || this.#streams.get(url) !== stream) return;
    this.#streams.delete(url);
    stream.close();
  }
}
