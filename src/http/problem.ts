import { type Fault, faults } from "../protocol/faults.ts";

/**
 * A fault as an RFC 9457 problem; `type` points into our own documents. `named`: the id under which the operator finds
 * it, an incident in the log or a receipt.
 */
export function problem(fault: Fault, named: { incident?: string; receipt?: string } = {}): Response {
  const { http: status, hint, retry } = fault.row;
  const body = {
    type: `/docs#fault-${fault.fault}`,
    title: faults[fault.fault].message,
    status,
    detail: fault.message,
    // Where clients of seed 004 look.
    error: fault.message,
    fault: fault.fault,
    hint,
    retry,
    ...fault.fields,
    ...named,
  };
  return new Response(JSON.stringify(body), { status, headers: headersOf(fault) });
}

function headersOf({ fault, fields, row }: Fault): Record<string, string> {
  const headers: Record<string, string> = { "Content-Type": "application/problem+json" };
  if (row.http === 401) headers["WWW-Authenticate"] = "Bearer";
  if (row.http === 429 || row.http === 503) headers["Retry-After"] = String(fields?.retry_after ?? 5);
  if (fault === "upgrade_required") headers.Upgrade = "websocket";
  return headers;
}
