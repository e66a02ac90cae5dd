// SPDX-License-Identifier: Apache-2.0
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // The page and the hub then have one address, as behind a proxy in production, and the browser asks nobody for permission.
  server: { proxy: { "/api": process.env.HIBIKI_URL ?? "http://127.0.0.1:8080" } },
});
