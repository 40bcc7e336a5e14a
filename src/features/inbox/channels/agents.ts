import type { Fault } from "../../../protocol/faults.ts";

/** What clients of seed 002 know: 1008 sends them to the login page. */
export const agentCloseCodes = {
  unauthorized: 1008,
  bad_token: 1008,
  token_expired: 1008,
  token_revoked: 1008,
  auth_timeout: 1008,
  forbidden: 1008,
  not_found: 1008,
} as const;

/** Clients of seed 002 read the text in `error`, others in `message`: both are always there. */
export const agentErrors = (fault: Fault) => {
  const text = fault.fault === "unauthorized" ? "Authentication required" : fault.message;
  return { error: text, message: text };
};

export const agentRoles = ["user", "staff"] as const;
