import type { SendOutcome } from "../../features/inbox/platform.ts";
import { isThrottled, isTokenDead, type MetaError } from "./errors.ts";
import type { GraphAnswer } from "./graph.ts";
import { textOf } from "./json.ts";

/** Nothing is sent until somebody has connected the account again, so there is no hurry. */
const deadTokenPause = 30 * 60_000;
/** Calling while throttled lengthens it: without a hint of Meta's, a minute. */
const throttlePause = 60_000;

/** What the answer to `POST /messages` means for the message. */
export function outcomeOf(answer: GraphAnswer): SendOutcome {
  if (answer.kind === "unreached") return retry("inbox", answer.reason);
  if (answer.kind === "unanswered") return { kind: "unknown", reason: answer.reason };
  if (answer.kind === "refused") return refused(answer.error);
  const platformId = textOf(answer.body.message_id);
  return platformId === undefined
    ? { kind: "unknown", reason: "Instagram took the message and did not say under which id" }
    : { kind: "sent", platformId };
}

function refused(error: MetaError): SendOutcome {
  if (isTokenDead(error))
    return retry("inbox", `the access token is no longer valid: connect the account again`, deadTokenPause);
  if (isThrottled(error))
    return retry(
      "inbox",
      `Instagram limits this account: ${error.message}`,
      error.regainAfter ?? throttlePause,
    );
  // The gateway gave it to a server that was too slow to say what became of it.
  if (error.status === 504) return { kind: "unknown", reason: `Instagram did not answer in time (HTTP 504)` };
  if (error.status >= 500 || error.transient || error.code === 2) return trouble(error);
  return failed(error);
}

/** 500 may be this message's own fault, and the others go on; 502 and 503 are everybody's. */
const trouble = (error: MetaError): SendOutcome =>
  retry(
    error.status === 502 || error.status === 503 ? "inbox" : "chat",
    `Instagram is in trouble: ${error.message}`,
    error.regainAfter,
  );

function failed({ code, subcode, message }: MetaError): SendOutcome {
  if (code === 10 && subcode === 2534022)
    return {
      kind: "failed",
      reason: `Instagram takes an answer only within 24 hours of the customer's last message: wait until the customer writes again (Instagram says: ${message})`,
      unreachable: false,
    };
  // 551: the person is not available; 2534014: the account is gone or blocks us.
  const unreachable = code === 551 || subcode === 2534014 || subcode === 1545041;
  return { kind: "failed", reason: `Instagram refused it: ${message}`, unreachable };
}

const retry = (scope: "chat" | "inbox", reason: string, after?: number): SendOutcome => ({
  kind: "retry",
  after,
  scope,
  reason,
});
