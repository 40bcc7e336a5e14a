import { expect, test } from "bun:test";
import { InboxWorld } from "./kit.ts";

test("agents who all come back at once catch up a few at a time, and everybody else has his turn between", async () => {
  await using world = await InboxWorld.start();
  const first = await world.app.connect(`/ws/conversations/?token=${world.ana.token}`);
  const { cursor } = await first.next("conversations_list");
  await first.close();
  const { visitor } = await world.conversation("one");
  visitor.send({ type: "message", content: "two" });
  await visitor.next("message");
  // They have come in, and begin to catch up in the same moment.
  const { access } = world.app.app.inbox;
  const read = access.inboxes.bind(access);
  const { promise, resolve } = Promise.withResolvers<void>();
  const count = 12;
  let waiting = 0;
  access.inboxes = async (...of) => {
    if (++waiting === count) resolve();
    await promise;
    return read(...of);
  };
  let turn = 0;
  const done = new Map<number, number>();
  const tick = () => {
    turn++;
    timer = setImmediate(tick);
  };
  let timer = setImmediate(tick);
  world.app.app.events.on("catch_up.done", () => done.set(turn, (done.get(turn) ?? 0) + 1));
  const lists = await Promise.all(
    Array.from({ length: count }, () => world.list(world.ana, `&since=${cursor}`)),
  );
  for (const list of lists) {
    expect(await list.next()).toMatchObject({ type: "catch_up", recovered: true, events: 2 });
    const texts = [await list.next(), await list.next()].map(({ message }) => message.content);
    expect(texts).toEqual(["one", "two"]);
  }
  clearImmediate(timer);
  expect([...done.values()].reduce((sum, each) => sum + each)).toBe(count);
  expect(Math.max(...done.values())).toBeLessThanOrEqual(4);
});
