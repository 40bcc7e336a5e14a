import { type Command, parse, print } from "./command.ts";
import { ask, queryOf, remoteFrom, remoteHelp, remoteOptions } from "./remote.ts";

/** What the table shows of a connection, as GET /api/connections gives it. */
export interface ConnectionRow {
  readonly id: string;
  readonly channel: string;
  readonly path: string;
  readonly state: string;
  readonly identity: { readonly id: string | null; readonly role: string };
  readonly peer: string;
  readonly client: string;
  readonly age_s: number;
  readonly last_message_s: number;
  readonly received: { readonly messages: number };
  readonly sent: { readonly messages: number };
  readonly queue: { readonly bytes: number };
  readonly round_trip_ms: number | null;
}

const filters = ["channel", "identity", "peer", "path", "limit", "offset"];

export const connectionsCommand: Command = {
  usage: "connections [--channel C] [--identity I] [--peer A]",
  summary: "Who is connected to the running server",
  details: `  peyk connections [--channel C] [--identity I] [--peer A] [--path P] [--limit 100] [--offset 0] [--json]
${remoteHelp}`,
  async run(args) {
    const options = Object.fromEntries(filters.map((name) => [name, { type: "string" as const }]));
    const parsed = parse(args, { ...options, ...remoteOptions, json: { type: "boolean" } });
    const answer = await ask(remoteFrom(parsed), `/api/connections${queryOf(parsed.values, filters)}`);
    if (parsed.values.json === true) print(JSON.stringify(answer, null, 2));
    else for (const line of table(answer as { count: number; connections: ConnectionRow[] })) print(line);
    return 0;
  },
};

const head = ["id", "channel", "who", "peer", "client", "age", "idle", "in", "out", "queue", "ping", "path"];

function table({ count, connections }: { count: number; connections: readonly ConnectionRow[] }): string[] {
  const rows = [head, ...connections.map(cells)];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
  return [...lines, "", `${connections.length} of ${count}`];
}

const cells = (each: ConnectionRow): string[] => [
  each.id,
  each.state === "open" ? each.channel : `${each.channel} (${each.state})`,
  each.identity.id === null ? each.identity.role : `${each.identity.id} (${each.identity.role})`,
  each.peer,
  each.client,
  span(each.age_s),
  span(each.last_message_s),
  String(each.received.messages),
  String(each.sent.messages),
  each.queue.bytes === 0 ? "-" : size(each.queue.bytes),
  each.round_trip_ms === null ? "-" : `${each.round_trip_ms} ms`,
  printable(each.path),
];

/** The largest unit that fits. */
export function span(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)}s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)}m`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)}h`;
  return `${Math.round(seconds / 86_400)}d`;
}

export const size = (bytes: number): string => {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 100) / 10} kB` : `${Math.round(bytes / 100_000) / 10} MB`;
};

/** A stranger's words on a terminal, which obeys control characters. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, "?");
