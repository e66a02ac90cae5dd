// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 200_000,
    dangerouslyIgnoreUnhandledErrors: false,
    reporters: ["default", new URL("../counting.js", import.meta.url).pathname],
  },
});
