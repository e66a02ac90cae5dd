// SPDX-License-Identifier: Apache-2.0
// The playground: the status line, the six panels and the inspector around one session.

import { byId, span } from "/examples/assets/page.js";
import { breakPanel } from "./break-panel.js";
import { Inspector } from "./inspector.js";
import { measurePanel } from "./measure-panel.js";
import { receivePanel } from "./receive-panel.js";
import { sendPanel } from "./send-panel.js";
import { Session } from "./session.js";
import { tabsPanel } from "./tabs-panel.js";
import { wirePanel } from "./wire-panel.js";

const PROTOCOLS = { "http/1.1": "HTTP/1.1", "http/1.0": "HTTP/1.0", h2: "HTTP/2", h3: "HTTP/3" };

const session = new Session();

function statusLine() {
  const [navigation] = performance.getEntriesByType("navigation");
  byId("protocol").textContent = PROTOCOLS[navigation?.nextHopProtocol] ?? "HTTP/1.1";

  const showId = () => {
    byId("last-id").textContent = session.lastId || "–";
  };
  session
    .on("state", (state, text) => {
      byId("state").dataset.state = state;
      byId("state").textContent = text;
      byId("attempt").textContent = String(session.attempts);
      byId("disconnect").textContent = session.isOpening ? "disconnect" : "connect";
      showId();
    })
    .on("event", showId);
  setInterval(() => {
    byId("open-for").textContent = session.state === "open" ? span(Date.now() - session.openedAt) : "–";
  }, 500);

  byId("disconnect").addEventListener("click", () => (session.isOpening ? session.close() : session.open()));
  byId("address").addEventListener("submit", (submit) => {
    submit.preventDefault();
    session.channels = byId("channels").value.split(/[\s,]+/).filter((name) => name !== "");
    session.userId = byId("user").value.trim();
    session.open();
  });
}

statusLine();
sendPanel(session);
const inspector = new Inspector(session);
wirePanel(session, (frame) => inspector.showFrame(frame));
receivePanel(session, (event) => inspector.showEvent(event));
breakPanel(session);
measurePanel(session);
tabsPanel(session);
session.open();
