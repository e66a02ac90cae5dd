// SPDX-License-Identifier: Apache-2.0

import type { StreamEvent } from "@hibiki/client";
import { type Connection, type Source, useChannelUrl, useView } from "./view.js";

/** The data as JSON, or as it is where it is none. */
function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}

const asMessage = ({ type, data, id }: StreamEvent) => new MessageEvent<string>(type, { data, lastEventId: id });

/** The hub's first event on each connection says who the client is; that is nobody's news. */
function isGreeting({ type, data }: StreamEvent): boolean {
  if (type !== "message" || !data.startsWith('{"type":"connected"')) return false;
  return typeof (parsed(data) as { clientId?: unknown }).clientId === "string";
}

export type EventHandler = (event: MessageEvent<string>) => void;

export type SseSource = Exclude<Source, string | null> & {
  /** What is called for each event of a type. Other handlers in a later render take their places without a new connection. */
  events?: Record<string, EventHandler>;
};

export interface Sse<T> extends Connection {
  /** The last event of the default type: its JSON, or its text where it is none. */
  data: T | null;
}

/** Opens a stream for as long as the component is mounted. */
export function useSSE<T = unknown>({ events, ...source }: SseSource): Sse<T> {
  const [data, connection] = useView<T | null>(source, null, (last, event) => {
    if (events && Object.hasOwn(events, event.type)) events[event.type]!(asMessage(event));
    return event.type === "message" ? (parsed(event.data) as T) : last;
  });
  return { data, ...connection };
}

/** How a stream is, for a component that shows no events. */
export function useConnection(source: Source): Connection {
  return useView(source, null, (nothing) => nothing)[1];
}

/** Calls the handler of the newest render for each event of that type (`*`: of any), however many come at once. */
export function useEvent(source: Source, type: string, handler: EventHandler): Connection {
  return useView(source, null, (nothing, event) => {
    if (type === "*" || event.type === type) handler(asMessage(event));
    return nothing;
  })[1];
}

/** An event with its data as JSON, or as text where it is none. */
export interface Received<T = unknown> {
  type: string;
  data: T;
  id: string;
}

export interface ChannelOptions {
  /** How many events are kept. Default 100. */
  limit?: number;
  /** Only events of this type; all unless given. */
  type?: string;
}

export interface Channel<T> extends Connection {
  /** The newest events, the newest last. */
  events: readonly Received<T>[];
}

const NONE: readonly never[] = [];

/** The newest events of a channel of the hub. */
export function useChannel<T = unknown>(channel: string, { limit = 100, type }: ChannelOptions = {}): Channel<T> {
  const [events, connection] = useView<readonly Received<T>[]>(useChannelUrl(channel), NONE, (kept, event) => {
    if ((type !== undefined && event.type !== type) || event.type === "hibiki.token-expiring" || isGreeting(event)) return kept;
    return [...kept, { type: event.type, data: parsed(event.data) as T, id: event.id }].slice(-limit);
  });
  return { events, ...connection };
}

/** What the newest event of a channel says: of that type (`message` unless given). Null until there is one. */
export function useLatest<T = unknown>(channel: string, type = "message"): T | null {
  return useView<T | null>(useChannelUrl(channel), null, (last, event) => (event.type === type && !isGreeting(event) ? (parsed(event.data) as T) : last))[0];
}

export interface Progress extends Connection {
  /** 0 to 100. */
  progress: number;
  /** `started`, `processing`, `completed`, or null until something is known. */
  status: string | null;
  /** Each status so far, in the order in which they came: what comes at once is shown at once, and `status` is only the last of it. */
  statuses: readonly string[];
}

type Told = Pick<Progress, "progress" | "status" | "statuses">;

const UNKNOWN: Told = { progress: 0, status: null, statuses: NONE };

/**
 * How far a task of the hub is, from its beginning, however late this is called; when it has completed the connection is closed.
 *
 * @param task the answer to `POST /api/process`, or the task's id alone, which looks at the newest events for its beginning; null while there is none
 */
export function useProgress(task: string | { taskId: string; id?: string } | null): Progress {
  const { taskId, id } = typeof task === "object" && task ? task : { taskId: task, id: undefined };
  const channel = useChannelUrl(`process/${taskId}`);
  const url = taskId === null ? null : channel + (id ? `?since=${encodeURIComponent(id)}` : "?last=1000");
  const [told, connection] = useView(
    url,
    UNKNOWN,
    (last, event) => {
      if (event.type !== "progress") return last;
      const next = parsed(event.data) as { taskId?: string; progress: number; status: string };
      if (next?.taskId !== taskId) return last;
      const { progress, status } = next;
      return { progress, status, statuses: last.statuses.includes(status) ? last.statuses : [...last.statuses, status] };
    },
    ({ status }) => status === "completed",
  );
  return { ...told, ...connection };
}
