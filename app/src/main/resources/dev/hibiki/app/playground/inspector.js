// SPDX-License-Identifier: Apache-2.0
// One frame taken apart: its bytes, what each of its lines does, the parts of its id, and what the client's own parser makes of it. And each
// connection of the stream: where it resumed, what the server answered, and why it ended.

import { createParser } from "./client/index.js";
import { byId, clock, el, parsed, span } from "/examples/assets/page.js";
import { field, fieldOf, linesOf } from "./frames.js";

const RECENT = 300; // frames that can be found for an event
const SHOWN_BYTES = 512;
const SHOWN_CONNECTIONS = 20;
const LIMITS = { maxLineChars: 2 ** 24, maxEventChars: 2 ** 24 };

export class Inspector {
  #recent = [];
  #isChosen = false;

  constructor(session) {
    session.on("frame", (bytes, at) => {
      this.#recent.push({ bytes, at });
      this.#recent.splice(0, this.#recent.length - RECENT);
      if (!this.#isChosen && field(linesOf(bytes), "data") !== null) {
        this.showFrame({ bytes, at }); // the first event, so that there is something to see
      }
    });
    connections(session);
  }

  showFrame({ bytes, at }) {
    this.#isChosen = true;
    const lines = linesOf(bytes);
    byId("inspected-what").textContent = `${bytes.length} bytes, complete at ${clock(at)}`;
    byId("inspected-bytes").textContent = hex(bytes);
    byId("inspected-lines").replaceChildren(...lines.map((line) => el("tr", {}, el("td", { class: "mono" }, line), el("td", {}, meaning(line)))), lastRow(lines));
    showId(field(lines, "id"));
    showDispatched(dispatched(bytes));
  }

  /** An event that was received: its frame, if that came on the wire lately. */
  showEvent({ type, data, id, at }) {
    const frame = this.#recent.findLast(({ bytes }) => {
      const lines = linesOf(bytes);
      return field(lines, "id") === id && (field(lines, "event") || "message") === type;
    });
    if (frame) {
      this.showFrame(frame);
      return;
    }
    byId("inspected-what").textContent = `received ${clock(at)}; its bytes did not come by lately`;
    byId("inspected-bytes").textContent = "";
    byId("inspected-lines").replaceChildren();
    showId(id);
    showDispatched({ type, data, id });
  }
}

/** Offset, bytes and text, sixteen a line. */
function hex(bytes) {
  const rows = [];
  for (let at = 0; at < Math.min(bytes.length, SHOWN_BYTES); at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : byte === 10 ? "↵" : byte === 13 ? "←" : "·")).join("");
    rows.push(`${at.toString(16).padStart(4, "0")}  ${row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ").padEnd(47)}  ${text}`);
  }
  return bytes.length > SHOWN_BYTES ? `${rows.join("\n")}\n… and ${bytes.length - SHOWN_BYTES} bytes more` : rows.join("\n");
}

/** What a reader does with a line. */
function meaning(line) {
  const { name, value } = fieldOf(line);
  switch (name) {
    case "":
      return "a comment: keeps the connection alive, and no program sees it";
    case "id":
      return value.includes("\0") ? "ignored: an id has no NUL" : "the event’s id, and from now on the place to resume from";
    case "event":
      return "the event’s type, which chooses the listeners";
    case "data":
      return value === "" ? "an empty line of the data" : "a line of the data";
    case "retry":
      return /^[0-9]+$/.test(value) ? `after a break, come back in ${Number(value) / 1000} s` : "ignored: not a number";
    default:
      return "ignored: no field of that name";
  }
}

function lastRow(lines) {
  const what = field(lines, "data") === null ? "ends the frame; without data there is no event" : "dispatches the event";
  return el("tr", {}, el("td", { class: "quiet" }, "(blank line)"), el("td", {}, what));
}

/** What the client's parser makes of the frame, or null. */
function dispatched(bytes) {
  let event = null;
  createParser({ event: (type, data, id) => (event = { type, data, id }), id() {}, retry() {} }, LIMITS)(bytes);
  return event;
}

function showDispatched(event) {
  const value = event && parsed(event.data);
  const facts = event ? { type: event.type, data: typeof value === "object" ? JSON.stringify(value, null, 2) : event.data, lastEventId: event.id || "(as before)" } : { event: "none" };
  byId("inspected-event").replaceChildren(...factsOf(facts));
}

/** The parts of an id of Hibiki's log: `<ms>-<n>-<life>`, and behind a dot the number of a feed's event. */
function showId(id) {
  const [, millis, sequence, life, feed] = /^(\d{12,15})-(\d+)-([0-9a-z]+)(?:\.(\d+))?$/.exec(id ?? "") ?? [];
  const facts = millis
    ? {
        time: `${new Date(Number(millis)).toISOString().replace("T", " ")} (${millis})`,
        number: `${sequence} in that millisecond`,
        "life of the log": `${life}: an id of another life is told as a gap`,
        ...(feed ? { feed: `event ${feed} of this stream’s own, after that place` } : {}),
      }
    : { id: id === null ? "none: the last one stays" : `${id} (not an id of Hibiki’s log)` };
  byId("inspected-id").replaceChildren(...factsOf(facts));
}

function factsOf(facts) {
  return Object.entries(facts).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]);
}

/** The table of connections, the newest first. */
function connections(session) {
  const all = [];
  let count = 0;

  function draw() {
    byId("connections").replaceChildren(
      ...all.map(({ number, at, after, status, headMillis, openedAt, endedAt, bytes, frames, why }) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, String(number)),
          el("td", { class: "mono" }, clock(at)),
          el("td", { class: "mono" }, after || "–"),
          el("td", {}, status ? `${status} in ${headMillis} ms` : openedAt ? "to another tab" : "…"),
          el("td", {}, openedAt ? span((endedAt ?? Date.now()) - openedAt) : "–"),
          el("td", {}, `${frames} (${bytes} bytes)`),
          el("td", {}, why),
        ),
      ),
    );
  }

  /** Changes the newest connection, if it has not ended. */
  function change(action) {
    if (all[0] && !all[0].endedAt) {
      action(all[0]);
    }
  }

  const end = (why) =>
    change((connection) => {
      connection.endedAt = Date.now();
      connection.why = why;
      draw();
    });

  function begin(connection) {
    end("gone with the tab that had it; this one resumes");
    all.unshift({ number: ++count, at: Date.now(), after: "", bytes: 0, frames: 0, ...connection });
    all.splice(SHOWN_CONNECTIONS);
    draw();
  }

  session
    .on("request", (url, after) => begin({ after, why: "connecting …" }))
    .on("head", ({ status }) =>
      change((connection) => {
        Object.assign(connection, { status, headMillis: Date.now() - connection.at, openedAt: status === 200 ? Date.now() : undefined, why: status === 200 ? "open" : "refused" });
        draw();
      }),
    )
    .on("bytes", (size) => {
      if (!all[0] || all[0].endedAt) {
        begin({ openedAt: Date.now(), why: "open since before this tab joined" });
      }
      change((connection) => (connection.bytes += size));
    })
    .on("frame", () => change((connection) => connection.frames++))
    .on("lost", (reason, text, retryAt) => end(`${reason}: ${text}${retryAt ? ` Next in ${((retryAt - Date.now()) / 1000).toFixed(1)} s.` : ""}`))
    .on("dropped", () => end("closed by this page"));
  setInterval(() => document.hidden || draw(), 1000);
}
