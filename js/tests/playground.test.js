// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { keepTexts, openPage, sidewaysScroll, startBrowser, startProduct, until, untilSaid, untilText } from "./product.js";

const BROKEN = /net::ERR_|Failed to load resource/;

describe("the playground", () => {
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
    await keepTexts(context, "#state", "#story");
  });
  afterEach(() => context.close());

  const open = (allowed, path = "/") => openPage(context, product.url + path, allowed);

  async function publish(page, type, data) {
    await page.fill("#event", type);
    await page.fill("#data", data);
    await page.click("#publish-button");
  }

  /** The rows of RECEIVE of one type. */
  const received = (page, type) =>
    page.evaluate(
      (wanted) =>
        [...document.querySelectorAll("#received > li")]
          .filter((row) => row.querySelector(".badge")?.textContent === wanted)
          .map((row) => ({ data: row.querySelector(".data").textContent, replayed: row.querySelector(".badge.amber") !== null })),
      type,
    );

  const untilReceived = (page, type, count) =>
    until(
      page,
      `${count} × ${type} in RECEIVE`,
      ([wanted, least]) => [...document.querySelectorAll("#received > li > .badge")].filter((badge) => badge.textContent === wanted).length >= least,
      [type, count],
    );

  // How soon that is says more of the machine than of the page, which is to wait for the network and for nothing else.
  test("isOpenByItself_withoutWaitingForAnyTimer_thenTicks", async (t) => {
    const page = await context.newPage();
    await page.addInitScript(() => {
      const held = new Map(); // what was to run later, by its number
      const running = new Map();
      let isHeld = true;
      for (const [name, taken] of [["setTimeout", "clearTimeout"], ["setInterval", "clearInterval"], ["requestAnimationFrame", "cancelAnimationFrame"]]) {
        const [start, stop] = [window[name].bind(window), window[taken].bind(window)];
        let number = 0;
        window[name] = (...call) => {
          const id = `${name} ${++number}`;
          held.set(id, () => running.set(id, start(...call)));
          if (!isHeld) held.get(id)();
          return id;
        };
        window[taken] = (id) => (held.delete(id), stop(running.get(id)));
      }
      window.runTimers = () => {
        isHeld = false;
        held.forEach((run) => run());
      };
      new MutationObserver(() => {
        if (document.querySelector("#state")?.dataset.state === "open") {
          window.openAfter ??= performance.now();
        }
      }).observe(document, { subtree: true, attributes: true });
    });
    await page.goto(product.url);
    await until(page, "the stream is open", () => window.openAfter !== undefined);
    t.diagnostic(`open after ${Math.round(await page.evaluate(() => window.openAfter))} ms`);
    await page.evaluate(() => window.runTimers());
    await untilReceived(page, "tick", 2);
  });

  test("whatIsPublishedShowsAsBytesAndAsAnEvent", async () => {
    const page = await open();
    await untilText(page, "#state", /^open$/);
    await publish(page, "price", '{"sym":"ACME","p":12.3}');
    await untilReceived(page, "price", 1);
    await untilText(page, "#wire .frame", /id: \d+-\d+-[0-9a-z]+event: pricedata: \{"sym":"ACME","p":12\.3\}\(blank line: dispatch\)$/);
    await untilText(page, "#answer", /^200 in [\d.]+ ms {2}\{"success":true,"id":"\d+-\d+-[0-9a-z]+"\}$/);
    assert.deepEqual(await received(page, "price"), [{ data: '{"sym":"ACME","p":12.3}', replayed: false }]);
    page.assertFaultless();
  });

  test("severalLinesAreOneEventWithSeveralDataLines", async () => {
    const page = await open();
    await untilText(page, "#state", /^open$/);
    await page.getByRole("button", { name: "several lines" }).click();
    await page.click("#publish-button");
    await untilText(page, "#wire .frame", /data: first linedata: second linedata: ?data: fourth line: one event\(blank/);
    await until(page, "one event with four lines", () => [...document.querySelectorAll("#received .data")].some((data) => data.textContent === "first line\nsecond line\n\nfourth line: one event"));
    page.assertFaultless();
  });

  test("markupIsShownAsTextAndDoesNotRun", async () => {
    const page = await open();
    await untilText(page, "#state", /^open$/);
    const markup = "<img src=x onerror=alert(1)><script>alert(2)</script>";
    await publish(page, "note", markup);
    await untilReceived(page, "note", 1);
    assert.deepEqual(await received(page, "note"), [{ data: markup, replayed: false }]);
    await publish(page, "<b>bold</b>", "a type may look like markup");
    await untilReceived(page, "<b>bold</b>", 1);
    assert.equal(await page.locator("main img, main b > b, main script").count(), 0);
    page.assertFaultless();
  });

  test("aBurstOfThousandArrivesWhole_andTheListsKeepTheNewestFew", async () => {
    const page = await open();
    await untilText(page, "#state", /^open$/);
    await page.click("#burst");
    await until(page, "1000 received", () => Number(document.querySelector("#total").textContent.replaceAll(",", "")) >= 1000);
    await until(page, "the newest is shown", () => [...document.querySelectorAll("#received .data")].some((data) => data.textContent.startsWith('{"n":1000,')));
    const rows = await page.evaluate(() => [document.querySelector("#received").childElementCount, document.querySelector("#wire").childElementCount]);
    assert.ok(Math.max(...rows) <= 300, `rows: ${rows}`);
    page.assertFaultless();
  });

  test("aBroadcastAUsersEventAndAClientsEventArrive", async () => {
    const page = await open();
    await untilText(page, "#state", /^open$/);
    for (const [to, type] of [["everyone", "to-everyone"], ["user", "to-user"], ["client", "to-client"]]) {
      await page.selectOption("#to", to);
      await publish(page, type, `for ${to}`);
      await untilReceived(page, type, 1);
    }
    page.assertFaultless();
  });

  test("aChannelIsAddedToTheLiveStream_andTakenAway", async () => {
    const page = await open();
    await untilText(page, "#state", /^open$/);
    await page.fill("#live-channel", "news/local");
    await page.getByRole("button", { name: "subscribe", exact: true }).click();
    await untilText(page, "#live-channels", /news\/local/);
    await page.fill("#target", "news/local");
    await publish(page, "headline", "first");
    await untilReceived(page, "headline", 1);
    await page.getByRole("button", { name: "unsubscribe", exact: true }).click();
    await until(page, "no live channel", () => document.querySelector("#live-channels").childElementCount === 0);
    await publish(page, "headline", "second");
    await untilText(page, "#answer", /^200/);
    await page.fill("#target", "demo");
    await publish(page, "after", "third");
    await untilReceived(page, "after", 1);
    assert.deepEqual(await received(page, "headline"), [{ data: "first", replayed: false }]);
    page.assertFaultless();
  });

  test("threePublishedWhileTheConnectionWasCutAreReplayedInOrder", async () => {
    const page = await open(BROKEN);
    await untilReceived(page, "tick", 1);
    await page.click("#away");
    await untilSaid(page, "#story", /Connection lost, trying again in about \d+ s, with Last-Event-ID: \d+-/);
    await untilReceived(page, "while-away", 3);
    const three = await received(page, "while-away");
    assert.deepEqual(three.map(({ data, replayed }) => [JSON.parse(data).n, replayed]), [[1, true], [2, true], [3, true]]);
    await untilText(page, "#wire .asked", /Last-Event-ID: \d+-/);
    await untilSaid(page, "#story", /Back with Last-Event-ID: \d+-.*arrived, marked replayed; then live/);
    await until(page, "ticks without a hole", () => {
      const ticks = [...document.querySelectorAll("#received > li")].filter((row) => row.querySelector(".badge")?.textContent === "tick").map((row) => JSON.parse(row.querySelector(".data").textContent).n);
      return ticks.length > 3 && ticks.every((n, i) => i === 0 || n === ticks[i - 1] + 1);
    });
    page.assertFaultless();
  });

  test("whatTheServerEndsComesBack_andAFrozenStreamGetsTheRest", async () => {
    const page = await open(BROKEN);
    await untilReceived(page, "tick", 1);
    await page.click("#end");
    await untilSaid(page, "#state", /^connection lost/);
    await untilText(page, "#wire .note", /The server ended the response/);
    await untilSaid(page, "#story", /; then live/);
    assert.equal(await page.textContent("#attempt"), "2");
    // Longer than the page asks for, so that what follows is done while it is frozen.
    await page.route("**/freeze?ms=5000", (route) => route.continue({ url: route.request().url().replace("ms=5000", "ms=15000") }));
    await page.click("#freeze");
    await untilSaid(page, "#story", /Frozen for 5 s/);
    await publish(page, "thawed", "published while frozen");
    await untilText(page, "#answer", /^200/);
    assert.deepEqual(await received(page, "thawed"), []);
    await untilReceived(page, "thawed", 1);
    assert.deepEqual(await received(page, "thawed"), [{ data: "published while frozen", replayed: false }]);
    assert.equal(await page.textContent("#attempt"), "2");
    page.assertFaultless();
  });

  test("offlineAndBackGetsWhatWasMissed", async () => {
    const page = await open();
    await untilReceived(page, "tick", 1);
    await page.click("#offline");
    await untilText(page, "#state", /^offline/);
    await publish(page, "missed", "published meanwhile");
    await untilText(page, "#answer", /^200/);
    await page.click("#offline");
    await untilReceived(page, "missed", 1);
    assert.deepEqual(await received(page, "missed"), [{ data: "published meanwhile", replayed: true }]);
    page.assertFaultless();
  });

  test("theGapIsTold", async () => {
    const page = await open();
    await untilReceived(page, "tick", 1);
    await page.click("#gap");
    await untilText(page, "#received .data", /^Gap, told: log-reset/);
    await untilText(page, "#wire .frame", /event: hibiki\.gapdata: \{"reason":"log-reset"/);
    await untilText(page, "#story", /The gap is told: log-reset/);
    await page.click("#nonsense");
    await untilText(page, "#received .data", /^Gap, told: unknown-id.*Asked to resume after once-upon-a-time/);
    await until(page, "it goes on", () => document.querySelector("#state").dataset.state === "open");
    page.assertFaultless();
  });

  test("aTypeThatNobodyListenedForIsSaid_andListenedForFromThenOn", async () => {
    const page = await open();
    await untilText(page, "#state", /^open$/);
    const say = (data) => page.request.post(`${product.url}/api/publish`, { data: { channel: "demo", event: "surprise", data } });
    await say("first");
    await untilText(page, "#received .note", /“surprise” came on the wire/);
    await say("second");
    await untilReceived(page, "surprise", 1);
    await until(page, "the second is received", () => [...document.querySelectorAll("#received .data")].some((data) => data.textContent === "second"));
    page.assertFaultless();
  });

  test("filterPauseAndPrettyJson", async () => {
    const page = await open();
    await publish(page, "price", '{"sym":"ACME","p":12.3}');
    await untilReceived(page, "price", 1);
    await untilReceived(page, "tick", 1);
    await page.selectOption("#filter", "price");
    assert.deepEqual(await page.locator("#received > li:visible > .badge").allTextContents(), ["price"]);
    await page.check("#pretty");
    assert.equal((await received(page, "price"))[0].data, '{\n  "sym": "ACME",\n  "p": 12.3\n}');
    await page.selectOption("#filter", "");
    await page.click("#pause");
    const shown = (await received(page, "tick")).length;
    await untilText(page, "#pause", /^resume \([2-9]\)$/);
    assert.equal((await received(page, "tick")).length, shown);
    await page.click("#pause");
    await untilReceived(page, "tick", shown + 2);
    page.assertFaultless();
  });

  test("theStreamIsCopiedAsCurlJavaScriptJavaAndReact", async () => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: product.url });
    const page = await open();
    const address = `${product.url}/api/events?channel=demo`;
    for (const name of ["curl", "JavaScript", "Java", "React"]) {
      await page.getByRole("button", { name, exact: true }).click();
      await untilText(page, "#snippet-said", new RegExp(`^Copied as ${name}`));
      assert.ok((await page.evaluate(() => navigator.clipboard.readText())).includes(address), name);
    }
    page.assertFaultless();
  });

  test("aRefusalSaysWhy_andOpeningWithBetterChannelsMendsIt", async () => {
    const page = await open(/status of 400/);
    await untilText(page, "#state", /^open$/);
    await page.fill("#channels", "no//channel");
    await page.getByRole("button", { name: "open", exact: true }).click();
    await untilText(page, "#state", /^Refused: .*channel.*Change the channels, and open\.$/);
    await page.fill("#channels", "demo, news/*");
    await page.press("#channels", "Enter");
    await untilText(page, "#state", /^open$/);
    page.assertFaultless();
  });

  test("worksWithTheKeyboardAlone_andFocusIsVisible", async () => {
    const page = await open();
    await untilText(page, "#state", /^open$/);
    const reached = new Set();
    for (let i = 0; i < 70; i++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        return { id: document.activeElement.id, visible: document.activeElement === document.body || (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) };
      });
      assert.ok(at.visible, `focus on ${at.id} is not visible`);
      reached.add(at.id);
    }
    for (const id of ["channels", "disconnect", "to", "target", "event", "data", "publish-button", "burst", "wire", "pause", "filter", "received", "inspected-bytes", "cut", "end", "freeze", "offline", "away", "gap", "share"]) {
      assert.ok(reached.has(id), `${id} is not reached by Tab`);
    }
    await page.focus("#data");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("typed by hand");
    await page.keyboard.press("Control+Enter");
    await until(page, "what was typed", () => [...document.querySelectorAll("#received .data")].some((data) => data.textContent === "typed by hand"));
    page.assertFaultless();
  });

  test("fitsEveryWidthInLightAndDark", async () => {
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [360, 768, 1200, 1600]) {
        const page = await open();
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        await untilReceived(page, "tick", 1);
        assert.equal(await sidewaysScroll(page), 0, `${width} px, ${colorScheme}`);
        page.assertFaultless();
        await page.close();
      }
    }
  });

  test("aFifthStreamClosesTheOldest_andThePageThatLosesItSaysSo", async () => {
    const first = await open();
    await untilText(first, "#state", /^open$/);
    const second = await open();
    await untilText(second, "#state", /^open$/);
    await untilText(second, "#places", /4 of 4/);
    const third = await open(undefined, "/examples/counter/");
    await untilText(third, "#state", /^Connected to/);
    await untilText(first, "#evicted", /Closed to make room/);
    await publish(second, "price", "still here");
    await untilReceived(second, "price", 1);
    [first, second, third].forEach((page) => page.assertFaultless());
  });

  test("disconnectClosesTheStream_andConnectOpensItAgain", async () => {
    const page = await open();
    await untilText(page, "#state", /^open$/);
    await page.click("#disconnect");
    await untilText(page, "#state", /^Disconnected/);
    await untilText(page, "#disconnect", /^connect$/);
    await page.click("#disconnect");
    await untilText(page, "#state", /^open$/);
    await publish(page, "price", "again");
    await untilReceived(page, "price", 1);
    page.assertFaultless();
  });
});
