// SPDX-License-Identifier: Apache-2.0
// What this page reads: the same channels twice, once as bytes and once by a native EventSource, so that one sees beside the bytes
// what the browser makes of them. Two streams are two clients, each with an id of its own.

import { newClientId, parsed } from "/examples/assets/page.js";
import { openStream } from "/examples/assets/streams.js";
import { field, WireStream } from "./wire.js";

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
 * Events of a session: `state` (name, text), `request`, `head`, `frame`, `bytes`, `note` (kind, text) of the wire; `event` of the program's
 * stream; `opened` (resumed after which id), `gap`, `evicted`, `live` (channels), `type` (a type that is now listened for).
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
  clientId = newClientId();
  #types = new Set(TYPES);
  #listeners = new Map();
  #wire = null;
  #stream = null;
  #startedAt = Infinity;

  on(name, listener) {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    return this;
  }

  #emit(name, ...values) {
    this.#listeners.get(name)?.forEach((listener) => listener(...values));
  }

  /** Both clients of this page. */
  get clients() {
    return [this.wireId, this.clientId];
  }

  get retry() {
    return this.#wire?.retry ?? 3000;
  }

  get types() {
    return [...this.#types];
  }

  get isOpening() {
    return ["connecting", "open", "lost"].includes(this.state);
  }

  url(clientId, after = "") {
    const query = this.channels.map((channel) => `channel=${readable(channel)}`);
    if (this.userId) {
      query.push(`userId=${readable(this.userId)}`);
    }
    query.push(`clientId=${clientId}`);
    if (after) {
      query.push(`lastEventId=${readable(after)}`);
    }
    return `/api/events?${query.join("&")}`;
  }

  /** Opens both streams, in place of those that are open: from now on, or after an id. */
  open(after = "") {
    this.#drop();
    this.attempts = 1;
    this.lastId = after;
    this.#startedAt = Infinity;
    this.#wire = new WireStream(this.url(this.wireId, after), {
      request: (url, lastId) => this.#emit("request", url, lastId),
      head: (response) => this.#emit("head", response),
      bytes: (count) => this.#emit("bytes", count),
      note: (kind, text) => this.#emit("note", kind, text),
      frame: (lines, at) => this.#frame(lines, at),
      refused: (status, why) => this.#refused(status, why),
      evicted: () => this.#emit("evicted", "wire"),
    });
    this.#stream = openStream(this.url(this.clientId, after), {
      name: this.channels.join(", ") || "no channel",
      on: Object.fromEntries(this.types.map((type) => [type, (event) => this.#event(event)])),
      state: (name, text) => this.#stateOf(name, text),
    });
  }

  /** Closes both; `state` is what to call it. */
  close(state = "closed", text = "Disconnected. Connect, and the stream starts at the log’s end.") {
    this.#drop();
    this.#say(state, text);
  }

  #drop() {
    this.state = "dropping"; // what the old streams say while they go is not news
    this.#wire?.close();
    this.#stream?.close();
    this.#wire = null;
    this.#stream = null;
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
      this.#say("lost", `connection lost, trying again in about ${Math.round(this.retry / 1000)} s`);
    } else if (name === "connecting") {
      this.#say("connecting", "connecting …");
    } else if (name === "refused") {
      this.#say("refused", `${text} Change the channels, and open.`);
    } else if (name === "evicted") {
      this.#say("evicted", "closed to make room for a newer stream");
      this.#emit("evicted", "program");
    }
  }

  #refused(status, why) {
    this.#emit("note", "cut", `Refused with ${status}: ${why}`);
  }

  #say(state, text) {
    this.state = state;
    this.#emit("state", state, text);
  }

  #frame(lines, at) {
    this.#emit("frame", lines, at);
    const type = field(lines, "event");
    if (type && field(lines, "data") !== null && this.listen(type)) {
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
