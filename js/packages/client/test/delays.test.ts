// SPDX-License-Identifier: Apache-2.0
// When the next attempt begins, where the table of faults does not say it.

import { expect, test, vi } from "vitest";
import { opened, started } from "./opened.js";
import { serve } from "./server.js";

test("theJitterIsFull_andTheDelayHasACeiling", async () => {
  vi.mocked(Math.random).mockReturnValue(0.5);
  const { url } = await started((answer) => answer.status(500));
  const { stream, reached } = opened(url, { retryMillis: 10_000, maxDelayMillis: 4000 });
  await reached("waiting 1 status 500");
  const left = stream.getSnapshot().retryAt! - Date.now();
  expect(left).toBeGreaterThan(1000);
  expect(left).toBeLessThanOrEqual(2000);
});

test("noServerIsANetworkFailure_thatSaysWhat", async () => {
  const server = await serve(() => {});
  await server.stop();
  const { stream, reached } = opened(server.url, { maxRetries: 2 });
  await reached("closed 3 max-retries");
  expect(stream.getSnapshot().error!.cause).toMatchObject({ reason: "network", final: false, message: expect.stringContaining("ECONNREFUSED") });
});

test("aTokenThatNeverComesIsGivenUp_andComingLateItDoesNothing", async () => {
  let late: (token: string) => void = () => {};
  const token = vi.fn(() => new Promise<string>((resolve) => (token.mock.calls.length === 1 ? (late = resolve) : resolve("t"))));
  const { url, asked } = await started((answer) => answer.head().write("data: a\n\n"));
  const { reached, received } = opened(url, { connectMillis: 100, token });
  await reached("waiting 1 timeout");
  late("late");
  await received(1);
  expect(asked.map(({ headers }) => headers["authorization"])).toEqual(["Bearer t"]);
});

test("retryCountsAsTheDelayAfterAnEnd_andAsTheLeastAfterAFailure", async () => {
  const { url, asked } = await started((answer, _, attempt) => {
    if (attempt === 1) answer.head().write("retry: 300\ndata: a\n\n").end();
    else if (attempt === 2) answer.status(500);
    else answer.head().write("data: b\n\n");
  });
  vi.mocked(Math.random).mockReturnValue(0);
  await opened(url, { maxDelayMillis: 1 }).received(2);
  expect(asked[1]!.at - asked[0]!.at).toBeGreaterThanOrEqual(295);
  expect(asked[2]!.at - asked[1]!.at).toBeGreaterThanOrEqual(295);
});
