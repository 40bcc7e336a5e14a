import { meaningOf } from "./codes.js";
import { get, Probe, socketUrl } from "./probe.js";
import { duration, say } from "./words.js";

/** Milliseconds that a socket must live to count as let in: refusals come at once. */
const settled = 3_000;

/**
 * A socket on a path and with a token of the user's own.
 * @returns {Promise<{ status: string, detail: string, ms?: number }>}
 */
export async function own(path, token) {
  const url = socketUrl(path);
  if (url === undefined) return { status: "broken", detail: say("own_foreign") };
  if (token !== "") url.searchParams.set("token", token);
  const probe = new Probe(url);
  await probe.until(() => probe.opened);
  const ms = Math.round(performance.now() - probe.started);
  if (probe.opened) await probe.until(() => false, settled);
  probe.close();
  if (!probe.opened) return { status: "broken", detail: await whyNot(url, probe) };
  if (probe.ended !== undefined)
    return { status: "broken", detail: say("closed_early", await meaningOf(probe.ended)), ms };
  return { ...letIn(probe.messages), ms };
}

async function whyNot(url, { ended }) {
  const { code, meaning } = await meaningOf(ended ?? { code: 1006, reason: "" });
  // Without the query: the token stays out of it.
  const { status = 0 } = await get(url.pathname);
  const elsewhere = status !== 426 && status !== 0 ? ` ${say("socket_path", { status })}` : "";
  return say("closed_early", { code, meaning }) + elsewhere;
}

/** Types alone: what is in the messages is nobody's business but the app's. */
function letIn(messages) {
  const greeting = messages.find((each) => each.authenticated === false && typeof each.reason === "string");
  if (greeting !== undefined)
    return { status: "warning", detail: say("own_anonymous", { reason: greeting.reason }) };
  const types = [...new Set(messages.map(({ type }) => String(type)))].slice(0, 5).join(", ");
  return { status: "ok", detail: types === "" ? say("own_ok_silent") : say("own_ok", { types }) };
}

/** What stands in a token, for anybody who holds it; whether it is genuine only the server can say. */
export function readToken(token) {
  const claims = claimsOf(token);
  if (claims === undefined) return { status: "ok", detail: say("own_token_plain") };
  const { exp, nbf, iat } = claims;
  const now = Date.now();
  const begin = 1000 * Math.max(Number(nbf) || 0, Number(iat) || 0);
  if (Number(exp) * 1000 < now)
    return { status: "broken", detail: say("own_token_ended", { since: duration(now - exp * 1000) }) };
  if (begin > now + 60_000)
    return { status: "warning", detail: say("own_token_future", { until: duration(begin - now) }) };
  if (exp === undefined) return { status: "ok", detail: say("own_token_endless") };
  return { status: "ok", detail: say("own_token_good", { until: duration(exp * 1000 - now) }) };
}

/** RFC 7519: three parts in base64url, the second one JSON. */
function claimsOf(token) {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  try {
    const claims = JSON.parse(atob(parts[1].replaceAll("-", "+").replaceAll("_", "/")));
    return Object(claims) === claims ? claims : undefined;
  } catch {
    return undefined;
  }
}
