/** What Meta says when it refuses, in its own form. */

export interface MetaRefusal {
  readonly status: number;
  readonly code: number;
  readonly subcode?: number;
  readonly message: string;
  readonly transient?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

export const refusal = (status: number, code: number, message: string, subcode?: number): MetaRefusal => ({
  status,
  code,
  message,
  ...(subcode === undefined ? {} : { subcode }),
});

export function answerOf({ status, code, subcode, message, transient, headers }: MetaRefusal): Response {
  const error = {
    message,
    type: code === 190 ? "OAuthException" : "IGApiException",
    code,
    ...(subcode === undefined ? {} : { error_subcode: subcode }),
    ...(transient === undefined ? {} : { is_transient: transient }),
    fbtrace_id: "A9C5BFZGYCvRghcFEHTjgpC",
  };
  return Response.json({ error }, { status, headers: { ...headers } });
}

/** The faults that a test can ask for. `drop`: what was sent is taken, and the connection breaks before the answer. */
export type MetaFault =
  | { readonly kind: "status"; readonly status: number; readonly transient?: boolean }
  | {
      readonly kind: "throttled";
      readonly code?: number;
      readonly status?: number;
      readonly minutes?: number;
    }
  | {
      readonly kind: "refused";
      readonly status?: number;
      readonly code: number;
      readonly subcode?: number;
      readonly message: string;
    }
  | { readonly kind: "drop" }
  | { readonly kind: "garbage" };

/** The answer of a fault that stops the request before anything is taken; the others let it through first. */
export function refusedBy(fault: MetaFault): Response | undefined {
  if (fault.kind === "status")
    return answerOf({
      ...refusal(fault.status, 1, "An unexpected error has occurred. Please retry your request later."),
      ...(fault.transient === undefined ? {} : { transient: fault.transient }),
    });
  if (fault.kind === "refused")
    return answerOf(refusal(fault.status ?? 400, fault.code, fault.message, fault.subcode));
  if (fault.kind === "throttled") return throttled(fault);
  return undefined;
}

function throttled({ code = 613, status = 400, minutes }: MetaFault & { kind: "throttled" }): Response {
  const usage = { type: "messenger", call_count: 100, total_cputime: 20, total_time: 20 };
  const header = JSON.stringify({
    "178414": [{ ...usage, estimated_time_to_regain_access: 0 }],
    "178415": [{ ...usage, estimated_time_to_regain_access: minutes }],
  });
  return answerOf({
    ...refusal(status, code, "Calls to this api have exceeded the rate limit."),
    headers: minutes === undefined ? {} : { "X-Business-Use-Case-Usage": header },
  });
}

/** Ends the connection without an answer. */
export const dropped = (): Response =>
  new Response(
    new ReadableStream({
      async pull(controller) {
        // An error within the first pull would be printed.
        await new Promise((resolve) => setImmediate(resolve));
        controller.error(new Error("dropped"));
      },
    }),
  );
