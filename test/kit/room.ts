import { z } from "zod";
import { defineChannel, durable, latest } from "../../src/core/channel.ts";
import type { Core } from "../../src/core/core.ts";
import { Fault } from "../../src/protocol/faults.ts";

const Said = z.object({ text: z.string(), who: z.string() });

export const outgoing = {
  said: durable(Said),
  whisper: Said,
  position: latest(
    z.object({ driver: z.string(), at: z.number(), pad: z.string().optional() }),
    ({ driver }) => driver,
  ),
  pong: z.object({}),
  counted: z.object({ n: z.number() }),
  state: z.object({ heard: z.array(z.string()), cursor: z.string() }),
};

/** A chat room that uses everything the core offers: what the product's own channels do, in one place for tests. */
export const roomChannel = (core: Core) => {
  const { draft, publish } = core.hub.publisher(outgoing);
  let order = Promise.resolve(0);
  return defineChannel({
    name: "room",
    path: "/ws/rooms/:room/",
    summary: "A room for tests",
    auth: ["user", "staff"],
    firstMessageAuth: true,
    incoming: {
      ping: z.object({}),
      say: z.object({ text: z.string().max(100_000) }),
      whisper: z.object({ text: z.string() }),
      move: { body: z.object({ driver: z.string(), at: z.number() }), rate: { perSecond: 1, burst: 3 } },
      /** Takes `ms` to answer with the number of its turn. */
      count: z.object({ ms: z.number() }),
      fail: z.object({ how: z.enum(["fault", "error", "async"]) }),
    },
    outgoing,
    presence: ({ params, identity }) => ({ topic: `room:${params.room}`, info: { name: identity.name } }),

    open(connection) {
      if (connection.params.room === "closed") throw new Fault("forbidden", "this room is closed");
      connection.follow(`room:${connection.params.room}`);
    },

    handle: {
      ping: (connection) => connection.send("pong", {}),
      async say({ params, identity }, { text }) {
        await core.journal.commit({
          events: [draft(`room:${params.room}`, "said", { text, who: identity.id })],
        });
      },
      whisper: ({ params, identity }, { text }) =>
        publish(`room:${params.room}`, "whisper", { text, who: identity.id }),
      move: ({ params }, body) => publish(`room:${params.room}`, "position", body),
      async count(connection, { ms }) {
        await Bun.sleep(ms);
        order = order.then((n) => n + 1);
        connection.send("counted", { n: await order });
      },
      async fail(_, { how }) {
        if (how === "fault") throw new Fault("conflict", "somebody was faster");
        if (how === "async") await Bun.sleep(1);
        throw new Error("secret details");
      },
    },
  });
};

/** Says something in a room, from the server's side. Resolves to the cursor. */
export async function say(core: Core, room: string, text: string): Promise<string> {
  const { draft } = core.hub.publisher(outgoing);
  const event = draft(`room:${room}`, "said", { text, who: "server" });
  return (await core.journal.commit({ events: [event] })).cursors[0]!;
}
