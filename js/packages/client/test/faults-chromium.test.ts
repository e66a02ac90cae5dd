// SPDX-License-Identifier: Apache-2.0
// The table of faults against the built package in a real Chromium.

import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { startBrowser } from "../../../tests/product.js";
import { serveBuilt } from "./built.js";
import { eventually } from "./eventually.js";
import { check, FAULTS, isOver } from "./faults.js";
import { recorded } from "./recorder.js";
import { serve } from "./server.js";

let browser: Browser;
let context: BrowserContext;

beforeAll(async () => void (browser = await startBrowser()));
afterAll(() => browser?.close());
beforeEach(async () => void (context = await browser.newContext()));
afterEach(() => context.close());

const SCRIPT = `
import { createStream } from "/client/index.js";
Math.random = () => 1; // the jitter at its longest
window.begin = (url, options) => (window.running = (${recorded})(createStream, url, options));
`;

interface Page {
  begin: (...args: unknown[]) => void;
  running: ReturnType<typeof recorded>;
}

test.each(FAULTS)("$name", async (fault) => {
  const server = await serve(fault.script);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message)); // unhandled rejections, too
  try {
    await serveBuilt(context, new URL(server.url).origin, SCRIPT);
    await page.goto(new URL("/client/page.html", server.url).href);
    await page.waitForFunction(() => "begin" in window);
    await page.evaluate(([url, options]) => (window as unknown as Page).begin(url, options), [server.url, fault.options ?? {}] as const);
    await eventually(async () => {
      const now = await page.evaluate(() => {
        const { states, events } = (window as unknown as Page).running.record;
        return { states, events: events.length };
      });
      server.take(now.events);
      expect(isOver(fault, now), now.states.join(", ")).toBe(true);
    }, 20);
    await new Promise((resolve) => setTimeout(resolve, 50)); // for what should not come
    check(fault, await page.evaluate(() => (window as unknown as Page).running.record), server.asked, "chromium");
    expect(faults).toEqual([]);
    await page.evaluate(() => (window as unknown as Page).running.stream.close());
    await eventually(() => expect(server.open(), "connections left").toBe(0));
  } finally {
    await page.close();
    await server.stop();
  }
});
