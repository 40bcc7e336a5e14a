import { Api, type ApiClientOptions } from "grammy";
import type { Clock } from "../../core/clock.ts";
import { type Failure, Foreign, failureOf, Overdue } from "./failure.ts";
import { type Scrub, scrubber } from "./scrub.ts";

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

interface Call {
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

interface LineOptions {
  readonly token: string;
  readonly apiRoot: string;
  readonly clock: Clock;
  /** What else must never be read in a message. */
  readonly secrets?: readonly string[];
}

/** Calls of one bot: grammY with deadlines from our clock, and failures as values that hold no token. */
export class Line {
  readonly host: string;
  readonly root: string;
  readonly token: string;
  readonly scrub: Scrub;
  readonly #clock: Clock;
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor({ token, apiRoot, clock, secrets = [] }: LineOptions) {
    this.root = apiRoot.replace(/\/+$/, "");
    this.host = new URL(this.root).host;
    this.token = token;
    this.scrub = scrubber(token, ...secrets);
    this.#clock = clock;
  }

  /** How long ago Telegram last answered anything. */
  get silence(): number {
    return this.#clock.monotonic() - this.#heardAt;
  }

  async call<T>(run: (api: Api) => Promise<T>, { timeout, signal }: Call): Promise<Answer<T>> {
    const overdue = new AbortController();
    const error = new Overdue(`${timeout / 1000} s are over`);
    const cancel = this.#clock.after(timeout, () => overdue.abort(error));
    const stop = signal === undefined ? overdue.signal : AbortSignal.any([signal, overdue.signal]);
    try {
      const value = await run(this.#api(stop));
      this.#heardAt = this.#clock.monotonic();
      return { ok: true, value };
    } catch (thrown) {
      return { ok: false, failure: this.#failure(overdue.signal.aborted ? error : thrown, signal) };
    } finally {
      cancel();
    }
  }

  #failure(thrown: unknown, signal: AbortSignal | undefined): Failure {
    if (signal?.aborted) return { kind: "stopped", words: "the inbox was stopped" };
    const failure = failureOf(thrown, this.host, this.scrub);
    this.#heardAt = failure.kind === "refused" ? this.#clock.monotonic() : Number.NEGATIVE_INFINITY;
    return failure;
  }

  #api(signal: AbortSignal): Api {
    const fetch = (url: unknown, init: { body?: unknown } | undefined) =>
      ask(String(url), init?.body, signal);
    // grammY's type is node-fetch's; of the answer it reads nothing but `json()`.
    const options = { apiRoot: this.root, fetch: fetch as unknown as NonNullable<ApiClientOptions["fetch"]> };
    return new Api(this.token, options);
  }
}

/** One request, with redirects refused: they would carry the token to another host. */
async function ask(url: string, body: unknown, signal: AbortSignal): Promise<{ json(): Promise<unknown> }> {
  const headers = { "Content-Type": "application/json" };
  const init = { method: "POST", headers, body: String(body ?? "{}"), redirect: "manual", signal } as const;
  const response = await fetch(url, init);
  const answer = readAnswer(await response.text());
  if (answer === undefined) throw new Foreign(response.status);
  return { json: () => Promise.resolve(answer) };
}

function readAnswer(text: string): object | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return isAnswer(answer) ? answer : undefined;
  } catch {
    return undefined;
  }
}

const isAnswer = (answer: unknown): answer is object =>
  typeof answer === "object" &&
  answer !== null &&
  "ok" in answer &&
  (answer.ok === true
    ? "result" in answer && answer.result !== null
    : "error_code" in answer && "description" in answer);
