// SPDX-License-Identifier: Apache-2.0
// Tabs that share a connection, in a world where every order that may happen does: messages arrive late, but in the order of their sender; a tab
// that crashes takes some of its last messages with it, for some and not for others; locks are granted at any later time.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Sink, Source } from "../src/connection.js";
import { share } from "../src/share.js";
import { seeded } from "./vectors.js";

class World {
  alone = 0; // connections of tabs that did not lead
  log = 0; // the ids of the events are 1 to this
  tabs = new Set<Tab>();
  queues = new Map<string, { to: Channel; messages: unknown[] }>();
  channels = new Set<Channel>();
  named = new Map<string, Tab>();
  locks: { tab: Tab; granted: boolean; enter: () => unknown; leave: () => void }[] = [];
  current!: Tab; // whose code runs

  constructor(readonly random: () => number) {
    const world = this;
    vi.stubGlobal("BroadcastChannel", class extends Channel {
      constructor() {
        super(world);
      }
    });
    vi.stubGlobal("navigator", {
  locks: {
        request: (name: string, { signal, ifAvailable }: { signal?: AbortSignal; ifAvailable?: boolean }, enter: (lock: unknown) => unknown) => {
          if (!world.tabs.has(world.named.get(name)!)) return new Promise(() => {}); // a timer of one that has crashed
          if (ifAvailable && world.locks.length) return Promise.resolve(enter(null));
          return new Promise<void>((leave, refuse) => {
            const lock = { tab: world.named.get(name)!, granted: false, enter: () => enter({}), leave };
            world.locks.push(lock);
            lock.tab.leave = () => {
              world.locks = world.locks.filter((other) => other !== lock);
              leave();
            };
            signal?.addEventListener("abort", () => refuse(new Error("aborted")));
            if (ifAvailable) world.grant();
          });
        },
      },
    });
  }

  pick<T>(all: readonly T[]): T | undefined {
    return all[Math.floor(this.random() * all.length)];
  }

  grant(): void {
    const [first] = this.locks;
    if (first && !first.granted) {
      first.granted = true;
      this.current = first.tab;
      vi.advanceTimersByTime(1); // a lock that was let go is not got in the same millisecond
      first.enter();
    }
  }

  deliver(): boolean {
    const { to, messages } = this.pick([...this.queues.values()].filter(({ messages }) => messages.length)) ?? { messages: [] };
    if (!messages.length) return false;
    const data = messages.shift();
    if (this.channels.has(to!)) {
      this.current = to!.tab;
      to!.onmessage({ data });
    }
    return true;
  }

  /** Delivers all that one tab has posted to another. */
  deliverAll(from: Tab, to: Tab): void {
    const messages = this.queues.get(`${from.channel.name}>${to.channel.name}`)?.messages ?? [];
    this.current = to;
    for (const data of messages.splice(0)) to.channel.onmessage({ data });
  }

  crash(tab: Tab): void {
    this.tabs.delete(tab);
    this.channels.delete(tab.channel);
    this.locks = this.locks.filter((lock) => lock.tab !== tab);
    tab.reading = false;
    for (const [key, { messages }] of this.queues) if (key.startsWith(`${tab.channel.name}>`)) messages.length = Math.floor(this.random() * (messages.length + 1));
  }
}

let channels = 0;
let tabs = 0;

class Channel {
  readonly name = ++channels;
  readonly tab: Tab;
  onmessage: (event: { data: unknown }) => void = () => {};

  constructor(readonly world: World) {
    this.tab = world.current;
    this.tab.channel = this;
    world.channels.add(this);
  }

  postMessage(message: unknown): void {
    if (!this.world.channels.has(this)) return;
    for (const to of this.world.channels) {
      if (to === this) continue;
      const key = `${this.name}>${to.name}`;
      if (!this.world.queues.has(key)) this.world.queues.set(key, { to, messages: [] });
      this.world.queues.get(key)!.messages.push(structuredClone(message));
    }
  }

  close(): void {
    this.world.channels.delete(this);
  }
}

/** A tab, and the connection that it has when it leads: like the hub's, it begins with `connected`, at the place of its id. */
class Tab {
  id = "";
  got: number[] = [];
  gaps: string[] = [];
  state = "";
  channel!: Channel;
  leave = () => {};
  reading = false;
  place = 0;
  out: Sink | undefined;
  readonly source: Source;
  readonly name = `tab ${++tabs}`; // in this world the names of lines tell who asks

  constructor(readonly world: World) {
    world.tabs.add(this);
    world.named.set(this.name, this);
    const tab = this;
    const sink: Sink = {
      id: () => this.id,
      event(type, data, id) {
        tab.id = id;
        if (type === "n") tab.got.push(Number(data));
        if (type === "hibiki.gap") tab.gaps.push(data);
      },
      move: (id) => (this.id = id),
      chunk() {},
      state: ({ state }) => void (tab.state = state),
      backlog: () => 0,
      drained: async () => {},
    };
    this.source = share(this.name, (out) => ({ start: () => this.connect(out), stop: () => (this.reading = false), nudge() {} }), sink);
    this.start();
  }

