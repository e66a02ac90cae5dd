// SPDX-License-Identifier: Apache-2.0

import { createElement, useEffect, useState, version } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, expect, test, vi } from "vitest";
import { serve, type Answer, type Script, type Server } from "../../client/test/server.js";
import { SseProvider, useChannel, useConnection, useEvent, useLatest, useProgress, useSSE } from "../src/index.js";
import { render } from "./page.js";

let server: Server | undefined;

afterEach(async () => {
  await eventually(() => expect(server?.open() ?? 0, "streams left").toBe(0));
  await server?.stop();
  server = undefined;
});

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 60_000, interval: 5 });

async function started(script: Script) {
  server = await serve(script);
  const { origin } = new URL(server.url);
  return { origin, url: server.url, asked: server.asked, open: server.open };
}

/** An answer that the test goes on with. */
async function held() {
  const answers: Answer[] = [];
  return { answers, ...(await started((answer) => void answers.push(answer.head()))) };
}

const json = JSON.stringify;

test("runsWithTheReactThatThisProjectIsFor", ({ task }) => {
  expect(version).toMatch(task.file.projectName === "React 18" ? /^18\./ : /^19\./);
});

test("useSSE_showsData_connectionAndErrors", async () => {
  const answers: Answer[] = [];
  const { url } = await started((answer, _, attempt) => {
    answers.push(answer);
    if (attempt === 1) answer.head().write('data: {"n":1}\n\nevent: other\ndata: 9\n\ndata: {"n":2}\n\n').end();
    else if (attempt === 2) answer.status(503);
    else if (attempt === 3) answer.head().write("data: plain\n\n");
    else answer.status(403);
  });
  const seen: string[] = [];
  function Show() {
    const { data, error, isConnected, failures } = useSSE<{ n: number }>({ url, retryMillis: 100 });
    const now = json([data, isConnected, error?.reason ?? null, failures]);
    if (now !== seen.at(-1)) seen.push(now);
    return now;
  }
  const { text, unmount } = render(createElement(Show), { strict: false });
  await eventually(() => expect(text()).toBe('["plain",true,null,0]'));
  answers[2]!.end();
  await eventually(() => expect(text()).toBe('["plain",false,"status",2]'));
  expect(seen[0]).toBe('[null,false,null,0]');
  for (const state of ['[{"n":2},false,"ended",1]', '[{"n":2},false,"status",2]', '["plain",true,null,0]', '["plain",false,"ended",1]']) expect(seen).toContain(state);
  unmount();
});

test("strictModeOpensOneConnection_andUnmountingLeavesNone", async () => {
  const { url, asked, open } = await held();
  const Show = () => json(useSSE({ url }).isConnected);
  const { text, unmount } = render(createElement(Show));
  await eventually(() => expect(text()).toBe("true"));
  expect([asked.length, open()]).toEqual([1, 1]);
  unmount();
  await eventually(() => expect(open()).toBe(0));
  expect(asked.length).toBe(1);
});

test("aBurstReachesTheHandlerEventByEvent_andTheNewestHandlerAtThat", async () => {
  const { url, asked, answers } = await held();
  const calls: string[] = [];
  const Show = ({ name }: { name: string }) => {
    const { isConnected, data } = useSSE({ url, events: { n: (event) => calls.push(`${name} ${event.type} ${event.data} ${event.lastEventId}`) } });
    return `${name} ${isConnected} ${data}`;
  };
  const { show, text, unmount } = render(createElement(Show, { name: "first" }));
  await eventually(() => expect(text()).toBe("first true null"));
  const burst = (from: number) => answers[0]!.write(Array.from({ length: 100 }, (_, n) => `id: ${from + n}\nevent: n\ndata: ${from + n}\n\n`).join("") + `data: end ${from}\n\n`);
  burst(0);
  await eventually(() => expect(text()).toBe("first true end 0"));
  show(createElement(Show, { name: "second" }));
  await eventually(() => expect(text()).toBe("second true end 0"));
  burst(100);
  await eventually(() => expect(text()).toBe("second true end 100"));
  expect(calls).toEqual(Array.from({ length: 200 }, (_, n) => `${n < 100 ? "first" : "second"} n ${n} ${n}`));
  expect(asked.length).toBe(1);
  unmount();
});

test("anotherUrlConnectsAgain_andForgetsTheData", async () => {
  const { url, asked, open } = await started((answer, { path }) => answer.head().write(`data: ${path}\n\n`));
  const Show = ({ to }: { to: string }) => `${useSSE({ url: `${url}${to}`, headers: { "X-To": to } }).data}`;
  const { show, text, unmount } = render(createElement(Show, { to: "1" }));
  await eventually(() => expect(text()).toBe("/stream1"));
  show(createElement(Show, { to: "1" }));
  show(createElement(Show, { to: "2" }));
  await eventually(() => expect(text()).toBe("/stream2"));
  await eventually(() => expect(open()).toBe(1));
  expect(asked.map(({ path }) => path)).toEqual(["/stream1", "/stream2"]);
  unmount();
});

