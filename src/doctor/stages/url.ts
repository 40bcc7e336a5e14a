import { isIP } from "node:net";
import { because, known, type Outcome, ok } from "../outcome.ts";
import { decode, type Target } from "../target.ts";

export interface Parsed {
  readonly outcome: Outcome;
  /** Where it can be examined. */
  readonly target?: Target;
}

const schemes: Readonly<Record<string, { secure: boolean; was?: string }>> = {
  "ws:": { secure: false },
  "wss:": { secure: true },
  "http:": { secure: false, was: "http" },
  "https:": { secure: true, was: "https" },
};

/** Ports that speak TLS by custom, for a URL without a scheme. */
const tlsPorts = ["443", "8443", "9443"];

/** Reads what somebody typed: `ws(s)://`, `http(s)://`, or a bare `host:port`, whose scheme is guessed and told. */
export function readUrl(text: string): Parsed {
  const typed = text.trim();
  const guessed = /^[a-z][a-z\d+.-]*:\/\//i.test(typed) ? undefined : guess(typed);
  if (guessed === undefined && !typed.includes("://")) return bad("no_url", typed);
  const url = parse(guessed ?? typed);
  if (url === undefined) return bad(wrongPart(guessed ?? typed), typed);
  const scheme = schemes[url.protocol];
  if (scheme === undefined) return bad("scheme", typed, { scheme: url.protocol.slice(0, -1) });
  if (url.hash !== "" || typed.endsWith("#"))
    return {
      outcome: because("url_fragment", { fragment: url.hash.slice(0, 40), without: typed.split("#")[0]! }),
    };
  return accept(url, scheme, guessed !== undefined);
}

/** A page that came by https may open no plain socket, but to its own machine (W3C Mixed Content 4 and Secure Contexts 3.1). */
export function judgePage(outcome: Outcome, { secure, host }: Target, origin: string | undefined): Outcome {
  const isHere = host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127\./.test(host);
  return !secure && !isHere && /^https:/i.test(origin ?? "")
    ? because("mixed_content", { origin: origin! })
    : outcome;
}

function accept(url: URL, { secure, was }: { secure: boolean; was?: string }, guessed: boolean): Parsed {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (host === "" || url.port === "0") return bad(host === "" ? "host" : "port", url.href);
  const basic = url.username === "" ? undefined : `${decode(url.username)}:${decode(url.password)}`;
  const target = {
    secure,
    host,
    port: Number(url.port === "" ? (secure ? 443 : 80) : url.port),
    path: `${url.pathname}${url.search}`,
    ...(basic === undefined ? {} : { basic }),
  };
  const line = guessed ? "url_guessed" : was === undefined ? "url_ok" : "url_from_http";
  const ascii = isIP(host) === 0 && /(^|\.)xn--/.test(host) ? host : undefined;
  return { target, outcome: ok(line, known({ was, ascii })) };
}

const bad = (part: string, typed: string, facts: Record<string, string> = {}): Parsed => ({
  outcome: because("bad_url", { part, typed, ...facts }),
});

/** `localhost:8000/ws` → `ws://…`; `undefined`: it is not even that. */
function guess(typed: string): string | undefined {
  const rest = typed.replace(/^\/\//, "").replace(/^(wss?|https?):?\/(?!\/)/i, "");
  const [, host = "", port = ""] =
    /^(\[[\da-f:.]+\]|[^\s/:?#@]+)(?::(\d{1,5}))?(?=[/?#]|$)/i.exec(rest) ?? [];
  if (host === "") return undefined;
  const isHere = /^(localhost|127\.|\[::1\])/.test(host) || isIP(host.replace(/^\[|\]$/g, "")) !== 0;
  const secure = tlsPorts.includes(port) || (port === "" && !isHere);
  return `${secure ? "wss" : "ws"}://${rest}`;
}

function parse(text: string): URL | undefined {
  try {
    return /\s/.test(text) ? undefined : new URL(text);
  } catch {
    return undefined;
  }
}

/** Which part of a URL that cannot be parsed is wrong, as far as one can tell. */
function wrongPart(text: string): string {
  const [, authority = ""] = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i.exec(text) ?? [];
  if (/\s/.test(text)) return "space";
  if (authority === "") return "host";
  const [, port] = /:([^:\]]*)$/.exec(authority) ?? [];
  return port !== undefined && !(Number(port) > 0 && Number(port) < 65_536) ? "port" : "host";
}
