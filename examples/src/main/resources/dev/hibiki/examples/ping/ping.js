// SPDX-License-Identifier: Apache-2.0
// Two kinds of events, what the EventSource says of itself, and a button that closes it.

import { byId, clock, el, NewestList, parsed } from "/examples/assets/page.js";
import { openStream } from "/examples/assets/streams.js";

const READY_STATES = ["0 (connecting)", "1 (open)", "2 (closed)"];

const list = new NewestList(byId("events"), {
  newestFirst: true,
  empty: "No events yet; the first ping comes as soon as the stream opens.",
  render: ({ text, at }) => el("li", {}, el("div", { class: "data" }, text), el("div", { class: "about" }, el("time", {}, clock(at)))),
});

let stream = null;

function tell(source) {
  byId("url").textContent = source.url;
  byId("withCredentials").textContent = String(source.withCredentials);
  byId("readyState").textContent = READY_STATES[source.readyState];
}

function open() {
  stream = openStream("/sse", {
    on: {
      ping: (event) => list.add({ text: `ping at ${parsed(event.data)?.time ?? event.data}`, at: Date.now() }),
      message: (event) => list.add({ text: `message: ${event.data}`, at: Date.now() }),
    },
    state(name, text) {
      const live = name === "connecting" || name === "open" || name === "lost";
      byId("state").dataset.state = name;
      byId("state").textContent = text;
      byId("close").hidden = !live;
      byId("open").hidden = live;
      if (stream) {
        tell(stream.source);
      }
    },
  });
  tell(stream.source);
}

byId("close").addEventListener("click", () => {
  stream.close();
  byId("open").focus();
});
byId("open").addEventListener("click", () => {
  open();
  byId("close").focus();
});
open();
