// SPDX-License-Identifier: Apache-2.0
// Panel 2: what was asked, the head of the answer, and each frame.

import { byId, clock, el, NewestList } from "/examples/assets/page.js";

const SHOWN_HEADERS = ["content-type", "cache-control", "x-accel-buffering"];

export function wirePanel(session) {
  const list = new NewestList(byId("wire"), {
    render,
    pinned: ({ kind, lines }) => kind === "frame" && lines.includes("event: hibiki.gap"),
    empty: "No bytes yet. They appear here as soon as the stream opens.",
  });
  let bytes = 0;
  byId("wire-clear").addEventListener("click", () => list.clear());
  session
    .on("request", (url, lastId) =>
      list.add({ kind: "asked", at: Date.now(), lines: [`GET ${shortened(url)}`, ...(lastId ? [`Last-Event-ID: ${lastId}`] : [])] }),
    )
    .on("head", (response) =>
      list.add({
        kind: "head",
        at: Date.now(),
        lines: [`${response.status} ${response.statusText}`.trim(), ...SHOWN_HEADERS.filter((name) => response.headers.has(name)).map((name) => `${name}: ${response.headers.get(name)}`)],
      }),
    )
    .on("frame", (lines, at) => list.add({ kind: "frame", at, lines }))
    .on("note", (kind, text) => list.add({ kind: "note", at: Date.now(), lines: [text] }))
    .on("bytes", (count) => {
      bytes += count;
      byId("wire-count").textContent = bytes < 10_000 ? `${bytes} bytes` : `${Math.round(bytes / 1000).toLocaleString("en")} kB`;
    });
}

/** Without the client's id, which is nobody else's business, on screenshots neither. */
function shortened(url) {
  return url.replace(/([?&]clientId=)[^&]+/, "$1…");
}

function render({ kind, at, lines }) {
  const shown = lines.map((line) => (kind === "frame" ? frameLine(line) : el("span", { class: "l" }, line)));
  if (kind === "frame") {
    shown.push(el("span", { class: "l blank" }, "(blank line: dispatch)"));
    if (lines.every((line) => line.startsWith(":"))) {
      shown.at(-1).textContent = "(blank line)";
    }
  }
  return el("li", { class: kind }, el("time", {}, clock(at)), el("div", {}, ...shown));
}

function frameLine(line) {
  if (line.startsWith(":")) {
    return el("span", { class: "l comment" }, line);
  }
  const colon = line.indexOf(":");
  const name = colon < 0 ? line : line.slice(0, colon);
  const known = ["id", "event", "data", "retry"].includes(name) ? name : "other";
  return el("span", { class: `l f-${known}` }, el("b", {}, line.slice(0, name.length + (colon < 0 ? 0 : 1))), colon < 0 ? null : line.slice(colon + 1));
}
