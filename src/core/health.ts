import { Fault } from "../protocol/faults.ts";
import type { Clock } from "./clock.ts";
import type { Events } from "./events.ts";

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
/** Milliseconds until the log is told of the same check again: strangers may ask as often as they like. */
const repeatAfter = 60_000;

/** The check of the store. Others read from it, so that they fail with it. */
export const storeName = "store";

/** Looks after everything that an operator should know, and logs what his advice sends him to the log for. */
export class Health {
  readonly #events: Events;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #ms: number;
  /** When the log was told of each check that failed. */
  readonly #told = new Map<string, number>();

  constructor(events: Events, clock: Pick<Clock, "monotonic">, ms = patience) {
    this.#events = events;
    this.#clock = clock;
    this.#ms = ms;
  }

  /** Runs all checks side by side. One that throws or hangs is an error, not an exception. */
  async findings(checks: readonly Check[]): Promise<Finding[]> {
    const looks = await Promise.all(checks.map((check) => runOne(check, this.#ms)));
    const isStoreAway = looks.flat().some((each) => isStoreError(each));
    return looks.flat().map((each) => ("error" in each ? this.#failed(each, isStoreAway) : each));
  }

  /** What lacks something that is away is no error of its own: that has its own line, and its own advice. */
  #failed(failure: Failure, isStoreAway: boolean): Finding {
    if (isStoreAway && isForStore(failure)) return withStore(failure);
    this.#tell(failure);
    return byItself(failure);
  }

  #tell({ check, error }: Failure): void {
    const now = this.#clock.monotonic();
    if (now < (this.#told.get(check) ?? Number.NEGATIVE_INFINITY) + repeatAfter) return;
    this.#told.set(check, now);
    this.#events.emit("failure", { where: `health.${check}`, incident: "-", error });
  }
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

const sawOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isUnavailable = (error: unknown): boolean => error instanceof Fault && error.fault === "unavailable";

const isForStore = ({ check, error }: Failure): boolean =>
  check !== storeName && (isUnavailable(error) || error instanceof Late);

function withStore({ check, error }: Failure): Finding {
  const fix = `Follow the advice for ${storeName}: ${check} cannot be looked at while the store is away.`;
  return { check, verdict: "warning", saw: `not known: ${sawOf(error)}`, fix };
}

/** What it says of the log is so: see `Health`. */
function byItself({ check, error }: Failure): Finding {
  const saw = sawOf(error);
  if (isUnavailable(error)) {
    const fix = `Ask again in a few seconds. If it says so still, see the log for health.${check}.`;
    return { check, verdict: "warning", saw, fix };
  }
  return { check, verdict: "error", saw, fix: `See the log for health.${check}, then restart the server.` };
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
