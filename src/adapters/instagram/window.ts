import type { SendContext } from "../../features/inbox/platform.ts";
import type { Json } from "./json.ts";

const hour = 3_600_000;
const standard = 24 * hour;
const withHumanAgent = 7 * 24 * hour;

/** Whether Instagram would take an answer now: the fields that the request needs, or the sentence that says why not. */
export type Window =
  | { readonly open: true; readonly fields: Json }
  | { readonly open: false; readonly reason: string };

export function answerWindow({ lastCustomerMessageAt, now }: SendContext, humanAgent: boolean): Window {
  if (lastCustomerMessageAt === undefined)
    return closed(24, "this one has not written yet: wait for the first message");
  const age = now - lastCustomerMessageAt;
  if (age <= standard) return { open: true, fields: { messaging_type: "RESPONSE" } };
  if (!humanAgent)
    return closed(24, `that was ${howLong(age)} ago: wait until the customer writes again`, hint);
  if (age <= withHumanAgent)
    return { open: true, fields: { messaging_type: "MESSAGE_TAG", tag: "HUMAN_AGENT" } };
  return closed(7 * 24, `that was ${howLong(age)} ago: wait until the customer writes again`);
}

const hint = ", or turn human_agent on where Meta allows your app to answer for 7 days";

const closed = (hours: number, why: string, hint = ""): Window => ({
  open: false,
  reason: `Instagram takes an answer only within ${howLong(hours * hour)} of the customer's last message, and ${why}${hint}`,
});

const howLong = (ms: number): string =>
  ms < 48 * hour ? `${Math.floor(ms / hour)} hours` : `${Math.floor(ms / (24 * hour))} days`;
