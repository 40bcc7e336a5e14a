import { meaningOf } from "./codes.js";
import { get, Probe, patience, socketUrl } from "./probe.js";
import { say } from "./words.js";

/*
 * Each step resolves to { status, detail, ms?, kind? }: what it found, in words, and for the verdict what kind of
 * trouble it is.
 */

const ok = (detail, ms) => ({ status: "ok", detail, ms });
const warning = (detail, ms) => ({ status: "warning", detail, ms });
const broken = (kind, detail) => ({ status: "broken", kind, detail });

/** Milliseconds: a chat whose messages need longer feels slow. */
const slow = 1_000;
/** Clocks that differ by less harm no token. */
const tolerance = 60_000;
const test = "/ws/test/";

export async function page() {
  if (navigator.onLine === false) return broken("http", say("page_offline"));
  return ok(say(location.protocol === "https:" ? "page_https" : "page_http", { host: location.host }));
}

export async function http(found) {
  const answers = [];
  for (let i = 0; i < 3; i++) {
    const answer = await get("/health");
    const trouble = httpTrouble(answer);
    if (trouble !== undefined) return broken("http", trouble);
    answers.push(answer);
  }
  found.answer = answers[2];
  const ms = median(answers.map((each) => each.ms));
  return ok(say("http_ok", { ms }), ms);
}

function httpTrouble({ failed, status, text }) {
  if (failed === "redirected") return say("http_redirected");
  if (failed === "slow") return say("http_slow", { seconds: patience / 1000 });
  if (failed !== undefined) return say("http_none");
  if (status !== 200) return say("http_status", { status });
  return fieldOf(text, "status") === "ok" ? undefined : say("http_foreign");
}

function fieldOf(text, field) {
  try {
    return Object(JSON.parse(text))[field];
  } catch {
    return undefined;
  }
}

const median = (values) => Math.round([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]);

/** The server's own time, in whole seconds, against this browser's at the middle of the request. */
export async function clock({ answer }) {
  if (answer === undefined || Number.isNaN(answer.date))
    return { status: "skipped", detail: say("clock_unknown") };
  const difference = Math.abs(answer.at - answer.ms / 2 - answer.date - 500);
  if (difference < tolerance) return ok(say("clock_ok"));
  return warning(say("clock_off", { minutes: Math.round(difference / 60_000) }));
}

export async function server() {
  const { text = "" } = await get("/api/websocket/health/");
  const status = fieldOf(text, "status");
  if (status === "ok") return ok(say("server_ok"));
  if (status === "warning" || status === "error") return warning(say(`server_${status}`));
  return { status: "skipped", detail: say("server_unknown") };
}

export async function socket(found) {
  const probe = new Probe(socketUrl(test));
  await probe.until(() => probe.opened);
  if (!probe.opened) {
    probe.close();
    return notOpened(probe);
  }
  const ms = Math.round(performance.now() - probe.started);
  const greeting = await probe.next("test_message");
  if (greeting !== undefined) {
    found.probe = probe;
    return ok(say("socket_ok"), ms);
  }
  probe.close();
  return probe.ended === undefined
    ? broken("socket", say("socket_no_greeting"))
    : broken("refused", say("closed_early", await meaningOf(probe.ended)));
}

/** A browser hides why. What an ordinary GET of the same path brings tells whose proxy it is. */
async function notOpened({ ended, refusedByPolicy }) {
  if (refusedByPolicy) return broken("socket", say("socket_policy"));
  if (ended === undefined) return broken("socket", say("socket_hangs", { seconds: patience / 1000 }));
  const { status, text, failed } = await get(test);
  if (failed !== undefined || fieldOf(text, "fault") === "upgrade_required")
    return broken("socket", say("socket_blocked"));
  return broken(
    "operator",
    say(status >= 502 && status <= 504 ? "socket_gateway" : "socket_path", { status }),
  );
}

export async function ping({ probe }) {
  const times = [];
  for (let i = 0; i < 5; i++) {
    const started = performance.now();
    probe.send({ type: "ping" });
    if ((await probe.next("pong")) === undefined)
      return lost(probe, say("ping_lost", { seconds: patience / 1000 }));
    times.push(performance.now() - started);
  }
  const ms = median(times);
  if (ms > slow) return warning(say("ping_slow", { ms: slow }), ms);
  return ok(say("ping_ok", { ms, most: Math.round(Math.max(...times)) }), ms);
}

async function lost({ ended }, otherwise) {
  return broken("partly", ended === undefined ? otherwise : say("closed_early", await meaningOf(ended)));
}

export async function payload({ probe }) {
  const started = performance.now();
  for (const size of [1, 16]) {
    const data = "peyk".repeat(size * 256);
    probe.send({ type: "echo", data });
    const answer = await probe.next("echo_response");
    if (probe.ended?.code === 1009) return warning(say("payload_limit", { size }));
    if (answer === undefined) return lost(probe, say("payload_lost", { size }));
    if (answer.data !== data) return broken("partly", say("payload_changed", { size }));
  }
  probe.close();
  return ok(say("payload_ok"), Math.round(performance.now() - started));
}

/** A socket on which this page says nothing. The server's own pings go on, as they do for every app. */
export async function idle(seconds, onSecond) {
  const probe = new Probe(socketUrl(test));
  if ((await probe.next("test_message")) === undefined) {
    probe.close();
    return notOpened(probe);
  }
  const opened = performance.now();
  for (let left = seconds; left > 0 && probe.ended === undefined; left--) {
    onSecond(say("idle_running", { left }));
    await probe.until(() => false, opened + (seconds - left + 1) * 1000 - performance.now());
  }
  return survived(probe, seconds, Math.round((performance.now() - opened) / 1000));
}

async function survived(probe, seconds, lived) {
  if (probe.ended !== undefined) {
    const { code } = probe.ended;
    if (code === 1006) return broken("idle", say("idle_cut", { seconds: lived, code }));
    return warning(say("closed_early", await meaningOf(probe.ended)));
  }
  probe.send({ type: "ping" });
  const isAlive = (await probe.next("pong")) !== undefined;
  probe.close();
  return isAlive ? ok(say("idle_ok", { seconds })) : broken("idle", say("idle_dead", { seconds }));
}
