// SPDX-License-Identifier: Apache-2.0
// Panel 6: the other tabs. How many streams there are is asked seldom, and only while somebody looks.

import { byId } from "/examples/assets/page.js";
import { EVICTED, streamsOfThisBrowser } from "/examples/assets/streams.js";

const ASK_MILLIS = 5000;

export function tabsPanel(session) {
  async function count() {
    byId("places").textContent = `The pages of this browser hold ${await streamsOfThisBrowser()} of 4 streams.`;
    const channel = session.channels.find((name) => !name.includes("*"));
    if (!channel || session.state !== "open") {
      return;
    }
    const answer = await fetch(`/api/channels/${encodeURI(channel)}`).catch(() => null);
    if (answer?.ok) {
      const { streams } = await answer.json();
      byId("tabs-count").textContent = `Streams on ${channel} at the server: ${streams}, of which this page has two, one for the wire and one for the program.`;
    }
  }

  session
    .on("state", (state) => {
      if (state === "open" || state === "connecting") {
        byId("evicted").textContent = "";
      }
      count();
    })
    .on("evicted", (which) => (byId("evicted").textContent = `The stream of the ${which}: ${EVICTED}`));
  setInterval(() => document.hidden || count(), ASK_MILLIS);
  document.addEventListener("visibilitychange", () => document.hidden || count());
}
