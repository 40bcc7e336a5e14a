import { type Outcome, skipped } from "../outcome.ts";
import type { Walk } from "../walk.ts";
export async function payloadStage(_walk: Walk): Promise<Outcome> {
  return skipped("payload_not_asked");
}
