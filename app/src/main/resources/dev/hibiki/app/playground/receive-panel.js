// SPDX-License-Identifier: Apache-2.0
// Panel 3: the events as a native EventSource, or the stream that tabs share, gives them to a program.

import { byId, clock, el, NewestList, parsed } from "/examples/assets/page.js";
import { selectable } from "./selectable.js";
import { snippets } from "./snippets.js";

const KEEP = 300;

/** @param {(event: {type: string, data: string, id: string, at: number}) => void} inspect is given the event that is chosen */
export function receivePanel(session, inspect) {
  const seen = new Set();
  const items = new WeakMap();
  const selection = selectable(byId("received"), inspect);
  let waiting = null; // what comes while it is paused
  const list = new NewestList(byId("received"), {
    render,
    keep: KEEP,
    pinned: (item) => item.type === "hibiki.gap",
    empty: "Nothing received yet. Publish something, or wait for the next tick on the channel demo.",
  });

  function add(item) {
    if (!waiting) {
      list.add(item);
      return;
    }
    waiting.push(item);
    waiting.splice(0, waiting.length - KEEP);
    byId("pause").textContent = `resume (${waiting.length}${waiting.length === KEEP ? "+" : ""})`;
  }

  function render(item) {
    const row = el("li", { class: item.control ? "control" : item.note ? "note" : null, hidden: isFilteredOut(item) });
    items.set(row, item);
    if (item.note) {
      row.append(el("span", { class: "badge plain" }, "note"), el("span", { class: "data" }, item.note));
      return row;
    }
    const gap = item.type === "hibiki.gap";
    row.append(
      el("span", { class: gap ? "badge red" : item.control ? "badge plain" : "badge" }, item.type),
      el("span", { class: "data" }, gap ? told(item.data) : shown(item.data)),
      el("span", { class: "meta" }, mark(item), el("span", { class: "id", title: item.id || "no id" }, short(item.id))),
    );
    row.title = `received ${clock(item.at)}`;
    return selection.row(row, item);
  }

  const isFilteredOut = (item) => byId("filter").value !== "" && item.type !== byId("filter").value;
  const rows = () => [...byId("received").children].filter((row) => items.has(row));

  session
    .on("event", (item) => {
      if (!seen.has(item.type)) {
        seen.add(item.type);
        byId("filter").append(el("option", {}, item.type));
      }
      add(item);
    })
    .on("unheard", (type) =>
      add({ note: `An event of the type “${type}” came on the wire, but nobody listened for it: an EventSource hands out only types with a listener. This page listens for it from now on.` }),
    );

  byId("filter").addEventListener("change", () => {
    for (const row of rows()) {
      row.hidden = isFilteredOut(items.get(row));
    }
  });
  byId("pretty").addEventListener("change", () => {
    for (const row of rows()) {
      const item = items.get(row);
      if (!item.note && item.type !== "hibiki.gap") {
        row.querySelector(".data").textContent = shown(item.data);
      }
    }
  });
  byId("pause").addEventListener("click", () => {
    const resumed = waiting;
    waiting = resumed ? null : [];
    byId("pause").setAttribute("aria-pressed", String(!resumed));
    byId("pause").textContent = resumed ? "pause" : "resume (0)";
    resumed?.forEach((item) => list.add(item));
  });
  byId("receive-clear").addEventListener("click", () => {
    list.clear();
    if (waiting) {
      waiting = [];
      byId("pause").textContent = "resume (0)";
    }
  });
  copyButtons(session);
}

function shown(data) {
  if (!byId("pretty").checked) {
    return data;
  }
  const value = parsed(data);
  return typeof value === "object" ? JSON.stringify(value, null, 2) : data;
}

function told(data) {
  const { reason, after, resumedAt } = parsed(data) ?? {};
  const why = {
    expired: "something after that id was trimmed",
    "log-reset": "that id is of another life of the log",
    "unknown-id": "that is no id of this log",
  }[reason];
  return `Gap, told: ${reason}${why ? ` (${why})` : ""}. Asked to resume after ${after}; the stream goes on after ${resumedAt}. What lies between may be missing.`;
}

function mark(item) {
  if (item.replayed) {
    return el("span", { class: "badge amber" }, "replayed");
  }
  return item.latency === null ? null : el("span", { class: "latency" }, `${Math.round(item.latency)} ms`);
}

/** The part of an id that changes most. */
function short(id) {
  const [, millis, rest] = /^(\d+)(-\d+)/.exec(id) ?? [];
  return millis ? `…${millis.slice(-6)}${rest}` : id;
}

function copyButtons(session) {
  for (const [name, code] of Object.entries(snippets)) {
    byId("copies").append(el("button", { type: "button", class: "small", click: () => copy(name, code(location.origin, session.channels, session.types)) }, name));
  }
  byId("snippet-close").addEventListener("click", () => (byId("snippet").hidden = true));
}

async function copy(name, code) {
  byId("snippet-code").textContent = code;
  byId("snippet").hidden = false;
  try {
    await navigator.clipboard.writeText(code);
    byId("snippet-said").textContent = `Copied as ${name}.`;
  } catch {
    byId("snippet-said").textContent = "The browser did not let this page copy; select the text and copy it by hand.";
  }
}
