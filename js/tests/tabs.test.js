// SPDX-License-Identifier: Apache-2.0
// The playground in several tabs that share one connection.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { openPage, PATIENCE, startBrowser, startProduct, until, untilText } from "./product.js";

describe("tabs of the playground on one connection", () => {
  let product;
  let browser;
  let context;

  before(async () => {
    [product, browser] = await Promise.all([process.env.HIBIKI_URL ? { url: process.env.HIBIKI_URL, stop: () => 0 } : startProduct("serve"), startBrowser()]);
  });
  after(async () => {
    await browser?.close();
    assert.equal(await product?.stop(), 0, "exit status of the product");
  });
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  });
  afterEach(() => context.close());

  const streams = async () => (await (await fetch(`${product.url}/api/channels`)).json()).streams;

  async function untilStreams(count) {
    for (let now = await streams(), late = Date.now() + PATIENCE; now !== count; now = await streams()) {
      assert.ok(Date.now() < late, `${now} streams, ${count} expected`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Opens as many tabs, and has them share. They are in the order of their numbers. */
  async function share(count) {
    const pages = [await openPage(context, product.url)];
    await untilText(pages[0], "#state", /^open$/);
    await pages[0].click("#share");
    for (let n = 2; n <= count; n++) {
      pages.push(await openPage(context, product.url));
      await untilText(pages.at(-1), "#tabs-list", new RegExp(`tab ${n}, this one`));
    }
    for (const page of pages) {
      await untilText(page, "#state", /^open$/);
    }
    return pages;
  }

  const leads = (page) => page.locator("#tabs-list > li:has-text('this one'):has-text('has the connection')").count();

  /** Waits until one of the pages says that it has the connection; which. */
  async function untilOneLeads(pages) {
    for (let late = Date.now() + PATIENCE; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const leading = await Promise.all(pages.map(leads));
      if (leading.filter((count) => count === 1).length === 1) {
        return leading.indexOf(1);
      }
      assert.ok(Date.now() < late, `has the connection: ${leading} (expected: one of them)`);
    }
  }

  async function publish(...numbers) {
    const events = numbers.map((n) => ({ channel: "demo", event: "n", data: String(n) }));
    const answer = await fetch(`${product.url}/api/publish`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(events) });
    assert.equal(answer.status, 200);
  }

  const numbers = (page) =>
    page.evaluate(() => [...document.querySelectorAll("#received > li")].filter((row) => row.querySelector(".badge")?.textContent === "n").map((row) => Number(row.querySelector(".data").textContent)));

  const untilNumber = (page, last) =>
    until(page, `the event ${last}`, (wanted) => [...document.querySelectorAll("#received > li")].some((row) => row.querySelector(".badge")?.textContent === "n" && row.querySelector(".data").textContent === String(wanted)), last);

  test("twoHaveOneStream_bothShowItsBytesAndItsEvents_andGoBackToTheirOwn", async () => {
    const [first, second] = await share(2);
    await untilStreams(1);
    assert.equal(await untilOneLeads([first, second]), 0);
    await publish(1);
    for (const page of [first, second]) {
      await untilNumber(page, 1);
      await untilText(page, "#wire .frame", /event: ndata: 1\(blank line: dispatch\)$/);
      await untilText(page, "#tabs-count", /^Streams on demo at the server: 1, for 2 tabs\.$/);
    }
    await untilText(first, "#wire-from", /^as this tab gets them$/);
    await untilText(second, "#wire-from", /^as tab 1 gets them$/);
    await second.click("#share");
    await untilStreams(4); // each of them has two clients of its own now
    for (const page of [first, second]) {
      await untilText(page, "#state", /^open$/);
      await untilText(page, "#tabs-count", /of which this page has two/);
      page.assertFaultless();
    }
  });

  test("fourHaveOneStream_andWhenTheTabThatHasItIsClosedTheNextGoesOn_withNothingLost", async () => {
    const pages = await share(4);
    await untilStreams(1);
    let published = 0;
    for (let closed = 0; closed < 3; closed++) {
      const leading = await untilOneLeads(pages);
      const number = Number((await pages[leading].textContent("#tabs-list > li:has-text('this one')")).match(/\d+/)[0]);
      await publish(++published, ++published);
      for (const page of pages) {
        await untilNumber(page, published);
      }
      pages[leading].assertFaultless();
      await Promise.all([pages[leading].close(), publish(++published, ++published, ++published)]);
      pages.splice(leading, 1);
      for (const page of pages) {
        await untilNumber(page, published);
        await untilText(page, "#tabs-news", new RegExp(`Tab ${number} let the connection go`));
        await until(page, "ticks go on in a row", () => Number.parseInt(document.querySelector("#ticks").textContent) > 2);
      }
      await untilStreams(1);
    }
    for (const page of pages) {
      assert.deepEqual(await numbers(page), Array.from({ length: published }, (_, n) => n + 1));
      page.assertFaultless();
    }
  });

  test("aCutIsSeenByAll_andWhatWasMissedReachesAll", async () => {
    const [first, second] = await share(2);
    await publish(1);
    await untilNumber(second, 1);
    await second.click("#end");
    for (const page of [first, second]) {
      await untilText(page, "#connections", /ended: The server ended the response\. Next in [\d.]+ s\./);
      await untilText(page, "#wire .note", /^\d\d:\d\d:\d\d\.\d{3}The server ended the response\.$/);
    }
    await publish(2, 3);
    for (const page of [first, second]) {
      await untilNumber(page, 3);
      assert.deepEqual(await numbers(page), [1, 2, 3]);
      page.assertFaultless();
    }
    await untilStreams(1);
  });

  test("aTabThatWasAwayGetsWhatItMissedFromTheOneThatHasTheConnection_andAGapWhereThatKnowsNothing", async () => {
    const [first, second] = await share(2);
    await publish(1);
    await untilNumber(second, 1);
    await second.click("#offline");
    await untilText(second, "#state", /^offline/);
    await publish(2, 3);
    await untilNumber(first, 3);
    await second.click("#offline");
    await untilNumber(second, 3);
    assert.deepEqual(await numbers(second), [1, 2, 3]);
    assert.equal(await streams(), 1);
    await second.click("#nonsense");
    await untilText(second, "#received .data", /^Gap, told: unknown-id/);
    await publish(4);
    for (const page of [first, second]) {
      await untilNumber(page, 4);
    }
    await untilStreams(1);
    for (const page of [first, second]) {
      assert.deepEqual(await numbers(page), [1, 2, 3, 4]);
      page.assertFaultless();
    }
    assert.equal(await first.textContent("#attempt"), "1", "the connection that is shared was left alone");
  });

  test("whatOneAddsToTheLiveStreamReachesAll_alsoAfterTheLeaderHasGone", async () => {
    const [first, second] = await share(2);
    await second.fill("#live-channel", "news/local");
    await second.getByRole("button", { name: "subscribe", exact: true }).click();
    await untilText(second, "#answer", /^200/);
    const say = (data) => fetch(`${product.url}/api/publish`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ channel: "news/local", event: "headline", data }) });
    await say("one");
    await untilText(first, "#received .data", /^one$/);
    await untilText(second, "#received .data", /^one$/);
    first.assertFaultless();
    await first.close();
    await untilText(second, "#tabs-list", /^tab 2, this one · has the connection$/);
    await say("two");
    await untilText(second, "#received .data", /^two$/);
    second.assertFaultless();
  });
});
