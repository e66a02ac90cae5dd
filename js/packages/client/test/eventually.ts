// SPDX-License-Identifier: Apache-2.0

import { vi } from "vitest";

/** How long a condition may take to come true, so that a busy machine is no failure; nothing waits that long when all is well. */
const PATIENCE = 60_000;

/** Waits until a check passes. Vitest's own `waitFor` gives up after a second. */
export const eventually = <T>(check: () => T | Promise<T>, interval = 5): Promise<T> => vi.waitFor(check, { timeout: PATIENCE, interval });
