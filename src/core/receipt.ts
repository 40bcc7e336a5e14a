import type { Fault } from "../protocol/faults.ts";
import type { Check, Refusal } from "../protocol/refusal.ts";
import { clientKind } from "./enter.ts";
import type { Events } from "./events.ts";
import { randomId } from "./id.ts";
import { credentialOf } from "./identity.ts";
import { hideTokens } from "./redact.ts";
import type { Peer } from "./transport.ts";

/** Short enough for a close reason, and to be read over the telephone. */
export const newReceipt = (): string => `r_${randomId(6)}`;

/** A request that is refused before it is a connection. */
export interface RefusedRequest {
  readonly on: Exclude<Refusal["on"], "socket">;
  readonly method: string;
  /** Without the query; empty where it cannot be told. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly peer: Peer;
}

/** Tells everybody who listens that a request was refused. Returns the receipt that its answer should name. */
export function refuseRequest(events: Events, request: RefusedRequest, fault: Fault, check: Check): string {
  const { on, method, path, query, headers, peer } = request;
  const receipt = newReceipt();
  events.emit("request.refused", {
    ...{ on, method, path: hideTokens(path.slice(0, 200)), peer: peer.address },
    host: hideTokens((headers.get("host") ?? "").slice(0, 100)).replace(/:\d+$/, ""),
    client: clientKind(headers),
    token: credentialOf(headers, query)?.from ?? "none",
    ...{ check, fault: fault.fault, code: fault.row.http, detail: fault.message, receipt },
    expected: fault.expected ?? {},
  });
  return receipt;
}
