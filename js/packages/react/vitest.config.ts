// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const client = { "@hibiki/client": path("../client/src/index.ts") };

export default defineConfig({
  test: {
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 200_000,
    reporters: ["default", path("../counting.js")],
    projects: [
      { extends: true, test: { name: "React 19", include: ["test/*.test.ts"] }, resolve: { alias: client } },
      {
        extends: true,
        test: { name: "React 18", include: ["test/hooks.test.ts", "test/hub.test.ts"] },
        resolve: { alias: { ...client, "react-dom": path("../react-18/node_modules/react-dom"), react: path("../react-18/node_modules/react") } },
      },
    ],
  },
});
