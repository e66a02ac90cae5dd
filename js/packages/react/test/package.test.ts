// SPDX-License-Identifier: Apache-2.0
// What is published works where nothing else is installed but React.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const PACKAGE = path("..");
const about = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));

test("publintFindsNothing", async () => {
  const { messages, pkg } = await publint({ pkgDir: PACKAGE, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg!))).toEqual([]);
});

test("dependsOnTheClientOnly", () => {
  expect([about.dependencies, about.peerDependencies]).toEqual([{ "@hibiki/client": about.version }, { react: ">=18" }]);
  expect(readFileSync(join(PACKAGE, "dist/index.js"), "utf8")).toMatch(/^"use client";/);
});

describe("installed into an empty project", () => {
  const parent = mkdtempSync(join(tmpdir(), "hibiki-react-"));
  const app = join(parent, "app");

  beforeAll(() => {
    const npm = (directory: string, ...args: string[]) =>
      execFileSync("npm", [...args, "--offline", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: directory, stdio: ["ignore", "ignore", "inherit"] });
    for (const directory of [path("../../client"), PACKAGE]) npm(directory, "pack", "--ignore-scripts", "--pack-destination", parent);
    mkdirSync(app);
    writeFileSync(join(app, "package.json"), '{"private":true}');
    npm(app, "install", "--legacy-peer-deps", ...["client", "react"].map((name) => join(parent, `hibiki-${name}-${about.version}.tgz`)));
    for (const name of ["react", "react-dom", "@types"]) symlinkSync(path(`../../../node_modules/${name}`), join(app, "node_modules", name));
  });
  afterAll(() => rmSync(parent, { recursive: true, force: true }));

  const USE = `console.log(renderToString(createElement(function Show() { return "connected: " + useSSE({ url: "http://127.0.0.1:1/" }).isConnected; })));`;
  const NAMES: [string, string][] = [["{ createElement }", "react"], ["{ renderToString }", "react-dom/server"], ["{ useSSE }", "@hibiki/react"]];

  test.each([
    ["a module", "use.mjs", NAMES.map(([what, from]) => `import ${what} from "${from}";`).join("\n")],
    ["a script", "use.cjs", NAMES.map(([what, from]) => `const ${what} = require("${from}");`).join("\n")],
  ])("rendersIn %s", (_, name, head) => {
    writeFileSync(join(app, name), `${head}\n${USE}`);
    expect(execFileSync(process.execPath, [join(app, name)], { encoding: "utf8" })).toBe("connected: false\n");
  });

  test("hasTypes", () => {
    writeFileSync(
      join(app, "use.ts"),
      `import { useSSE, useLatest, useChannel } from "@hibiki/react";
export function Show(): string {
  const { data, error, isConnected } = useSSE<{ value: number }>({ url: "/a", events: { joined: (event) => event.data.trim() }, token: async () => "t" });
  const price: { p: number } | null = useLatest<{ p: number }>("prices", "price");
  // @ts-expect-error it may be null
  data.value;
  return [data?.value.toFixed(), error?.reason, isConnected, price?.p, useChannel<string>("a").events.map((event) => event.data.length)].join();
}
`,
    );
    const options = { strict: true, noEmit: true, module: "ESNext", moduleResolution: "bundler", target: "ES2022", lib: ["ES2022", "DOM", "DOM.Iterable"], types: [] };
    writeFileSync(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["use.ts"] }));
    expect(() => execFileSync(process.execPath, [path("../../../node_modules/typescript/bin/tsc"), "-p", app], { encoding: "utf8" })).not.toThrow();
  });
});
