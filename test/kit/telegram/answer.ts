import type { ResponseParameters } from "grammy/types";

/** A refusal in Telegram's own form and words. */
export class ApiError extends Error {
  readonly code: number;
  readonly parameters: ResponseParameters | undefined;

  constructor(code: number, description: string, parameters?: ResponseParameters) {
    super(description);
    this.code = code;
    this.parameters = parameters;
  }

  toResponse(): Response {
    const { code: error_code, message: description, parameters } = this;
    const body = { ok: false, error_code, description, ...(parameters && { parameters }) };
    return Response.json(body, { status: error_code });
  }
}

export const badRequest = (words: string) => new ApiError(400, `Bad Request: ${words}`);

export const flood = (retry_after: number) =>
  new ApiError(429, `Too Many Requests: retry after ${retry_after}`, { retry_after });

/** Headers go out, then the connection breaks: the client never sees an answer. */
export const droppedConnection = () =>
  new Response(new ReadableStream({ start: (controller) => controller.error() }));
