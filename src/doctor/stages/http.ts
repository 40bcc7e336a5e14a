import { get, shake } from "../handshake.ts";
import { because, known, type Outcome, ok } from "../outcome.ts";
import { pathOnly } from "../target.ts";
import type { Walk } from "../walk.ts";
import { describeWho, isPeykBody, whoAnswers } from "../who.ts";
import { type Answer, isAnswer, type NoAnswer } from "../wire/http.ts";
import { Line, LineFault } from "../wire/line.ts";
import { isTlsTeller } from "./tls.ts";

/** Milliseconds that the question whether this is a Peyk may take. */
const peykPatience = 2_000;
/** Where a Peyk says that it is one. */
export const peykHealth = "/api/websocket/health/";

/** Asks for a WebSocket, and looks at who answers; what was answered is the next stage's. */
export async function httpStage(walk: Walk): Promise<Outcome> {
  const shaken = await shake(walk).catch((error: unknown) => error);
  if (shaken instanceof LineFault) return because("hung_up", { code: shaken.code });
  const { answer, line, key } = shaken as Awaited<ReturnType<typeof shake>>;
  walk.line = line;
  if (!isAnswer(answer)) return judgeNoAnswer(answer, await whatElse(walk, answer));
  walk.answer = answer;
  walk.key = key;
  walk.who = describeWho(answer);
  walk.proxy = whoAnswers(answer).proxy;
  const outcome = judgeAnswer(answer, walk.target.host, walk.clock.now());
  if (outcome.verdict === "ok") walk.isPeyk = isPeykBody(answer.body) || (await isPeyk(walk));
  if (!walk.isPeyk) return outcome;
  walk.who = walk.proxy === undefined ? "Peyk" : `Peyk (${walk.proxy})`;
  return { ...outcome, facts: { ...outcome.facts, who: walk.who, peyk: true } };
}

async function isPeyk(walk: Walk): Promise<boolean> {
  try {
    const answer = await get(walk, peykHealth, peykPatience);
    return isAnswer(answer) && /"server_type":\s*"peyk"/.test(answer.body);
  } catch {
    return false;
  }
}

/** What else can be said of somebody who does not answer the handshake. */
export interface Otherwise {
  /** The port was asked for plainly, and speaks TLS. */
  readonly speaksTls: boolean;
  /** An ordinary request is answered. */
  readonly speaksHttp: boolean;
}

async function whatElse(walk: Walk, { bytes }: NoAnswer): Promise<Otherwise> {
  if (bytes.length > 0 && !isAlert(bytes)) return { speaksTls: false, speaksHttp: false };
  const speaksTls = !walk.target.secure && (await alsoSpeaksTls(walk));
  return { speaksTls, speaksHttp: !speaksTls && (await alsoSpeaksHttp(walk, isAlert(bytes))) };
}

/** A TLS record of type alert (RFC 8446 5.1). */
const isAlert = (bytes: Uint8Array): boolean => bytes[0] === 0x15 && bytes[1] === 0x03;

/** `badly`: with a request that a proxy refuses by itself, since whoever stands behind it speaks no HTTP. */
async function alsoSpeaksHttp(walk: Walk, badly: boolean): Promise<boolean> {
  try {
    return isAnswer(await get(walk, badly ? "*" : pathOnly(walk.target), 1_500));
  } catch {
    return false;
  }
}

/** Silence and a closed line are what a TLS port has for those who speak plainly. */
async function alsoSpeaksTls(walk: Walk): Promise<boolean> {
  const { address, target, clock } = walk;
  const tls = target.host === address ? {} : { servername: target.host };
  try {
    const line = await Line.open({ address, port: target.port, tls }, 1_500, clock);
    line.close();
    return true;
  } catch (error) {
    return error instanceof LineFault && /ALERT/.test(error.code);
  }
}

