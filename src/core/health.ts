import { Fault } from "../protocol/faults.ts";

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
const patience = 1_800;

/** The check of the store. Others read from it, so that they fail with it. */
export const storeName = "store";

/** Runs all checks side by side. One that throws or hangs is an error, not an exception. */
export async function findings(checks: readonly Check[], ms = patience): Promise<Finding[]> {
  const looks = await Promise.all(checks.map((check) => runOne(check, ms)));
  const isStoreAway = looks.flat().some((each) => isStoreError(each));
  return looks.flat().map((each) => ("error" in each ? failed(each, isStoreAway) : each));
}

/** A check that found nothing out: it threw, or it hangs. */
interface Failure {
  readonly check: string;
  readonly error: unknown;
}

const isStoreError = (each: Finding | Failure): boolean =>
  each.check === storeName && ("error" in each || each.verdict === "error");

async function runOne({ name, run }: Check, ms: number): Promise<(Finding | Failure)[]> {
  try {
    return [await within(ms, run())].flat().map((each) => ({ check: name, ...each }));
  } catch (error) {
    return [{ check: name, error }];
  }
}

/** What lacks something that is away is no error of its own: that has its own line, and its own advice. */
function failed({ check, error }: Failure, isStoreAway: boolean): Finding {
  const saw = error instanceof Error ? error.message : String(error);
  const isUnavailable = error instanceof Fault && error.fault === "unavailable";
  if (check !== storeName && isStoreAway && (isUnavailable || error instanceof Late)) {
    const fix = `Follow the advice for ${storeName}: ${check} cannot be looked at while the store is away.`;
    return { check, verdict: "warning", saw: `not known: ${saw}`, fix };
  }
  if (isUnavailable) {
    const fix = `Ask again in a few seconds. If it says so still, see the log for ${check}.`;
    return { check, verdict: "warning", saw, fix };
  }
  return { check, verdict: "error", saw, fix: `See the log for ${check}, then restart the server.` };
}

/** Somebody did not keep his word in time. */
class Late extends Error {}

/** Rejects where a promise does not keep its word within so many milliseconds. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Late(`no answer within ${ms / 1000} s`)), ms);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export function worst(found: readonly Finding[]): Finding["verdict"] {
  if (found.some(({ verdict }) => verdict === "error")) return "error";
  return found.some(({ verdict }) => verdict === "warning") ? "warning" : "ok";
}
