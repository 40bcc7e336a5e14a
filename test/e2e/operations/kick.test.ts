import { expect, test } from "bun:test";
import { faults } from "../../../src/protocol/faults.ts";
import { OperationsWorld } from "./kit.ts";

test("a kick closes within a second, with its reason, and says to come back later", async () => {
  await using world = await OperationsWorld.start();
  const client = await world.app.connect("/ws/phone");
  await client.next();
  const id = await world.idOf("/ws/phone");
  const started = performance.now();
  const answer = await world.ask(`/api/connections/${id}?reason=maintenance%20at%20nine`, "DELETE");
  expect(await world.app.json(answer)).toMatchObject({ id, state: "open", path: "/ws/phone" });
  expect(await client.closed).toMatchObject({
    ...{ code: 4110, reason: "an operator closed this connection: maintenance at nine", wasClean: true },
  });
  expect(performance.now() - started).toBeLessThan(1_000);
  expect(faults.kicked.retry).toBe("later");
  expect(await world.app.event("connection.closed")).toMatchObject({ fault: "kicked", code: 4110 });
  expect((await world.get("/api/audit")).entries[0]).toMatchObject({
    ...{ who: world.staff.id, name: world.staff.email, what: "connection.kick", target: id },
    detail: { channel: "client", path: "/ws/phone", who: "anonymous", reason: "maintenance at nine" },
  });
  expect((await world.ask(`/api/connections/${id}`, "DELETE")).status).toBe(404);
});

test("all connections of an identity, an address or a channel are kicked, and counted", async () => {
  await using world = await OperationsWorld.start({ flags: { "trust-proxy": "127.0.0.1" } });
  const { id, token } = await world.app.user();
  const connect = async (path: string, peer: string) => {
    const client = await world.app.connect(path, { "X-Forwarded-For": peer });
    await client.next();
    return client;
  };
  const mine = await Promise.all(
    ["a", "b"].map((name) => connect(`/ws/${name}?token=${token}`, "192.0.2.1")),
  );
  const near = await connect("/ws/c", "192.0.2.1");
  const far = await connect("/ws/d", "192.0.2.2");
  const kick = async (query: string) =>
    (await world.app.json(world.ask(`/api/connections${query}`, "DELETE"))).kicked;
  expect(await kick(`?identity=${id}&peer=192.0.2.9`)).toBe(0);
  expect(await kick(`?identity=${id}`)).toBe(2);
  for (const client of mine) expect((await client.closed).code).toBe(4110);
  expect(await kick("?peer=192.0.2.1")).toBe(1);
  expect((await near.closed).code).toBe(4110);
  expect((await far.settle()).length).toBe(0);
  expect((await world.get("/api/audit?what=connection.kick_all")).entries).toMatchObject([
    { target: "peer=192.0.2.1", detail: { connections: 1 } },
    { target: `identity=${id}`, detail: { connections: 2 } },
  ]);
});

test("nobody is kicked by mistake, by a stranger, or with words that a terminal obeys", async () => {
  await using world = await OperationsWorld.start();
  const client = await world.app.connect("/ws/phone");
  await client.next();
  const id = await world.idOf("/ws/phone");
  const { token } = await world.app.user("driver");
  for (const path of [`/api/connections/${id}`, "/api/connections?identity=anonymous"]) {
    expect((await world.app.fetch(path, { method: "DELETE" })).status).toBe(401);
    expect((await world.app.fetch(path, { method: "DELETE", token })).status).toBe(403);
  }
  expect((await world.ask("/api/connections", "DELETE")).status).toBe(422);
  expect((await world.ask("/api/connections?reason=because", "DELETE")).status).toBe(422);
  for (const reason of ["%1b[2Jx", "x".repeat(61)])
    expect((await world.ask(`/api/connections/${id}?reason=${reason}`, "DELETE")).status).toBe(422);
  expect(await client.settle()).toEqual([]);
  expect((await world.get("/api/audit")).entries).toEqual([]);
});

test("a kick that cannot be noted is not done", async () => {
  await using world = await OperationsWorld.start();
  const client = await world.app.connect("/ws/phone");
  await client.next();
  const id = await world.idOf("/ws/phone");
  const { store } = world.app.app;
  const commit = store.commit;
  store.commit = () => Promise.reject(new Error("the disk is gone"));
  expect((await world.ask(`/api/connections/${id}`, "DELETE")).status).toBe(500);
  store.commit = commit;
  expect(await client.settle()).toEqual([]);
});
