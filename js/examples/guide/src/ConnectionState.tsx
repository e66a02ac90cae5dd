// SPDX-License-Identifier: Apache-2.0
import { type Connection, useConnection, useEvent } from "@hibiki/react";
import { useEffect, useState } from "react";
import { MAX_RETRIES, STREAM } from "./hub";

/** How the stream is, what happens next, and what the user can do about it. */
export function ConnectionState() {
  const connection = useConnection(STREAM);
  const seconds = useSecondsUntil(connection.retryAt);
  const [gap, setGap] = useState<string | null>(null);
  useEvent(STREAM, "hibiki.gap", ({ data }) => setGap(JSON.parse(data).reason));

  const { state, failures, error, reconnect } = connection;
  const tone = state === "open" ? "good" : state === "closed" ? "bad" : "busy";
  return (
    <section className="connection" aria-label="Connection">
      <p className="state" data-tone={tone} data-state={state} role="status">
        {inWords(connection)}
      </p>
      {failures > 0 && state !== "open" && <Retries used={Math.min(failures, MAX_RETRIES)} />}
      {seconds !== null && <span className="quiet">in {seconds} s</span>}
      {state === "waiting" && (
        <button type="button" onClick={reconnect}>
          Try now
        </button>
      )}
      {state === "closed" && (
        <button type="button" className="primary" onClick={reconnect}>
          Try again
        </button>
      )}
      {state === "closed" && error && <p className="error">{error.message}</p>}
      {gap && (
        <p className="gap" role="alert">
          Something was missed: what came in between is gone ({gap}).{" "}
          <button type="button" onClick={() => setGap(null)}>
            Understood
          </button>
        </p>
      )}
    </section>
  );
}

function inWords({ state, failures, error }: Connection): string {
  if (state === "open") return "Connected";
  if (state === "closed") return error?.reason === "max-retries" ? `Gave up after ${MAX_RETRIES} retries` : "The server does not want us";
  if (state === "paused") return "Paused while the page is away";
  if (failures === 0) return error ? "No network: waiting for it" : "Connecting…";
  return `Connection lost. Retry ${failures} of ${MAX_RETRIES}${state === "connecting" ? "…" : ""}`;
}

/** The same as the words, for the eye. */
function Retries({ used }: { used: number }) {
  return (
    <span className="retries" aria-hidden="true">
      {Array.from({ length: MAX_RETRIES }, (_, n) => (
        <i key={n} className={n < used ? "used" : ""} />
      ))}
    </span>
  );
}

/** Seconds until a time, counted down; null where there is none. It stands outside of the status, or a screen reader would count aloud. */
function useSecondsUntil(time: number | null): number | null {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (time === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [time]);
  return time === null ? null : Math.max(0, Math.ceil((time - now) / 1000));
}
