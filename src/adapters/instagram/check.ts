import type { Clock } from "../../core/clock.ts";
import type { InstagramSettings } from "../../features/inbox/platform.ts";
import { Fault } from "../../protocol/faults.ts";
import { type Fetch, Graph } from "./graph.ts";
import { Health } from "./health.ts";
import { idOf, textOf } from "./json.ts";

const timeout = 10_000;

export async function checkAccount(settings: InstagramSettings, fetch: Fetch, clock: Clock): Promise<string> {
  const answer = await new Graph(settings, clock, fetch, new Health()).call({
    method: "GET",
    path: ["me"],
    query: { fields: "user_id,username" },
    timeout,
  });
  if (answer.kind === "refused")
    throw new Fault("bad_request", `Instagram does not take the access token: ${answer.error.message}`);
  if (answer.kind !== "ok") throw new Fault("bad_request", answer.reason);
  const [account, username] = [idOf(answer.body.user_id), textOf(answer.body.username)];
  if (account !== undefined && account !== settings.account_id)
    throw new Fault(
      "bad_request",
      `the access token belongs to the account ${account}, not to ${settings.account_id}: use that as account_id`,
    );
  return username ?? settings.account_id;
}
