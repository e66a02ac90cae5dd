// SPDX-License-Identifier: Apache-2.0
// Panel 6: the other tabs. They have streams of their own, or share one: then it shows who has the connection, and who takes over when that
// tab is closed. How many streams there are is asked seldom, and only while somebody looks.

import { byId, clock, el } from "/examples/assets/page.js";
import { EVICTED, streamsOfThisBrowser } from "/examples/assets/streams.js";
import { canShare, onSharedElsewhere, setShared, sharedSecret, tabs } from "./sharing.js";

const LOOK_MILLIS = 500;
const ASK_EVERY = 10; // looks

export function tabsPanel(session) {
  let leader = 0;
  let looks = 0;
  let inARow = 0;
  let last = null;

  const name = (tab) => `tab ${tab.number}${tab.mine ? ", this one" : ""}`;
  const news = (text) => (byId("tabs-news").textContent = `${clock()} ${text}`);

  async function look() {
    const shared = session.sharedName !== "";
    const all = await tabs(session.sharedName);
    byId("share").setAttribute("aria-pressed", String(shared));
    byId("tabs-list").replaceChildren(...all.map((tab) => el("li", { class: tab.leads ? "badge" : "badge plain" }, `${name(tab)}${tab.leads ? " · has the connection" : ""}`)));
    const leading = all.find((tab) => tab.leads);
    if (leading && leader && leading.number !== leader) {
      news(`Tab ${leader} let the connection go. ${name(leading)[0].toUpperCase()}${name(leading).slice(1)}, has it now, and resumed after the last event that it knew.`);
    }
    leader = shared ? (leading?.number ?? leader) : 0;
    byId("wire-from").textContent = !leading ? "the bytes as they come" : `as ${leading.mine ? "this tab" : `tab ${leading.number}`} gets them`;
    if (looks++ % ASK_EVERY === 0) {
      await count(all.length);
    }
  }

  async function count(pages) {
    byId("places").textContent = `The pages of this browser hold ${await streamsOfThisBrowser()} of 4 streams.`;
    const channel = session.channels.find((each) => !each.includes("*"));
    if (!channel || session.state !== "open") {
      return;
    }
    const answer = await fetch(`/api/channels/${encodeURI(channel)}`).catch(() => null);
    if (answer?.ok) {
      const { streams } = await answer.json();
      const whose = session.sharedName ? `for ${pages} ${pages === 1 ? "tab" : "tabs"}` : "of which this page has two, one for the wire and one for the program";
      byId("tabs-count").textContent = `Streams on ${channel} at the server: ${streams}, ${whose}.`;
    }
  }

  /** The numbers of the ticks show that a change of the leader loses nothing. */
  function tick({ type, data }) {
    const { n } = type === "tick" ? JSON.parse(data) : {};
    if (typeof n === "number") {
      inARow = n === last + 1 ? inARow + 1 : 1;
      last = n;
      byId("ticks").textContent = `${inARow} ${inARow === 1 ? "tick" : "ticks"} in a row, none missing, none twice`;
    }
  }

  function reopen() {
    leader = 0;
    if (session.isOpening) {
      session.open();
    }
    looks = 0;
    look();
  }

  byId("share").disabled = !canShare;
  byId("share").addEventListener("click", () => {
    setShared(sharedSecret() === null);
    reopen();
  });
  onSharedElsewhere(reopen);
  session
    .on("state", (state) => {
      if (state === "open" || state === "connecting") {
        byId("evicted").textContent = "";
      }
      if (state === "connecting") {
        last = null;
      }
      looks = 0;
      look();
    })
    .on("event", tick)
    .on("evicted", (which) => (byId("evicted").textContent = `The stream of the ${which}: ${EVICTED}`));
  setInterval(() => document.hidden || look(), LOOK_MILLIS);
  document.addEventListener("visibilitychange", () => document.hidden || look());
}
