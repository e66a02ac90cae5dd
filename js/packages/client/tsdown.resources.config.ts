// SPDX-License-Identifier: Apache-2.0
// The client as the hub's own pages load it: plain ES modules that can be read, under names that do not change. `npm run resources` writes
// them to where the Java build takes them from, so that it needs no Node; `resources.test.ts` fails when they are not what would be built now.

import { defineConfig } from "tsdown";

export default defineConfig({
  entry: ["src/index.ts"],
  outDir: "../../../app/src/main/resources/dev/hibiki/app/playground/client",
  format: "esm",
  platform: "browser",
  target: "es2022",
  dts: false,
  minify: false,
  clean: true,
  outputOptions: {
    banner: "// SPDX-License-Identifier: Apache-2.0\n// Built from js/packages/client by `npm run resources`; change it there.",
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
  },
});
