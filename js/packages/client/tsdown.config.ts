// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "tsdown";

export default defineConfig({
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  platform: "neutral",
  target: "es2022",
  dts: true,
  minify: true,
  clean: true,
});
