import { errorIn } from "../error-frame.ts";
import type { Options } from "../options.ts";
import { because, known, type Outcome, ok } from "../outcome.ts";
import type { Facts } from "../report.ts";
import { headerOf, originOf, type Target, urlOf } from "../target.ts";
import { describeWho, isPeykBody, type Who, whoAnswers } from "../who.ts";
import { type Answer, acceptFor } from "../wire/http.ts";

/** What else was tried when the handshake was refused. */
export interface Probes {
  /** Another path of this server that opens a WebSocket. */
  readonly otherPath?: string | undefined;
  /** An Origin that is let in where ours is not; `""`: none at all. */
  readonly otherOrigin?: string | undefined;
  /** An ordinary request for this path is told that it should be an upgrade. */
  readonly asksForUpgrade?: boolean | undefined;
}

export interface Asked {
  readonly target: Target;
  readonly key: string;
  readonly isPeyk: boolean;
  readonly options: Options;
  readonly probes: Probes;
}

/** What the answer to the handshake says. */
export function judgeUpgrade(answer: Answer, asked: Asked): Outcome {
  const { status } = answer;
  const facts = factsOf(answer, asked);
  if (status === 101) return judgeSwitch(answer, asked, facts);
  if (status >= 300 && status < 400) return judgeRedirect(answer, asked.target, facts);
  if (wantsUpgrade(answer))
    return because(asksForAnother(answer) ? "upgrade_required" : "upgrade_stripped", facts);
  const own = byStatus[status];
  if (status === 403 || isAboutOrigin(answer)) return judgeForbidden(answer, facts, asked);
  if (own !== undefined) return because(own, facts);
  if (status >= 500 && status !== 501) return because("server_error", facts);
  if (status === 400)
    return because(asked.probes.otherPath === undefined ? "bad_request" : "wrong_path", facts);
  return judgePlain(answer, asked, facts);
}

const byStatus: Readonly<Record<number, Parameters<typeof because>[0]>> = {
  401: "http_unauthorized",
  407: "proxy_auth",
  429: "http_rate_limited",
  502: "bad_gateway",
  503: "gateway_unavailable",
  504: "gateway_timeout",
  // Cloudflare's own: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
  520: "bad_gateway",
  521: "bad_gateway",
  522: "gateway_timeout",
  523: "bad_gateway",
  524: "gateway_timeout",
  525: "bad_gateway",
  526: "bad_gateway",
  530: "bad_gateway",
};

function factsOf(answer: Answer, { target, isPeyk, probes }: Asked): Facts {
  const who = whoAnswers(answer);
  return known({
    status: answer.status,
    status_text: answer.statusText,
    who: isPeyk ? (who.proxy === undefined ? "Peyk" : `Peyk (${who.proxy})`) : describeWho(answer),
    proxy: who.proxy,
    body: excerpt(answer.body),
    own: who.own ? who.proxy : undefined,
    challenge: /^\w+/.exec(answer.headers.get("www-authenticate") ?? "")?.[0],
    other_path: probes.otherPath,
    other_url: probes.otherPath === undefined ? undefined : urlOf(target, probes.otherPath),
    retry_after: answer.headers.get("retry-after"),
    peyk: isPeyk ? true : undefined,
  });
}

/** The first words of a page, without its tags; of a JSON document, what it says. */
function excerpt(body: string): string | undefined {
  const said = errorIn(body)?.message ?? "";
  if (said !== "") return said.slice(0, 160);
  const text = body
    .replace(/<(style|script|head)[\s\S]*?<\/\1>/gi, " ")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return text === "" ? undefined : text.slice(0, 160);
}

/** RFC 6455 4.1, what a client must check in a 101. */
function judgeSwitch({ headers }: Answer, { key, options }: Asked, facts: Facts): Outcome {
  const accept = headers.get("sec-websocket-accept");
  const wrong = [
    headers.get("upgrade")?.toLowerCase() === "websocket" ? [] : "Upgrade",
    /(^|,)\s*upgrade\s*(,|$)/i.test(headers.get("connection") ?? "") ? [] : "Connection",
    accept === undefined ? "Sec-WebSocket-Accept" : [],
    negotiated.filter(
      (name) => !wasOffered(headers.get(name.toLowerCase()), headerOf(options, name.toLowerCase())),
    ),
  ].flat();
  if (wrong.length > 0) return because("bad_handshake", { ...facts, wrong });
  if (accept === acceptFor(key)) return ok("upgrade_ok", facts);
  return because("bad_accept", { ...facts, accept: accept!.slice(0, 60), expected: acceptFor(key) });
}

/** The server may choose of these what was offered with --header, and nothing else (RFC 6455 4.1). */
const negotiated = ["Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"];

function wasOffered(chosen = "", offered = ""): boolean {
  const names = (list: string) => list.split(",").map((each) => each.split(";")[0]!.trim());
  return chosen === "" || names(chosen).every((each) => names(offered).includes(each));
}

