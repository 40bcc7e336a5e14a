import type { Clock } from "../../core/clock.ts";
import type { InstagramSettings } from "../../features/inbox/platform.ts";
import { isTokenDead, type MetaError, metaError } from "./errors.ts";
import type { Health } from "./health.ts";
import { type Json, parseObject } from "./json.ts";
import { readLimited } from "./read-limited.ts";
import { type Words, wordsWithout } from "./words.ts";

/** As the global `fetch`, of which tests may want another. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface GraphCall {
  readonly method: "GET" | "POST";
  /** `token`: the renewal of tokens, which stands beside the versions, and takes the token in its query alone. */
  readonly root?: "token";
  /** Below `api_root`, each part encoded. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  /** Milliseconds until the answer must be there. */
  readonly timeout: number;
  /** Ends the call as its timeout would. */
  readonly signal?: AbortSignal;
}

export type GraphAnswer =
  | { readonly kind: "ok"; readonly body: Json }
  | { readonly kind: "refused"; readonly error: MetaError }
  /** Meta has certainly not seen the request. */
  | { readonly kind: "unreached"; readonly reason: string }
  /** The request went out, and nothing that can be understood came back. */
  | { readonly kind: "unanswered"; readonly reason: string };

const maxAnswerBytes = 1_000_000;

/** Errors of resolving, connecting and the TLS handshake: no byte of the request has left. */
const beforeSending =
  /^(ECONNREFUSED|ConnectionRefused|FailedToOpenSocket|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EPROTO|CERT_\w+|\w+_CERT\w*|UNABLE_TO_\w+|ERR_TLS_\w+)$/;

/** Meta's Graph API with this account's token: in the header, and in an address only where Meta wants it so. */
export class Graph {
  words: Words;
  #settings: InstagramSettings;
  readonly #clock: Clock;
  readonly #fetch: Fetch;
  readonly #health: Health;
  #isSilent = true;

  constructor(settings: InstagramSettings, clock: Clock, fetch: Fetch, health: Health) {
    this.#settings = settings;
    this.#clock = clock;
    this.#fetch = fetch;
    this.#health = health;
    this.words = wordsWithout(settings);
  }

  /** From now on with this token. The old one is still a secret: both are kept out of words. */
  renew(access_token: string): void {
    const clean = this.words;
    const now = { ...this.#settings, access_token };
    this.#settings = now;
    this.words = (text) => clean(wordsWithout(now)(text));
  }

  /** Meta has not answered the last call, whatever it was for; before the first one, nobody knows. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Never rejects. */
  async call(call: GraphCall): Promise<GraphAnswer> {
    const answer = await this.#ask(call);
    this.#isSilent = answer.kind === "unanswered" || answer.kind === "unreached";
    return answer;
  }

  async #ask(call: GraphCall): Promise<GraphAnswer> {
    const abort = new AbortController();
    const end = () => abort.abort();
    call.signal?.addEventListener("abort", end);
    const cancel = this.#clock.after(call.timeout, end);
    try {
      return this.#judge(await this.#request(call, abort.signal));
    } catch (error) {
      return this.#broken(error, abort.signal.aborted);
    } finally {
      cancel();
      call.signal?.removeEventListener("abort", end);
    }
  }

  async #request({ method, root: kind, path, query, body }: GraphCall, signal: AbortSignal) {
    const search = query === undefined ? "" : `?${new URLSearchParams(query)}`;
    const { api_root, access_token } = this.#settings;
    const root = kind === "token" ? new URL(api_root).origin : api_root.replace(/\/+$/, "");
    const response = await this.#fetch(`${root}/${path.map(encodeURIComponent).join("/")}${search}`, {
      method,
      headers: {
        ...(kind === "token" ? {} : { authorization: `Bearer ${access_token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // The token follows no redirect.
      redirect: "manual",
      // A kept connection that Meta has closed meanwhile looks like one that broke after sending.
      keepalive: method === "GET",
      signal,
    });
    const bytes = await this.#body(response);
    return { response, text: new TextDecoder().decode(bytes) };
  }

  /** A refusal is one even when its words do not come through. */
  async #body(response: Response): Promise<Uint8Array | undefined> {
    try {
      return await readLimited(response, maxAnswerBytes);
    } catch (error) {
      if (response.ok) throw error;
      return undefined;
    }
  }

  #judge({ response, text }: { response: Response; text: string }): GraphAnswer {
    const body = parseObject(text);
    if (!response.ok) return this.#refused(metaError(response, body, this.words));
    if (body === undefined)
      return { kind: "unanswered", reason: "Instagram's answer cannot be understood: check api_root" };
    this.#health.clear("token");
    this.#health.clear("reach");
    return { kind: "ok", body };
  }

  #refused(error: MetaError): GraphAnswer {
    this.#health.clear("reach");
    if (isTokenDead(error))
      this.#health.report(
        "token",
        `the access token is no longer valid: connect the account again (Instagram says: ${error.message})`,
      );
    return { kind: "refused", error };
  }

  #broken(error: unknown, timedOut: boolean): GraphAnswer {
    if (timedOut) return { kind: "unanswered", reason: "Instagram did not answer in time" };
    const { code, message } = error as { code?: unknown; message?: unknown };
    const why = this.words(typeof code === "string" ? code : String(message));
    return beforeSending.test(why)
      ? { kind: "unreached", reason: `Instagram cannot be reached (${why}): check the server's connection` }
      : { kind: "unanswered", reason: `the connection to Instagram broke (${why})` };
  }
}
