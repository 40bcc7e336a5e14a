/** Stops what `after` or `every` started. Calling it twice is harmless. */
export type Cancel = () => void;

/** Time as an argument, so that tests own it. Everything in milliseconds. */
export interface Clock {
  /** Since 1970, for what is shown, stored, or bound to a date. Somebody may set it back or forward at any time. */
  now(): number;
  /** Since some moment or other; never goes back. For everything that measures how long something takes. */
  monotonic(): number;
  after(ms: number, run: () => void): Cancel;
  every(ms: number, run: () => void): Cancel;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
};
