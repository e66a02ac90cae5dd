// SPDX-License-Identifier: Apache-2.0
// The bytes of a stream as they come. `@hibiki/client` connects, waits and comes back; this file stands between it and the network, where
// `fetch` gives the answer's body, and sees each byte before the client does: comments, blank lines and all.

import { createStream } from "./client/index.js";
import { Frames } from "./frames.js";
import { parsed } from "/examples/assets/page.js";
import { takePlace } from "/examples/assets/streams.js";

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
