import type { Connection } from "../../../core/channel.ts";
import type { Answer } from "../commands.ts";
import { descriptionOf } from "../description.ts";
import { iso } from "../events.ts";
import type { Kind } from "../kinds.ts";
import type { Ack, common, Hello } from "../messages.ts";
import type { Devices } from "../service.ts";
import type { Session } from "../session.ts";
import { cut, plainJson } from "../words.ts";

/** The firmware of the original Pico hangs up after 30 s without JSON, so it is pinged more often than the seed says. */
const microPythonPing = 20_000;

/** What every channel of a board has: its tokens, pings, and an end for what is silent. */
export const deviceSocket = (devices: Devices, kind: Kind) => ({
  auth: ["device"] as const,
  firstMessageAuth: true,
  authenticate: devices.tokens.authenticate(kind),
  idleTimeout: devices.options.idleTimeout,
  jsonPing: ({ userAgent }: Connection) =>
    /micropython/i.test(userAgent)
      ? Math.min(microPythonPing, devices.options.pingInterval)
      : devices.options.pingInterval,
});

/** A board's connection, as far as both channels know it. */
export type Board = Pick<Connection<unknown, typeof common>, "send">;

/** Handles a message once it is known which device sent it; the first one may say that itself. */
export const withSession =
  <C extends Board, B extends { device?: string | undefined }>(
    devices: Devices,
    handle: (session: Session, body: B, connection: C) => void | Promise<void>,
  ) =>
  (connection: C, body: B): void | Promise<void> => {
    const session = devices.boards.session(connection as unknown as Connection, body.device);
    return session instanceof Promise
      ? session.then((known) => handle(known, body, connection))
      : handle(session, body, connection);
  };

/** The greeting that the camera's firmware waits for, and the answer to `connect`. */
export function acknowledge(devices: Devices, connection: Board, message: string, device?: string): void {
  const timestamp = iso(devices.clock.now());
  const known = device === undefined ? {} : { device_id: device };
  connection.send("connection_ack", { status: "success", message, timestamp, ...known });
}

export function pong(devices: Devices, connection: Board): void {
  const now = devices.clock.now();
  connection.send("pong", { timestamp: iso(now), server_time: now / 1000 });
}

/** Handles a message in which a board says who and what it is. `message`: the words of our answer. */
export const introduction =
  (devices: Devices, message: string) =>
  async (connection: Board, hello: Hello): Promise<void> => {
    const said = descriptionOf(hello);
    const session = await devices.boards.session(connection as unknown as Connection, hello.device, said);
    acknowledge(devices, connection, message, session.device);
    await devices.describe(session, said);
    devices.cameras.pace(session.device);
  };

/** An `ack` as an answer to a command. Seed 000's carries a text and nothing else. */
export function answerOf({ command_id, command_type, status, message, detail }: Ack): Answer {
  const text = detail === undefined ? message : typeof detail === "string" ? detail : plainJson(detail);
  return {
    commandId: command_id,
    answers: command_type,
    failed: status === "error" || command_type === "unknown",
    detail: text === undefined ? null : cut(text, 1_000),
  };
}
