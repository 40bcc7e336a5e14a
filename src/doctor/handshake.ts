import type { Options, TokenPlace } from "./options.ts";
import { authorityOf, credentialOf, headerOf, type Target } from "./target.ts";
import type { Walk } from "./walk.ts";
import {
  type Answer,
  type Headers,
  isAnswer,
  type NoAnswer,
  newKey,
  readAnswer,
  requestText,
  upgradeHeaders,
} from "./wire/http.ts";
import type { Line } from "./wire/line.ts";

/** How this handshake differs from the one that the options ask for. */
export interface Variant {
  readonly path?: string;
  /** `""`: none is sent. */
  readonly origin?: string;
  readonly tokenIn?: TokenPlace;
  /** Milliseconds; default: the walk's. */
  readonly ms?: number;
}

export interface Shaken {
  readonly answer: Answer | NoAnswer;
  readonly line: Line;
  readonly key: string;
}

/** Opens a line of its own and asks for a WebSocket. The line is left open. Rejects with a LineFault. */
export async function shake(walk: Walk, variant: Variant = {}): Promise<Shaken> {
  const { target, options } = walk;
  const key = newKey();
  const { path, headers } = handshakeOf(target, options, key, variant);
  const line = await walk.open();
  line.write(requestText(path, headers));
  return { answer: await answerOn(walk, line, variant.ms ?? walk.timeout), line, key };
}

/** A plain GET, without a token: nobody who is merely asked who he is needs one. */
export async function get(walk: Walk, path: string, ms: number): Promise<Answer | NoAnswer> {
  const line = await walk.open();
  try {
    line.write(requestText(path, { ...common(walk.target), Accept: "*/*", Connection: "close" }));
    return await answerOn(walk, line, ms);
  } finally {
    line.close();
  }
}

async function answerOn({ clock, pace }: Walk, line: Line, ms: number): Promise<Answer | NoAnswer> {
  const asked = clock.monotonic();
  const answer = await readAnswer(line, ms, clock);
  if (isAnswer(answer)) pace.saw(clock.monotonic() - asked);
  return answer;
}

const common = (target: Target): Headers => ({ Host: authorityOf(target), "User-Agent": agent });

const agent = "peyk-doctor";
/** Some servers, Peyk too, ask for the origin of browsers alone, and all of those call themselves so. */
const browserAgent = `Mozilla/5.0 (compatible; ${agent})`;

/** Path and headers of the handshake, with the token where it is to be. Headers of the options win. */
export function handshakeOf(target: Target, options: Options, key: string, variant: Variant = {}) {
  const credential = credentialOf(target, options);
  const place = variant.tokenIn ?? credential?.from;
  const given = options.headers ?? {};
  const names = Object.keys(given).map((name) => name.toLowerCase());
  const origin = variant.origin ?? options.origin ?? "";
  const own: Headers = {
    ...common(target),
    ...upgradeHeaders(key),
    ...(origin === "" ? {} : { Origin: origin, "User-Agent": browserAgent }),
    ...authorization(
      target,
      place === "header" && fitsHeader(credential?.token) ? credential?.token : undefined,
    ),
  };
  const kept = Object.entries(own).filter(([name]) => !names.includes(name.toLowerCase()));
  const headers = { ...Object.fromEntries(kept), ...given };
  if (variant.tokenIn !== undefined && variant.tokenIn !== "header") dropBearer(headers);
  return { path: withToken(variant.path ?? target.path, place, credential?.token), headers };
}

/** RFC 9110 5.5: no control characters. A token with the end of its line is not sent at all. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for.
export const fitsHeader = (token = ""): boolean => !/[\x00-\x1f\x7f]/.test(token);

function authorization({ basic }: Target, token: string | undefined): Headers {
  if (token !== undefined) return { Authorization: `Bearer ${token}` };
  return basic === undefined ? {} : { Authorization: `Basic ${Buffer.from(basic).toString("base64")}` };
}

function dropBearer(headers: Record<string, string>): void {
  const bearer = headerOf({ headers }, "authorization");
  if (!/^bearer\s/i.test(bearer ?? "")) return;
  for (const name of Object.keys(headers)) if (name.toLowerCase() === "authorization") delete headers[name];
}

/** Puts the token into the query, or takes it out of there, and leaves every other parameter as it was typed. */
function withToken(path: string, place: TokenPlace | undefined, token: string | undefined): string {
  if (token === undefined) return path;
  const [before = "", query = ""] = path.split("?");
  const params = query.split("&").filter((each) => each !== "");
  const isToken = (each: string) => /^(token|access_token)=/.test(each);
  const name = params.find(isToken)?.split("=")[0] ?? "token";
  const others = params.filter((each) => !isToken(each));
  const all = place === "query" ? [...others, `${name}=${encodeURIComponent(token)}`] : others;
  return all.length === 0 ? before : `${before}?${all.join("&")}`;
}