  start(): void {
    this.world.current = this;
    this.source.start();
  }

  connect(out = this.out!): void {
    this.out = out;
    if (this.world.locks[0]?.tab !== this) this.world.alone++;
    this.reading = true;
    this.place = out.id() ? Number(out.id()) : this.world.log;
    out.state({ state: "open", failures: 0, error: null, retryAt: null });
    out.event("message", "connected", String(this.place));
    out.chunk();
  }

  read(): boolean {
    if (!this.reading || this.place === this.world.log) return false;
    const until = Math.min(this.world.log, this.place + 1 + Math.floor(this.world.random() * 4));
    while (this.place < until) this.out!.event("n", String(++this.place), String(this.place));
    this.out!.chunk();
    return true;
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function settle(world: World): void {
  for (let quiet = 0; quiet < 12; ) {
    world.grant();
    const busy = [...world.tabs].filter((tab) => tab.read()).length > 0;
    if (world.deliver() || busy) continue;
    vi.advanceTimersByTime(1000);
    quiet++;
  }
}

test("whateverHappensEachTabGetsEachEventOnce_inOrder", () => {
  let takeovers = 0;
  let alone = 0;
  for (let seed = 1; seed <= 3000; seed++) {
    const random = seeded(seed);
    const world = new World(random);
    const first = [0, 1, 2].map(() => new Tab(world));
    settle(world); // all are on the line
    const away = new Set<Tab>();
    for (let step = 0; step < 120; step++) {
      const what = random();
      const tab = world.pick([...world.tabs])!;
      const leader = world.locks.find(({ granted }) => granted)?.tab;
      if (what < 0.25) world.log += 1 + Math.floor(random() * 3);
      else if (what < 0.5) world.pick([...world.tabs])!.read();
      else if (what < 0.85) world.deliver();
      else if (what < 0.9) world.grant();
      else if (what < 0.93 && leader && world.tabs.size > 1) {
        takeovers++;
        world.crash(leader);
        away.delete(leader);
      } else if (what < 0.95) {
        if (leader?.reading) leader.connect();
      } else if (what < 0.98) {
        if (away.delete(tab)) tab.start();
        else if (away.size + 1 < world.tabs.size) {
          away.add(tab);
          tab.source.stop();
          tab.leave();
        }
      } else if (world.tabs.size < 6) new Tab(world);
    }
    away.forEach((tab) => tab.start());
    settle(world);
    world.log++;
    settle(world);
    alone += world.alone;
    for (const tab of world.tabs) {
      const from = first.includes(tab) ? 1 : tab.got[0]!;
      expect(tab.got, `seed ${seed}`).toEqual(Array.from({ length: world.log - from + 1 }, (_, n) => from + n));
      expect(tab.gaps, `seed ${seed}`).toEqual([]);
    }
  }
  expect(takeovers).toBeGreaterThan(3000);
  expect(alone, "connections beside the shared one, which only who is far behind needs").toBeLessThan(1000);
});

test("whatNobodyRemembersComesFromTheServer_andThenThereIsOneConnectionAgain", () => {
  const world = new World(seeded(1));
  const [leader, other] = [new Tab(world), new Tab(world)] as const;
  settle(world);
  world.log = 1;
  settle(world);
  other.source.stop();
  other.leave();
  world.log = 1500;
  settle(world);
  other.start();
  settle(world);
  expect(other.got).toEqual(leader.got);
  expect(other.got.length).toBe(1500);
  expect([leader.reading, other.reading]).toEqual([true, false]);
  world.log++;
  settle(world);
  expect(other.got.at(-1)).toBe(1501);
});

test("whatALeaderThatIsGonePostedLastChangesNothing_whereTheNextOnesWordCameFirst", () => {
  const world = new World(() => 0.999); // a tab that crashes takes no message with it
  const old = new Tab(world);
  settle(world);
  const [one, two] = [new Tab(world), new Tab(world)] as const;
  settle(world);
  const [next, other] = world.locks[1]!.tab === one ? [one, two] : [two, one];
  world.log = 3;
  settle(world);
  expect(other.state).toBe("open");
  old.out!.state({ state: "waiting", failures: 1, error: null, retryAt: 1 });
  world.log = 4;
  old.read(); // of which the others do not know yet
  world.crash(old);
  world.grant();
  expect(next.reading, "the next one leads").toBe(true);
  next.read();
  world.deliverAll(next, other);
  expect([other.state, other.got]).toEqual(["open", [1, 2, 3, 4]]);
  world.deliverAll(old, other);
  expect([other.state, other.got]).toEqual(["open", [1, 2, 3, 4]]);
  settle(world);
  expect([other.state, other.got, next.got]).toEqual(["open", [1, 2, 3, 4], [1, 2, 3, 4]]);
});
