// SPDX-License-Identifier: Apache-2.0
// The app as a newcomer starts it, with Vite's development server, in which StrictMode does what it is for.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import { openPage, PATIENCE, until, untilText } from "../../../tests/product.js";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
const REACT_18 = fileURLToPath(new URL("../../../packages/react-18/node_modules/", import.meta.url));

/** What the browser says of a connection that is cut. */
export const BROKEN = /net::ERR_|Failed to load resource/;

/**
 * Starts the app in front of a hub.
 *
 * @param {string} react the version of React
 */
export async function startApp(hub, react = "19") {
  const cacheDir = mkdtempSync(join(tmpdir(), "hibiki-vite-"));
  process.env.HUB_URL = hub;
  const server = await createServer({
    root: ROOT,
    cacheDir,
    logLevel: "silent",
    resolve: { alias: react === "18" ? { "react-dom": `${REACT_18}react-dom`, react: `${REACT_18}react` } : {} },
    server: { host: "localhost", port: 0 },
  });
  await server.listen();
  return {
    url: `http://localhost:${server.httpServer.address().port}/`,
    async stop() {
      await server.close();
      rmSync(cacheDir, { recursive: true, force: true });
    },
  };
}

/** A page that is connected, with the requests for streams that it made. */
export async function openApp(context, url, allowed) {
  const page = await openPage(context, "about:blank", allowed);
  page.streams = [];
  page.on("request", (request) => new URL(request.url()).pathname.startsWith("/api/events") && page.streams.push(request.url()));
  await page.goto(url);
  await untilText(page, ".state", /^Connected$/);
  return page;
}

export const whoAmI = (page) => page.evaluate(() => sessionStorage.getItem("guest"));

/** Publishes notifications with these titles, as one batch. */
export async function notify(hub, ...titles) {
  const events = titles.map((title) => ({ channel: "notifications", event: "notification", data: { id: crypto.randomUUID(), title, body: "", timestamp: Date.now() } }));
  const answer = await fetch(`${hub}/api/publish`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(events) });
  if (answer.status !== 200) throw new Error(`publishing was answered with ${answer.status}`);
}

/** The titles in the list, the oldest first. */
export const titles = async (page) => (await page.locator(".notifications li strong").allTextContents()).reverse();

/** Waits until the server counts so many streams. */
export async function untilStreams(hub, count) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const { streams } = await (await fetch(`${hub}/api/channels`)).json();
    if (streams === count) return;
    if (Date.now() > end) throw new Error(`the server counts ${streams} streams (expected: ${count})`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until a button is there, and presses it. */
export const press = (page, name) => page.getByRole("button", { name, exact: true }).click();

/** Waits until the connection is so, and does not wait between retries. */
export const untilState = (page, pattern) =>
  until(
    page,
    `the connection is ${pattern}`,
    (source) => {
      [...document.querySelectorAll(".connection button")].find((button) => button.textContent === "Try now")?.click();
      return new RegExp(source).test(document.querySelector(".state").textContent);
    },
    pattern.source,
  );

/** Waits until the page shows another value than before. */
export async function untilValueChanges(page, times = 1) {
  for (let n = 0; n < times; n++) {
    const before = await page.textContent(".value output");
    await until(page, "the value changes", (old) => document.querySelector(".value output").textContent !== old, before);
  }
}
