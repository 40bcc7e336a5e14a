/** What a check found, and what an operator should do about it. */
export interface Finding {
  readonly check: string;
  readonly verdict: "ok" | "warning" | "error";
  readonly saw: string;
  /** Empty exactly when the verdict is ok. */
  readonly fix: string;
}

export interface Check {
  readonly name: string;
  run(): Promise<Omit<Finding, "check">>;
}

/** Milliseconds after which a check that does not answer has failed. */
const patience = 2_000;

/** Runs all checks side by side. One that throws or hangs is an error, not an exception. */
export const findings = (checks: readonly Check[]): Promise<Finding[]> => Promise.all(checks.map(runOne));

async function runOne({ name, run }: Check): Promise<Finding> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${patience / 1000} s`)), patience);
  try {
    return { check: name, ...(await Promise.race([run(), late])) };
  } catch (error) {
    const saw = error instanceof Error ? error.message : String(error);
    return { check: name, verdict: "error", saw, fix: `See the log for ${name}, then restart the server.` };
  } finally {
    clearTimeout(timer);
  }
}

export function worst(found: readonly Finding[]): Finding["verdict"] {
  if (found.some(({ verdict }) => verdict === "error")) return "error";
  return found.some(({ verdict }) => verdict === "warning") ? "warning" : "ok";
}
