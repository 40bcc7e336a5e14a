import { expect, test } from "bun:test";
import { RawClient } from "../../kit/raw.ts";
import { OperationsWorld, receiptIn } from "./kit.ts";

/** The receipt in the body of an answer to a handshake that cannot be one. */
async function rawReceipt({ app }: OperationsWorld, headers: Record<string, string | undefined>) {
  using raw = await RawClient.open(app.port);
  raw.upgrade("/ws/test/?token=abc", { ...headers, "User-Agent": "curl/8" });
  return receiptIn(await raw.until("]\n"));
}

test.each([
  [
    "a Host that is none",
    { Host: "x/metrics?" },
    { check: "host", fault: "bad_request", code: 400, path: "", token: "none" },
  ],
  [
    "a wrong version",
    { "Sec-WebSocket-Version": "8" },
    { check: "handshake", fault: "upgrade_required", code: 426, path: "/ws/test/", token: "query" },
  ],
  [
    "a broken key",
    { "Sec-WebSocket-Key": "short" },
    { check: "handshake", fault: "bad_request", code: 400, path: "/ws/test/" },
  ],
])("a handshake with %s has a receipt", async (_, headers, story) => {
  await using world = await OperationsWorld.start();
  const receipt = await rawReceipt(world, headers);
  expect(await world.story(receipt)).toMatchObject({
    ...{ on: "handshake", method: "GET", peer: "127.0.0.1", client: "curl", connection: null, ...story },
  });
});

test.each([
  ["a plain GET on a socket's path", "/ws/test/", 426, { check: "handshake", fault: "upgrade_required" }],
  ["a plain GET where no socket is", "/ws/a/b/c/d", 404, { check: "route", fault: "not_found" }],
  [
    "a request without a token",
    "/api/clients",
    401,
    { check: "token", fault: "unauthorized", token: "none", expected: { roles: ["staff"] } },
  ],
  ["a token in the query of a request", "/api/clients?token=abc", 401, { token: "query" }],
])("%s has a receipt in its problem", async (_, path, status, story) => {
  await using world = await OperationsWorld.start();
  const answer = await world.app.fetch(path);
  expect(answer.status).toBe(status);
  const { receipt, fault } = await world.app.json(answer);
  expect(await world.story(receipt)).toMatchObject({ on: "http", code: status, fault, ...story });
});

test("a request of a role that may not has a receipt that names the role", async () => {
  await using world = await OperationsWorld.start();
  const { token } = await world.app.user("driver");
  const { receipt } = await world.app.json(world.app.fetch("/api/clients", { token }));
  expect(await world.story(receipt)).toMatchObject({
    ...{ check: "role", fault: "forbidden", code: 403, token: "header" },
    expected: { roles: ["staff"], role: "driver" },
  });
});

test("what is not found or does not fit is an ordinary answer, and no refusal", async () => {
  await using world = await OperationsWorld.start();
  for (const path of ["/nothing", "/api/connections/c_nobody", "/api/refusals?limit=0"])
    expect((await world.app.json(world.ask(path))).receipt).toBeUndefined();
  expect((await world.get("/api/refusals")).refusals).toEqual([]);
});
