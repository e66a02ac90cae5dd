// SPDX-License-Identifier: Apache-2.0
//
// One connection for all tabs of an origin.
//
// The tab that holds the Web Lock leads: it has the connection, and posts what it gets to the others, a chunk a message. When it goes, however it goes,
// the lock passes to the next tab, which resumes from its own last id. Messages of one sender arrive in order and none is lost, so a tab is in doubt only
// when the leader changes: it may be behind the new one, or ahead. Every tab therefore remembers its recent events. Who is ahead skips what it remembers
// of the new leader's replay; who is behind asks the leader for what came after its own id. What the leader does not remember the tab gets from the server,
// over a connection of its own, until it is where the leader is. So nothing is lost that the server still has, and what it has not the server tells.

import { StreamError, type StreamErrorReason } from "./error.js";
import type { Sink, Source, StreamSnapshot } from "./connection.js";

type Item = [type: string, data: string, id: string];
type State = Omit<StreamSnapshot, "error"> & { error: [StreamErrorReason, string, number | undefined, boolean] | null };

interface Message {
  /** The leader's term: a later leader's is greater. */
  by?: number;
  /** The tab that it is for; all of them unless given. */
  to?: string;
  /** The tab that asks, to be answered with what comes after `id`. */
  ask?: string;
  /** Where the leader was before these events, and where it is after them. */
  after?: string;
  id: string;
  events?: Item[];
  state?: State;
  /** Where the tab was that is answered, and that the leader knows nothing of that place. */
  from?: string;
  lost?: boolean;
}

const REMEMBERED = 1000; // events
const REMEMBERED_CHARS = 2 ** 20;
const PATIENCE_MILLIS = 1000;

export function share(name: string, own: (sink: Sink) => Source, sink: Sink): Source {
  const me = crypto.randomUUID();
  const recent: Item[] = [];
  let chars = 0;
  let channel: BroadcastChannel | undefined;
  let lock: AbortController | undefined;
  let newest = 0; // the newest term that is known of; messages of older ones come late, and what they say is in the newest one's replay
  let line: number | undefined; // the term whose messages are followed, or which is this tab's own
  let asked: number | undefined; // the term in which was asked
  let asks = 0; // only the newest is listened to
  let until: string | undefined; // the last event before the leader changed: so far, what is remembered is skipped
  let inner: Source | undefined;
  let queue = () => {};
  let held = false; // this tab does not take its events: later

  const seen = (id: string) => recent.findLastIndex((item) => item[2] === id);

  const remember = (item: Item) => {
    recent.push(item);
    chars += item[1].length;
    while (recent.length > REMEMBERED || (chars > REMEMBERED_CHARS && recent.length > 1)) chars -= recent.shift()![1].length;
  };

  const deliver = (items: Item[]) => {
    for (const item of items) {
      const [type, data, id] = item;
      if (until !== undefined && type !== "hibiki.gap" && seen(id) >= 0) {
        if (id === until) until = undefined;
        continue;
      }
      remember(item);
      sink.event(type, data, id);
    }
    sink.chunk();
  };

  const follow = (term: number) => {
    inner?.stop();
    inner = undefined;
    line = newest = term;
    asked = undefined;
  };

  const post = (message: Message) => channel?.postMessage(message);

  const ask = (term?: number) => {
    asked = term;
    post({ ask: me + ++asks, id: sink.id() });
  };

  const lead = () => {
    const term = Math.max(Date.now(), newest + 1); // the lock makes it later than any other
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
      const lost = !!id && id !== sink.id() && at < 0;
      if (lost && !last) return false;
      const answer: Message = { by: term, to: ask!, from: id, id: sink.id(), state: state!, lost };
      if (id && at >= 0) answer.events = recent.slice(at + 1);
      post(answer);
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
      state(next) {
        const { error } = next;
        state = { ...next, error: error && [error.reason, error.message, error.status, error.final] };
        flush();
        sink.state(next);
      },
    });
    inner.start();
  };

  const catchUp = () => {
    inner = own({ ...sink, event: (...item) => deliver([item]) });
    inner.start();
  };

  const take = ({ by, to, after, id, events = [], state, lost, from }: Message) => {
    if (!by || by < newest || held || (to && (to !== me + asks || line === by))) return;
    newest = by;
    if (to) {
      queue();
      if (lost) {
        if (!inner) catchUp();
        return ask(by);
      }
      until = from === sink.id() ? undefined : sink.id();
      follow(by);
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
      const { signal } = (lock = new AbortController());
      const enter = (granted: Lock | null) => {
        if (signal.aborted) return;
        if (!granted) {
          ask();
          setTimeout(queue, PATIENCE_MILLIS);
          return;
        }
        lead();
        return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      };
      // Where a page may have no locks, such as in a sandbox, it leads alone.
      const request = (options: LockOptions) => void navigator.locks.request(name, options, enter).catch(() => signal.aborted || lead());
      let queued = false;
      queue = () => {
        if (!queued) request({ signal });
        queued = true;
      };
      channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }: MessageEvent<Message>) => take(data);
      // A tab that is new to a line must not lead before it knows where the line is, or it would begin at a later place and the others would be behind.
      if (!sink.id()) return request({ ifAvailable: true });
      queue();
      ask();
    },
    stop,
    nudge() {
      inner?.nudge();
    },
  };
}