test("useEvent_callsForEachEventOfItsType_withTheNewestClosure", async () => {
  const { url, answers } = await held();
  const heard: string[] = [];
  function Show() {
    const [count, setCount] = useState(0);
    const { isConnected } = useEvent(url, "n", ({ data }) => {
      heard.push(`${count}:${data}`);
      setCount((before) => before + 1);
    });
    return `${isConnected} ${count}`;
  }
  const { text, unmount } = render(createElement(Show));
  await eventually(() => expect(text()).toBe("true 0"));
  answers[0]!.write("event: n\ndata: a\n\nevent: other\ndata: x\n\nevent: n\ndata: b\n\n");
  await eventually(() => expect(text()).toBe("true 2"));
  answers[0]!.write("event: n\ndata: c\n\n");
  await eventually(() => expect(text()).toBe("true 3"));
  expect(heard).toEqual(["0:a", "0:b", "2:c"]);
  unmount();
});

test("useChannel_keepsTheNewestEvents_withoutTheGreeting", async () => {
  const { origin, asked } = await started((answer) =>
    answer.head().write(`id: 0\ndata: {"type":"connected","clientId":"x"}\n\n${[1, 2, 3, 4].map((n) => `id: ${n}\nevent: e\ndata: {"n":${n}}\n\n`).join("")}id: 5\ndata: plain\n\n`),
  );
  const Show = () => json(useChannel("room/a b", { limit: 3 }).events);
  const { text, unmount } = render(createElement(SseProvider, { hub: origin }, createElement(Show)));
  await eventually(() => expect(text()).toContain("plain"));
  expect(JSON.parse(text()!)).toEqual([{ type: "e", data: { n: 3 }, id: "3" }, { type: "e", data: { n: 4 }, id: "4" }, { type: "message", data: "plain", id: "5" }]);
  expect(asked[0]!.path).toBe("/api/events/room/a%20b");
  unmount();
});

test("hooksOfAProviderShareAStream_whichTheLastOneCloses", async () => {
  const { origin, asked, open } = await started((answer) => answer.head().write('event: price\ndata: {"p":1}\n\ndata: {"p":2}\n\n'));
  const Price = () => `price ${json(useLatest("prices", "price"))} `;
  const Other = () => `other ${json(useLatest("prices"))} ${useChannel("prices").events.length}`;
  const tree = (price: boolean) => createElement(SseProvider, { hub: origin, options: OPTIONS }, price && createElement(Price, { key: 1 }), createElement(Other, { key: 2 }));
  const { show, text, unmount } = render(tree(true));
  await eventually(() => expect(text()).toBe('price {"p":1} other {"p":2} 2'));
  expect([asked.length, asked[0]!.headers["authorization"]]).toEqual([1, "Bearer t"]);
  show(tree(false));
  await eventually(() => expect(text()).toBe('other {"p":2} 2'));
  expect([asked.length, open()]).toEqual([1, 1]);
  unmount();
  await eventually(() => expect(open()).toBe(0));
});
const OPTIONS = { token: "t" };

test("aComponentThatTakesTheOnlyOnesPlaceKeepsTheStream", async () => {
  const { url, answers, asked } = await held();
  let listening = ""; // React shows a component before it runs its effects, with which the component begins to hear
  const Show = ({ name }: { name: string }) => {
    const { data } = useSSE({ url });
    useEffect(() => void (listening = name), [name]);
    return `${name} ${data}`;
  };
  const tree = (name: string) => createElement(SseProvider, null, createElement(Show, { key: name, name }));
  const { show, text, unmount } = render(tree("one"));
  await eventually(() => expect(asked.length).toBe(1));
  answers[0]!.write("data: a\n\n");
  await eventually(() => expect(text()).toBe("one a"));
  show(tree("other"));
  await eventually(() => expect([text(), listening]).toEqual(["other null", "other"]));
  answers[0]!.write("data: b\n\n");
  await eventually(() => expect(text()).toBe("other b"));
  expect(asked.length).toBe(1);
  unmount();
});

test("useProgress_showsATaskFromItsBeginning_andClosesAtItsEnd", async () => {
  const told = (taskId: string, progress: number, status: string) => `event: progress\ndata: ${json({ taskId, progress, status })}\n\n`;
  const { origin, asked, open } = await started((answer) => answer.head().write(told("t", 0, "started") + told("other", 70, "processing") + told("t", 40, "processing") + told("t", 50, "processing")));
  const Show = ({ task }: { task: { taskId: string; id: string } | string | null }) => {
    const { progress, status, statuses, isConnected } = useProgress(task);
    return `${progress} ${status} ${isConnected} [${statuses}]`;
  };
  const tree = (task: Parameters<typeof Show>[0]["task"]) => createElement(SseProvider, { hub: origin }, createElement(Show, { task }));
  const { show, text, unmount } = render(tree(null));
  await eventually(() => expect(text()).toBe("0 null false []"));
  expect(asked.length).toBe(0);
  show(tree({ taskId: "t", id: "5-6" }));
  await eventually(() => expect(text()).toBe("50 processing true [started,processing]"));
  expect(asked[0]!.path).toBe("/api/events/process/t?since=5-6");
  show(tree("t"));
  await eventually(() => expect(asked[1]?.path).toBe("/api/events/process/t?last=1000"));
  unmount();
  await eventually(() => expect(open()).toBe(0));
});

