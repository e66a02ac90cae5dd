// SPDX-License-Identifier: Apache-2.0
// The bytes of a stream as they come. `@hibiki/client` connects, waits and comes back; this file stands between it and the network, where
// `fetch` gives the answer's body, and sees each byte before the client does: comments, blank lines and all.

import { createStream } from "./client/index.js";
import { parsed } from "/examples/assets/page.js";
import { takePlace } from "/examples/assets/streams.js";

const LF = 10;
const CR = 13;

/** Cuts bytes into frames, each with the blank line that ends it, wherever the chunks are cut. Lines end at CRLF, LF and CR. */
export class Frames {
  #pieces = [];
  #afterCr = false;
  #lineIsEmpty = true;

  /**
   * @param {Uint8Array} chunk
   * @returns {Uint8Array[]} the frames that are now complete
   */
  push(chunk) {
    const complete = [];
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (byte === LF && this.#afterCr) {
        this.#afterCr = false;
        from += from === i && this.#pieces.length === 0 ? 1 : 0; // it belongs to the frame before
        continue;
      }
      this.#afterCr = byte === CR;
      if (byte !== LF && byte !== CR) {
        this.#lineIsEmpty = false;
      } else if (!this.#lineIsEmpty) {
        this.#lineIsEmpty = true;
      } else {
        const end = byte === CR && chunk[i + 1] === LF ? i + 2 : i + 1;
        complete.push(joined([...this.#pieces, chunk.slice(from, end)]));
        this.#pieces = [];
        from = end;
      }
    }
    if (from < chunk.length) {
      this.#pieces.push(chunk.slice(from));
    }
    return complete;
  }

  /** Whether something was begun that is not ended: it is dropped when the stream ends. */
  get isUnfinished() {
    return this.#pieces.length > 0;
  }
}

function joined(pieces) {
  if (pieces.length === 1) {
    return pieces[0];
  }
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The lines of a frame, without the blank one. */
export function linesOf(bytes) {
  return utf8.decode(bytes).split(/\r\n|\n|\r/).slice(0, -2);
}

/** What a line says: its field's name and value; the name of a comment is empty. */
export function fieldOf(line) {
  const colon = line.indexOf(":");
  const name = colon < 0 ? line : line.slice(0, colon);
  return { name, value: colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1)) };
}

/** The value of a frame's field, the last one if there are several, or null. */
export function field(lines, wanted) {
  const found = lines.filter((line) => !line.startsWith(":")).map(fieldOf).findLast(({ name }) => name === wanted);
  return found ? found.value : null;
}

/** What became of a connection, in words. */
export function ending({ reason, status, message }, refusal) {
  switch (reason) {
    case "ended":
      return "The server ended the response.";
    case "network":
      return `The connection broke (${message.replace(/^\S+: /, "")}).`;
    case "status":
      return `Refused with ${status}${refusal ? `: ${refusal}` : "."}`;
    default:
      return `${message}.`;
  }
}

/**
 * Opens a stream of which each byte is seen.
 *
 * @param {string} url
 * @param {{lastEventId?: string, share?: string, address?: (url: string) => Promise<string>, tell: Record<string, Function>}} options
 *     `share`: one connection for all tabs that name the same; `address`: what is really asked for; `tell` hears `request` (url, last id),
 *     `head` (status line and headers), `chunk` (size in bytes, frames, time), `refused` (status, why), and `evicted`, after which it is closed
 */
export function openWire(url, { lastEventId = "", share, address = async (asked) => asked, tell }) {
  const evicted = () => {
    stream.close();
    tell.evicted();
  };
  // A stream of its own has its place for its whole life; of those that share, whoever has the connection.
  let release = share ? () => {} : takePlace(evicted);
  const leave = () => release();

  async function seen(asked, init) {
    const target = await address(asked);
    init.signal.throwIfAborted();
    if (share) {
      release();
      release = takePlace(evicted);
      init.signal.addEventListener("abort", leave);
    }
    tell.request(target, init.headers.get("Last-Event-ID") ?? "");
    const response = await fetch(target, init);
    tell.head({ status: response.status, statusText: response.statusText, headers: [...response.headers] });
    if (response.status !== 200) {
      const text = await response.text();
      tell.refused(response.status, parsed(text)?.detail ?? text.slice(0, 300));
      return new Response(response.status === 204 ? null : text, { status: response.status, headers: response.headers });
    }
    const frames = new Frames();
    const watched = new TransformStream({
      transform(chunk, controller) {
        tell.chunk(chunk.length, frames.push(chunk), Date.now(), frames.isUnfinished);
        controller.enqueue(chunk);
      },
    });
    return new Response(response.body.pipeThrough(watched), { status: 200, headers: response.headers });
  }

  const stream = createStream(url, { lastEventId, fetch: seen, ...(share ? { share } : {}) });
  stream.subscribe(() => stream.getSnapshot().state === "closed" && leave());
  return stream;
}
