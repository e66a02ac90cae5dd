// SPDX-License-Identifier: Apache-2.0
import react from "@vitejs/plugin-react";
import { defineConfig, type ProxyOptions } from "vite";

// The page and the hub then have one address, as behind a proxy in production, and the browser asks nobody for permission.
const hub: ProxyOptions = {
  target: process.env.HUB_URL ?? "http://127.0.0.1:8080",
  configure(proxy) {
    // Vite's proxy keeps an answer open whose server has gone, and the page would believe for 45 s that it is connected.
    proxy.on("proxyRes", (answer, _, toPage) => answer.on("close", () => answer.complete || toPage.destroy()));
  },
};

export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/api": hub } },
});
