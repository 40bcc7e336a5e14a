import type { Kysely } from "kysely";
import { z } from "zod";
import { defineChannel, durable } from "../../src/core/channel.ts";
import type { Core } from "../../src/core/core.ts";
import { prepared } from "../../src/core/prepared.ts";

interface RoomTables {
  bench_messages: Message;
}

interface Message {
  readonly room: string;
  readonly sender: string;
  readonly text: string;
  readonly at: number;
}

const addMessage = prepared((db: Kysely<RoomTables>, { room, sender, text, at }: Message) =>
  db.insertInto("bench_messages").values({ room, sender, text, at }),
);

/** Written once after the start: the table that a chat would have. */
export const createRoomTable =
  "create table if not exists bench_messages (room text not null, sender text not null, text text not null, at bigint not null)";

const outgoing = {
  joined: z.object({ room: z.string() }),
  said: durable(z.object({ text: z.string(), sender: z.string(), at: z.number() })),
};

/** A bare chat room: what is said is a row and an event of the journal, and everybody hears it once both are on disk. */
export const roomChannel = (core: Core) => {
  const { store, clock } = core.options;
  const publisher = core.hub.publisher(outgoing);
  const db = store.db as unknown as Kysely<RoomTables>;
  return defineChannel({
    name: "bench_room",
    path: "/ws/bench/rooms/:room",
    summary: "A chat room for the bench",
    auth: ["user"],
    incoming: { say: z.object({ text: z.string().min(1).max(4000) }) },
    outgoing,

    open(connection) {
      const { room } = connection.params;
      connection.follow(`room:${room}`);
      connection.send("joined", { room });
    },

    handle: {
      async say({ params: { room }, identity: { id: sender } }, { text }) {
        const at = clock.now();
        await core.journal.commit({
          writes: [addMessage(db, { room, sender, text, at })],
          events: [publisher.draft(`room:${room}`, "said", { text, sender, at })],
        });
      },
    },
  });
};
