import { because, known, type Outcome, ok } from "../outcome.ts";
import { describeWho, whoAnswers } from "../who.ts";
import type { Answer } from "../wire/http.ts";
import { isTlsTeller } from "./tls.ts";

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
