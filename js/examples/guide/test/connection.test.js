// SPDX-License-Identifier: Apache-2.0
// What the page says while its hub is away, and what it has when the hub is back.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { openPage, startBrowser, startNetwork, startProduct, until, untilText } from "../../../tests/product.js";
import { BROKEN, notify, openApp, press, startApp, titles, untilState, untilValueChanges } from "./app.js";

const RETRIES = [1, 2, 3, 4, 5].map((n) => `Connection lost. Retry ${n} of 5`);

/** In the page: what the connection said, each once in a row. */
function keepStates() {
  window.states = [];
  new MutationObserver(() => {
    const text = document.querySelector(".state")?.textContent.replace("…", "");
    if (text && text !== window.states.at(-1)) window.states.push(text);
  }).observe(document, { subtree: true, childList: true, characterData: true });
}

describe("while the hub is away", () => {
  let browser;
  let context;
  let directory;
  let hub;
  let network;
  let app;

  before(async () => void (browser = await startBrowser()));
  after(() => browser?.close());
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "hibiki-log-"));
    hub = await startHub();
    network = await startNetwork(hub.url);
    app = await startApp(network.url);
    context = await browser.newContext();
    await context.addInitScript(keepStates);
  });
  afterEach(async () => {
    await context.close();
    await app.stop();
    await network.stop();
    await hub.kill();
    rmSync(directory, { recursive: true, force: true });
  });

  const startHub = () => startProduct("serve", "--log", `file:${directory}`);

  const states = (page) => page.evaluate(() => window.states);

  test("itTriesFiveTimes_saysSo_andTryingAgainLosesNothing", async () => {
    const page = await openApp(context, app.url, BROKEN);
    await untilValueChanges(page);
    await notify(hub.url, "before");
    await untilText(page, ".count", /^1$/);
    await hub.kill();
    await untilText(page, ".connection", /Retry \d of 5in \d+ s/);
    await untilState(page, /^Gave up after 5 retries$/);
    assert.deepEqual(await states(page), ["Connecting", "Connected", ...RETRIES, "Gave up after 5 retries"]);
    await untilText(page, ".connection .error", /failed 6 times in a row/);
    await untilText(page, ".value", /before the connection was lost$/);
    const asked = page.streams.length;

    await press(page, "Notify everyone");
    await untilText(page, ".notifications .error", /answered 502/);

    await press(page, "Try again"); // it is still away, so the count begins anew
    await untilState(page, /^Gave up after 5 retries$/);
    assert.deepEqual((await states(page)).slice(8), ["Connecting", ...RETRIES, "Gave up after 5 retries"]);
    assert.equal(page.streams.length, asked + 6);

    hub = await startHub();
    await notify(hub.url, "while away 1", "while away 2");
    network.leadTo(hub.url);
    await press(page, "Try again");
    await untilText(page, ".state", /^Connected$/);
    await notify(hub.url, "after");
    await untilText(page, ".count", /^4$/);
    assert.deepEqual(await titles(page), ["before", "while away 1", "while away 2", "after"]);
    await untilValueChanges(page);
    await untilText(page, ".value", /now$/);
    assert.equal(await page.locator(".gap").count(), 0);
    page.assertFaultless();
  });

  test("aHubThatComesBackInTimeIsFoundByItself_andNothingIsLost", async () => {
    const page = await openApp(context, app.url, BROKEN);
    await notify(hub.url, "before");
    await untilText(page, ".count", /^1$/);
    network.cut();
    await notify(hub.url, "while away");
    await untilText(page, ".state", /^Connection lost\. Retry \d of 5/);
    network.mend();
    await untilText(page, ".state", /^Connected$/);
    await notify(hub.url, "after");
    await untilText(page, ".count", /^3$/);
    assert.deepEqual(await titles(page), ["before", "while away", "after"]);
    assert.equal(await page.locator(".gap, .retries").count(), 0);
    page.assertFaultless();
  });

  test("whatIsGoneForGoodIsTold", async () => {
    const page = await openApp(context, app.url, BROKEN);
    await untilValueChanges(page);
    const next = await startProduct("example", "guide"); // whose log is another
    network.leadTo(next.url);
    await hub.kill();
    hub = next;
    await untilText(page, ".gap", /Something was missed: what came in between is gone \(log-reset\)/);
    await untilText(page, ".state", /^Connected$/);
    await press(page, "Understood");
    await until(page, "it is taken away", () => !document.querySelector(".gap"));
    await untilValueChanges(page);
    page.assertFaultless();
  });

  test("aRefusalIsShownWithItsReason_andTheUserMayTryAgain", async () => {
    await context.route("**/api/events?*", (route) => route.fulfill({ status: 403 }), { times: 1 });
    const page = await openPage(context, app.url, BROKEN);
    await untilText(page, ".state", /^The server does not want us$/);
    await untilText(page, ".connection .error", /answered 403 \(expected: 200\)/);
    await press(page, "Try again");
    await untilText(page, ".state", /^Connected$/);
    await untilValueChanges(page);
    page.assertFaultless();
  });
});
