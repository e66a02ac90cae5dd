// SPDX-License-Identifier: Apache-2.0
// The playground's inspector: one event, byte by byte, and each connection.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { openPage, startBrowser, startProduct, until, untilText } from "./product.js";

const BROKEN = /net::ERR_|Failed to load resource/;

describe("the inspector", () => {
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

  async function published(page, event, data) {
    const answer = await page.request.post(`${product.url}/api/publish`, { data: { channel: "demo", ...(event ? { event } : {}), data } });
    return (await answer.json()).id;
  }

  const pairs = (page, list) => page.evaluate((id) => Object.fromEntries([...document.querySelectorAll(`#${id} dt`)].map((name) => [name.textContent, name.nextElementSibling.textContent])), list);

  test("showsAnEventsBytes_whatEachLineDoes_thePartsOfItsId_andWhatTheProgramGets", async () => {
    const page = await openPage(context, product.url);
    await untilText(page, "#state", /^open$/);
    await untilText(page, "#inspected-event", /"type": "connected"/); // the first event, until one is chosen
    const id = await published(page, "note", "é\n<b>bold</b>");
    await untilText(page, "#received .data", /^é\n<b>bold<\/b>$/);
    await page.locator("#received > li", { hasText: "bold" }).click();
    const frame = Buffer.from(`id: ${id}\nevent: note\ndata: é\ndata: <b>bold</b>\n\n`);
    await untilText(page, "#inspected-what", new RegExp(`^${frame.length} bytes, complete at \\d\\d:\\d\\d:\\d\\d\\.\\d{3}$`));
    const shown = (await page.textContent("#inspected-bytes")).split("\n");
    assert.deepEqual(shown.flatMap((line) => line.slice(6, 53).trim().split(" ")), [...frame].map((byte) => byte.toString(16).padStart(2, "0")));
    assert.equal(shown.map((line) => line.slice(55)).join(""), `id: ${id}↵event: note↵data: ··↵data: <b>bold</b>↵↵`);
    assert.deepEqual(await page.locator("#inspected-lines tr").evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent))), [
      [`id: ${id}`, "the event’s id, and from now on the place to resume from"],
      ["event: note", "the event’s type, which chooses the listeners"],
      ["data: é", "a line of the data"],
      ["data: <b>bold</b>", "a line of the data"],
      ["(blank line)", "dispatches the event"],
    ]);
    const [millis, sequence, life] = id.split("-");
    assert.deepEqual(await pairs(page, "inspected-id"), {
      time: `${new Date(Number(millis)).toISOString().replace("T", " ")} (${millis})`,
      number: `${sequence} in that millisecond`,
      "life of the log": `${life}: an id of another life is told as a gap`,
    });
    assert.deepEqual(await pairs(page, "inspected-event"), { type: "note", data: "é\n<b>bold</b>", lastEventId: id });
    page.assertFaultless();
  });

  test("isWorkedWithArrowKeys_frameByFrame", async () => {
    const page = await openPage(context, product.url);
    await untilText(page, "#state", /^open$/);
    for (const data of ["one", "two"]) {
      await published(page, "keyed", data);
      await untilText(page, "#wire .frame", new RegExp(`data: ${data}\\(blank`));
    }
    await page.focus("#wire");
    const upTo = async (data) => {
      for (let i = 0; i < 50; i++) {
        await page.keyboard.press("ArrowUp");
        if ((await pairs(page, "inspected-event")).data === data) {
          return;
        }
      }
      assert.fail(`${data} is not reached`);
    };
    await upTo("two");
    await upTo("one");
    const chosen = await page.evaluate(() => document.getElementById(document.querySelector("#wire").getAttribute("aria-activedescendant")).getAttribute("aria-selected"));
    assert.equal(chosen, "true");
    await until(page, "the way back", () => document.activeElement.id === "wire");
    await page.keyboard.press("ArrowDown");
    assert.notEqual((await pairs(page, "inspected-event")).data, "one");
    page.assertFaultless();
  });

  test("tellsWhyEachConnectionEnded_andWhereTheNextResumed", async () => {
    const page = await openPage(context, product.url, BROKEN);
    await untilText(page, "#state", /^open$/);
    await untilText(page, "#received .badge", /^tick$/);
    const cell = (row, column) => page.textContent(`#connections > tr:nth-child(${row}) > :nth-child(${column})`);
    const untilRow = (row, number, why) =>
      until(page, `connection ${number}: ${why}`, ([place, wanted, text]) => document.querySelector(`#connections > tr:nth-child(${place}) > th`)?.textContent === wanted && document.querySelector(`#connections > tr:nth-child(${place}) > :last-child`).textContent.startsWith(text), [row, String(number), why]);
    await untilRow(1, 1, "open");
    await page.click("#end");
    await untilRow(2, 1, "ended: The server ended the response. Next in ");
    await untilRow(1, 2, "open");
    assert.match(await cell(1, 3), /^\d+-\d+-[0-9a-z]+$/);
    assert.match(await cell(1, 4), /^200 in \d+ ms$/);
    await untilText(page, "#state", /^open$/);
    await page.click("#cut");
    await untilRow(2, 2, "network: The connection broke (");
    await untilRow(1, 3, "open");
    await page.click("#disconnect");
    await untilRow(1, 3, "closed by this page");
    page.assertFaultless();
  });
});
