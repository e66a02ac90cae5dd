// SPDX-License-Identifier: Apache-2.0
// The bytes of a stream as they come, by `fetch`: frame by frame, comments and blank lines and all, with the time of each.
// An EventSource hides all of this; here is also what it does when a connection breaks: wait as long as `retry:` said, and come back
// with the id of the last event it had.

import { parsed } from "/examples/assets/page.js";
import { takePlace } from "/examples/assets/streams.js";

/** Cuts text into lines at CRLF, LF and CR, wherever the chunks are cut, and lines into frames at blank lines. */
export class Frames {
  #rest = "";
  #afterCr = false;
  #lines = [];

  /** @returns {string[][]} the frames that are now complete, each without its blank line */
  push(text) {
    const complete = [];
    for (const c of text) {
      if (c === "\n" && this.#afterCr) {
        this.#afterCr = false;
        continue;
      }
      this.#afterCr = c === "\r";
      if (c !== "\n" && c !== "\r") {
        this.#rest += c;
      } else if (this.#rest === "") {
        complete.push(this.#lines);
        this.#lines = [];
      } else {
        this.#lines.push(this.#rest);
        this.#rest = "";
      }
    }
    return complete;
  }

  /** What was begun and not ended: it is dropped when the stream ends. */
  unfinished() {
    return this.#rest ? [...this.#lines, this.#rest] : this.#lines;
  }
}

/** The value of a frame's field, the last one if there are several, or null. */
export function field(lines, name) {
  for (const line of [...lines].reverse()) {
    if (line === name) {
      return "";
    }
    if (line.startsWith(`${name}:`)) {
      const value = line.slice(name.length + 1);
      return value.startsWith(" ") ? value.slice(1) : value;
    }
  }
  return null;
}

export class WireStream {
  #url;
  #tell;
  #stop = new AbortController();
  #release;
  #lastId = "";
  retry = 3000;

  /**
   * @param {string} url
   * @param {{request: Function, head: Function, frame: Function, bytes: Function, note: Function, refused: Function, evicted: Function}} tell what is seen
   */
  constructor(url, tell) {
    this.#url = url;
    this.#tell = tell;
    this.#release = takePlace(() => {
      this.close();
      tell.evicted();
    });
    this.#run();
  }

  close() {
    this.#stop.abort();
    this.#release();
  }

  async #run() {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        if (!(await this.#once(signal))) {
          this.close();
          return;
        }
      } catch (broken) {
        if (signal.aborted) {
          return;
        }
        this.#tell.note("cut", `The connection broke${broken.message ? ` (${broken.message})` : ""}.`);
      }
      if (signal.aborted) {
        return;
      }
      this.#tell.note("wait", `Coming back in ${(this.retry / 1000).toFixed(1)} s, as retry: said.`);
      await pause(this.retry, signal);
    }
  }

  /** One connection, from request to end; false if there shall be no other. */
  async #once(signal) {
    const headers = { Accept: "text/event-stream" };
    if (this.#lastId) {
      headers["Last-Event-ID"] = this.#lastId;
    }
    this.#tell.request(this.#url, this.#lastId);
    const response = await fetch(this.#url, { headers, signal, cache: "no-store" });
    if (!response.ok || response.status === 204) {
      const text = await response.text();
      this.#tell.refused(response.status, parsed(text)?.detail ?? text.slice(0, 300));
      return response.status >= 500;
    }
    this.#tell.head(response);
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const frames = new Frames();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        break;
      }
      const at = Date.now();
      this.#tell.bytes(value.length);
      for (const lines of frames.push(decoder.decode(value, { stream: true }))) {
        this.#learn(lines);
        this.#tell.frame(lines, at);
      }
    }
    const rest = frames.unfinished().length ? " What was unfinished is dropped." : "";
    this.#tell.note("end", `The server ended the response.${rest}`);
    return true;
  }

  #learn(lines) {
    const id = field(lines, "id");
    if (id !== null && !id.includes("\0")) {
      this.#lastId = id;
    }
    const retry = field(lines, "retry");
    if (retry !== null && /^[0-9]+$/.test(retry)) {
      this.retry = Number(retry);
    }
  }
}

function pause(millis, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, millis);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
