/** What a check found, and what an operator should do about it. */
export interface Finding {
  readonly check: string;
  readonly verdict: "ok" | "warning" | "error";
  readonly saw: string;
  /** Empty exactly when the verdict is ok. */
  readonly fix: string;
  /** Its name in the doctor's catalogue, and what its sentences are filled with, where it has one. */
  readonly cause?: string;
  readonly facts?: Readonly<Record<string, string | number>>;
}

type Found = Omit<Finding, "check">;

export interface Check {
  readonly name: string;
  /** One finding, or several where one look shows several things. */
  run(): Promise<Found | readonly Found[]>;
}

/** Milliseconds after which a check that does not answer has failed. */
const patience = 2_000;

/** Runs all checks side by side. One that throws or hangs is an error, not an exception. */
export const findings = async (checks: readonly Check[]): Promise<Finding[]> =>
  (await Promise.all(checks.map(runOne))).flat();

async function runOne({ name, run }: Check): Promise<Finding[]> {
  try {
    return [await within(patience, run())].flat().map((each) => ({ check: name, ...each }));
  } catch (error) {
    const saw = error instanceof Error ? error.message : String(error);
    return [{ check: name, verdict: "error", saw, fix: `See the log for ${name}, then restart the server.` }];
  }
}

/** Rejects where a promise does not keep its word within so many milliseconds. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export function worst(found: readonly Finding[]): Finding["verdict"] {
  if (found.some(({ verdict }) => verdict === "error")) return "error";
  return found.some(({ verdict }) => verdict === "warning") ? "warning" : "ok";
}
