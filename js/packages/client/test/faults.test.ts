// SPDX-License-Identifier: Apache-2.0

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createStream } from "../src/index.js";
import { eventually } from "./eventually.js";
import { check, FAULTS, isOver } from "./faults.js";
import { recorded } from "./recorder.js";
import { serve } from "./server.js";

beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(1)); // the jitter at its longest
afterEach(() => void vi.restoreAllMocks());

test.each(FAULTS)("$name", async (fault) => {
  const server = await serve(fault.script);
  const { stream, record } = recorded(createStream, server.url, fault.options ?? {});
  try {
    await eventually(() => {
      const now = { states: record.states, events: record.events.length };
      server.take(now.events);
      expect(isOver(fault, now), now.states.join(", ")).toBe(true);
    });
    await new Promise((resolve) => setTimeout(resolve, 50)); // for what should not come
    check(fault, record, server.asked, "node");
  } finally {
    stream.close();
    await eventually(() => expect(server.open(), "connections left").toBe(0));
    await server.stop();
  }
});