/** What came is no HTTP, or no whole answer. */
export function judgeNoAnswer({ bytes, ending }: NoAnswer, { speaksTls, speaksHttp }: Otherwise): Outcome {
  // A proxy that passes on what it got: TLS is what its upstream speaks.
  if (isAlert(bytes) && speaksHttp) return because("bad_gateway", { banner: "TLS" });
  if (speaksTls || isAlert(bytes))
    return because("plain_on_tls_port", { how: isAlert(bytes) ? "alert" : "closed" });
  if (ending?.how === "failure" && /CERTIFICATE_REQUIRED/.test(ending.code))
    return because("tls_client_cert", { code: ending.code });
  if (speaksHttp || /^HTTP\/1\.[01] \d{3}/.test(textOf(bytes)))
    return ending === undefined
      ? because("upgrade_hangs")
      : because("bad_handshake", { how: bytes.length === 0 ? "hangs_up_at_upgrade" : "ends_half_way" });
  if (bytes.length === 0)
    return ending === undefined
      ? because("silent")
      : because("hung_up", known({ code: ending.code || undefined }));
  if (isHttp2(bytes)) return because("http2_only", { code: "SETTINGS" });
  return because("not_http", known({ banner: printable(bytes), speaks: protocolOf(bytes) }));
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 200)).toString("latin1");

/** An HTTP/2 server's first frame is SETTINGS, type 4, on stream 0 (RFC 9113 3.4). */
const isHttp2 = (bytes: Uint8Array): boolean =>
  bytes.length >= 9 && bytes[0] === 0 && bytes[1] === 0 && bytes[3] === 4 && bytes[4] === 0;

const printable = (bytes: Uint8Array): string =>
  Buffer.from(bytes.subarray(0, 80))
    .toString("latin1")
    .replace(/[^\x20-\x7e]+/g, " ")
    .trim()
    .slice(0, 60);

/** First words of servers that are not HTTP. */
const banners: readonly (readonly [RegExp, string])[] = [
  [/^SSH-/, "SSH"],
  [/^220[ -].*(SMTP|mail|Postfix|Exim)/i, "SMTP"],
  [/^220[ -]/, "FTP"],
  [/^-(ERR|DENIED|NOAUTH|MISCONF)/, "Redis"],
  [/^\+OK/, "POP3"],
  [/^\* OK/, "IMAP"],
  [/^RFB \d/, "VNC"],
  [/^AMQP/, "AMQP"],
  [/unsupported frontend protocol|invalid length of startup packet/, "PostgreSQL"],
  [/mysql_native_password|caching_sha2_password|MariaDB/, "MySQL"],
  [/^INFO \{/, "NATS"],
];

const protocolOf = (bytes: Uint8Array): string | undefined => {
  const text = textOf(bytes);
  return banners.find(([pattern]) => pattern.test(text))?.[1];
};

/** Seconds between this machine's clock and the server's, positive where the server is ahead; `undefined`: it does not say. */
export function skewOf({ headers }: Answer, now: number): number | undefined {
  const date = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(date) ? undefined : Math.round((date - now) / 1000);
}

/** Somebody answers in HTTP. Is it the one who was asked? */
export function judgeAnswer(answer: Answer, host: string, now: number): Outcome {
  const { status, headers, body } = answer;
  const { proxy } = whoAnswers(answer);
  const facts = known({
    status,
    who: describeWho(answer),
    proxy,
    via: headers.get("via"),
    server: headers.get("server")?.slice(0, 80),
    http_version: answer.version,
    skew_seconds: skewOf(answer, now),
  });
  if (status === 400 && isTlsTeller(body)) return because("plain_on_tls_port", { ...facts, how: "told" });
  if (
    (status === 400 || status === 496) &&
    /No required SSL certificate was sent|SSL certificate error/i.test(body)
  )
    return because("tls_client_cert", facts);
  return isLoginPage(answer, host) ? because("login_page", facts) : ok("http_ok", facts);
}

/** Words of the pages that hotels, airports and company networks put in front of everything. */
const portalWords =
  /captive|hotspot|wispaccessgatewayparam|nodogsplash|coovachilli|mikrotik|routeros|portal.{0,20}log[ -]?in|wi-?fi.{0,30}(log[ -]?in|sign|terms)|guest (network|access)|accept .{0,20}terms/i;

/** RFC 6585 6: 511 says so by itself. Else a page for people whose words are those of such networks. */
function isLoginPage({ status, headers, body }: Answer, host: string): boolean {
  if (status === 511) return true;
  const location = headers.get("location") ?? "";
  if (status >= 300 && status < 400) return isElsewhere(location, host) && portalWords.test(location + body);
  const isPage = /html/i.test(headers.get("content-type") ?? "");
  return status < 500 && isPage && portalWords.test(body);
}

function isElsewhere(location: string, host: string): boolean {
  try {
    return new URL(location).hostname !== host;
  } catch {
    return false;
  }
}
