import { z } from "zod";
import { defineChannel } from "../../../core/channel.ts";
import { Fault } from "../../../protocol/faults.ts";
import { tapOutgoing } from "../messages.ts";
import type { Content } from "../redact.ts";
import type { Taps } from "../taps.ts";

/** One connection's frames, live and redacted, for those who look after the server. */
export const tapChannel = (taps: Taps) =>
  defineChannel({
    name: "tap",
    path: "/ws/tap/:connection",
    summary:
      "The frames of one connection, live, in both directions, without secrets; `?content=full` shows what people write, too. Audited",
    auth: ["staff"],
    firstMessageAuth: true,
    incoming: { ping: z.object({}) },
    outgoing: tapOutgoing,
    open: (connection) =>
      taps.start(connection, connection.params.connection, contentOf(connection.option("content"))),
    close: (connection) => taps.stop(connection),
    handle: { ping: (connection) => connection.send("pong", {}) },
  });

function contentOf(asked = "shape"): Content {
  if (asked === "shape" || asked === "full") return asked;
  throw new Fault("bad_request", "content must be shape or full");
}
