// SPDX-License-Identifier: Apache-2.0
import { useSSE } from "@hibiki/react";
import { useState } from "react";
import { me, STREAM, type User } from "./hub";
import { newestFirst } from "./newestFirst";
import { usePresence } from "./usePresence";

const VALUES = 60;
const VISITS = 50;

interface Visit {
  id: string;
  text: string;
}

/** A value that everybody sees alike, and who else is looking at it. */
export function Dashboard() {
  const [values, setValues] = useState<readonly number[]>([]);
  const [visits, setVisits] = useState<readonly Visit[]>([]);
  const users = usePresence("dashboard");

  const visit = (verb: string) => (event: MessageEvent<string>) => {
    const { username }: User = JSON.parse(event.data);
    setVisits(newestFirst({ id: event.lastEventId, text: `${username} ${verb}` }, VISITS));
  };
  const { isConnected, failures } = useSSE({
    url: STREAM,
    events: {
      // Handlers get every event, also when several come at once, as after a break. `data`, which useSSE gives too, is the last one.
      message: ({ data }) => {
        const { value }: { value?: number } = JSON.parse(data); // the hub's greeting has none
        if (value !== undefined) setValues((before) => [...before, value].slice(-VALUES));
      },
      "user-joined": visit("joined"),
      "user-left": visit("left"),
    },
  });

  return (
    <section className="panel dashboard" aria-labelledby="dashboard-title">
      <h2 id="dashboard-title">Dashboard</h2>
      <p className="value" data-stale={!isConnected}>
        <output aria-label="Value">{values.at(-1)?.toFixed(2) ?? "–"}</output>
        <span className="quiet">{isConnected ? "now" : failures ? "before the connection was lost" : "connecting…"}</span>
      </p>
      <Sparkline values={values} />
      <h3>Here now</h3>
      <ul className="users">
        {users.map(({ userId, username }) => (
          <li key={userId}>{userId === me.userId ? `${username} (you)` : username}</li>
        ))}
      </ul>
      <h3>Joining and leaving</h3>
      <div className="list short" role="log" tabIndex={0} aria-label="Users joining and leaving, newest first">
        {visits.length === 0 && <p className="quiet">Open this page in another tab to see someone come.</p>}
        <ul className="visits">
          {visits.map(({ id, text }) => (
            <li key={id}>{text}</li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function Sparkline({ values }: { values: readonly number[] }) {
  const points = values.map((value, n) => `${(240 * n) / (VALUES - 1)},${46 - (44 * value) / 100}`).join(" ");
  return (
    <svg className="spark" viewBox="0 0 240 48" preserveAspectRatio="none" role="img" aria-label={`The last ${values.length} values`}>
      <polyline points={points} fill="none" stroke="currentColor" strokeWidth="2" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
