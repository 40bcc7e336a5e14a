import { z } from "zod";
import type { Channel } from "../core/channel.ts";
import { faults } from "../protocol/faults.ts";

interface OpenApi {
  readonly paths: Record<
    string,
    Record<string, { summary?: string; security?: unknown[]; responses: Record<string, unknown> }>
  >;
}

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character]!);
const code = (text: string): string => `<code>${escapeHtml(text)}</code>`;
/** Text with `code` between backticks. */
const prose = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, "<code>$1</code>");

/** One page for people: how to connect, every channel, every route, every fault. No script, nothing from elsewhere. */
export function docsPage(version: string, channels: readonly Channel[], http: OpenApi): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; connect-src 'self' ws: wss:">
<title>Peyk ${escapeHtml(version)}</title>
<style>${style}</style>
</head>
<body>
<header><h1>Peyk</h1><p>Version ${escapeHtml(version)} · <a href="/asyncapi.json">asyncapi.json</a> · <a href="/openapi.json">openapi.json</a> · <a href="/api/websocket/health/">health</a></p></header>
<nav aria-label="Contents"><a href="#connect">Connect</a> <a href="#channels">Channels</a> <a href="#http">HTTP</a> <a href="#faults">Faults</a></nav>
<main>
${connect}
<section id="channels"><h2>Channels</h2>${channels.map(channelSection).join("")}</section>
<section id="http"><h2>HTTP</h2>${httpTable(http)}</section>
<section id="faults"><h2>Faults</h2><p>Each refusal and each close has one of these names. The close frame's reason ends with a receipt in brackets, which the operator finds in the log.</p>${faultTable()}</section>
</main>
</body>
</html>
`;
}

const connect = `<section id="connect"><h2>Connect</h2>
<p>Paste this into a browser's console on this page's address:</p>
<pre><code>const ws = new WebSocket(location.origin.replace("http", "ws") + "/ws/my-first-client");
ws.onmessage = (event) =&gt; console.log(event.data);
ws.onclose = (event) =&gt; console.log(event.code, event.reason);
ws.onopen = () =&gt; ws.send(JSON.stringify({ type: "hello", message: "salaam" }));</code></pre>
<p>Every message is one JSON object with a <code>type</code>. A token goes into the header <code>Authorization: Bearer …</code> or, from browsers, into <code>?token=…</code>; <code>POST /api/v1/login/access-token</code> gives one.</p>
<p>What carries a <code>cursor</code> is kept. Connect again with <code>?since=&lt;last cursor&gt;</code> and the server answers <code>{"type":"catch_up","recovered":true,"events":n}</code>, then sends exactly the <i>n</i> events that you missed, then the live ones. With <code>"recovered":false</code> it could not, and the state comes anew.</p>
</section>`;

function channelSection(channel: Channel): string {
  const { name, path, summary, auth, incoming, outgoing } = channel;
  const received = Object.entries(incoming).map(([type, { body }]) => messageRow(type, body, "queued"));
  const sent = Object.entries(outgoing).map(([type, { schema, delivery }]) =>
    messageRow(type, schema, delivery),
  );
  const who = auth.includes("anonymous") ? "everybody, with or without a token" : auth.map(code).join(", ");
  return `<article id="channel-${escapeHtml(name)}"><h3>${code(path.replace(/:(\w+)/g, "{$1}"))}</h3><p>${prose(summary)}. For ${who}.</p>
${table("You send", ["type", "fields"], received)}
${table("You get", ["type", "fields"], sent)}</article>`;
}

/** In a box of its own, which scrolls on a narrow screen so that the page does not. */
function table(caption: string, heads: readonly string[], rows: readonly string[]): string {
  const head = heads.map((each) => `<th>${each}</th>`).join("");
  const title = caption === "" ? "" : `<caption>${caption}</caption>`;
  return `<div class="scroll"><table>${title}<thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function messageRow(type: string, schema: z.ZodObject, delivery: string): string {
  const isKept = delivery === "durable";
  const shape = isKept ? { ...schema.shape, cursor: z.string() } : schema.shape;
  const fields = Object.entries(shape).map(([field, value]) => fieldText(field, value as z.ZodType));
  const kept = isKept ? ' <span class="kept">kept</span>' : "";
  return `<tr><td class="name">${code(type)}${kept}</td><td>${fields.join(", ") || "none"}</td></tr>`;
}

const fieldText = (field: string, schema: z.ZodType): string =>
  `${code(field)} ${escapeHtml(typeName(schema))}${schema.safeParse(undefined).success && !isAny(schema) ? " (optional)" : ""}`;

const isAny = (schema: z.ZodType): boolean => typeName(schema) === "any JSON";

/** The JSON type as one reads it: `string`, `boolean or null`, … */
function typeName(schema: z.ZodType): string {
  const { type, anyOf, enum: values } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(" or ");
  const types = anyOf?.map((each) => (typeof each === "object" ? each.type : undefined)) ?? [type].flat();
  return types.map((each) => each ?? "any JSON").join(" or ");
}

function httpTable({ paths }: OpenApi): string {
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { summary = "", security, responses }]) => {
      const who = security === undefined ? "" : "token";
      const codes = Object.keys(responses).join(", ");
      return `<tr><td class="name">${code(`${method.toUpperCase()} ${path}`)}</td><td>${prose(summary)}</td><td>${who}</td><td>${codes}</td></tr>`;
    }),
  );
  return table("", ["route", "what it does", "needs", "answers"], rows);
}

function faultTable(): string {
  const rows = Object.entries(faults).map(
    ([name, { close, http, retry, message, hint }]) =>
      `<tr id="fault-${name}"><td class="name">${code(name)}</td><td>${close}</td><td>${http}</td><td>${retry.replace("_", " ")}</td><td>${prose(message)}<br><span class="hint">${prose(hint)}</span></td></tr>`,
  );
  return table("", ["name", "close", "HTTP", "come back", "meaning and remedy"], rows);
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 64rem; margin: 0 auto; padding: 1rem 1.25rem 4rem; }
h1 { margin: 0; } h2 { margin-top: 3rem; border-bottom: 2px solid; padding-bottom: .25rem; } h3 { margin-top: 2rem; }
nav a { margin-inline-end: 1rem; }
pre { padding: 1rem; overflow-x: auto; border: 1px solid #8888; border-radius: .5rem; }
code { font: .9em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } .name { white-space: nowrap; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
caption { text-align: start; font-weight: 600; padding: .25rem 0; }
th, td { text-align: start; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid #8884; }
.name code { overflow-wrap: normal; }
.hint { opacity: .75; } .kept { font-size: .75em; border: 1px solid; border-radius: 1em; padding: 0 .5em; }
tr:target { outline: 2px solid; }
a { color: inherit; }
`;
