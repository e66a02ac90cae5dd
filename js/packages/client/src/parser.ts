// SPDX-License-Identifier: Apache-2.0
//
// Reads `text/event-stream`, as the WHATWG HTML standard tells it (9.2.5 and 9.2.6), from chunks that may be cut anywhere.
//
// Bytes become text first: a streaming TextDecoder holds back a character that is cut, drops one leading byte order mark and
// never lets a malformed sequence swallow the line end after it. What is left is a matter of lines. Each character is looked at
// in its own chunk only, so a line of many chunks costs its length and not its square.

import { StreamError } from "./error.js";

/** The largest delay that a timer takes, in milliseconds (24 days). Longer ones would fire at once. */
export const MAX_MILLIS = 2 ** 31 - 1;

export interface ParserSink {
  /** A complete event. The id is the last one that the stream has set, which may be older than this event. */
  event(type: string, data: string, id: string): void;
  /** A `retry:` field, which counts at once. */
  retry(millis: number): void;
  /** An id that came without an event. */
  id(id: string): void;
}

/** Lengths are UTF-16 units, as in `string.length`. */
export interface ParserLimits {
  maxLineChars: number;
  maxEventChars: number;
}

/**
 * Makes a reader of one connection.
 *
 * @param lastEventId what the stream before this connection had as its last id
 * @returns takes the next bytes; throws a final `StreamError` of reason `too-large` when a line or an event exceeds its limit
 */
export function createParser(sink: ParserSink, limits: ParserLimits, lastEventId = ""): (bytes: Uint8Array) => void {
  const decoder = new TextDecoder();
  let rest = ""; // of a line that is not complete
  let afterCr = false; // a LF that comes now belongs to the CR before it
  let type = "";
  let data: string | undefined;
  let id = lastEventId;

  const limit = (what: string, length: number, most: number) => {
    if (length > most) throw new StreamError("too-large", `${what}: ${length} characters (expected: at most ${most})`, { final: true });
  };

  const dispatch = () => {
    if (data === undefined) {
      if (id !== lastEventId) sink.id(id);
    } else {
      sink.event(type || "message", data, id);
    }
    lastEventId = id;
    type = "";
    data = undefined;
  };

  const line = (text: string) => {
    limit("line", text.length, limits.maxLineChars);
    if (!text) return dispatch();
    const colon = text.indexOf(":");
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + (text[colon + 1] === " " ? 2 : 1));
    if (name === "data") {
      data = data === undefined ? value : `${data}\n${value}`;
      limit("event", data.length, limits.maxEventChars);
    } else if (name === "event") {
      type = value;
    } else if (name === "id") {
      if (!value.includes("\0")) id = value;
    } else if (name === "retry" && /^[0-9]+$/.test(value)) {
      sink.retry(Math.min(Number(value), MAX_MILLIS));
    }
  };

  return (bytes) => {
    const text = decoder.decode(bytes, { stream: true });
    if (!text) return;
    let at = afterCr && text[0] === "\n" ? 1 : 0;
    afterCr = false;
    let cr = text.indexOf("\r", at);
    let lf = text.indexOf("\n", at);
    while (cr >= 0 || lf >= 0) {
      const end = cr < 0 || (lf >= 0 && lf < cr) ? lf : cr;
      const whole = rest + text.slice(at, end);
      rest = "";
      at = end + 1;
      if (end === cr) {
        if (at === text.length) afterCr = true;
        else if (text[at] === "\n") at++;
      }
      line(whole);
      if (cr >= 0 && cr < at) cr = text.indexOf("\r", at);
      if (lf >= 0 && lf < at) lf = text.indexOf("\n", at);
    }
    rest += text.slice(at);
    limit("line", rest.length, limits.maxLineChars);
  };
}
