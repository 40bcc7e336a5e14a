import pino, { type DestinationStream, type Logger } from "pino";
import type { CoreEvents, Events } from "./events.ts";

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

export interface LogOptions {
  readonly level: (typeof logLevels)[number];
  readonly destination: DestinationStream;
}

/** Fields that are never written, wherever they appear: a last net, since no event carries them. */
const secrets = ["token", "password", "authorization", "secret", "access_token", "refresh_token"];

/** error: an operator must act. warn: somebody was refused or lost. info: life cycle. debug: each message. */
const levels: { [K in keyof CoreEvents]: "error" | "warn" | "info" | "debug" | undefined } = {
  "connection.attempted": "debug",
  "connection.opened": "info",
  "connection.refused": "warn",
  "request.refused": "info",
  "connection.closed": "info",
  "message.received": "debug",
  "message.refused": "debug",
  "message.sent": undefined,
  "positions.taken": undefined,
  "catch_up.done": "debug",
  "journal.gap": "info",
  "journal.pruned": "info",
  "frame.received": undefined,
  "frame.dropped": "debug",
  "platform.ignored": "info",
  "platform.noted": "warn",
  "login.failed": "warn",
  "session.revoked": "info",
  "http.answered": "debug",
  "tls.reloaded": "info",
  "tls.reload_failed": "error",
  "job.failed": "error",
  failure: "error",
};

export function createLog({ level, destination }: LogOptions): Logger {
  // `token` of a connection says where a token came from; it is a word of a closed list, so it may stay.
  const redact = secrets.flatMap((name) => (name === "token" ? [`*.${name}`] : [name, `*.${name}`]));
  const options = {
    level,
    base: null,
    redact,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { error: pino.stdSerializers.err },
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, destination);
}

/** One line per event: `event` names it, the fields are the event's own. Levels that are off cost nothing. */
export function logEvents(log: Logger, events: Events): void {
  for (const [name, level] of Object.entries(levels) as [
    keyof CoreEvents,
    (typeof levels)[keyof CoreEvents],
  ][]) {
    if (level !== undefined && log.isLevelEnabled(level))
      events.on(name, (event) => log[level]({ event: name, ...event }));
  }
}
