// SPDX-License-Identifier: Apache-2.0
// Dashboard, notifications and progress on two streams of the hub, with nothing but the platform.

import { byId, clock, el, newClientId, NewestList, parsed, post, whatWentWrong } from "/examples/assets/page.js";
import { openStream } from "/examples/assets/streams.js";

const clientId = newClientId();
const userId = `guest-${clientId.slice(0, 4)}`;

const showState = (id) => (name, text) => {
  byId(id).dataset.state = name;
  byId(id).textContent = text;
};

// Dashboard

const values = [];
const users = new Map();

const comings = new NewestList(byId("comings"), {
  newestFirst: true,
  keep: 50,
  empty: "Open this page in another tab to see someone come.",
  render: ({ name, came, at }) =>
    el("li", {}, el("div", {}, el("strong", {}, name), came ? " joined" : " left"), el("div", { class: "about" }, el("time", {}, clock(at)))),
});

function showValue(event) {
  const { value } = parsed(event.data) ?? {};
  if (typeof value !== "number") {
    return; // the greeting of the stream
  }
  byId("value").textContent = value.toFixed(2);
  values.push(value);
  values.splice(0, values.length - 60);
  const points = values.map((v, i) => `${(240 * i) / 59},${46 - (44 * v) / 100}`);
  byId("spark").querySelector("polyline").setAttribute("points", points.join(" "));
}

function showUsers() {
  const names = [...users].map(([id, name]) => el("li", { class: "badge" }, id === userId ? `${name} (you)` : name));
  byId("users").replaceChildren(...(names.length ? names : [el("li", { class: "quiet" }, "Nobody yet")]));
}

function coming(event, came) {
  const user = parsed(event.data) ?? {};
  if (came) {
    users.set(user.userId, user.username);
  } else {
    users.delete(user.userId);
  }
  showUsers();
  comings.add({ name: user.username, came, at: Date.now() });
}

async function whoIsHere() {
  const answer = await fetch("/api/channels/dashboard").catch(() => null);
  if (answer?.ok) {
    const { users: present } = await answer.json();
    users.clear();
    present?.forEach((user) => users.set(user.userId, user.username));
    showUsers();
  }
}

// Notifications

const notifications = new NewestList(byId("notifications"), {
  newestFirst: true,
  empty: "None yet. Send one: every open page gets it.",
  render: ({ title, body, timestamp }) =>
    el("li", {}, el("div", { class: "title" }, title), el("div", { class: "text" }, body), el("div", { class: "about" }, el("time", {}, clock(timestamp)))),
});

byId("notify").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { title, body } = event.target.elements;
  const data = { id: newClientId(), title: title.value, body: body.value, timestamp: Date.now() };
  const answer = await post("/api/publish", { channel: "notifications", event: "notification", data });
  byId("notify-error").textContent = answer.ok ? "" : whatWentWrong(answer);
});
byId("clear-notifications").addEventListener("click", () => notifications.clear());

// Progress

let task = null;
const early = new Map(); // what came before the answer that names the task

function showProgress({ taskId, progress, status }) {
  if (taskId !== task) {
    early.clear();
    early.set(taskId, { taskId, progress, status });
    return;
  }
  byId("bar").value = progress;
  byId("percent").textContent = `${progress} %`;
  byId("status").textContent = status;
  byId("bar").dataset.status = status;
}

byId("process").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { steps, stepMillis } = event.target.elements;
  const answer = await post("/api/process", { clientId, steps: Number(steps.value), stepMillis: Number(stepMillis.value) });
  byId("process-error").textContent = answer.ok ? "" : whatWentWrong(answer);
  if (answer.ok) {
    task = answer.body.taskId;
    byId("task").textContent = `task ${task}`;
    showProgress(early.get(task) ?? { taskId: task, progress: 0, status: "started" });
  }
});

const updates = new NewestList(byId("updates"), {
  newestFirst: true,
  keep: 50,
  empty: "One comes each 5 seconds.",
  render: ({ message, timestamp }) => el("li", {}, el("div", {}, message), el("div", { class: "about" }, el("time", {}, clock(timestamp)))),
});

// The two streams

showUsers();

openStream(`/api/events?${new URLSearchParams([["channel", "dashboard"], ["channel", "notifications"], ["clientId", newClientId()], ["userId", userId]])}`, {
  name: "dashboard and notifications",
  on: {
    message: showValue,
    notification: (event) => notifications.add(parsed(event.data) ?? { title: event.data, body: "", timestamp: Date.now() }),
    "user-joined": (event) => coming(event, true),
    "user-left": (event) => coming(event, false),
  },
  state(name, text) {
    showState("channels-state")(name, text);
    if (name === "open") {
      whoIsHere();
    }
  },
});

openStream(`/api/events?clientId=${clientId}`, {
  name: "this client’s own stream",
  on: {
    progress: (event) => showProgress(parsed(event.data) ?? {}),
    message(event) {
      const said = parsed(event.data);
      if (said?.message === "Update") {
        updates.add(said);
      }
    },
  },
  state: showState("client-state"),
});
