// SPDX-License-Identifier: Apache-2.0
// Panel 4: breaking the stream in the ways in which streams break, and what comes back.

import { byId, clock, el, post, whatWentWrong } from "/examples/assets/page.js";

const FREEZE_MILLIS = 5000;
const MINUTE = 60_000;
const SVG = "http://www.w3.org/2000/svg";

export function breakPanel(session) {
  const story = [];
  let returning = null; // what to tell once the stream is back: { after, replayed }

  function tell(text, kind = "") {
    story.push({ text, kind, at: Date.now() });
    story.splice(0, story.length - 6);
    byId("story").replaceChildren(...story.map((line) => el("li", { class: line.kind || null }, el("time", {}, clock(line.at)), el("span", {}, line.text))));
  }

  /** Has the server do it to the streams of this page, or to the one that is not away just now; true if it did. */
  async function ask(what, query = "") {
    const answers = await Promise.all(session.clients.map((id) => post(`/playground/${id}/${what}${query}`)));
    const failed = answers.find((answer) => !answer.ok && answer.status !== 404) ?? (answers.some((answer) => answer.ok) ? null : answers[0]);
    if (failed) {
      tell(whatWentWrong(failed), "bad");
    }
    return !failed;
  }

  const on = (id, action) => byId(id).addEventListener("click", action);

  on("cut", async () => {
    if (await ask("cut")) {
      tell("Cut: the server closed the connection in the middle, without an end. The browser noticed, and comes back by itself.");
    }
  });
  on("end", async () => {
    if (await ask("end")) {
      tell("Ended: the server finished the response properly. For an event stream that is no farewell: the browser comes back all the same.");
    }
  });
  on("freeze", async () => {
    if (await ask("freeze", `?ms=${FREEZE_MILLIS}`)) {
      timeline.freeze(FREEZE_MILLIS);
      tell(`Frozen for ${FREEZE_MILLIS / 1000} s: the server writes nothing, as to a reader whose socket is full. The stream stays open, falls behind, and gets the rest from the log.`);
    }
  });
  on("offline", () => {
    const away = session.state === "offline";
    byId("offline").setAttribute("aria-pressed", String(!away));
    byId("offline").textContent = away ? "Go offline" : "Come back online";
    if (away) {
      tell(`Back online: resuming after ${session.lastId || "nothing"}.`);
      session.open(session.lastId);
    } else {
      session.close("offline", "offline, as if the network were gone; come back online to resume");
      tell("Offline: this page closed its streams and kept the last id. What is published now waits in the log.");
    }
  });
  on("away", async () => {
    const channel = session.channels.find((name) => !name.includes("*")) ?? "demo";
    if (await ask("cut")) {
      const data = [1, 2, 3].map((n) => ({ channel, event: "while-away", data: { n, of: 3, sentAt: Date.now() } }));
      const answer = await post("/api/publish", data);
      tell(answer.ok ? `Cut, and while nobody listened three events were published on ${channel}: the last has the id ${answer.body.ids?.at(-1)}.` : whatWentWrong(answer), answer.ok ? "" : "bad");
    }
  });
  on("gap", () => {
    const millis = /^\d+/.exec(session.lastId)?.[0] ?? String(Date.now());
    resume(`${millis}-0-0`, "an id that a log of an earlier life could have given");
  });
  on("nonsense", () => resume("once-upon-a-time", "something that is no id at all"));

  function resume(after, what) {
    tell(`Resuming after ${after}, ${what}.`);
    returning = { after, replayed: 0 };
    session.open(after);
  }

  const timeline = new Timeline(byId("timeline"));
  session
    .on("state", (state, text) => {
      timeline.state(state);
      byId("offline").setAttribute("aria-pressed", String(state === "offline"));
      byId("offline").textContent = state === "offline" ? "Come back online" : "Go offline";
      const breakable = state === "open";
      for (const id of ["cut", "end", "freeze", "away"]) {
        byId(id).disabled = !breakable;
      }
      if (state === "lost" && !returning) {
        tell(`${text[0].toUpperCase()}${text.slice(1)}, with Last-Event-ID: ${session.lastId || "(none yet)"}.`);
        returning = { after: session.lastId, replayed: 0 };
      }
    })
    .on("event", (event) => {
      timeline.arrival(event);
      if (returning && event.replayed) {
        returning.replayed++;
      }
      if (returning && !event.replayed && !event.control) {
        const { after, replayed } = returning;
        returning = null;
        tell(`Back with Last-Event-ID: ${after || "(none)"}. ${replayed === 0 ? "Nothing had been missed" : `${replayed} missed ${replayed === 1 ? "event" : "events"} arrived, marked replayed`}; then live.`, "good");
      }
    })
    .on("gap", ({ reason, after, resumedAt }) => tell(`The gap is told: ${reason}. After ${after} something may be missing; the stream goes on after ${resumedAt}.`, "warn"));
}

/** The last minute of the stream: open, away or frozen, and each event as a stroke. */
class Timeline {
  #svg;
  #spans = []; // { from, kind }
  #arrivals = [];

  constructor(svg) {
    this.#svg = svg;
    setInterval(() => document.hidden || this.#draw(), 250);
  }

  state(state) {
    const kind = state === "open" ? "open" : state === "none" ? "none" : "lost";
    if (this.#spans.at(-1)?.kind !== kind) {
      this.#spans.push({ from: Date.now(), kind });
    }
  }

  freeze(millis) {
    this.#spans.push({ from: Date.now(), kind: "frozen" });
    setTimeout(() => {
      if (this.#spans.at(-1)?.kind === "frozen") {
        this.#spans.push({ from: Date.now(), kind: "open" });
      }
    }, millis);
  }

  arrival({ at, replayed }) {
    const last = this.#arrivals.at(-1);
    if (!last || at - last.at > 100 || last.replayed !== replayed) {
      this.#arrivals.push({ at, replayed });
    }
    if (this.#arrivals.length > 900) {
      this.#arrivals.splice(0, 300);
    }
  }

  #draw() {
    const now = Date.now();
    const x = (at) => Math.max(0, 600 - (600 * (now - at)) / MINUTE);
    while (this.#spans.length > 1 && this.#spans[1].from < now - MINUTE) {
      this.#spans.shift();
    }
    const bars = this.#spans.map(({ from, kind }, i) => {
      const to = this.#spans[i + 1]?.from ?? now;
      return shape("rect", { class: kind, x: x(from), y: 9, width: Math.max(0, x(to) - x(from)), height: 14 });
    });
    const strokes = (wanted) =>
      this.#arrivals
        .filter(({ at, replayed }) => replayed === wanted && at > now - MINUTE)
        .map(({ at }) => `M${x(at).toFixed(1)} 3V29`)
        .join("");
    this.#svg.replaceChildren(
      ...bars,
      shape("path", { class: "arrival", d: strokes(false) }),
      shape("path", { class: "replayed", d: strokes(true) }),
    );
  }
}

export function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, String(value));
  }
  return element;
}
