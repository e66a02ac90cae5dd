// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { keepTexts, openPage, sidewaysScroll, startBrowser, startNetwork, startProduct, until, untilText } from "./product.js";

const BROKEN = /net::ERR_|Failed to load resource/;
const NAMES = ["echo", "counter", "ping", "guide", "chat"];

describe("the pages of the reference systems", () => {
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
    context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
    await context.addInitScript(() => {
      window.sources = [];
      window.EventSource = class extends EventSource {
        constructor(...settings) {
          super(...settings);
          window.sources.push(this);
        }
      };
    });
  });
  afterEach(() => context.close());

  const open = (name, allowed) => openPage(context, `${product.url}/examples/${name}/`, allowed);

  /** The `readyState` of each EventSource to a path that the page has made, in order. */
  const sourcesTo = (page, path) => page.evaluate((wanted) => window.sources.filter((source) => new URL(source.url).pathname === wanted).map((source) => source.readyState), path);

  const rows = (page, list) => page.locator(`${list} > li:not(.empty)`).count();

  describe("echo", () => {
    test("showsTheTimeWithTypeIdAndArrival_disconnectsAndClears", async () => {
      const page = await open("echo");
      await untilText(page, "#basic .state", /^Connected to \/events$/);
      await untilText(page, "#basic .events > li", /^message\d\d:\d\d:\d\d\.\d{3}id \d+-\d+-[0-9a-z]+\.\d+20\d\d-\d\d-\d\d \d\d:\d\d:\d\d$/);
      await page.click("#basic [data-do=disconnect]");
      await untilText(page, "#basic .state", /^Disconnected$/);
      assert.deepEqual(await sourcesTo(page, "/events"), [2]);
      assert.ok((await rows(page, "#basic .events")) >= 1, "what was received stays");
      await page.click("#basic [data-do=clear]");
      assert.equal(await rows(page, "#basic .events"), 0);
      await untilText(page, "#basic .events", /No events yet/);
      page.assertFaultless();
    });

    test("connectingAgainClosesTheOldStream", async () => {
      const page = await open("echo");
      await untilText(page, "#basic .state", /^Connected to \/events$/);
      await page.click("#basic [data-do=connect]");
      await until(page, "the second stream is open", () => window.sources.filter(({ url }) => new URL(url).pathname === "/events").at(-1).readyState === 1);
      assert.deepEqual(await sourcesTo(page, "/events"), [2, 1]);
      await untilText(page, "#basic .state", /^Connected to \/events$/);
      page.assertFaultless();
    });

    test("showsTheSystemFormatted", async () => {
      const page = await open("echo");
      await untilText(page, "#system .state", /^Connected to \/events\/system$/);
      await untilText(page, "#system .facts", /Time20\d\d-.*Memory\d+ MB.*Processors\d+.*Load, process[\d.]+ %.*Load, system[\d.]+ %.*Threads\d+.*Open streams\d+/);
      await untilText(page, "#system .events .badge", /^system-info$/);
      page.assertFaultless();
    });

    test("saysWhatItIsAskedToSay", async () => {
      const page = await open("echo");
      const fields = await page.evaluate(() => Object.fromEntries(new FormData(document.querySelector("#custom form"))));
      assert.deepEqual(fields, { message: "Hello, SSE!", event: "custom-event", interval: "3" });
      assert.deepEqual(await page.locator("#custom select option").evaluateAll((options) => options.map(({ value }) => value)), ["1", "2", "3", "5", "10"]);
      await page.selectOption("#custom select", "1");
      await page.click("#custom [data-do=connect]");
      await untilText(page, "#custom .state", /^Connected to \/events\/custom$/);
      await untilText(page, "#custom .events > li", /^custom-event.*Hello, SSE! \(#2\)$/);
      page.assertFaultless();
    });

    test("severalLinesAndMarkupAreTextOfOneEvent", async () => {
      const page = await open("echo");
      const message = "one\ndata: forged\n\nevent: forged\n<img src=x onerror=alert(1)>";
      await page.fill("#custom textarea", message);
      await page.fill("#custom [name=event]", "<b>type</b>");
      await page.selectOption("#custom select", "1");
      await page.click("#custom [data-do=connect]");
      await until(page, "the message as it was typed", (text) => document.querySelector("#custom .events .data")?.textContent === text, `${message} (#1)`);
      assert.equal(await page.textContent("#custom .events .badge"), "<b>type</b>");
      assert.equal(await page.locator("#custom .events img, #custom .events b").count(), 0);
      page.assertFaultless();
    });

    test("aRefusalNamesTheParameterAndTheReason", async () => {
      const page = await open("echo", /status of 400/);
      await page.fill("#custom [name=event]", "error");
      await page.click("#custom [data-do=connect]");
      await untilText(page, "#custom .state", /^Refused: event: error \(expected: /);
      page.assertFaultless();
    });

    test("anErrorDoesNotCloseTheStream", async () => {
      const network = await startNetwork(product.url);
      const page = await openPage(context, `${network.url}/examples/echo/`, BROKEN);
      await untilText(page, "#basic .events", /message/);
      network.cut();
      await untilText(page, "#basic .state", /^Connection lost/);
      network.mend();
      await untilText(page, "#basic .state", /^Connected to \/events$/);
      assert.deepEqual(await sourcesTo(page, "/events"), [1]);
      page.assertFaultless();
      await page.close();
      await network.stop();
    });
  });

  test("counterShowsZeroThenCounts", async () => {
    await keepTexts(context, "#count");
    const page = await open("counter");
    assert.match(await (await page.request.get(page.url())).text(), />0<\/output>/);
    await until(page, "it counts, and on", () => window.said["#count"].includes("3"));
    assert.deepEqual((await page.evaluate(() => window.said["#count"])).slice(0, 4), ["0", "1", "2", "3"]);
    page.assertFaultless();
  });

  test("pingListsPingsAndMessages_showsTheSource_andClosesOnAButton", async () => {
    const page = await open("ping");
    await untilText(page, "#events .data", /^ping at 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00$/);
    await untilText(page, "#readyState", /^1 \(open\)$/);
    assert.equal(await page.textContent("#url"), `${product.url}/sse`);
    assert.equal(await page.textContent("#withCredentials"), "false");
    await untilText(page, "#events .data", /^message: This is a message at time 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00$/);
    await page.click("#close");
    await untilText(page, "#readyState", /^2 \(closed\)$/);
    await untilText(page, "#state", /^Disconnected$/);
    assert.deepEqual(await sourcesTo(page, "/sse"), [2]);
    await page.click("#open");
    await untilText(page, "#readyState", /^1 \(open\)$/);
    page.assertFaultless();
  });

  describe("guide", () => {
    test("theDashboardShowsItsValueAndWhoComesAndGoes", async () => {
      const page = await open("guide");
      await untilText(page, "#value", /^\d+\.\d\d$/);
      await untilText(page, "#users", /guest-.*\(you\)/);
      const other = await open("guide");
      await until(page, "two are here", () => document.querySelectorAll("#users > .badge").length === 2);
      await untilText(page, "#comings", /joined/);
      other.assertFaultless();
      await other.close();
      await untilText(page, "#comings > li:first-child", / left/);
      await until(page, "one is here", () => document.querySelectorAll("#users > .badge").length === 1);
      page.assertFaultless();
    });

    test("aNotificationThatIsAskedForShowsOnEveryPage_newestFirst_asText", async () => {
      const page = await open("guide");
      const other = await open("guide");
      for (const each of [page, other]) {
        await untilText(each, "#channels-state", /^Connected/);
      }
      for (const title of ["first", "<img src=x onerror=alert(1)>"]) {
        await page.fill("#notify [name=title]", title);
        await page.getByRole("button", { name: "Notify everyone" }).click();
        await until(other, title, (text) => document.querySelector("#notifications .title")?.textContent === text, title);
      }
      assert.deepEqual(await other.locator("#notifications .title").allTextContents(), ["<img src=x onerror=alert(1)>", "first"]);
      page.assertFaultless();
      other.assertFaultless();
    });

    test("theProgressOfATaskThatIsStartedReachesItsEnd", async () => {
      const page = await open("guide");
      await untilText(page, "#client-state", /^Connected/);
      await page.fill("#process [name=steps]", "4");
      await page.fill("#process [name=stepMillis]", "300");
      await page.evaluate(() => {
        window.seen = [];
        new MutationObserver(() => {
          const now = document.querySelector("#percent").textContent;
          if (now !== window.seen.at(-1)) {
            window.seen.push(now);
          }
        }).observe(document.querySelector("#process").parentElement, { subtree: true, childList: true, characterData: true });
      });
      await page.getByRole("button", { name: "Start a task" }).click();
      await untilText(page, "#status", /^completed$/);
      assert.deepEqual(await page.evaluate(() => window.seen.filter((text) => text !== "")), ["0 %", "25 %", "50 %", "75 %", "100 %"]);
      assert.equal(await page.evaluate(() => document.querySelector("#bar").value), 100);
      await untilText(page, "#updates", /Update/);
      page.assertFaultless();
    });
  });

  describe("chat", () => {
    let room;

    beforeEach(() => {
      room = `room-${crypto.randomUUID().slice(0, 8)}`;
    });

    async function enter(page, name) {
      await page.fill("#name", name);
      await page.press("#name", "Enter");
      await page.fill("#new-room [name=room]", room);
      await page.press("#new-room [name=room]", "Enter");
      await untilText(page, "#state", new RegExp(`^Connected to #${room}$`));
      await untilText(page, "#people", new RegExp(`${name} \\(you\\)`));
    }

    async function say(page, text) {
      await page.fill("#say textarea", text);
      await page.press("#say textarea", "Enter");
    }

    const said = (page) => page.locator("#lines .text").allTextContents();

    test("aLineTypedInOnePageShowsInAnother_withWhoIsHere", async () => {
      const ada = await open("chat");
      await enter(ada, "Ada");
      const bob = await open("chat");
      await enter(bob, "Bob");
      await untilText(ada, "#people", /Bob/);
      await untilText(bob, "#people", /Ada/);
      await say(ada, "Can you hear me?");
      await untilText(bob, "#lines > li", /^Ada20\d\d-\d\d-\d\d \d\d:\d\dCan you hear me\?$/);
      await say(bob, "Loud and clear.");
      await untilText(ada, "#lines > li", /^Bob.*Loud and clear\.$/);
      assert.deepEqual(await said(ada), ["Can you hear me?", "Loud and clear."]);
      await bob.close();
      await untilText(ada, "#lines .note", /^Bob left$/);
      await until(ada, "Bob is gone", () => !document.querySelector("#people").textContent.includes("Bob"));
      ada.assertFaultless();
    });

    test("markupAndScriptsAreTextAndDoNotRun", async () => {
      const page = await open("chat");
      await enter(page, "<i>Eve</i>");
      const lines = ["<img src=x onerror=alert(1)>", "<script>alert(2)</script>", "a\nb\n\nevent: forged\ndata: forged"];
      for (const [i, line] of lines.entries()) {
        await page.fill("#say textarea", line);
        await page.getByRole("button", { name: "Send" }).click();
        await until(page, `line ${i + 1}`, (count) => document.querySelectorAll("#lines .text").length === count, i + 1);
      }
      assert.deepEqual(await said(page), lines);
      assert.equal(await page.locator("#lines img, #lines script, #lines i, #people i").count(), 0);
      page.assertFaultless();
    });

    test("aPageThatReconnectsMissesNothing", async () => {
      const network = await startNetwork(product.url);
      const page = await openPage(context, `${network.url}/examples/chat/`, BROKEN);
      await enter(page, "Ada");
      await say(page, "before");
      await untilText(page, "#lines .text", /^before$/);
      network.cut();
      await untilText(page, "#state", /^Connection lost/);
      for (const content of ["while away 1", "while away 2"]) {
        const answer = await page.request.post(`${product.url}/chat/${room}/messages`, { data: { author: "Bob", content } });
        assert.equal(answer.status(), 201);
      }
      network.mend();
      await untilText(page, "#lines .text", /^while away 2$/);
      await say(page, "after");
      await untilText(page, "#lines .text", /^after$/);
      assert.deepEqual(await said(page), ["before", "while away 1", "while away 2", "after"]);
      page.assertFaultless();
      await page.close();
      await network.stop();
    });

    test("roomsAreApart_andAnEmptyLineIsRefusedInWords", async () => {
      const page = await open("chat");
      await enter(page, "Ada");
      await say(page, "only here");
      await untilText(page, "#lines .text", /^only here$/);
      await page.getByRole("button", { name: "#lobby", exact: true }).click();
      await untilText(page, "#state", /^Connected to #lobby$/);
      assert.deepEqual(await said(page), []);
      await say(page, "   ");
      await untilText(page, "#say-error", /nothing to send/);
      assert.deepEqual(await said(page), []);
      page.assertFaultless();
    });

    test("whatCouldNotBeSentIsKeptAndToldOf", async () => {
      const network = await startNetwork(product.url);
      const page = await openPage(context, `${network.url}/examples/chat/`, BROKEN);
      await enter(page, "Ada");
      network.cut();
      await untilText(page, "#state", /^Connection lost/);
      await say(page, "not lost");
      await untilText(page, "#say-error", /cannot be reached/);
      assert.equal(await page.inputValue("#say textarea"), "not lost");
      page.assertFaultless();
      await page.close();
      await network.stop();
    });
  });

  for (const name of NAMES) {
    test(`${name}FitsEveryWidthInLightAndDark`, async () => {
      const page = await open(name);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        for (const width of [360, 800, 1600]) {
          await page.setViewportSize({ width, height: 800 });
          assert.equal(await sidewaysScroll(page), 0, `${width} px, ${colorScheme}`);
        }
      }
      page.assertFaultless();
    });
  }
});

describe("an example alone has its page at the root", () => {
  let browser;

  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser?.close());

  const ALIVE = {
    echo: ["#basic .state", /^Connected to \/events$/],
    counter: ["#count", /^[1-9]/],
    ping: ["#events .data", /^ping at /],
    guide: ["#value", /^\d+\.\d\d$/],
    chat: ["#state", /^Connected to #lobby$/],
  };

  for (const name of NAMES) {
    test(name, async () => {
      const product = await startProduct("example", name);
      const context = await browser.newContext();
      try {
        const page = await openPage(context, product.url);
        await untilText(page, ...ALIVE[name]);
        page.assertFaultless();
      } finally {
        await context.close();
        assert.equal(await product.stop(), 0, "exit status of the product");
      }
    });
  }
});
