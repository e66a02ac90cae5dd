// SPDX-License-Identifier: Apache-2.0
//
// Streams that several hooks use: one for each URL, from the first who needs it to the last.
//
// The last one to leave does not close the stream at once but a moment later, if nobody has come: where one component takes another's place the old one
// leaves before the new one comes, and StrictMode lets each leave and come once more. Neither must cost a connection.

import { createStream, type Stream, type StreamOptions } from "@hibiki/client";

interface Entry {
  stream: Stream;
  users: number;
}

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

export class Pool {
  readonly #entries = new Map<string, Entry>();

  /** The stream of that URL, and what lets it go. The options count where this opens it. */
  take(url: string, latest: Latest): [stream: Stream, leave: () => void] {
    let entry = this.#entries.get(url);
    if (!entry) this.#entries.set(url, (entry = { stream: createStream(url, following(latest)), users: 0 }));
    const mine = entry;
    mine.users++;
    return [mine.stream, () => void (--mine.users || setTimeout(() => this.#closeUnused(url, mine)))];
  }

  #closeUnused(url: string, entry: Entry): void {
    if (entry.users || this.#entries.get(url) !== entry) return;
    this.#entries.delete(url);
    entry.stream.close();
  }
}
