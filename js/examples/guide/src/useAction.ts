// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";

/** Something that takes a while and may fail, such as a request: whether it goes on, and what went wrong the last time. */
export function useAction<A extends unknown[]>(action: (...given: A) => Promise<unknown>) {
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = async (...given: A) => {
    setBusy(true);
    try {
      await action(...given);
      setError(null);
    } catch (failure) {
      setError((failure as Error).message);
    } finally {
      setBusy(false);
    }
  };
  return { run, error, isBusy };
}
