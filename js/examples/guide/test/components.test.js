// SPDX-License-Identifier: Apache-2.0
// What each component shows, in StrictMode, and that nothing of it is left behind.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { sidewaysScroll, startBrowser, startProduct, until, untilText } from "../../../tests/product.js";
import { notify, openApp, press, startApp, titles, untilStreams, untilValueChanges, whoAmI } from "./app.js";

let hub;
let browser;

before(async () => void ([hub, browser] = await Promise.all([startProduct("example", "guide"), startBrowser()])));
after(async () => {
  await browser?.close();
  assert.equal(await hub?.stop(), 0, "exit status of the hub");
});

/** In the page: keeps back what comes of its stream after `hold()`, until `release()` gives it to the page in one chunk. */
function holdableStreams() {
  const original = window.fetch;
  window.fetch = async (target, ...more) => {
    const answer = await original(target, ...more);
    if (!String(target).includes("/api/events")) return answer;
    let held = null;
    const body = answer.body.pipeThrough(
      new TransformStream({
        start(controller) {
          window.hold = () => (held = []);
          window.howMany = async (text) => (await new Blob(held).text()).split(text).length - 1;
          window.release = async () => controller.enqueue(new Uint8Array(await new Blob(held.splice(0)).arrayBuffer()));
        },
        transform: (chunk, controller) => void (held ? held.push(chunk) : controller.enqueue(chunk)),
      }),
    );
    return new Response(body, answer);
  };
}

/** Reads the stream of a task until it is so far. */
async function untilProgress({ taskId, id }, progress) {
  const answer = await fetch(`${hub.url}/api/events/process/${taskId}?since=${id}`);
  let text = "";
  for await (const chunk of answer.body) {
    text += Buffer.from(chunk);
    if (text.includes(`"taskId":"${taskId}","progress":${progress},`)) return;
  }
}

const steps = (page) => page.locator(".steps .done").allTextContents();

for (const react of ["19", "18"]) {
  describe(`with React ${react}`, () => {
    let app;
    let context;

    before(async () => void (app = await startApp(hub.url, react)));
    after(() => app?.stop());
    beforeEach(async () => void (context = await browser.newContext({ viewport: { width: 1200, height: 900 } })));
    afterEach(async () => {
      await context.close();
      await untilStreams(hub.url, 0);
    });

    const open = () => openApp(context, app.url);

    test("strictModeOpensOneConnection_whichStaysWhileHandlersChange", async () => {
      await context.addInitScript(() => {
        window.initialised = 0; // a component's first state, which StrictMode makes twice
        Object.defineProperty(Notification, "permission", { get: () => (window.initialised++, "default") });
      });
      const page = await open();
      assert.ok((await page.evaluate(() => window.initialised)) > 1, "StrictMode is on");
      const version = await page.evaluate(async () => {
        const { name } = performance.getEntriesByType("resource").find((resource) => resource.name.includes("/deps/react.js"));
        return (await import(name)).default.version;
      });
      assert.equal(version.split(".")[0], react);
      await untilValueChanges(page, 2); // each renders again, with new handlers
      assert.equal(page.streams.length, 1, page.streams.join("\n"));
      await untilStreams(hub.url, 1);
      page.assertFaultless();
    });

    test("aBurstInOneChunkReachesTheHandlerAHundredTimes", async () => {
      await context.addInitScript(holdableStreams);
      const page = await open();
      const burst = Array.from({ length: 100 }, (_, n) => `number ${n}`);
      await page.evaluate(() => window.hold());
      await notify(hub.url, ...burst);
      await until(page, "all have come", async () => (await window.howMany("event: notification")) === 100);
      assert.deepEqual(await titles(page), []);
      await page.evaluate(() => window.release());
      await untilText(page, ".count", /^100$/);
      assert.deepEqual(await titles(page), burst);
      assert.equal(page.streams.length, 1);
      page.assertFaultless();
    });

    test("aTaskIsShownFromStarted_alsoIfOneListensLate", async () => {
      const page = await open();
      let letIn;
      const isHalf = new Promise((resolve) => (letIn = resolve));
      await page.route("**/api/events/process/**", async (route) => {
        await isHalf;
        await route.continue();
      });
      const accepted = page.waitForResponse("**/api/process");
      await press(page, "Start a task");
      const answer = await accepted;
      assert.equal(answer.status(), 202);
      await untilProgress(await answer.json(), 50);
      assert.deepEqual(await steps(page), []);
      letIn();
      await until(page, "it is shown on its way", () => document.querySelector("progress").value >= 50);
      assert.equal((await steps(page))[0], "started");
      await untilText(page, ".process [role=status]", /^completed$/);
      assert.deepEqual(await steps(page), ["started", "processing", "completed"]);
      page.assertFaultless();
    });

    test("unmountingLeavesNoStream", async () => {
      const page = await open();
      await press(page, "Start a task");
      await untilStreams(hub.url, 2);
      await press(page, "Leave");
      await untilStreams(hub.url, 0);
      await untilText(page, "main", /You have left/);
      await press(page, "Come back");
      await untilText(page, ".state", /^Connected$/);
      await untilStreams(hub.url, 1);
      await page.evaluate(async () => (await import("/src/main.tsx")).root.unmount());
      await untilStreams(hub.url, 0);
      assert.equal(await page.textContent("#root"), "");
      page.assertFaultless();
    });
  });
}

