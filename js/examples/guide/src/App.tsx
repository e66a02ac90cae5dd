// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import { ConnectionState } from "./ConnectionState";
import { Dashboard } from "./Dashboard";
import { Notifications } from "./Notifications";
import { ProcessStatus } from "./ProcessStatus";

/** Every component says itself what it wants to hear. When the last one has gone, so has the connection. */
export function App() {
  const [isHere, setHere] = useState(true);
  return (
    <div className="page">
      <header className="masthead">
        <img src="/mark.svg" alt="" width="26" height="26" />
        <strong>Hibiki</strong>
        <span className="quiet">example guide, with React</span>
        <button type="button" className="push" onClick={() => setHere(!isHere)}>
          {isHere ? "Leave" : "Come back"}
        </button>
      </header>
      <main>
        <h1>Dashboard, notifications, progress</h1>
        {isHere ? (
          <>
            <ConnectionState />
            <div className="columns">
              <Dashboard />
              <Notifications />
              <ProcessStatus />
            </div>
          </>
        ) : (
          <p className="lede">You have left: nothing on this page needs the stream, so it is closed, and the others see you go.</p>
        )}
      </main>
    </div>
  );
}
