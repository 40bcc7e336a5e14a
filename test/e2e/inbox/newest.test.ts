import { expect, test } from "bun:test";
import { sql } from "kysely";
import { newestSeqs } from "../../../src/features/inbox/repo/newest.ts";
import * as repo from "../../../src/features/inbox/repo.ts";
import { InboxWorld } from "./kit.ts";

const row = (n: number, conversation_id: string, announced: number) => ({
  id: `m${n}`,
  conversation_id,
  type: "support" as const,
  content: `${n}`,
  author: "1",
  author_name: "Ana",
  client_message_id: null,
  kind: "text",
  media: null,
  state: "sent" as const,
  error: null,
  is_answered: 0,
  announced,
  created_at: n,
  edited_at: null,
  deleted_at: null,
  suspicions: null,
});

/** Two conversations whose messages come in runs, filed in steps of all sizes, some of them not told; and what is right. */
async function fill(world: InboxWorld) {
  const { store } = world.app.app.inbox.deps;
  const { db } = store;
  const stored: { seq: number; conversation: string; told: boolean }[] = [];
  for (let n = 0; n < 400; n++) {
    const conversation = (n * 7) % 11 < 6 ? "a" : "b";
    const told = n % 37 !== 0;
    const insert = repo.insertMessage(db, row(n, conversation, told ? 1 : 0));
    await store.commit({ writes: [insert] });
    const seq = await repo.messageById(db, `m${n}`).then((found) => found!.seq);
    stored.push({ seq, conversation, told });
    const step = [1, 2, 5, 60, 3][n % 5]!;
    // PostgreSQL has nothing to file.
    if (n < 380 && n % 9 === 0 && (await repo.unfiled(db)) > 0)
      await store.commit({ writes: repo.fileMessages(db, step) });
  }
  const of = (conversation: string) =>
    stored.filter((each) => each.conversation === conversation).sort((a, b) => b.seq - a.seq);
  return { db, of };
}

test("the newest messages of a conversation, up to any of them, however they are filed", async () => {
  await using world = await InboxWorld.start();
  const { db, of } = await fill(world);
  for (const conversation of ["a", "b"])
    for (const count of [1, 2, 7, 50, 1_000])
      for (const upTo of [undefined, 0, ...of("a").map(({ seq }) => seq), ...of("b").map(({ seq }) => seq)]) {
        const query = newestSeqs(db, { conversation, count, upTo });
        const { rows } = await sql<{ seq: number }>`${query}`.execute(db);
        const right = of(conversation).filter(({ seq }) => seq <= (upTo ?? seq));
        expect(rows.map(({ seq }) => seq)).toEqual(right.slice(0, count).map(({ seq }) => seq));
      }
});

test("pages and their count leave out what was not told, to the last page", async () => {
  await using world = await InboxWorld.start();
  const { db, of } = await fill(world);
  for (const conversation of ["a", "b", "nobody"]) {
    const told = of(conversation).filter((each) => each.told);
    expect(await repo.countMessages(db, conversation)).toBe(told.length);
    expect(await repo.newestSeq(db, conversation)).toBe(told[0]?.seq ?? 0);
    for (const limit of [1, 13, 50])
      for (let offset = 0; offset <= told.length; offset += limit) {
        const page = await repo.messages(db, { conversation, limit, offset });
        const right = told.slice(offset, offset + limit);
        expect(page.map(({ seq }) => seq)).toEqual(right.map(({ seq }) => seq));
      }
  }
});

test("what the customer has seen up to a message is told of no other, and once", async () => {
  await using world = await InboxWorld.start();
  const { db, of } = await fill(world);
  const { store } = world.app.app.inbox.deps;
  const half = of("a")[60]!.seq;
  expect((await repo.unseenUpTo(db, "a", half)).length).toBe(of("a").length - 60);
  await store.commit({ writes: [repo.readUpTo(db, "a", half)] });
  expect(await repo.unseenUpTo(db, "a", half)).toEqual([]);
  expect((await repo.unseenUpTo(db, "a", of("a")[0]!.seq)).length).toBe(60);
  expect((await repo.unseenUpTo(db, "b", of("b")[0]!.seq)).length).toBe(of("b").length);
});
