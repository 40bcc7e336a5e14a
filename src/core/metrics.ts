import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Core } from "./core.ts";
import type { Events } from "./events.ts";

/** Counts in a plain map, since events come by the thousand, and hands the sums to prom-client when it is asked. */
class Tally {
  readonly #counts = new Map<string, { labels: Record<string, string>; n: number }>();

  add(labels: Record<string, string>, n = 1): void {
    const key = Object.values(labels).join(" ");
    const entry = this.#counts.get(key);
    if (entry === undefined) this.#counts.set(key, { labels, n });
    else entry.n += n;
  }

  expose(registers: [Registry], name: string, help: string, labelNames: string[]): void {
    const counts = this.#counts;
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const { labels, n } of counts.values()) this.inc(labels, n);
      },
    });
  }
}

/** Labels come from closed lists (channel, type, fault): never a path, an id or an address. */
export function createMetrics(core: Core, events: Events): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "peyk_" });
  gauges(core, [registry]);
  messages(events, [registry]);
  connections(events, [registry]);
  return registry;
}

function gauges(core: Core, registers: [Registry]): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge("peyk_connections", "Connections with an identity", () => core.connections.size);
  gauge("peyk_sockets", "Open sockets, those without an identity included", () => core.admission.total);
  gauge("peyk_topics", "Topics that somebody follows", () => core.hub.topics);
  gauge("peyk_journal_head", "Newest event in the journal", () => core.journal.head);
}

function messages(events: Events, registers: [Registry]): void {
  const received = new Tally();
  const refused = new Tally();
  const sent = new Tally();
  events.on("message.received", ({ channel, type }) => received.add({ channel, type }));
  events.on("message.refused", ({ channel, fault }) => refused.add({ channel, fault }));
  events.on("message.sent", ({ type, connections }) => sent.add({ type }, connections));
  received.expose(registers, "peyk_messages_received_total", "Messages from clients", ["channel", "type"]);
  refused.expose(registers, "peyk_messages_refused_total", "Messages answered with an error", [
    "channel",
    "fault",
  ]);
  sent.expose(
    registers,
    "peyk_messages_sent_total",
    "Messages to followers of a topic, once per connection",
    ["type"],
  );
}

function connections(events: Events, registers: [Registry]): void {
  const opened = new Tally();
  const refused = new Tally();
  const closed = new Tally();
  const lived = new Histogram({
    name: "peyk_connection_seconds",
    help: "How long connections lived",
    labelNames: ["channel"],
    buckets: [1, 10, 60, 600, 3600, 86_400],
    registers,
  });
  events.on("connection.opened", ({ channel, client }) => opened.add({ channel, client }));
  events.on("connection.refused", ({ channel, fault }) => refused.add({ channel, fault }));
  events.on("connection.closed", ({ channel, fault = "none", ms }) => {
    closed.add({ channel, fault });
    lived.observe({ channel }, ms / 1000);
  });
  opened.expose(registers, "peyk_connections_opened_total", "Connections that were let in", [
    "channel",
    "client",
  ]);
  refused.expose(registers, "peyk_connections_refused_total", "Connections that were refused", [
    "channel",
    "fault",
  ]);
  closed.expose(registers, "peyk_connections_closed_total", "Connections that ended", ["channel", "fault"]);
}
