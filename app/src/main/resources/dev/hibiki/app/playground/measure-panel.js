// SPDX-License-Identifier: Apache-2.0
// Panel 5: how many events, and how late. The time of publishing is the event's own `sentAt`, or else the time in its id, by the server's
// clock: on another machine than the server the clocks' difference is in it.

import { byId } from "/examples/assets/page.js";
import { shape } from "./break-panel.js";

const SECONDS = 60;
const SAMPLES = 5000;

export function measurePanel(session) {
  const counts = new Array(SECONDS).fill(0); // events in each of the last seconds, a ring
  let latencies = []; // { at, millis } of the last minute
  let total = 0;
  let second = Math.floor(Date.now() / 1000);

  /** Moves the ring on to this second. */
  function turn() {
    const now = Math.floor(Date.now() / 1000);
    for (let i = 0; second < now && i < SECONDS; i++) {
      second++;
      counts[second % SECONDS] = 0;
    }
    second = now;
  }

  session.on("event", ({ control, latency, at }) => {
    if (control) {
      return;
    }
    turn();
    total++;
    counts[second % SECONDS]++;
    if (latency !== null) {
      latencies.push({ at, millis: latency });
      if (latencies.length > 2 * SAMPLES) {
        latencies = latencies.slice(-SAMPLES);
      }
    }
  });

  function draw() {
    turn();
    const past = Array.from({ length: SECONDS }, (_, i) => counts[(second + 1 + i) % SECONDS]);
    const since = Date.now() - SECONDS * 1000;
    latencies = latencies.filter(({ at }) => at > since);
    const sorted = latencies.map(({ millis }) => millis).sort((a, b) => a - b);
    const recent = past.slice(-6, -1); // the five full seconds before this one
    byId("rate").textContent = (recent.reduce((a, b) => a + b, 0) / recent.length).toFixed(1);
    byId("p50").textContent = inMillis(quantile(sorted, 0.5));
    byId("p99").textContent = inMillis(quantile(sorted, 0.99));
    byId("total").textContent = total.toLocaleString("en");
    const most = Math.max(4, ...past);
    byId("plot").replaceChildren(
      ...past.map((count, i) => {
        const height = count === 0 ? 0.5 : Math.max(2, (56 * Math.log1p(count)) / Math.log1p(most));
        return shape("rect", { x: i * 10 + 1, y: 60 - height, width: 8, height, class: i === SECONDS - 1 ? "now" : "past" });
      }),
    );
  }

  setInterval(() => document.hidden || draw(), 500);
  draw();
}

/** The nearest-rank quantile of a sorted array, or NaN for none. */
export function quantile(sorted, q) {
  return sorted.length === 0 ? NaN : sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
}

function inMillis(value) {
  return Number.isNaN(value) ? "–" : `${Math.round(value)} ms`;
}
