// SPDX-License-Identifier: Apache-2.0
// What this page reads: the same channels twice, once as bytes and once by a native EventSource, so that one sees beside the bytes
// what the browser makes of them. Two streams are two clients, each with an id of its own.
//
// Or, when tabs share, there is one stream for all of them, and both come from it: one tab has the connection, and lets the others see
// its bytes over a channel of this page's own. The events they get from `@hibiki/client`.

import { openStream } from "/examples/assets/streams.js";
import { newClientId, parsed } from "/examples/assets/page.js";
import { field, linesOf } from "./frames.js";
import { leads, sharedClientId, sharedSecret } from "./sharing.js";
import { ending, openWire } from "./wire.js";

/** An EventSource hands out only the types that somebody listens for. These are listened for from the start, others once they are known. */
const TYPES = [
  "message", "tick", "price", "notification", "progress", "chat", "burst", "note", "while-away", "ping",
  "system-info", "custom-event", "user-joined", "user-left", "hibiki.gap", "hibiki.cursor", "hibiki.token-expiring",
];

/** The time in an id's first part, or NaN: an id is a place, and close to when the event was published. */
export function millisOf(id) {
  return Number(/^(\d{12,15})-\d+-[0-9a-z]+$/.exec(id)?.[1] ?? NaN);
}

/**
 * Events of a session: of the wire `request` (url, last id), `head`, `bytes` (count), `frame` (bytes, time), `lost` (reason, text, when it
 * tries again or null) and `dropped` (by this page); of the program's stream `state` (name, text), `event`, `opened` (resumed after which
 * id), `gap`; and `evicted`, `live` (channels), `type` (a type that is now listened for), `unheard` (a type that was not).
 */
export class Session {
  channels = ["demo"];
  userId = "you";
  live = new Set();
  lastId = "";
  attempts = 0;
  openedAt = 0;
  state = "none";
  wireId = newClientId();
  clientId = ""; // of the program's stream
  #types = new Set(TYPES);
  #listeners = new Map();
  retry = 3000;
  sharedName = ""; // of the stream that tabs share; empty while each has its own
  #wire = null;
  #stream = null;
  #relay = null;
  #ownId = newClientId();
  #isUnfinished = false;
  #refusal = "";
  #startedAt = Infinity;

  on(name, listener) {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    return this;
  }

