// SPDX-License-Identifier: Apache-2.0
// The built package, served to a page of any origin.

import { readdirSync, readFileSync } from "node:fs";
import type { BrowserContext } from "playwright-core";

const DIST = new URL("../dist/", import.meta.url);
const files = new Map(readdirSync(DIST).filter((name) => name.endsWith(".js")).map((name) => [`/client/${name}`, readFileSync(new URL(name, DIST), "utf8")]));

/** Answers for `/client/` of that origin: the modules, and under each other name a page with this script, which may import them. */
export function serveBuilt(context: BrowserContext, origin: string, script: string): Promise<unknown> {
  return context.route(`${origin}/client/**`, (route) => {
    const text = files.get(new URL(route.request().url()).pathname);
    return text === undefined
      ? route.fulfill({ contentType: "text/html", body: `<!doctype html><title>test</title><link rel="icon" href="data:,"><script type="module">${script}</script>` })
      : route.fulfill({ contentType: "text/javascript", body: text });
  });
}
