// SPDX-License-Identifier: Apache-2.0
import { SseProvider } from "@hibiki/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import "./app.css";
import { HUB, MAX_RETRIES } from "./hub";

const OPTIONS = { maxRetries: MAX_RETRIES };

export const root = createRoot(document.getElementById("root")!);

root.render(
  <StrictMode>
    <SseProvider hub={HUB} options={OPTIONS}>
      <App />
    </SseProvider>
  </StrictMode>,
);
