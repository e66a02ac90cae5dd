// SPDX-License-Identifier: Apache-2.0
// Streams to servers that do what a test says, all of which are gone after it.

import { afterEach, beforeEach, expect, vi } from "vitest";
import { createStream, type Stream, type StreamOptions } from "../src/index.js";
import { eventually } from "./eventually.js";
import { recorded } from "./recorder.js";
import { serve, type Script, type Server } from "./server.js";

const servers: Server[] = [];
const streams: Stream[] = [];

beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(1)); // the jitter at its longest, unless a test says otherwise

afterEach(async () => {
  vi.restoreAllMocks();
  streams.splice(0).forEach((stream) => stream.close());
  for (const server of servers.splice(0)) {
    await eventually(() => expect(server.open(), "connections left").toBe(0));
    await server.stop();
  }
});

export async function started(script: Script): Promise<Server> {
  const server = await serve(script);
  servers.push(server);
  return server;
}

/** Opens a stream and writes down its events and, in words, its states. */
export function opened(url: string, options: StreamOptions = {}) {
  const { stream, record } = recorded(createStream, url, options);
  streams.push(stream);
  const { events, states } = record;
  const reached = (state: string) => eventually(() => expect(states).toContain(state));
  const received = (count: number) => eventually(() => expect(events.length).toBeGreaterThanOrEqual(count));
  return { stream, events, states, reached, received };
}

export const datas = (events: { data: string }[]) => events.map(({ data }) => data);
