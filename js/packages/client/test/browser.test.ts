// SPDX-License-Identifier: Apache-2.0
// The built package in a real Chromium, alone and in several tabs.

import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBrowser, startProduct } from "../../../tests/product.js";
import { serveBuilt } from "./built.js";
import { eventually } from "./eventually.js";
import { ALL, BREAKS, post, publishAndBreak } from "./hub.js";
import { vectors, waysToFeed } from "./vectors.js";

/** What the tests keep in a page. */
interface Kept {
  client: typeof import("../src/index.js");
  stream: import("../src/index.js").Stream;
  got: string[];
  gaps: unknown[];
  connected: number;
  clientId: string;
  requests: number;
}
declare global {
  interface Window {
    kept: Kept;
  }
}

const SCRIPT = `
import * as client from "/client/index.js";
window.kept = { client, got: [], gaps: [], connected: 0, clientId: "", requests: 0 };
`;

let hub: Awaited<ReturnType<typeof startProduct>>;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => void ([hub, browser] = await Promise.all([startProduct("serve"), startBrowser()])));
afterAll(async () => {
  await browser?.close();
  expect(await hub.stop()).toBe(0);
});
beforeEach(async () => {
  context = await browser.newContext();
  await serveBuilt(context, hub.url, SCRIPT);
});
afterEach(() => context.close());

const faults: string[] = [];
afterEach(() => expect(faults.splice(0)).toEqual([]));

async function openPage(): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(error.message));
  await load(page);
  return page;
}

async function load(page: Page): Promise<void> {
  await page.goto(`${hub.url}/client/page.html`);
  await page.waitForFunction(() => "kept" in window);
}

/** Opens a stream in the page, which writes down the numbers that come and does not wait before it connects again. */
function openStream(page: Page, channel: string, options: Record<string, unknown> = {}): Promise<void> {
  return page.evaluate(
    ([url, settings]) => {
      const { kept } = window;
      const stream = (kept.stream = kept.client.createStream(url, {
        ...settings,
        onGap: (gap) => kept.gaps.push(gap),
        fetch: (...call) => {
          kept.requests++;
          return fetch(...call);
        },
      }));
      stream.on("n", ({ data }) => kept.got.push(data));
      stream.on("message", (event) => {
        kept.connected++;
        kept.clientId = event.json().clientId;
      });
      stream.subscribe(() => stream.getSnapshot().state === "waiting" && stream.reconnect());
    },
    [`/api/events/${channel}`, options] as const,
  );
}

const kept = <K extends keyof Kept>(page: Page, key: K) => page.evaluate((name) => window.kept[name], key as keyof Kept) as Promise<Kept[K]>;
const state = (page: Page) => page.evaluate(() => window.kept.stream.getSnapshot().state);
const streams = async (): Promise<number> => (await (await fetch(`${hub.url}/api/channels`)).json()).streams;
const publish = (channel: string, ...numbers: number[]) =>
  fetch(`${hub.url}/api/publish`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(numbers.map((n) => ({ channel, event: "n", data: String(n) }))) });

test("theVectors", async () => {
  const page = await openPage();
  const cases = vectors.flatMap(({ name, chunks, ...expected }) =>
    Object.entries(waysToFeed(chunks.map((chunk) => Buffer.from(chunk, "base64")), 3)).map(([way, pieces]) => ({ name: `${name}, ${way}`, pieces: pieces.map((piece) => [...piece]), expected })),
  );
  const wrong = await page.evaluate((all) => {
    const bad: unknown[] = [];
    for (const { name, pieces, expected } of all) {
      const events: unknown[] = [];
      let last = "";
      let time: number | undefined;
      const feed = window.kept.client.createParser(
        {
          event: (type, data, lastEventId) => void (events.push({ type, data, lastEventId }), (last = lastEventId)),
          id: (id) => void (last = id),
          retry: (millis) => void (time = millis),
        },
        { maxLineChars: 2 ** 24, maxEventChars: 2 ** 24 },
      );
      for (const piece of pieces) feed(Uint8Array.from(piece));
      const wanted = [expected.expected, expected.lastEventId, expected.reconnectionTime && Math.min(expected.reconnectionTime, 2 ** 31 - 1)];
      if (JSON.stringify([events, last, time]) !== JSON.stringify(wanted)) bad.push([name, events, wanted]);
    }
    return bad;
  }, cases);
  expect(wrong).toEqual([]);
  expect(cases.length).toBe(vectors.length * 4);
});

