// SPDX-License-Identifier: Apache-2.0
// What is published: its size, and that it works where nothing else is installed.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serve, type Server } from "./server.js";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(PACKAGE, "dist");
const about = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));

test("isNoLargerThanItsBudget", () => {
  const files = readdirSync(DIST).filter((name) => name.endsWith(".js"));
  const size = (names: string[]) => names.reduce((sum, name) => sum + gzipSync(readFileSync(join(DIST, name)), { level: 9 }).length, 0);
  const sharing = files.filter((name) => name.startsWith("share"));
  expect(sharing.length).toBe(1);
  expect(size(files.filter((name) => !sharing.includes(name)))).toBeLessThanOrEqual(4500);
  expect(size(sharing)).toBeLessThanOrEqual(1500);
});

test("hasNoDependencies", () => {
  expect([about.dependencies, about.peerDependencies, about.optionalDependencies]).toEqual([undefined, undefined, undefined]);
});

test("publintFindsNothing", async () => {
  const { messages, pkg } = await publint({ pkgDir: PACKAGE, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg!))).toEqual([]);
});

describe("installed into an empty project", () => {
  let project: string;
  let server: Server;

  beforeAll(async () => {
    server = await serve((answer) => answer.head().write("id: 1\nevent: price\ndata: {\"p\":7}\n\n"));
    project = mkdtempSync(join(tmpdir(), "hibiki-package-"));
    mkdirSync(join(project, "app"));
    writeFileSync(join(project, "app", "package.json"), '{"private":true}');
    const run = (directory: string, ...args: string[]) => execFileSync("npm", [...args, "--offline", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: directory, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
    run(PACKAGE, "pack", "--ignore-scripts", "--pack-destination", project);
    run(join(project, "app"), "install", join(project, `hibiki-client-${about.version}.tgz`));
  });
  afterAll(async () => {
    await server.stop();
    rmSync(project, { recursive: true, force: true });
  });

  const USE = `
const stream = createStream(process.argv[2]);
stream.on("price", (event) => {
  console.log(event.id, event.json().p, EventSource.CLOSED);
  stream.close();
});`;

  test.each([
    ["a module", "use.mjs", `import { createStream, EventSource } from "@hibiki/client";${USE}`],
    ["a script", "use.cjs", `const { createStream, EventSource } = require("@hibiki/client");${USE}`],
  ])("runsIn %s", (_, name, text) => {
    const file = join(project, "app", name);
    writeFileSync(file, text);
    return new Promise<void>((resolve, reject) => {
      import("node:child_process").then(({ execFile }) =>
        execFile(process.execPath, [file, server.url], { timeout: 60_000 }, (error, output, errors) => {
          if (error) return reject(error);
          expect([output, errors]).toEqual(["1 7 2\n", ""]);
          resolve();
        }),
      );
    });
  });

  test.each([
    ["bundler", "ESNext", "use.ts"],
    ["node16", "Node16", "use.mts"],
    ["node16", "Node16", "use.cts"],
  ])("hasTypes for %s, %s, %s", (moduleResolution, module, name) => {
    const app = join(project, "app");
    writeFileSync(join(app, name), `import { createStream, type Stream } from "@hibiki/client";\nexport const stream: Stream<{ price: { p: number } }> = createStream("http://localhost/");\nstream.on("price", (event) => event.json().p.toFixed());\n`);
    writeFileSync(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions: { strict: true, noEmit: true, module, moduleResolution, target: "ES2022", lib: ["ES2022", "DOM", "DOM.Iterable"], types: [] }, files: [name] }));
    const tsc = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));
    expect(() => execFileSync(process.execPath, [tsc, "-p", app], { encoding: "utf8" })).not.toThrow();
  });

  test("bringsItsCodeAndNothingElse", () => {
    const files = readdirSync(join(project, "app/node_modules/@hibiki/client"), { recursive: true, encoding: "utf8" });
    expect(files.filter((name) => !/^dist(\/[\w-]+(\.d)?\.(js|cjs|ts|cts))?$/.test(name)).toSorted()).toEqual(["README.md", "package.json"]);
  });
});
