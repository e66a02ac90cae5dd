// SPDX-License-Identifier: Apache-2.0
// A room is a stream. Its last id is kept while the room is open, so that a new name or a new connection misses nothing.

import { byId, el, NewestList, parsed, post, whatWentWrong } from "/examples/assets/page.js";
import { openStream } from "/examples/assets/streams.js";

const rooms = ["lobby", "music", "random"];
const people = new Map();
let room = null;
let stream = null;
let lastEventId = "";

const lines = new NewestList(byId("lines"), { render: line, empty: "Nobody has said anything since you came. Say something." });

function line({ author, content, timestamp, note }) {
  if (note) {
    return el("li", { class: "note" }, note);
  }
  const mine = author === (myName() || "anonymous");
  return el(
    "li",
    { class: mine ? "mine" : null },
    el("div", { class: "by" }, el("strong", {}, author), el("time", {}, timestamp)),
    el("div", { class: "text" }, content),
  );
}

// Who I am: remembered where the browser lets us

const nameField = byId("name");
const myName = () => nameField.value.trim();

function recall() {
  try {
    return localStorage.getItem("hibiki-chat-name");
  } catch {
    return null;
  }
}

function remember(name) {
  try {
    localStorage.setItem("hibiki-chat-name", name);
  } catch {
    // private windows may refuse; the name then lasts as long as the page
  }
}

nameField.value = recall() ?? `guest-${String(crypto.getRandomValues(new Uint16Array(1))[0] % 1000).padStart(3, "0")}`;
nameField.addEventListener("change", () => {
  remember(myName());
  connect();
});
byId("who").addEventListener("submit", (event) => {
  event.preventDefault();
  nameField.blur();
});

// Rooms

function showRooms() {
  byId("rooms").replaceChildren(
    ...rooms.map((name) => el("li", {}, el("button", { type: "button", "aria-current": name === room ? "true" : null, click: () => enter(name) }, `#${name}`))),
  );
}

function enter(name) {
  if (name !== room) {
    room = name;
    lastEventId = "";
    lines.clear();
    byId("room-title").textContent = `#${name}`;
    showRooms();
    connect();
  }
}

byId("new-room").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = event.target.elements.room;
  const name = field.value.trim();
  if (!rooms.includes(name)) {
    rooms.push(name);
  }
  field.value = "";
  enter(name);
});

// The stream of the room

function connect() {
  stream?.close();
  people.clear();
  showPeople();
  const query = new URLSearchParams();
  if (myName()) {
    query.set("author", myName());
  }
  if (lastEventId) {
    query.set("lastEventId", lastEventId);
  }
  const here = room;
  const hear = (handler) => (event) => {
    lastEventId = event.lastEventId || lastEventId;
    handler(event);
  };
  stream = openStream(`/chat/${encodeURIComponent(room)}/events?${query}`, {
    name: `#${room}`,
    on: {
      message: hear((event) => lines.add(parsed(event.data) ?? { author: "?", content: event.data, timestamp: "" })),
      "user-joined": hear((event) => coming(event, true)),
      "user-left": hear((event) => coming(event, false)),
      "hibiki.cursor": hear(() => {}),
      "hibiki.gap": hear(() => lines.add({ note: "The server no longer has all that was said meanwhile; something may be missing here." })),
    },
    state(name, text) {
      if (here === room) {
        byId("state").dataset.state = name;
        byId("state").textContent = text;
        if (name === "open") {
          whoIsHere(here);
        }
      }
    },
  });
}

function coming(event, came) {
  const user = parsed(event.data) ?? {};
  const known = people.has(user.userId);
  if (came) {
    people.set(user.userId, user.username);
  } else {
    people.delete(user.userId);
  }
  showPeople();
  if (known !== came && user.userId !== myName()) {
    lines.add({ note: `${user.username} ${came ? "joined" : "left"}` });
  }
}

async function whoIsHere(of) {
  const answer = await fetch(`/api/channels/chat/${encodeURIComponent(of)}`).catch(() => null);
  if (answer?.ok && of === room) {
    const { users } = await answer.json();
    users?.forEach((user) => people.set(user.userId, user.username));
    showPeople();
  }
}

function showPeople() {
  const names = [...people].map(([id, name]) => el("li", {}, id === myName() ? `${name} (you)` : name));
  byId("people").replaceChildren(...(names.length ? names : [el("li", { class: "quiet" }, "Nobody with a name yet")]));
}

// Saying something

const say = byId("say");
const content = say.elements.content;

say.addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = content.value;
  if (!said.trim()) {
    byId("say-error").textContent = "There is nothing to send yet: type a message first.";
    return;
  }
  content.value = "";
  const answer = await post(`/chat/${encodeURIComponent(room)}/messages`, { author: myName() || undefined, content: said });
  byId("say-error").textContent = answer.ok ? "" : whatWentWrong(answer);
  if (!answer.ok && !content.value) {
    content.value = said; // not sent, so not lost
  }
});
content.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    say.requestSubmit();
  }
});

enter("lobby");
