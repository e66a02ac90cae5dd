// SPDX-License-Identifier: Apache-2.0
// A page for React to render into. Only `window` stays for all to see: with a `document` the client would look for Chromium's abilities in jsdom.

import { JSDOM } from "jsdom";
import { createElement, type ReactElement, StrictMode } from "react";
import { afterEach, beforeAll, vi } from "vitest";

const dom = new JSDOM("<!doctype html><body></body>", { url: "http://localhost/" });
let createRoot: typeof import("react-dom/client").createRoot;
const mounted = new Set<() => void>();

beforeAll(async () => {
  for (const name of ["window", "document", "navigator"] as const) vi.stubGlobal(name, dom.window[name]);
  ({ createRoot } = await import("react-dom/client"));
  vi.unstubAllGlobals();
  vi.stubGlobal("window", dom.window);
});

afterEach(() => mounted.forEach((unmount) => unmount()));

/** Renders, in StrictMode unless said otherwise, and gives what renders again, what unmounts, and the text that is shown. */
export function render(element: ReactElement, { strict = true } = {}) {
  const place = dom.window.document.createElement("div");
  const root = createRoot(place);
  const show = (what: ReactElement) => root.render(strict ? createElement(StrictMode, null, what) : what);
  const unmount = () => {
    mounted.delete(unmount);
    root.unmount();
  };
  mounted.add(unmount);
  show(element);
  return { show, unmount, text: () => place.textContent };
}
