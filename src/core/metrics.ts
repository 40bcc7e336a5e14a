import type { Registry } from "prom-client";
import type { Core } from "./core.ts";
import type { Events } from "./events.ts";

/** Counts by up to two labels in a plain map, since events come by the thousand. */
class Tally {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly #counts = new Map<string, { values: string[]; n: number }>();

  constructor(name: string, help: string, labels: readonly string[]) {
    this.name = name;
    this.help = help;
    this.labels = labels;
  }

  /** `first` and `second` are the labels' values, in the order of the labels. */
  add(n: number, first: string, second = ""): void {
    const key = `${first} ${second}`;
    const entry = this.#counts.get(key);
    if (entry === undefined) this.#counts.set(key, { values: [first, second], n });
    else entry.n += n;
  }

  *sums(): Iterable<{ values: readonly string[]; n: number }> {
    for (const { values, n } of this.#counts.values())
      yield { values: values.slice(0, this.labels.length), n };
  }
}

/** A number that is read when it is asked for. */
interface Reading {
  readonly name: string;
  readonly help: string;
  readonly read: () => number;
}

/** Counts from the start; labels come from closed lists (channel, type, fault), never a path, an id or an address. */
export class Metrics {
  readonly #tallies: readonly Tally[];
  readonly #readings: readonly Reading[];
  #registry: Promise<Registry> | undefined;

  constructor(core: Core, events: Events) {
    this.#tallies = [
      ...countMessages(events),
      ...countConnections(events),
      countFrames(events),
      countPositions(events),
    ];
    this.#readings = readings(core);
  }

  /** Prometheus' text format and its content type. prom-client is loaded by the first who asks: it slows the start. */
  async render(): Promise<{ text: string; contentType: string }> {
    this.#registry ??= register(this.#tallies, this.#readings);
    const registry = await this.#registry;
    return { text: await registry.metrics(), contentType: registry.contentType };
  }
}

function countMessages(events: Events): Tally[] {
  const received = new Tally("peyk_messages_received_total", "Messages from clients", ["channel", "type"]);
  const refused = new Tally("peyk_messages_refused_total", "Messages answered with an error", [
    "channel",
    "fault",
  ]);
  const sent = new Tally("peyk_messages_sent_total", "Messages to a topic's followers, each counted", [
    "type",
  ]);
  events.on("message.received", ({ channel, type }) => received.add(1, channel, type));
  events.on("message.refused", ({ channel, fault }) => refused.add(1, channel, fault));
  events.on("message.sent", ({ type, connections }) => sent.add(connections, type));
  return [received, refused, sent];
}

function countFrames(events: Events): Tally {
  const frames = new Tally("peyk_frames_total", "Pictures of cameras, and why some were dropped", ["result"]);
  events.on("frame.received", () => frames.add(1, "relayed"));
  events.on("frame.dropped", ({ reason }) => frames.add(1, reason));
  return frames;
}

function countPositions(events: Events): Tally {
  const positions = new Tally("peyk_positions_total", "Positions of drivers, and why some were dropped", [
    "result",
  ]);
  events.on("positions.taken", ({ accepted, dropped }) => {
    if (accepted > 0) positions.add(accepted, "accepted");
    for (const [reason, n] of Object.entries(dropped)) positions.add(n, reason);
  });
  return positions;
}

function countConnections(events: Events): Tally[] {
  const opened = new Tally("peyk_connections_opened_total", "Connections that were let in", [
    "channel",
    "client",
  ]);
  const refused = new Tally("peyk_connections_refused_total", "Connections that were refused", [
    "channel",
    "fault",
  ]);
  const requests = new Tally("peyk_requests_refused_total", "Requests and handshakes that were refused", [
    "on",
    "fault",
  ]);
  const closed = new Tally("peyk_connections_closed_total", "Connections that ended", ["channel", "fault"]);
  const lived = new Tally("peyk_connection_seconds_total", "Seconds that ended connections were open", [
    "channel",
  ]);
  events.on("connection.opened", ({ channel, client }) => opened.add(1, channel, client));
  events.on("connection.refused", ({ channel, fault }) => refused.add(1, channel, fault));
  events.on("request.refused", ({ on, fault }) => requests.add(1, on, fault));
  events.on("connection.closed", ({ channel, fault = "none", ms }) => {
    closed.add(1, channel, fault);
    lived.add(ms / 1000, channel);
  });
  return [opened, refused, requests, closed, lived];
}

const readings = (core: Core): Reading[] => [
  { name: "peyk_connections", help: "Connections with an identity", read: () => core.connections.size },
  {
    name: "peyk_sockets",
    help: "Open sockets, also those without an identity",
    read: () => core.admission.total,
  },
  { name: "peyk_topics", help: "Topics that somebody follows", read: () => core.hub.topics },
  { name: "peyk_journal_head", help: "Newest event in the journal", read: () => core.journal.head },
];

async function register(tallies: readonly Tally[], all: readonly Reading[]): Promise<Registry> {
  const { collectDefaultMetrics, Counter, Gauge, Registry } = await import("prom-client");
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "peyk_" });
  for (const { name, help, read } of all) {
    const gauge: InstanceType<typeof Gauge> = new Gauge({
      name,
      help,
      registers,
      collect: () => gauge.set(read()),
    });
  }
  for (const tally of tallies) {
    const { name, help, labels: labelNames } = tally;
    const collect = () => {
      counter.reset();
      for (const { values, n } of tally.sums()) counter.labels(...values).inc(n);
    };
    const counter: InstanceType<typeof Counter> = new Counter({ name, help, labelNames, registers, collect });
  }
  return registry;
}