  #emit(name, ...values) {
    this.#listeners.get(name)?.forEach((listener) => listener(...values));
  }

  /** The clients that this page is to the server. */
  get clients() {
    return this.sharedName ? [this.clientId] : [this.wireId, this.clientId];
  }

  get types() {
    return [...this.#types];
  }

  get isOpening() {
    return ["connecting", "open", "lost"].includes(this.state);
  }

  url(clientId = "", after = "") {
    const query = this.channels.map((channel) => `channel=${readable(channel)}`);
    if (this.userId) {
      query.push(`userId=${readable(this.userId)}`);
    }
    if (clientId) {
      query.push(`clientId=${clientId}`);
    }
    if (after) {
      query.push(`lastEventId=${readable(after)}`);
    }
    return `/api/events?${query.join("&")}`;
  }

  /** Opens what there is to open, in place of what is open: from now on, or after an id. */
  open(after = "") {
    this.#drop();
    this.attempts = 1;
    this.lastId = after;
    this.#startedAt = Infinity;
    const secret = sharedSecret();
    if (secret === null) {
      this.#openTwo(after);
    } else {
      this.#openShared(after, secret);
    }
  }

  #openTwo(after) {
    this.clientId = this.#ownId; // one that tabs share would take the others' streams over
    const wire = openWire(this.url(this.wireId), { lastEventId: after, tell: this.#telling() });
    wire.subscribe(() => this.#wireState(wire.getSnapshot()));
    this.#wire = wire;
    this.#stream = openStream(this.url(this.clientId, after), {
      name: this.channels.join(", ") || "no channel",
      on: Object.fromEntries(this.types.map((type) => [type, (event) => this.#event(event)])),
      state: (name, text) => this.#stateOf(name, text),
    });
  }

  #openShared(after, secret) {
    const url = this.url();
    const name = `playground ${url}`;
    const relay = new BroadcastChannel(name);
    const leader = this.#telling((...happening) => relay.postMessage(happening));
    const alone = this.#telling();
    let tell = alone;
    let current = true;
    relay.onmessage = ({ data: [what, ...values] }) => current && alone[what](...values);
    this.#relay = {
      close() {
        current = false;
        relay.close();
      },
    };
    this.sharedName = name;
    const wire = openWire(url, {
      lastEventId: after,
      share: name,
      // A tab that is far behind gets what it missed over a connection of its own, and must not take the others' place with it.
      address: async (asked) => {
        tell = (await leads(name)) ? leader : alone;
        this.clientId = await sharedClientId(secret, url);
        return tell === leader ? `${asked}${asked.includes("?") ? "&" : "?"}clientId=${this.clientId}` : asked;
      },
      tell: Object.fromEntries(Object.keys(alone).map((what) => [what, (...values) => current && tell[what](...values)])),
    });
    sharedClientId(secret, url).then((id) => current && (this.clientId = id));
    wire.on("*", (event) => this.#event({ type: event.type, data: event.data, lastEventId: event.id }));
    wire.on("hibiki.cursor", (event) => this.#event({ type: event.type, data: event.data, lastEventId: event.id }));
    wire.subscribe(() => {
      const snapshot = wire.getSnapshot();
      this.#wireState(snapshot);
      this.#sharedState(snapshot);
    });
    this.#wire = wire;
    this.#say("connecting", "connecting …");
  }

  /** Takes what is seen of the wire; where others share it, they are told first. */
  #telling(others = () => {}) {
    const take = {
      request: (url, lastId) => this.#emit("request", url, lastId),
      head: (head) => this.#emit("head", head),
      chunk: (size, frames, at, isUnfinished) => {
        this.#isUnfinished = isUnfinished;
        this.#emit("bytes", size);
        frames.forEach((bytes) => this.#frame(bytes, at));
      },
      refused: (status, why) => (this.#refusal = why),
    };
    const telling = Object.entries(take).map(([what, taken]) => [what, (...values) => (others(what, ...values), taken(...values))]);
    return { ...Object.fromEntries(telling), evicted: () => this.#evicted() };
  }

  /** Of the stream whose bytes are seen: why it was lost, and when it is tried again. */
  #wireState({ state, error, retryAt }) {
    if (error && ["waiting", "closed"].includes(state)) {
      const dropped = this.#isUnfinished ? " What was unfinished is dropped." : "";
      this.#emit("lost", error.reason, ending(error, this.#refusal) + dropped, retryAt);
      this.#isUnfinished = false;
      this.#refusal = "";
    }
  }

  /** Of the stream that tabs share: the same words as those of an EventSource. */
  #sharedState({ state, error }) {
    if (state === "open" && this.state !== "open") {
      this.#stateOf("open");
    } else if (state === "waiting") {
      this.#stateOf("lost");
    } else if (state === "connecting" && this.state === "open") {
      this.#stateOf("lost", "the tab with the connection is gone, the next one takes over");
    } else if (state === "closed" && error) {
      this.#stateOf("refused", `${error.message}.`);
    }
  }

  #evicted() {
    const shared = this.sharedName !== "";
    if (shared) {
      this.close("evicted", "closed to make room for a newer stream");
    }
    this.#emit("evicted", shared ? "tabs" : "wire");
  }

  /** Closes everything; `state` is what to call it. */
  close(state = "closed", text = "Disconnected. Connect, and the stream starts at the log’s end.") {
    this.#drop();
    this.#say(state, text);
  }

  #drop() {
    const opened = this.#wire !== null;
    this.state = "dropping"; // what the old streams say while they go is not news
    this.#relay?.close();
    this.#wire?.close();
    this.#stream?.close();
    this.#wire = null;
    this.#stream = null;
    this.#relay = null;
    this.sharedName = "";
    if (opened) {
      this.#emit("dropped");
    }
  }

  /** Listens for a type from now on; false if that was so already. */
  listen(type) {
    if (this.#types.has(type)) {
      return false;
    }
    this.#types.add(type);
    this.#stream?.source.addEventListener(type, (event) => this.#event(event));
    this.#emit("type", type);
    return true;
  }

  setLive(channel, wanted) {
    this.live[wanted ? "add" : "delete"](channel);
    this.#emit("live", [...this.live]);
  }

  #stateOf(name, text) {
    if (this.state === "dropping" && name !== "connecting") {
      return;
    }
    if (name === "open") {
      this.openedAt = Date.now();
      this.#startedAt = Infinity;
      this.#emit("opened", this.lastId);
      this.#say("open", "open");
    } else if (name === "lost") {
      this.attempts++;
      this.#say("lost", this.sharedName && text ? text : `connection lost, trying again in about ${Math.round(this.retry / 1000)} s`);
    } else if (name === "connecting") {
      this.#say("connecting", "connecting …");
    } else if (name === "refused") {
      this.#say("refused", `${text} Change the channels, and open.`);
    } else if (name === "evicted") {
      this.#say("evicted", "closed to make room for a newer stream");
      this.#emit("evicted", "program");
    }
  }

  #say(state, text) {
    this.state = state;
    this.#emit("state", state, text);
  }

  #frame(bytes, at) {
    this.#emit("frame", bytes, at);
    const lines = linesOf(bytes);
    const retry = field(lines, "retry");
    if (retry !== null && /^[0-9]+$/.test(retry)) {
      this.retry = Number(retry);
    }
    const type = field(lines, "event");
    if (type && field(lines, "data") !== null && this.listen(type) && !this.sharedName) {
      this.#emit("unheard", type);
    }
  }

  #event(event) {
    const resumed = this.lastId !== "";
    const first = this.#startedAt === Infinity;
    const json = event.data.startsWith("{") ? parsed(event.data) : undefined;
    const greeting = first && event.type === "message" && json?.type === "connected";
    if (greeting) {
      this.#startedAt = resumed ? json.timestamp : -Infinity;
    }
    if (event.lastEventId) {
      this.lastId = event.lastEventId;
    }
    const published = millisOf(event.lastEventId);
    const replayed = !greeting && published < this.#startedAt && this.#startedAt !== Infinity;
    const now = performance.timeOrigin + performance.now();
    const sent = typeof json?.sentAt === "number" ? json.sentAt : published;
    const control = greeting || event.type.startsWith("hibiki.");
    this.#emit("event", {
      type: event.type,
      data: event.data,
      id: event.lastEventId,
      at: Date.now(),
      replayed,
      control,
      greeting,
      latency: control || replayed || Number.isNaN(sent) ? null : Math.max(0, now - sent),
    });
    if (event.type === "hibiki.gap") {
      this.#emit("gap", json ?? {});
    }
  }
}

/** As a query value, but with what a channel may hold left as it is, so that the address can be read. */
function readable(value) {
  return encodeURIComponent(value).replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%40", "@").replaceAll("*", "%2A");
}
