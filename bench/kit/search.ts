export interface Trial {
  readonly rate: number;
  readonly passed: boolean;
}

export interface Search {
  readonly from: number;
  readonly to: number;
}

const growth = 1.6;
const bisections = 3;

/**
 * The highest rate that passes: up in steps until one fails twice (a machine with other tenants stumbles), then
 * halving the gap. Returns the trial that passed at that rate, or the first that failed where none did.
 */
export async function highest<T extends Trial>(
  { from, to }: Search,
  trial: (rate: number) => Promise<T>,
): Promise<T> {
  const attempt = async (rate: number) => {
    const first = await trial(rate);
    return first.passed ? first : trial(rate);
  };
  let best = await attempt(from);
  if (!best.passed) return best;
  let bad = to;
  for (let rate = from * growth; rate < bad; rate *= growth) {
    const next = await attempt(Math.round(rate));
    if (next.passed) best = next;
    else bad = next.rate;
  }
  for (let i = 0; i < bisections; i++) {
    const next = await attempt(Math.round((best.rate + bad) / 2));
    if (next.passed) best = next;
    else bad = next.rate;
  }
  return best;
}
