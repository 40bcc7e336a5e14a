import { own, readToken } from "./own.js";
import { clock, http, idle, page, payload, ping, server, socket } from "./steps.js";
import { copyButtons, show, showLines, showVerdict } from "./view.js";
import { say } from "./words.js";

/** In the order of the way; each needs those before it that do not work without. */
const way = { page, http, clock, server, socket, ping, payload };
const needs = {
  http: ["page"],
  clock: ["http"],
  server: ["http"],
  socket: ["http"],
  ping: ["socket"],
  payload: ["ping"],
};
const byId = (id) => document.getElementById(id);
const steps = byId("steps");
/** Name of a step → what it found, for the report. */
let results = {};

/** Seconds that the quiet socket stays open: longer than the minute after which proxies cut; `?idle=` sets another. */
const idleSeconds = Math.min(
  600,
  Math.max(1, Number(new URLSearchParams(location.search).get("idle")) || 75),
);

async function run() {
  results = {};
  const found = {};
  byId("again").disabled = true;
  showVerdict("running", "running");
  for (const name of Object.keys(way)) show(steps, name, { status: "waiting" });
  show(steps, "idle", { status: "waiting", detail: say("idle_waits") });
  for (const [name, step] of Object.entries(way)) await take(name, () => step(found));
  byId("again").disabled = false;
}

async function take(name, step) {
  const isBlocked = (needs[name] ?? []).some((each) => ["broken", "skipped"].includes(results[each]?.status));
  if (isBlocked) record(name, { status: "skipped", detail: say("not_reached") });
  else {
    show(steps, name, { status: "running" });
    record(name, await step());
  }
}

function record(name, result) {
  results[name] = result;
  if (name.startsWith("own")) show(byId("own-result"), name, result);
  else show(steps, name, result);
  if (isThrough()) judge();
  report();
}

const isThrough = () => Object.keys(way).every((name) => name in results);

/** The first broken step says what to do; the user's own socket is judged where he asked for it. */
function judge() {
  const all = [...Object.keys(way), "idle"].map((name) => results[name]).filter((each) => each !== undefined);
  const first = all.find(({ status }) => status === "broken");
  const isMarked = all.some(({ status }) => status === "warning");
  if (first !== undefined) showVerdict("broken", first.kind === "idle" ? "partly" : first.kind);
  else showVerdict(isMarked ? "warning" : "ok", isMarked ? "warning" : "ok");
}

async function stayOpen() {
  byId("idle").disabled = true;
  show(steps, "idle", { status: "running" });
  const tell = (detail) => show(steps, "idle", { status: "running", detail });
  record("idle", await idle(idleSeconds, tell));
  byId("idle").disabled = false;
}

async function tryOwn(event) {
  event.preventDefault();
  const [path, token] = [byId("path").value.trim(), byId("token").value.trim()];
  const button = event.submitter;
  button.disabled = true;
  byId("own-result").replaceChildren();
  delete results.own_token;
  show(byId("own-result"), "own", { status: "running" });
  const result = await own(path, token);
  record("own", { ...result, path: pathOf(path) });
  if (token !== "") record("own_token", readToken(token));
  button.disabled = false;
}

/** Without its query, where tokens are. */
const pathOf = (path) => path.replace(/[?#].*$/, "");

/**
 * For the operator, who may not speak the language of whoever sends it: what is wrong by its name, then in words. No
 * token, no query.
 */
function report() {
  const lines = Object.entries(results).flatMap(([name, { status, detail = "", ms, path }]) => {
    const took = ms === undefined ? "" : ` ${ms} ms`;
    const head = `[${status}] ${name}${path === undefined ? "" : ` ${path}`}${took}`;
    return [head, ...detail.split("\n").map((line) => `    ${line}`)];
  });
  const head = [`Peyk /doctor, ${new Date().toISOString()}`, location.origin, navigator.userAgent];
  showLines(byId("report"), [...head, "", ...lines]);
}

const scheme = location.protocol === "https:" ? "wss" : "ws";
byId("command").textContent = `npx peyk doctor ${scheme}://${location.host}/ws/test/`;
byId("idle").textContent = say("idle_button", { seconds: idleSeconds });
byId("again").addEventListener("click", run);
byId("idle").addEventListener("click", stayOpen);
byId("own").addEventListener("submit", tryOwn);
copyButtons();
run();
