// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser, startProduct, until } from "./product.js";

const STREAMS = 30;

describe("a page over TLS", () => {
  let product;
  let browser;

  before(async () => {
    [product, browser] = await Promise.all([startProduct("serve", "--log", "memory", "--tls-self-signed"), startBrowser("--ignore-certificate-errors")]);
  });
  after(async () => {
    await browser?.close();
    assert.equal(await product?.stop(), 0, "exit status of the product");
  });

  test("hasThirtyStreamsAtOnce_whereHttp11StopsAtSix", async () => {
    const page = await browser.newPage();
    await page.goto(`${product.url}/`);
    assert.match(product.url, /^https:/);
    await page.evaluate((count) => {
      window.received = [];
      window.streams = Array.from({ length: count }, (_, i) => {
        window.received.push([]);
        const source = new EventSource(`/api/events/thirty?number=${i}`);
        source.addEventListener("told", (event) => window.received[i].push(event.data));
        return source;
      });
    }, STREAMS);
    await until(page, "all streams are open", () => window.streams.every((source) => source.readyState === 1));
    const answer = await page.evaluate(async () => {
      const publish = (data) =>
        fetch("/api/publish", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ channel: "thirty", event: "told", data }),
        });
      await publish("one");
      return (await publish("two")).status;
    });
    assert.equal(answer, 200);
    await until(page, "each stream has both events", () => window.received.every((events) => events.length === 2));
    assert.deepEqual(await page.evaluate(() => [...new Set(window.received.map((events) => events.join()))]), ["one,two"]);
    const protocols = await page.evaluate(() => performance.getEntriesByType("navigation").map((entry) => entry.nextHopProtocol));
    assert.deepEqual(protocols, ["h2"]);
    await page.evaluate(() => window.streams.forEach((source) => source.close()));
    await page.close();
  });
});
