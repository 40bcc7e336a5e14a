import { type Outcome, skipped } from "../outcome.ts";
import type { Walk } from "../walk.ts";
export async function parallelStage(_walk: Walk): Promise<Outcome> {
  return skipped("parallel_not_asked");
}
