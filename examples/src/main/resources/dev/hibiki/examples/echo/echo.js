// SPDX-License-Identifier: Apache-2.0
// Three boxes, each with one stream at most.

import { byId, clock, el, NewestList, parsed } from "/examples/assets/page.js";
import { openStream } from "/examples/assets/streams.js";

/** One box: connecting again closes the old stream, an error does not. */
function box(id, { path, url = () => path, types, show = () => {} }) {
  const root = byId(id);
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const button = (name) => root.querySelector(`[data-do="${name}"]`);
  const list = new NewestList(part("events"), {
    render: row,
    newestFirst: true,
    empty: "No events yet. Connect, and they appear here.",
  });
  let stream = null;

  function state(name, text) {
    const live = name === "connecting" || name === "open" || name === "lost";
    part("state").dataset.state = name;
    part("state").textContent = text;
    button("disconnect").disabled = !live;
  }

  function connect() {
    stream?.close();
    const handlers = Object.fromEntries(types().map((type) => [type, receive]));
    stream = openStream(url(), { name: path, on: handlers, state });
  }

  function receive(event) {
    list.add({ type: event.type, data: event.data, id: event.lastEventId, at: Date.now() });
    show(event, part);
  }

  button("connect").addEventListener("click", connect);
  button("disconnect").addEventListener("click", () => stream?.close());
  button("clear").addEventListener("click", () => list.clear());
  part("form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    connect();
  });
  state("none", "Not connected");
  return connect;
}

function row({ type, data, id, at }) {
  return el(
    "li",
    {},
    el("div", { class: "about" }, el("span", { class: "badge" }, type), el("time", {}, clock(at)), el("span", {}, id ? `id ${id}` : "no id")),
    el("div", { class: "data" }, data),
  );
}

const percent = (part) => `${(100 * part).toFixed(1)} %`;

function systemInfo(event, part) {
  const info = parsed(event.data);
  if (!info) {
    return;
  }
  const facts = {
    Time: info.timestamp,
    Memory: `${info.memory_usage_mb} MB`,
    Processors: info.cpu_cores,
    "Load, process": percent(info.cpu_load?.process ?? 0),
    "Load, system": percent(info.cpu_load?.system ?? 0),
    Threads: info.threads,
    "Open streams": info.open_streams,
  };
  part("facts").replaceChildren(...Object.entries(facts).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]));
  part("facts").hidden = false;
}

const form = byId("custom").querySelector("form");

function customUrl() {
  const query = new URLSearchParams();
  for (const name of ["message", "event", "interval"]) {
    query.set(name, form.elements[name].value);
  }
  return `/events/custom?${query}`;
}

const customTypes = () => [...new Set(["message", form.elements.event.value || "custom-event"])];

const connectBasic = box("basic", { path: "/events", types: () => ["message"] });
const connectSystem = box("system", { path: "/events/system", types: () => ["system-info"], show: systemInfo });
box("custom", { path: "/events/custom", url: customUrl, types: customTypes });

connectBasic();
connectSystem();