function judgeRedirect({ headers }: Answer, target: Target, facts: Facts): Outcome {
  const location = headers.get("location") ?? "";
  const to = parse(location, urlOf(target, target.path).replace(/^ws/, "http"));
  if (to === undefined) return because("redirect", { ...facts, location: location.slice(0, 200) });
  const suggestion = to.href.replace(/^http/, "ws");
  const found = { ...facts, location: to.href.slice(0, 200), suggestion: suggestion.slice(0, 200) };
  const sameHost = to.hostname.replace(/^\[|\]$/g, "") === target.host;
  if (!target.secure && to.protocol === "https:" && sameHost) return because("redirect_to_https", found);
  const isLogin = /log-?in|sign-?in|auth|sso|account/i.test(to.pathname);
  return because("redirect", isLogin ? { ...found, login: true } : found);
}

function parse(location: string, base: string): URL | undefined {
  try {
    return location === "" ? undefined : new URL(location, base);
  } catch {
    return undefined;
  }
}

/** What WebSocket servers say to a request that came without its upgrade headers; each asks for what we have sent. */
const missingUpgrade = [
  /this path speaks WebSocket/,
  /missing (Connection|Upgrade) header|invalid (Connection|Upgrade) header/i,
  /Can "?Upgrade"? only to "?WebSocket/i,
  /"Connection" must be "Upgrade"/i,
  /No WebSocket UPGRADE hdr/i,
  /client is not using the websocket protocol/i,
  /'?upgrade'? token not found/i,
  /not a (valid )?websocket (handshake|request|upgrade)/i,
  /expected (a )?websocket/i,
  /websocket (upgrade|connection) (is )?(required|expected)/i,
  /use (the )?websocket protocol/i,
  /(missing|invalid|without) (or invalid )?(the )?"?Sec-WebSocket-(Key|Version)/i,
  /Sec-WebSocket-Key must be/,
];

/** A 426, or words that ask for an upgrade, from somebody whom our headers have not reached. Peyk never refuses an upgrade with a problem. */
export const wantsUpgrade = ({ status, body }: Answer): boolean =>
  status === 426 ||
  (status >= 400 && status < 500 && (missingUpgrade.some((each) => each.test(body)) || isPeykBody(body)));

/** It wants another protocol, or another version of this one. */
function asksForAnother({ headers }: Answer): boolean {
  const versions = headers.get("sec-websocket-version");
  const upgrade = headers.get("upgrade");
  return (
    (versions !== undefined && !/\b13\b/.test(versions)) ||
    (upgrade !== undefined && !/websocket/i.test(upgrade))
  );
}

/** Tornado: "Cross origin websockets not allowed"; Python's websockets: "invalid Origin header". */
const isAboutOrigin = ({ status, body }: Answer): boolean =>
  status >= 400 &&
  status < 500 &&
  /cross[- ]origin|origin header|origin .{0,20}(not allowed|denied|forbidden)/i.test(body);

function judgeForbidden(answer: Answer, facts: Facts, { options, probes, target }: Asked): Outcome {
  const origin = originOf(options);
  const { otherOrigin, otherPath } = probes;
  if (otherPath !== undefined) return because("wrong_path", facts);
  if (otherOrigin === undefined)
    return isAboutOrigin(answer)
      ? because("origin_refused", known({ ...facts, origin, allowed: undefined }))
      : because("http_forbidden", facts);
  const tried = otherOrigin === "" ? urlOf(target, "").replace(/^ws/, "http") : otherOrigin;
  return because(
    "origin_refused",
    known({ ...facts, origin, allowed: tried, needs_origin: origin === undefined ? true : undefined }),
  );
}

/** Servers that can upgrade, and answer 404 only where they have no route. */
const capable = /Tornado|aiohttp|Kestrel|Jetty|Tomcat|Cowboy|Spring|websockets/i;

/** An ordinary answer, as if nobody had asked for an upgrade. */
function judgePlain(answer: Answer, { isPeyk, probes }: Asked, facts: Facts): Outcome {
  const who = whoAnswers(answer);
  const isGo = /^404 page not found\s*$/.test(answer.body);
  const isMissing = answer.status === 404;
  if (answer.status === 410 || probes.otherPath !== undefined || probes.asksForUpgrade === true)
    return because("wrong_path", facts);
  if (isMissing && (who.own || isGo || isPeyk || capable.test(`${who.server} ${facts.who}`)))
    return because("wrong_path", facts);
  if (isPlainWords(answer.status))
    return because(hidesUpgrade(who, answer) ? "upgrade_stripped" : "http_only", facts);
  return because("odd_status", facts);
}

const isPlainWords = (status: number): boolean =>
  (status >= 200 && status < 300) || [404, 405, 501].includes(status);

/** Behind a proxy somebody answered an ordinary request: as a rule, because the proxy made it one. */
const hidesUpgrade = ({ proxy, httpOnly, own }: Who, { status }: Answer): boolean =>
  proxy !== undefined && !httpOnly && !own && status !== 200;