describe("one page", () => {
  test("tenThousandEventsThroughFiftyBreaksArriveOnce_inOrder", async () => {
    const page = await openPage();
    await openStream(page, "page");
    await eventually(async () => expect(await kept(page, "connected")).toBe(1));
    await publishAndBreak(hub.url, "page", async (n) => {
      await post(`${hub.url}/playground/${await kept(page, "clientId")}/${n % 2 ? "cut" : "end"}`);
      await eventually(async () => expect(await kept(page, "connected")).toBe(n + 2));
    });
    await eventually(async () => expect((await kept(page, "got")).length).toBeGreaterThanOrEqual(ALL.length));
    expect(await kept(page, "got")).toEqual(ALL);
    expect([await kept(page, "connected"), await kept(page, "gaps")]).toEqual([BREAKS + 1, []]);
  }, 200_000);

  test("aReloadContinuesFromTheSessionStorage", async () => {
    const page = await openPage();
    await openStream(page, "reload", { resume: true });
    await eventually(async () => expect(await kept(page, "connected")).toBe(1));
    await publish("reload", 1, 2);
    await eventually(async () => expect(await kept(page, "got")).toEqual(["1", "2"]));
    await page.goto("about:blank");
    await publish("reload", 3, 4);
    await load(page);
    await openStream(page, "reload", { resume: true });
    await eventually(async () => expect(await kept(page, "got")).toEqual(["3", "4"]));
    expect(await kept(page, "gaps")).toEqual([]);
  });

  test("aHiddenPageKeepsItsStream_unlessItIsToPause", async () => {
    const page = await openPage();
    await openStream(page, "hidden", { whenHidden: "pause" });
    await eventually(async () => expect(await state(page)).toBe("open"));
    await publish("hidden", 1);
    await eventually(async () => expect(await kept(page, "got")).toEqual(["1"]));
    const show = (hidden: boolean) =>
      page.evaluate((value) => {
        Object.defineProperty(document, "hidden", { value, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await show(true);
    expect(await state(page)).toBe("paused");
    await eventually(async () => expect(await streams()).toBe(0));
    await publish("hidden", 2);
    await show(false);
    await eventually(async () => expect(await kept(page, "got")).toEqual(["1", "2"]));
    await page.evaluate(() => window.kept.stream.close());
    await openStream(page, "hidden");
    await eventually(async () => expect(await state(page)).toBe("open"));
    await show(true);
    expect(await state(page)).toBe("open");
  });

  test("aPageThatIsPutAwayClosesItsStream_andResumesWhenItIsBack", async () => {
    const page = await openPage();
    await openStream(page, "away");
    await eventually(async () => expect(await kept(page, "connected")).toBe(1));
    await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
    expect(await state(page)).toBe("paused");
    await eventually(async () => expect(await streams()).toBe(0));
    await publish("away", 1);
    await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
    await eventually(async () => expect(await kept(page, "got")).toEqual(["1"]));
  });

  test("withoutANetworkNoAttemptCounts_andTheNetworkEndsTheWait", async () => {
    const page = await openPage();
    await context.setOffline(true);
    await page.evaluate((url) => {
      window.kept.stream = window.kept.client.createStream(url, { retryMillis: 600_000, maxDelayMillis: 600_000, maxRetries: 0 });
    }, `/api/events/offline`);
    await eventually(async () => expect(await state(page)).toBe("waiting"));
    expect(await page.evaluate(() => window.kept.stream.getSnapshot().failures)).toBe(0);
    await context.setOffline(false);
    await eventually(async () => expect(await state(page)).toBe("open"));
  });

  test("theEventSourceTakesTheOnesPlace", async () => {
    const page = await openPage();
    const [ours, theirs] = await page.evaluate(async () => {
      const run = (Source: typeof EventSource) =>
        new Promise<unknown[]>((resolve) => {
          const source = new Source("/api/events/source");
          const heard: unknown[] = [source.readyState, source.url, source.withCredentials];
          source.onopen = ({ type }) => heard.push([type, source.readyState]);
          source.onmessage = (event) => {
            heard.push([event instanceof MessageEvent, event.origin, JSON.parse(event.data).type, typeof event.lastEventId]);
            source.close();
            resolve([...heard, source.readyState]);
          };
        });
      return [await run(window.kept.client.EventSource as unknown as typeof EventSource), await run(EventSource)];
    });
    expect(ours).toEqual(theirs);
  });
});

describe("several tabs", () => {
  const SHARED = { share: true };

  /** The tab that asked the hub last is the one that leads. */
  async function leaderOf(pages: Page[]): Promise<Page> {
    for (;;) {
      for (const page of pages) if (await page.evaluate(() => window.kept.requests > 0)) return page;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  test("haveOneConnection_andAllGetEverything", async () => {
    const pages = await Promise.all([openPage(), openPage(), openPage(), openPage()]);
    for (const page of pages) await openStream(page, "tabs", SHARED);
    for (const page of pages) await eventually(async () => expect(await state(page)).toBe("open"));
    await eventually(async () => expect(await streams()).toBe(1)); // those of the test before may be counted for a moment
    await publish("tabs", 1, 2, 3);
    for (const page of pages) await eventually(async () => expect(await kept(page, "got")).toEqual(["1", "2", "3"]));
    const requests = await Promise.all(pages.map((page) => kept(page, "requests")));
    expect(requests.toSorted()).toEqual([0, 0, 0, 1]);
    for (const page of pages) await page.evaluate(() => window.kept.stream.close());
    await eventually(async () => expect(await streams()).toBe(0));
  });

  test("closeTogetherWhenTheServerSaysSo", async () => {
    const pages = await Promise.all([openPage(), openPage()]);
    await context.route(`${hub.url}/api/events/none`, (route) => route.fulfill({ status: 403 }));
    for (const page of pages) await openStream(page, "none", SHARED);
    for (const page of pages) {
      await eventually(async () => expect(await state(page)).toBe("closed"));
      expect(await page.evaluate(() => ({ ...window.kept.stream.getSnapshot().error! }))).toMatchObject({ reason: "status", status: 403, final: true });
    }
  });

  test("aTabThatWasAwayGetsWhatItMissed_fromTheLeader_orWhereThatWasTooLongFromTheHub", async () => {
    const [one, other] = await Promise.all([openPage(), openPage()]);
    await openStream(one, "away-too", SHARED);
    await eventually(async () => expect(await kept(one, "connected")).toBe(1));
    await openStream(other, "away-too", SHARED);
    await eventually(async () => expect(await state(other)).toBe("open")); // a tab gets what comes after it has joined
    await publish("away-too", 1);
    await eventually(async () => expect(await kept(other, "got")).toEqual(["1"]));
    let n = 1;
    for (const [missed, requests] of [[900, 0], [1100, 1]] as const) {
      await other.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
      await publish("away-too", ...Array.from({ length: missed }, () => ++n));
      await eventually(async () => expect((await kept(one, "got")).length).toBe(n));
      await other.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
      await eventually(async () => expect((await kept(other, "got")).length).toBe(n));
      expect([await kept(other, "requests"), await kept(other, "gaps")]).toEqual([requests, []]);
    }
    await eventually(async () => expect(await streams()).toBe(1));
    await publish("away-too", ++n);
    await eventually(async () => expect(await kept(other, "got")).toEqual(ALL.slice(0, n)));
  });

  test("tenThousandEventsThroughFiftyBreaks_halfOfThemAChangeOfTheLeader_arriveOnceInEachOfFourTabs", async () => {
    const pages = await Promise.all([openPage(), openPage(), openPage(), openPage()]);
    for (const page of pages) {
      await openStream(page, "leader", SHARED);
      await eventually(async () => expect(await state(page)).toBe("open"));
    }
    let crashing = await openPage();
    await openStream(crashing, "leader", SHARED);
    await eventually(async () => expect(await state(crashing)).toBe("open"));
    let changes = 0;
    let crashes = 0;

    await publishAndBreak(hub.url, "leader", async (n) => {
      const all = [...pages, crashing];
      const leader = await leaderOf(all);
      if (n % 2) {
        const before = await kept(leader, "connected");
        await post(`${hub.url}/playground/${await kept(leader, "clientId")}/cut`);
        await eventually(async () => expect(await kept(leader, "connected")).toBe(before + 1));
        return;
      }
      changes++;
      await leader.evaluate(() => void (window.kept.requests = 0));
      if (leader === crashing) {
        crashes++;
        const got = await kept(crashing, "got");
        expect(got).toEqual(ALL.slice(ALL.indexOf(got[0]!), ALL.indexOf(got[0]!) + got.length));
        await crashing.close();
        crashing = await openPage();
        await openStream(crashing, "leader", SHARED);
      } else {
        await leader.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
        await leaderOf(all.filter((page) => page !== leader));
        await leader.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
      }
    });

    for (const page of pages) {
      await eventually(async () => expect((await kept(page, "got")).at(-1)).toBe(ALL.at(-1)));
      expect(await kept(page, "got")).toEqual(ALL);
      expect(await kept(page, "gaps")).toEqual([]);
    }
    expect([changes, crashes >= 3]).toEqual([BREAKS / 2, true]);
    await eventually(async () => expect(await streams()).toBe(1));
  }, 400_000);
});
