import type { Clock } from "./clock.ts";
import type { Events } from "./events.ts";
import type { Job } from "./feature.ts";

/** Runs each job at its interval, never twice at once. Returns what stops them. */
export function startJobs(jobs: readonly Job[], clock: Clock, events: Events): () => void {
  const stops = jobs.map((job) => clock.every(job.every, guarded(job, events)));
  return () => {
    for (const stop of stops) stop();
  };
}

function guarded(job: Job, events: Events): () => void {
  let running = false;
  return async () => {
    if (running) return;
    running = true;
    try {
      await job.run();
    } catch (error) {
      events.emit("job.failed", { job: job.name, error });
    } finally {
      running = false;
    }
  };
}
