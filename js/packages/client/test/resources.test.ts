// SPDX-License-Identifier: Apache-2.0

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const CHECKED_IN = join(PACKAGE, "../../../app/src/main/resources/dev/hibiki/app/playground/client");

const read = (folder: string) => Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));

test("theClientOfThePlaygroundIsWhatIsBuiltHere", () => {
  const built = mkdtempSync(join(tmpdir(), "hibiki-resources-"));
  try {
    const tsdown = fileURLToPath(new URL("../../../node_modules/tsdown/dist/run.mjs", import.meta.url));
    execFileSync(process.execPath, [tsdown, "-c", "tsdown.resources.config.ts", "--out-dir", built], { cwd: PACKAGE, stdio: "pipe" });
    expect(read(CHECKED_IN), "npm run resources -w packages/client writes it").toEqual(read(built));
    expect(Object.keys(read(CHECKED_IN))).toEqual(["error.js", "index.js", "share.js"]);
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
});
