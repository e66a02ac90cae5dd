// SPDX-License-Identifier: Apache-2.0

import { afterEach, expect, test } from "vitest";
import { EventSource } from "../src/index.js";
import { eventually } from "./eventually.js";
import { serve, type Script, type Server } from "./server.js";

let server: Server | undefined;
let source: EventSource | undefined;

afterEach(async () => {
  source?.close();
  await eventually(() => expect(server?.open() ?? 0).toBe(0));
  await server?.stop();
  server = source = undefined;
});

async function open(script: Script, options: ConstructorParameters<typeof EventSource>[1] = {}) {
  server = await serve(script);
  source = new EventSource(server.url, options);
  const heard: string[] = [];
  source.onopen = ({ type }) => heard.push(`${type} ${source!.readyState}`);
  source.onerror = () => heard.push(`error ${source!.readyState}`);
  return { source, server, heard };
}

test("opensSaysWhatComesAndConnectsAgain", async () => {
  const { source, server, heard } = await open(
    (answer, _, attempt) => {
      answer.head().write(`retry: 1\nid: ${attempt}\ndata: a\ndata: b\n\nevent: ping\ndata: ${attempt}\n\n`);
      if (attempt === 1) answer.end();
    },
  );
  expect([source.readyState, source.url, source.withCredentials]).toEqual([0, server.url, false]);
  const messages: unknown[] = [];
  source.onmessage = function (event) {
    messages.push([this === source, event instanceof MessageEvent, event.data, event.lastEventId, event.origin === new URL(server.url).origin]);
  };
  source.addEventListener("ping", (event) => heard.push(`ping ${(event as MessageEvent).data}`));
  await eventually(() => expect(heard).toEqual(["open 1", "ping 1", "error 0", "open 1", "ping 2"]));
  expect(messages).toEqual([[true, true, "a\nb", "1", true], [true, true, "a\nb", "2", true]]);
  source.close();
  expect([source.readyState, heard.length]).toEqual([2, 5]);
});

test("a204AndA404CloseItWithAnError", async () => {
  const { source, heard } = await open((answer) => answer.status(204));
  let error: unknown;
  source.addEventListener("error", (event) => (error = (event as unknown as { error: unknown }).error));
  await eventually(() => expect(heard).toEqual(["error 2"]));
  expect(error).toMatchObject({ reason: "no-content", final: true });
});

test("hasTheConstantsOfTheStandard", () => {
  expect([EventSource.CONNECTING, EventSource.OPEN, EventSource.CLOSED]).toEqual([0, 1, 2]);
  expect([EventSource.prototype instanceof EventTarget, "CONNECTING" in EventSource]).toEqual([true, true]);
});

test("aHandlerIsReplaced_keepsItsPlace_andMayBeTakenAway", async () => {
  const { source } = await open((answer) => answer.head().write("data: a\n\n"));
  const calls: string[] = [];
  source.onmessage = () => calls.push("first");
  source.addEventListener("message", () => calls.push("listener"));
  const second = () => calls.push("second");
  source.onmessage = second;
  expect(source.onmessage).toBe(second);
  await eventually(() => expect(calls).toEqual(["second", "listener"]));
  source.onmessage = null;
  expect(source.onmessage).toBeNull();
});

test("takesTheOptionsOfAStream", async () => {
  const { source, server } = await open((answer) => answer.head().write("data: a\n\n"), { headers: { "X-Mine": "1" }, token: "t" });
  await eventually(() => expect(source.readyState).toBe(1));
  expect(server.asked[0]!.headers).toMatchObject({ "x-mine": "1", authorization: "Bearer t" });
});
