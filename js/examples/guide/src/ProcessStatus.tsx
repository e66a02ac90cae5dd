// SPDX-License-Identifier: Apache-2.0
import { useProgress } from "@hibiki/react";
import { useState } from "react";
import { post } from "./hub";
import { useAction } from "./useAction";

interface Task {
  taskId: string;
  /** Where in the log the task begins, so that nothing of it is missed, however late one listens. */
  id: string;
}

const STATUSES = ["started", "processing", "completed"];

/** How far a task is that this page has started. */
export function ProcessStatus() {
  const [task, setTask] = useState<Task | null>(null);
  const { progress, status, statuses, error } = useProgress(task);
  const start = useAction(async () => setTask(await post<Task>("/api/process", { steps: 10, stepMillis: 300 })));

  return (
    <section className="panel process" aria-labelledby="process-title">
      <h2 id="process-title">Progress</h2>
      <button type="button" className="primary" disabled={start.isBusy} onClick={() => start.run()}>
        {task ? "Start another task" : "Start a task"}
      </button>
      {start.error && (
        <p className="error" role="alert">
          {start.error}
        </p>
      )}
      <label className="progress">
        <span>
          <span role="status">{status ?? (task ? "on its way" : "No task yet")}</span>
          <span className="percent">{task ? `${progress} %` : ""}</span>
        </span>
        <progress max={100} value={progress} />
      </label>
      <ol className="steps">
        {STATUSES.map((step) => (
          <li key={step} className={statuses.includes(step) ? "done" : ""} aria-current={step === status ? "step" : undefined}>
            {step}
          </li>
        ))}
      </ol>
      {error && <p className="quiet">The connection is lost. The task goes on; what it says meanwhile comes later.</p>}
    </section>
  );
}
