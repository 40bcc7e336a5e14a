import type { Retry } from "../protocol/faults.ts";
import type { Check, Expectation, Refusal } from "../protocol/refusal.ts";
import { printable } from "./printable.ts";

const checkWords: Readonly<Record<Check, string>> = {
  host: "the Host header",
  handshake: "the WebSocket handshake",
  limit: "a limit",
  route: "the path",
  origin: "the page's origin",
  token: "the token",
  first_message: "the first message, which should have brought a token",
  role: "the role",
  access: "the channel's own rules",
  catch_up: "bringing what was missed",
};

const tokenWords: Readonly<Record<Refusal["token"], string>> = {
  none: "none was sent",
  header: "in the Authorization header",
  query: "in the query",
  message: "in the first message",
};

const retryWords: Readonly<Record<Retry, string>> = {
  never: "not unchanged: the same attempt fails again",
  new_token: "with a new token",
  later: "after a pause, with jitter",
  now: "at once",
};

/** A refusal as an operator reads it on a terminal: when, who, where, which check, what it wanted, what to do. */
export function explain(story: Refusal): string[] {
  const rows: [string, string][] = [
    ["when", `${story.time.replace("T", " ").replace(/\.\d+Z$/, " UTC")}, by the server's clock`],
    ["peer", `${story.peer} (${story.client}), as ${story.who}`],
    ["where", whereOf(story)],
    ["token", tokenWords[story.token]],
    ["answer", answerOf(story)],
    ["failed", `${checkWords[story.check]}: ${story.message}`],
    ...expectations(story).map((each) => ["expected", each] as [string, string]),
    ["do", story.hint],
    ["come back", retryWords[story.retry]],
  ];
  return [
    `${story.id}: ${story.message}`,
    "",
    ...rows.map(([name, text]) => `  ${name.padEnd(9)}  ${printable(text)}`),
  ].map((line, i) => (i === 0 ? printable(line) : line));
}

function whereOf({ path, host, channel, method, on }: Refusal): string {
  const place = path === "" ? "an address that cannot be read" : path;
  const named = host === "" ? "" : ` on ${host}`;
  const what = on === "http" ? `${method} ` : "";
  if (channel !== null) return `${what}${place}${named}, channel ${channel}`;
  return `${what}${place}${named}`;
}

const answerOf = ({ on, code, fault, connection }: Refusal): string => {
  const logged = connection === null ? "" : `, connection ${connection} in the log`;
  return on === "socket" ? `close ${code} (${fault})${logged}` : `HTTP ${code} (${fault})`;
};

/** One sentence for each thing that the check wanted. */
function expectations({ expected, token, check }: Refusal): string[] {
  return [
    ...limitWords(expected),
    ...originWords(expected),
    ...roleWords(expected),
    ...timeWords(expected),
  ].concat(
    check === "token" && token === "query" && expected.roles !== undefined
      ? ["the token in a header: this path does not read it from the query"]
      : [],
  );
}

function limitWords({ setting, value }: Expectation): string[] {
  if (value === undefined) return [];
  return [setting === undefined ? `${value} at most` : `${setting}=${value} at most`];
}

function originWords({ allowed_origins, origin }: Expectation): string[] {
  if (allowed_origins === undefined) return [];
  return [`one of the ${allowed_origins} origins in ALLOWED_ORIGINS; the page is of ${origin ?? "another"}`];
}

function roleWords({ roles, role }: Expectation): string[] {
  if (roles === undefined) return [];
  const wanted = `${roles.length === 1 ? "the role" : "one of the roles"} ${roles.join(", ")}`;
  return [role === undefined ? `a token with ${wanted}` : `${wanted}; this one is ${role}`];
}

function timeWords({ expired_at, valid_from, server_time }: Expectation): string[] {
  const clock = server_time === undefined ? "" : `; the server's clock said ${server_time}`;
  if (expired_at !== undefined)
    return [`a token that has not ended: this one ended at ${expired_at}${clock}`];
  return valid_from === undefined
    ? []
    : [`a token that counts already: this one counts from ${valid_from}${clock}`];
}
