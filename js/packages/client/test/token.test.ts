// SPDX-License-Identifier: Apache-2.0
// In front of a hub with a key.

import { createHmac, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createStream } from "../src/index.js";
import { startProduct } from "../../../tests/product.js";
import { eventually } from "./eventually.js";

const KEY = randomBytes(32).toString("hex");
let hub: Awaited<ReturnType<typeof startProduct>>;

beforeAll(async () => void (hub = await startProduct("serve", "--jwt-key", KEY, "--bind", "127.0.0.1")));
afterAll(async () => expect(await hub.stop()).toBe(0));

function token(seconds: number): string {
  const part = (what: unknown) => Buffer.from(JSON.stringify(what)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: "me", exp: Math.floor(Date.now() / 1000) + seconds, hibiki: { subscribe: ["news"], publish: ["news"] } })}`;
  return `${text}.${createHmac("sha256", KEY).update(text).digest("base64url")}`;
}

test("aStreamOutlivesItsTokens_andAsksForAFreshOneAfterA401", async () => {
  const asked: boolean[] = [];
  const got: string[] = [];
  const onTokenExpiring = vi.fn();
  const stream = createStream(`${hub.url}/api/events/news`, {
    onTokenExpiring,
    token({ refresh }) {
      asked.push(refresh);
      return token(refresh ? 6 : -3600); // one from a cache is of yesterday
    },
  });
  stream.on("n", ({ data }) => got.push(data));
  stream.subscribe(() => stream.getSnapshot().state === "waiting" && stream.reconnect());
  await eventually(() => expect(stream.getSnapshot().state).toBe("open"));
  let n = 0;
  while (n < 40 || asked.length < 4) {
    n++;
    const answer = await fetch(`${hub.url}/api/publish`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token(60)}` },
      body: JSON.stringify({ channel: "news", event: "n", data: String(n) }),
    });
    expect(answer.status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await eventually(() => expect(got.length).toBeGreaterThanOrEqual(n));
  expect(got).toEqual(Array.from({ length: n }, (_, at) => String(at + 1)));
  expect(asked.slice(0, 4)).toEqual([false, true, false, true]);
  expect(onTokenExpiring).toHaveBeenCalled();
  stream.close();
});

test("noTokenAndOneThatMayNotAreFinal", async () => {
  for (const [channel, given, status] of [["news", undefined, 401], ["other", token(60), 403]] as const) {
    const stream = createStream(`${hub.url}/api/events/${channel}`, given ? { token: given } : {});
    await eventually(() => expect(stream.getSnapshot()).toMatchObject({ state: "closed", error: { reason: "status", status, final: true } }));
  }
});
