import { type Outcome, skipped } from "../outcome.ts";
import type { Walk } from "../walk.ts";
export async function idleStage(_walk: Walk): Promise<Outcome> {
  return skipped("idle_not_asked");
}
