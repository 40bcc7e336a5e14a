import type { Clock } from "../../core/clock.ts";

/** Waits by the clock; ends at once where `signal` says stop. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal.addEventListener("abort", end);
  });
}

const longest = 60_000;

/** 1 s, 2 s, 4 s … 60 s, of which a random half: inboxes that failed together do not come back together. */
export const backoff = (failures: number): number =>
  Math.min(longest, 1000 * 2 ** Math.min(failures - 1, 6)) * (0.5 + Math.random() / 2);
