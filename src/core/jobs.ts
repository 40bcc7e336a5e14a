import type { Clock } from "./clock.ts";
import type { Events } from "./events.ts";
import type { Job } from "./feature.ts";

/** Milliseconds in which a job that goes on failing in the same way is not news: some run ten times a second. */
const repeatAfter = 60_000;

/** Runs each job at its interval, never twice at once. Returns what stops them. */
export function startJobs(jobs: readonly Job[], clock: Clock, events: Events): () => void {
  const stops = jobs.map((job) => clock.every(job.every, guarded(job, clock, events)));
  return () => {
    for (const stop of stops) stop();
  };
}

/** Its promise is for whoever moves the clock by hand, and wants to know when the work is done. */
function guarded(job: Job, clock: Clock, events: Events): () => Promise<void> {
  let running = false;
  let told: { readonly failure: string; readonly at: number } | undefined;
  const tell = (error: unknown) => {
    const [failure, at] = [String(error), clock.monotonic()];
    if (told?.failure === failure && at < told.at + repeatAfter) return;
    told = { failure, at };
    events.emit("job.failed", { job: job.name, error });
  };
  return async () => {
    if (running) return;
    running = true;
    try {
      await job.run();
      told = undefined;
    } catch (error) {
      tell(error);
    } finally {
      running = false;
    }
  };
}
