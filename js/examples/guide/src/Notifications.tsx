// SPDX-License-Identifier: Apache-2.0
import { useEvent } from "@hibiki/react";
import { type FormEvent, useState } from "react";
import { newId, post, STREAM } from "./hub";
import { newestFirst } from "./newestFirst";
import { useAction } from "./useAction";

const KEPT = 100;

interface Note {
  id: string;
  title: string;
  body: string;
  timestamp: number;
}

/** What was sent to everybody, newest first, and from the browser itself where the user lets it. */
export function Notifications() {
  const [notes, setNotes] = useState<readonly Note[]>([]);
  const [count, setCount] = useState(0);

  useEvent(STREAM, "notification", ({ data }) => {
    const note: Note = JSON.parse(data);
    setNotes(newestFirst(note, KEPT));
    setCount((before) => before + 1);
    show(note);
  });

  return (
    <section className="panel notifications" aria-labelledby="notifications-title">
      <h2 id="notifications-title">
        Notifications <span className="count">{count}</span>
      </h2>
      <Permission />
      <Send />
      <div className="list" role="log" tabIndex={0} aria-label="Notifications, newest first">
        {notes.length === 0 && <p className="quiet">None yet. Send one: every open page gets it.</p>}
        <ul>
          {notes.map(({ id, title, body, timestamp }) => (
            <li key={id}>
              <strong>{title}</strong>
              <span>{body}</span>
              <time dateTime={new Date(timestamp).toISOString()}>{new Date(timestamp).toLocaleTimeString()}</time>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function Send() {
  const { run, error, isBusy } = useAction((form: FormData) =>
    post("/api/publish", {
      channel: "notifications",
      event: "notification",
      data: { id: newId(), title: form.get("title"), body: form.get("body"), timestamp: Date.now() },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    run(new FormData(event.currentTarget));
  };
  return (
    <form onSubmit={submit}>
      <label>
        Title
        <input name="title" defaultValue="Build finished" maxLength={120} required />
      </label>
      <label>
        Text
        <input name="body" defaultValue="All tests are green." maxLength={500} />
      </label>
      <button className="primary" disabled={isBusy}>
        Notify everyone
      </button>
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
    </form>
  );
}

/** A browser asks the user only after a click, so there is a button. */
function Permission() {
  const [permission, setPermission] = useState(() => ("Notification" in globalThis ? Notification.permission : "denied"));
  if (permission === "granted") return <p className="quiet permission">Your browser shows them too.</p>;
  if (permission === "denied") return <p className="quiet permission">Your browser may not show them; the list does.</p>;
  return (
    <button type="button" className="permission" onClick={async () => setPermission(await Notification.requestPermission())}>
      Let the browser show them
    </button>
  );
}

function show({ id, title, body }: Note): void {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return;
  try {
    new Notification(title, { body, tag: id });
  } catch {
    // Chrome on Android wants a service worker for this. The list has it anyway.
  }
}
