/** Stops what `after` or `every` started. Calling it twice is harmless. */
export type Cancel = () => void;

/** Time as an argument, so that tests own it. Milliseconds since 1970 and millisecond delays. */
export interface Clock {
  now(): number;
  after(ms: number, run: () => void): Cancel;
  every(ms: number, run: () => void): Cancel;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
};