test("useProgress_ofACompletedTaskHasNoConnection", async () => {
  const { origin, open, asked } = await started((answer) => answer.head().write(`event: progress\ndata: ${json({ taskId: "t", progress: 100, status: "completed" })}\n\n`));
  const Show = () => {
    const { progress, status, isConnected, state } = useProgress({ taskId: "t", id: "1" });
    return `${progress} ${status} ${isConnected} ${state}`;
  };
  const { text, unmount } = render(createElement(SseProvider, { hub: origin }, createElement(Show)));
  await eventually(() => expect(text()).toBe("100 completed false closed"));
  await eventually(() => expect(open()).toBe(0));
  expect(asked.length).toBe(1);
  unmount();
});

test("renderingOnAServerOpensNothing", async () => {
  const { url, asked } = await started((answer) => answer.head());
  const Show = () => json([useSSE({ url }).state, useChannel("a").events, useLatest("a"), useProgress("t").progress, useEvent(url, "*", () => {}).isConnected, useConnection(url).retryAt]);
  expect(renderToString(createElement(SseProvider, { hub: new URL(url).origin }, createElement(Show))).replaceAll("&quot;", '"')).toBe('["connecting",[],null,0,false,null]');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked.length).toBe(0);
});

test("maxRetriesEndsWithAFinalError", async () => {
  const { url, asked } = await started((answer) => answer.status(500));
  const Show = () => {
    const { error, failures, state } = useSSE({ url, maxRetries: 2, retryMillis: 1 });
    return json([state, failures, error?.reason, error?.final]);
  };
  const { text, unmount } = render(createElement(Show));
  await eventually(() => expect(text()).toBe('["closed",3,"max-retries",true]'));
  expect(asked.length).toBe(3);
  unmount();
});

test("useConnection_showsTheStreamWithoutItsEvents_andReconnectEndsAWait", async () => {
  const { url, answers, asked } = await held();
  let renders = 0;
  let reconnect = () => {};
  const waits: number[] = [];
  function Show() {
    renders++;
    const connection = useConnection({ url, retryMillis: 3_600_000, maxDelayMillis: 3_600_000 });
    reconnect = connection.reconnect;
    if (connection.retryAt) waits.push(connection.retryAt);
    return json([connection.state, connection.failures, connection.retryAt !== null]);
  }
  const { text, unmount } = render(createElement(Show), { strict: false });
  await eventually(() => expect(text()).toBe('["open",0,false]'));
  const [before, first] = [renders, reconnect];
  answers[0]!.write("retry: 3600000\n\n" + "data: a\n\n".repeat(100)).end();
  await eventually(() => expect(text()).toBe('["waiting",1,true]'));
  expect(renders - before).toBe(1);
  expect(Math.abs(waits[0]! - Date.now() - 3_600_000)).toBeLessThan(600_000);
  reconnect();
  await eventually(() => expect(text()).toBe('["open",1,false]'));
  expect([asked.length, reconnect]).toEqual([2, first]);
  unmount();
});

test("reconnectOpensAStreamThatWasGivenUp_whereItWas_forAllThatUseIt", async () => {
  const { url, asked, open } = await started((answer, _, attempt) => {
    if (attempt === 1) answer.head().write("id: 7\ndata: a\n\n").end();
    else if (attempt < 4) answer.status(500);
    else answer.head().write("id: 8\ndata: b\n\n");
  });
  const source = { url, maxRetries: 2, retryMillis: 1 };
  const reconnects: (() => void)[] = [];
  function Connection() {
    const { state, failures, error, reconnect } = useConnection(source);
    reconnects.push(reconnect);
    return json([state, failures, error?.final ?? null]);
  }
  const Data = () => useSSE<string>(source).data;
  const { text, unmount } = render(createElement(SseProvider, null, createElement(Connection), createElement(Data)));
  await eventually(() => expect(text()).toBe('["closed",3,true]a'));
  const reconnect = reconnects.at(-1)!;
  reconnect();
  await eventually(() => expect(text()).toBe('["open",0,null]b'));
  expect(asked.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "7", "7", "7"]);
  unmount();
  await eventually(() => expect(open()).toBe(0));
  reconnect();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked.length, "who has left opens nothing").toBe(4);
});