describe("the components", () => {
  let app;
  let context;

  before(async () => void (app = await startApp(hub.url)));
  after(() => app?.stop());
  beforeEach(async () => void (context = await browser.newContext({ viewport: { width: 1200, height: 900 } })));
  afterEach(() => context.close());

  const open = () => openApp(context, app.url);

  test("dashboardShowsTheValue_andEachNewOne", async () => {
    const page = await open();
    await untilText(page, ".value output", /^\d+\.\d\d$/);
    await untilValueChanges(page, 2);
    await untilText(page, ".value", /now$/);
    assert.ok((await page.evaluate(() => document.querySelector(".spark polyline").points.length)) >= 3, "the line has a point for each");
    page.assertFaultless();
  });

  test("dashboardShowsWhoJoinsAndLeaves_andWhoWasThereBefore", async () => {
    const ada = await open();
    await untilText(ada, ".users li", new RegExp(`^${await whoAmI(ada)} \\(you\\)$`));
    const bob = await open(); // its tab is another user
    const [adasName, bobsName] = [await whoAmI(ada), await whoAmI(bob)];
    await untilText(ada, ".visits li", new RegExp(`^${bobsName} joined$`));
    await untilText(ada, ".users li", new RegExp(`^${bobsName}$`));
    await untilText(bob, ".users li", new RegExp(`^${adasName}$`));
    await bob.close();
    await untilText(ada, ".visits li", new RegExp(`^${bobsName} left$`));
    await until(ada, "he is gone", (name) => ![...document.querySelectorAll(".users li")].some((user) => user.textContent === name), bobsName);
    const visits = await ada.locator(".visits li").allTextContents();
    assert.deepEqual(visits.filter((text) => text.startsWith(bobsName)), [`${bobsName} left`, `${bobsName} joined`]);
    ada.assertFaultless();
  });

  test("aNotificationArrivesInEveryPage_asText", async () => {
    const [ada, bob] = [await open(), await open()];
    await ada.fill("[name=title]", "<img src=x onerror=alert(1)>");
    await ada.fill("[name=body]", "data: forged\\n\\n");
    await press(ada, "Notify everyone");
    for (const page of [ada, bob]) {
      await untilText(page, ".notifications li strong", /^<img src=x onerror=alert\(1\)>$/);
      assert.equal(await page.textContent(".notifications li span"), "data: forged\\n\\n");
      await untilText(page, ".count", /^1$/);
      page.assertFaultless();
    }
    await notify(hub.url, "newer");
    await untilText(bob, ".notifications li:first-child strong", /^newer$/);
  });

  test("theBrowserShowsThem_onceTheUserHasSaidYes", async () => {
    await context.addInitScript(() => {
      window.shown = [];
      window.Notification = class extends Notification {
        constructor(...given) {
          super(...given);
          this.onshow = () => window.shown.push(`${this.title}: ${this.body}`);
        }
      };
    });
    const page = await open();
    await press(page, "Notify everyone");
    await untilText(page, ".count", /^1$/);
    await context.grantPermissions(["notifications"]); // the user's yes
    await press(page, "Let the browser show them");
    await untilText(page, ".permission", /^Your browser shows them too\.$/);
    await page.fill("[name=title]", "Lunch");
    await page.fill("[name=body]", "It is ready.");
    await press(page, "Notify everyone");
    await until(page, "the browser shows it", () => window.shown.length > 0);
    assert.deepEqual(await page.evaluate(() => window.shown), ["Lunch: It is ready."]);
    page.assertFaultless();
  });

  test("aTaskThatAButtonStartsFillsTheBar_andTheNextOneBeginsAnew", async () => {
    const page = await open();
    await page.evaluate(() => {
      window.told = [];
      const bar = document.querySelector("progress");
      new MutationObserver(() => bar.value !== window.told.at(-1) && window.told.push(bar.value)).observe(bar, { attributes: true });
    });
    await untilText(page, ".process [role=status]", /^No task yet$/);
    for (const name of ["Start a task", "Start another task"]) {
      await page.evaluate(() => window.told.splice(0));
      await press(page, name);
      await until(page, "the bar is full", () => window.told.at(-1) === 100);
      const told = (await page.evaluate(() => window.told)).filter((value) => value > 0); // the next task has begun at 0
      assert.ok(told.length > 2 && told.every((value, n) => n === 0 || value > told[n - 1]), `rises: ${told}`);
      await untilText(page, ".process [role=status]", /^completed$/);
      await untilText(page, ".percent", /^100 %$/);
      assert.deepEqual(await steps(page), ["started", "processing", "completed"]);
    }
    assert.equal(page.streams.filter((url) => url.includes("/process/")).length, 2);
    await untilStreams(hub.url, 1); // a task that is done has none
    page.assertFaultless();
  });

  test("itFitsEveryWidthInLightAndDark", async () => {
    const page = await open();
    await notify(hub.url, "A very long title that has no space: " + "x".repeat(80));
    await untilText(page, ".count", /^1$/);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      for (const width of [360, 800, 1600]) {
        await page.setViewportSize({ width, height: 800 });
        assert.equal(await sidewaysScroll(page), 0, `${width} px, ${colorScheme}`);
      }
    }
    page.assertFaultless();
  });
});
