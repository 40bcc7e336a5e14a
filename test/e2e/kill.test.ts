import { expect, test } from "bun:test";
import { TestClient } from "../kit/client.ts";
import { peyk, ServerProcess } from "../kit/process.ts";
import { tempDir } from "../kit/temp.ts";

const total = 10_000;
const inParallel = 100;

interface Acknowledged {
  readonly n: number;
  readonly id: string;
  readonly seq: number;
}

const seqOf = (cursor: string): number => Number(cursor.split("-")[1]);

/** Sends until everything is sent or the server is gone. What it returns was answered: it must be on disk. */
async function sendAll(
  url: URL,
  token: string,
  onAcknowledged: (count: number) => void,
): Promise<Acknowledged[]> {
  const acknowledged: Acknowledged[] = [];
  let next = 0;
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const worker = async () => {
    while (next < total) {
      const n = next++;
      const body = JSON.stringify({ to: { user_id: "1" }, data: n });
      try {
        const answer = await fetch(new URL("/api/clients/send", url), { method: "POST", headers, body });
        const { message_id: id, cursor } = (await answer.json()) as { message_id: string; cursor: string };
        acknowledged.push({ n, id, seq: seqOf(cursor) });
        onAcknowledged(acknowledged.length);
      } catch {
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: inParallel }, worker));
  return acknowledged;
}

/** A client of user 1 that goes on from a cursor; empty: from now. */
const listen = (url: URL, token: string, since: string) =>
  TestClient.open(`ws://127.0.0.1:${url.port}/ws/listener?token=${token}&since=${since}`);

test("kill -9 in the middle of 10,000 durable events loses nothing that was acknowledged", async () => {
  using dir = tempDir();
  const first = await ServerProcess.start({ dataDir: dir.path });
  // User 1 is the administrator of the first start.
  const token = (await peyk(dir.path, "token", "issue", "--user", "admin@localhost.localdomain")).trim();
  const before = await listen(first.url, token, "");
  const start = (await before.next("catch_up")).cursor;

  const acknowledged = await sendAll(first.url, token, (count) => {
    if (count === 3000) void first.end("SIGKILL");
  });
  await before.closed;
  await first.end("SIGKILL");
  expect(acknowledged.length).toBeGreaterThanOrEqual(3000);
  expect(acknowledged.length).toBeLessThan(total);
  const heardLive = before.waiting.map(({ id, cursor }) => ({ id, cursor }));

  await using second = await ServerProcess.start({
    dataDir: dir.path,
    settings: { CATCH_UP_MAX_EVENTS: "100000" },
  });
  const all = await listen(second.url, token, start);
  const { recovered, events } = await all.next("catch_up");
  expect(recovered).toBe(true);
  const kept = await all.settle();
  expect(kept).toHaveLength(events);

  const seqs = kept.map(({ cursor }) => seqOf(cursor));
  expect(seqs).toEqual(seqs.map((_, i) => seqs[0]! + i));
  expect(new Set(kept.map(({ data }) => data)).size).toBe(kept.length);
  const keptIds = new Map(kept.map(({ id, cursor }) => [id, seqOf(cursor)]));
  expect(acknowledged.filter(({ id, seq }) => keptIds.get(id) !== seq)).toEqual([]);
  await all.close();

  // Nobody was told of what is not kept, and the last cursor heard brings exactly the rest.
  expect(heardLive.map(({ id }) => id)).toEqual(kept.slice(0, heardLive.length).map(({ id }) => id));
  const rest = await listen(second.url, token, heardLive.at(-1)?.cursor ?? start);
  expect(await rest.next("catch_up")).toMatchObject({
    recovered: true,
    events: kept.length - heardLive.length,
  });
  expect((await rest.settle()).map(({ id }) => id)).toEqual(kept.slice(heardLive.length).map(({ id }) => id));
}, 60_000);
