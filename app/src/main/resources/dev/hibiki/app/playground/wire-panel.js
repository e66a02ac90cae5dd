// SPDX-License-Identifier: Apache-2.0
// Panel 2: what was asked, the head of the answer, and each frame.

import { byId, clock, el, NewestList } from "/examples/assets/page.js";
import { selectable } from "./selectable.js";
import { field, fieldOf, linesOf } from "./frames.js";

const SHOWN_HEADERS = ["content-type", "cache-control", "x-accel-buffering"];

/** @param {(frame: {bytes: Uint8Array, at: number}) => void} inspect is given the frame that is chosen */
export function wirePanel(session, inspect) {
  const selection = selectable(byId("wire"), (item) => item.kind === "frame" && inspect(item));
  const list = new NewestList(byId("wire"), {
    render: (item) => selection.row(render(item), item),
    pinned: ({ kind, lines }) => kind === "frame" && lines.includes("event: hibiki.gap"),
    empty: "No bytes yet. They appear here as soon as the stream opens.",
  });
  let bytes = 0;
  const note = (text) => list.add({ kind: "note", at: Date.now(), lines: [text] });
  byId("wire-clear").addEventListener("click", () => list.clear());
  session
    .on("request", (url, lastId) =>
      list.add({ kind: "asked", at: Date.now(), lines: [`GET ${shortened(url)}`, ...(lastId ? [`Last-Event-ID: ${lastId}`] : [])] }),
    )
    .on("head", ({ status, statusText, headers }) =>
      list.add({
        kind: "head",
        at: Date.now(),
        lines: [`${status} ${statusText}`.trim(), ...headers.filter(([name]) => SHOWN_HEADERS.includes(name)).map(([name, value]) => `${name}: ${value}`)],
      }),
    )
    .on("frame", (bytes, at) => list.add({ kind: "frame", at, bytes, lines: linesOf(bytes) }))
    .on("lost", (reason, text, retryAt) => {
      note(text);
      if (retryAt) {
        note(`Coming back in ${((retryAt - Date.now()) / 1000).toFixed(1)} s, as retry: said.`);
      }
    })
    .on("bytes", (count) => {
      bytes += count;
      byId("wire-count").textContent = bytes < 10_000 ? `${bytes} bytes` : `${Math.round(bytes / 1000).toLocaleString("en")} kB`;
    });
}

/** An address without the client's id, which is nobody else's business, on screenshots neither. */
function shortened(url) {
  const { pathname, search } = new URL(url, location.href);
  return `${pathname}${search.replace(/([?&]clientId=)[^&]+/, "$1…")}`;
}

function render({ kind, at, lines }) {
  const shown = lines.map((line) => (kind === "frame" ? frameLine(line) : el("span", { class: "l" }, line)));
  if (kind === "frame") {
    shown.push(el("span", { class: "l blank" }, field(lines, "data") === null ? "(blank line)" : "(blank line: dispatch)"));
  }
  return el("li", { class: kind }, el("time", {}, clock(at)), el("div", {}, ...shown));
}

function frameLine(line) {
  if (line.startsWith(":")) {
    return el("span", { class: "l comment" }, line);
  }
  const { name } = fieldOf(line);
  const known = ["id", "event", "data", "retry"].includes(name) ? name : "other";
  const colon = line.indexOf(":") < 0 ? 0 : 1;
  return el("span", { class: `l f-${known}` }, el("b", {}, line.slice(0, name.length + colon)), line.slice(name.length + colon));
}
