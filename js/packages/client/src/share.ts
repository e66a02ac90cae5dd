// SPDX-License-Identifier: Apache-2.0
//
// One connection for all tabs of an origin.
//
// The tab that holds the Web Lock leads: it has the connection, and posts what it gets to the others, a chunk a message. When it goes, however it goes,
// the lock passes to the next tab, which resumes from its own last id. Messages of one sender arrive in order and none is lost, so a tab is in doubt only
// when the leader changes: it may be behind the new one, or ahead. Every tab therefore remembers its recent events. Who is ahead skips what it remembers
// of the new leader's replay; who is behind asks the leader for what came after its own id. What nobody remembers is told as a gap, never left out.

import { StreamError, type StreamErrorReason } from "./error.js";
import type { Sink, Source, StreamSnapshot } from "./connection.js";

type Item = [type: string, data: string, id: string];
type State = Omit<StreamSnapshot, "error"> & { error: [StreamErrorReason, string, number | undefined, boolean] | null };

interface Message {
  /** The leader's term. */
  by?: string;
  /** The tab that it is for; all of them unless given. */
  to?: string;
  /** The tab that asks, to be answered with what comes after `id`. */
  ask?: string;
  /** Where the leader was before these events, and where it is after them. */
  after?: string;
  id: string;
  events?: Item[];
  state?: State;
  lost?: boolean;
}

const REMEMBERED = 1000; // events
const REMEMBERED_CHARS = 2 ** 20;
const PATIENCE_MILLIS = 1000;

export function share(name: string, own: (sink: Sink) => Source, sink: Sink): Source {
  const me = crypto.randomUUID();
  const retired = new Set<string>(); // terms that are over; their late messages are in the new one's replay
  const recent: Item[] = [];
  let chars = 0;
  let channel: BroadcastChannel | undefined;
  let lock: AbortController | undefined;
  let line: string | undefined; // the term of the leader whose messages are followed, or of this tab's own
  let asked: string | undefined; // the term in which was asked
  let asks = 0; // only the newest is listened to
  let until: string | undefined; // the last event before the leader changed: so far, what is remembered is skipped
  let inner: Source | undefined;
  let held = false; // this tab does not take its events: later

  const seen = (id: string) => recent.findLastIndex((item) => item[2] === id);

  const deliver = (items: Item[]) => {
    for (const item of items) {
      const [type, data, id] = item;
      if (until !== undefined && type !== "hibiki.gap" && seen(id) >= 0) {
        if (id === until) until = undefined;
        continue;
      }
      recent.push(item);
      chars += data.length;
      while (recent.length > REMEMBERED || (chars > REMEMBERED_CHARS && recent.length > 1)) chars -= recent.shift()![1].length;
      sink.event(type, data, id);
    }
    sink.chunk();
  };

  const follow = (leader: string) => {
    if (line) retired.add(line);
    line = leader;
    asked = undefined;
  };

  const post = (message: Message) => channel?.postMessage(message);

  const ask = (leader?: string) => {
    asked = leader;
    post({ ask: me + ++asks, id: sink.id() });
  };

  const lead = () => {
    const term = crypto.randomUUID(); // another one each time, as the last one may be among the retired
    follow(term);
    until = undefined;
    let after = sink.id();
    let batch: Item[] = [];
    let state: State | undefined;
    const waiting: Message[] = [];

    const flush = () => {
      post({ by: term, after, id: sink.id(), events: batch, state: state! });
      after = sink.id();
      batch = [];
    };
    // Who asks for an id that is not known here may be ahead: it is answered when this tab is there, or after a while.
    const answer = ({ ask, id }: Message, last: boolean) => {
      const at = seen(id);
      if (id && id !== sink.id() && at < 0 && !last) return false;
      post({ by: term, to: ask!, id: sink.id(), events: id && at >= 0 ? recent.slice(at + 1) : [], state: state!, lost: !!id && id !== sink.id() && at < 0 });
      return true;
    };
    const settle = () => {
      for (const message of waiting.splice(0)) if (!answer(message, false)) waiting.push(message);
    };
    channel!.onmessage = ({ data }: MessageEvent<Message>) => {
      if (!data.ask || answer(data, false)) return;
      waiting.push(data);
      setTimeout(() => {
        const at = waiting.indexOf(data);
        if (line === term && at >= 0) answer(waiting.splice(at, 1)[0]!, true);
      }, PATIENCE_MILLIS);
    };

    inner = own({
      ...sink,
      event(...item) {
        batch.push(item);
        deliver([item]);
      },
      chunk() {
        flush();
        settle();
        sink.chunk();
      },
      move(id) {
        sink.move(id);
      },
      state(next) {
        const { error } = next;
        state = { ...next, error: error && [error.reason, error.message, error.status, error.final] };
        flush();
        sink.state(next);
      },
    });
    inner.start();
  };

  const take = ({ by, to, after, id, events = [], state, lost }: Message) => {
    if (!by || retired.has(by) || held || (to && (to !== me + asks || line === by))) return;
    if (to) {
      follow(by);
      until = undefined;
      if (lost) deliver([["hibiki.gap", JSON.stringify({ reason: "expired", after: sink.id(), resumedAt: id }), id]]);
    } else if (by !== line) {
      if (sink.id() && (after === sink.id() || seen(after!) >= 0)) {
        until = after === sink.id() ? undefined : sink.id();
        follow(by);
      } else if (asked === by) {
        return;
      } else {
        return ask(by);
      }
    }
    deliver(events);
    if (line !== by) return; // a listener has closed the stream
    if (until === undefined && id !== sink.id()) sink.move(id);
    if (sink.backlog() > REMEMBERED) {
      held = true;
      line = undefined;
      void sink.drained().then(() => {
        held = false;
        ask();
      });
    }
    if (state) {
      const { error } = state;
      sink.state({ ...state, error: error && new StreamError(error[0], error[1], { status: error[2], final: error[3] }) });
    }
  };

  const stop = () => {
    lock?.abort();
    inner?.stop();
    channel?.close();
    lock = inner = channel = line = undefined;
  };

  return {
    start() {
      stop();
      const mine = (lock = new AbortController());
      channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }: MessageEvent<Message>) => take(data);
      navigator.locks
        .request(name, { signal: mine.signal }, () => {
          if (mine.signal.aborted) return;
          lead();
          return new Promise<void>((resolve) => mine.signal.addEventListener("abort", () => resolve()));
        })
        .catch(() => {}); // the wait for the lock was given up
      ask();
    },
    stop,
    nudge() {
      inner?.nudge();
    },
  };
}
