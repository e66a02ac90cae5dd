// SPDX-License-Identifier: Apache-2.0
// What `vite build` makes, served by a server that knows nothing of the hub: the page's address is another, and the hub allows it.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build, preview } from "vite";
import { startBrowser, startNetwork, startProduct, untilText } from "../../../tests/product.js";
import { BROKEN, notify, openApp, press, ROOT, titles, untilState, untilStreams, untilValueChanges } from "./app.js";

const outDir = mkdtempSync(join(tmpdir(), "hibiki-build-"));
let hub;
let network;
let browser;
let site;

before(async () => {
  [hub, browser] = await Promise.all([startProduct("example", "guide"), startBrowser()]);
  network = await startNetwork(hub.url);
  process.env.VITE_HUB = network.url;
  await build({ root: ROOT, logLevel: "warn", build: { outDir, emptyOutDir: true } });
  site = await preview({ root: ROOT, logLevel: "silent", build: { outDir }, preview: { host: "localhost", port: 0, proxy: {} } });
});
after(async () => {
  await browser?.close();
  await site?.close();
  await network?.stop();
  assert.equal(await hub?.stop(), 0, "exit status of the hub");
  rmSync(outDir, { recursive: true, force: true });
});

test("theBuildWorksFromAnotherAddress_andResumes", async () => {
  const context = await browser.newContext();
  const page = await openApp(context, site.resolvedUrls?.local[0] ?? `http://localhost:${site.httpServer.address().port}/`, BROKEN);
  assert.ok(page.streams.every((url) => url.startsWith(network.url)), page.streams.join("\n"));
  await untilValueChanges(page);
  await press(page, "Notify everyone");
  await untilText(page, ".notifications li strong", /^Build finished$/);
  network.cut();
  await untilText(page, ".state", /^Connection lost\. Retry \d of 5/);
  await notify(hub.url, "while away");
  network.mend();
  await untilState(page, /^Connected$/);
  await untilText(page, ".count", /^2$/);
  assert.deepEqual(await titles(page), ["Build finished", "while away"]);
  await press(page, "Start a task");
  await untilText(page, ".process [role=status]", /^completed$/);
  await press(page, "Leave");
  await untilStreams(hub.url, 0);
  page.assertFaultless();
  await context.close();
});
