// SPDX-License-Identifier: Apache-2.0
// What a stream does, written down. The function needs nothing but what it is given, so that it also runs in a page, as its text.

import type { Stream, StreamOptions } from "../src/index.js";

export interface Record {
  events: { type: string; data: string; id: string }[];
  /** In words, such as `waiting 1 status 503`: the state, the failures in a row, and why. */
  states: string[];
  /** Of every error, in order. */
  messages: string[];
  error: { reason: string; status: number | undefined; final: boolean; message: string; cause: string | undefined } | null;
  lastEventId: string;
  /** While waiting: for how long from when it was said. */
  retryMillis: number | null;
}

export type CreateStream = (url: string, options: StreamOptions) => Stream;

/** Opens a stream; `record` is what has happened up to now. A long data is written down as its length and its first character. */
export function recorded(createStream: CreateStream, url: string, options: StreamOptions): { stream: Stream; record: Record } {
  const stream = createStream(url, { retryMillis: 100, ...options });
  const record: Record = { events: [], states: ["connecting"], messages: [], error: null, lastEventId: stream.lastEventId, retryMillis: null };
  stream.on("*", ({ type, data, id }) => {
    record.events.push({ type, data: data.length > 1000 ? `${data.length} of ${data[0]}` : data, id });
    record.lastEventId = stream.lastEventId;
  });
  stream.subscribe(() => {
    const { state, failures, error, retryAt } = stream.getSnapshot();
    const why = error && state !== "connecting" ? `${error.reason}${error.status && error.reason === "status" ? ` ${error.status}` : ""}` : "";
    const now = [state, failures || "", why].filter(Boolean).join(" ");
    if (now !== record.states.at(-1)) record.states.push(now);
    const { reason, status, final, message, cause } = error ?? {};
    if (message && message !== record.messages.at(-1)) record.messages.push(message);
    record.error = error && { reason: reason!, status, final: final!, message: message!, cause: (cause as { reason?: string } | undefined)?.reason };
    record.lastEventId = stream.lastEventId;
    record.retryMillis = retryAt && retryAt - Date.now();
  });
  return { stream, record };
}
