import { describe, expect, test } from "bun:test";
import type { Presence } from "../../src/core/presence.ts";

export interface Opened extends AsyncDisposable {
  readonly presence: Presence;
  /** Lets this much time pass for the entries. */
  pass(ms: number): Promise<void>;
}

const member = (connection: string, identity = "") => ({ connection, identity, info: { c: connection } });

/** What every presence must do, in memory or between nodes. */
export function presenceSuite(name: string, open: () => Promise<Opened>): void {
  const ids = async (presence: Presence, topic: string) =>
    (await presence.list(topic)).map(({ connection }) => connection).sort();

  describe(`presence: ${name}`, () => {
    test("lists who was put, topic by topic, and forgets who was removed", async () => {
      await using opened = await open();
      const { presence } = opened;
      await presence.put("a", member("1", "u"));
      await presence.put("a", member("2", "u"));
      await presence.put("b", member("1", "u"));
      expect(await ids(presence, "a")).toEqual(["1", "2"]);
      expect((await presence.list("a"))[0]).toEqual(member("1", "u"));
      await presence.remove("a", "1");
      expect(await ids(presence, "a")).toEqual(["2"]);
      expect(await ids(presence, "b")).toEqual(["1"]);
      expect(await presence.list("c")).toEqual([]);
    });

    test("counts connections and people; anonymous ones are nobody", async () => {
      await using opened = await open();
      const { presence } = opened;
      for (const [connection, identity] of [
        ["1", "u"],
        ["2", "u"],
        ["3", "v"],
        ["4", ""],
        ["5", ""],
      ] as const)
        await presence.put("a", member(connection, identity));
      expect(await presence.count("a")).toEqual({ connections: 5, identities: 2 });
    });

    test("putting again replaces", async () => {
      await using opened = await open();
      const { presence } = opened;
      await presence.put("a", member("1", "u"));
      await presence.put("a", { ...member("1", "u"), info: { new: true } });
      expect(await presence.list("a")).toEqual([{ connection: "1", identity: "u", info: { new: true } }]);
    });

    test("what nobody touches is gone after its time, what is touched stays", async () => {
      await using opened = await open();
      const { presence } = opened;
      await presence.put("a", member("1"));
      await presence.put("a", member("2"));
      await presence.put("b", member("2"));
      await opened.pass(presence.ttl * 0.6);
      await presence.touch(["2", "unknown"]);
      await opened.pass(presence.ttl * 0.6);
      expect(await ids(presence, "a")).toEqual(["2"]);
      expect(await ids(presence, "b")).toEqual(["2"]);
      await opened.pass(presence.ttl);
      expect(await presence.count("a")).toEqual({ connections: 0, identities: 0 });
    });

    test("removing twice, or who was never there, is harmless", async () => {
      await using opened = await open();
      const { presence } = opened;
      await presence.put("a", member("1"));
      for (const connection of ["1", "1", "2"]) await presence.remove("a", connection);
      expect(await presence.list("a")).toEqual([]);
    });
  });
}
