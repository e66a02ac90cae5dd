// SPDX-License-Identifier: Apache-2.0
// Panel 1: publishing, and channels added to the open stream.

import { byId, el, post, whatWentWrong } from "/examples/assets/page.js";

const BURST = 1000;

const templates = {
  tick: () => ["tick", JSON.stringify({ n: 0, sentAt: Date.now() })],
  notification: () => ["notification", JSON.stringify({ id: crypto.getRandomValues(new Uint32Array(1))[0].toString(36), title: "Build finished", body: "All tests are green.", timestamp: Date.now() })],
  progress: () => ["progress", JSON.stringify({ taskId: "demo", progress: 40, status: "processing" })],
  chat: () => ["chat", JSON.stringify({ author: "Ada", content: "Can you hear me?" })],
  "several lines": () => ["", "first line\nsecond line\n\nfourth line: one event"],
  markup: () => ["note", "<img src=x onerror=alert(1)> is shown, never run"],
};

export function sendPanel(session) {
  const form = byId("publish");
  const target = byId("target");
  const kept = { channel: "demo", user: "you" };
  let mode = "channel";

  byId("templates").append(
    ...Object.entries(templates).map(([name, make]) =>
      el("button", { type: "button", class: "small", click: () => ([byId("event").value, byId("data").value] = make()) }, name),
    ),
  );

  byId("to").addEventListener("change", () => {
    kept[mode] = target.value;
    mode = byId("to").value;
    byId("target-field").hidden = !(mode in kept);
    byId("target-label").textContent = mode === "user" ? "User" : "Channel";
    target.value = kept[mode] ?? "";
  });

  /** The calls that one publish makes: one, but for `this client`, which is two here, one for each of this page's streams. */
  function calls(event) {
    switch (mode) {
      case "everyone":
        return [["/api/broadcast", event]];
      case "user":
        return [[`/api/notify/${encodeURIComponent(target.value)}`, event]];
      case "client":
        return session.clients.map((id) => [`/api/send/${id}`, event]);
      default:
        return [["/api/publish", { channel: target.value, ...event }]];
    }
  }

  function event() {
    const type = byId("event").value;
    if (type) {
      session.listen(type);
    }
    return { ...(type ? { event: type } : {}), data: byId("data").value };
  }

  async function publish() {
    const answers = await Promise.all(calls(event()).map(([path, body]) => post(path, body)));
    answered(answers.find((answer) => !answer.ok) ?? answers[0]);
  }

  async function burst() {
    byId("burst").disabled = true;
    const channel = mode === "channel" ? target.value : (session.channels.find((name) => !name.includes("*")) ?? "demo");
    const batch = Array.from({ length: BURST }, (_, n) => ({ channel, event: "burst", data: { n: n + 1, sentAt: Date.now() } }));
    answered(await post("/api/publish", batch));
    byId("burst").disabled = false;
  }

  form.addEventListener("submit", (submit) => {
    submit.preventDefault();
    publish();
  });
  byId("data").addEventListener("keydown", (key) => {
    if (key.key === "Enter" && (key.ctrlKey || key.metaKey)) {
      key.preventDefault();
      form.requestSubmit();
    }
  });
  byId("burst").addEventListener("click", burst);
  liveChannels(session);
  suggestTypes(session);
}

function liveChannels(session) {
  byId("live").addEventListener("submit", async (submit) => {
    submit.preventDefault();
    const channel = byId("live-channel").value.trim();
    change(session, channel, submit.submitter?.value !== "unsubscribe");
  });
  session.on("live", (channels) =>
    byId("live-channels").replaceChildren(
      ...channels.map((channel) =>
        el("li", {}, el("button", { type: "button", class: "small", title: `Unsubscribe from ${channel}`, click: () => change(session, channel, false) }, channel, el("span", { "aria-hidden": "true" }, "×"))),
      ),
    ),
  );
}

async function change(session, channel, wanted) {
  const path = `/api/events/${wanted ? "subscribe" : "unsubscribe"}`;
  const answers = await Promise.all(session.clients.map((clientId) => post(path, { clientId, channel })));
  const failed = answers.find((answer) => !answer.ok);
  answered(failed ?? answers[0]);
  if (!failed) {
    session.setLive(channel, wanted);
  }
}

function suggestTypes(session) {
  const show = () => byId("types").replaceChildren(...session.types.filter((type) => !type.startsWith("hibiki.")).map((type) => el("option", { value: type })));
  session.on("type", show);
  show();
}

/** What the server said to a call, as it said it. */
export function answered(answer) {
  const said = answer.text.length > 160 ? `${answer.text.slice(0, 160)} …` : answer.text;
  byId("answer").textContent = answer.ok ? `${answer.status} in ${answer.millis.toFixed(1)} ms  ${said}` : whatWentWrong(answer);
  byId("answer").classList.toggle("error", !answer.ok);
}
