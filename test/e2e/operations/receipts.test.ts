import { expect, test } from "bun:test";
import { SignJWT } from "jose";
import { explain } from "../../../src/doctor/explain.ts";
import type { Refusal } from "../../../src/protocol/refusal.ts";
import type { TestClient } from "../../kit/client.ts";
import { FakeClock } from "../../kit/clock.ts";
import { bearer, OperationsWorld, receiptIn, secret } from "./kit.ts";

const key = new TextEncoder().encode(secret);
const now = Math.floor(Date.now() / 1000);
const jwt = (user = "1") =>
  new SignJWT({ sid: "s_x", user_id: 1, token_type: "access" })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("peyk")
    .setSubject(user);
const expired = () =>
  jwt()
    .setExpirationTime(now - 3 * 3600)
    .sign(key);

type World = OperationsWorld;
type Story = Partial<Refusal>;

const browser = { Origin: "https://evil.example", "User-Agent": "Mozilla/5.0 (X11)" };

/** What is refused, how, and the story that its receipt must tell. */
const refused: [string, (world: World) => Promise<{ closed: TestClient["closed"] }>, Story][] = [
  [
    "an unknown path",
    ({ app }) => app.connect("/nowhere?token=abc"),
    { check: "route", fault: "not_found", code: 4004, path: "/nowhere", channel: null, token: "query" },
  ],
  [
    "a path that is no UTF-8",
    ({ app }) => app.connect("/ws/%ff"),
    { check: "route", fault: "bad_request", code: 4005, channel: null },
  ],
  [
    "no token",
    ({ app }) => app.connect("/ws/dispatch-map/"),
    {
      ...{ check: "token", fault: "unauthorized", code: 4001, token: "none", channel: "dispatch_map" },
      expected: { roles: ["staff"] },
    },
  ],
  [
    "an expired token",
    async ({ app }) => app.connect("/ws/dispatch-map/", bearer(await expired())),
    {
      ...{ check: "token", fault: "token_expired", code: 4001, token: "header" },
      ...{ message: "the token expired 3 h ago", retry: "new_token" },
      expected: {
        expired_at: new Date((now - 3 * 3600) * 1000).toISOString(),
        server_time: expect.any(String) as never,
      },
    },
  ],
  [
    "a token that does not count yet",
    async ({ app }) =>
      app.connect(
        "/ws/dispatch-map/",
        bearer(
          await jwt()
            .setNotBefore(now + 600)
            .setExpirationTime(now + 900)
            .sign(key),
        ),
      ),
    {
      ...{ check: "token", fault: "bad_token" },
      expected: {
        valid_from: new Date((now + 600) * 1000).toISOString(),
        server_time: expect.any(String) as never,
      },
    },
  ],
  [
    "a token of another key",
    async ({ app }) => {
      const other = new TextEncoder().encode(`${secret} but not quite`);
      const token = await jwt().setExpirationTime("1h").sign(other);
      return app.connect(`/ws/dispatch-map/?token=${token}`);
    },
    { check: "token", fault: "bad_token", token: "query", message: "the token is signed with another key" },
  ],
  [
    "a token that was revoked",
    async ({ app }) => {
      const { token, email } = await app.user("staff");
      await app.app.accounts.setActive(email, false);
      return app.connect("/ws/dispatch-map/", bearer(token));
    },
    { check: "token", fault: "token_revoked", code: 4001 },
  ],
  [
    "a role that may not enter",
    async ({ app }) => app.connect("/ws/dispatch-map/", bearer((await app.user("driver")).token)),
    {
      ...{ check: "role", fault: "forbidden", code: 4003, who: "2" },
      expected: { roles: ["staff"], role: "driver" },
    },
  ],
  [
    "what the channel itself forbids",
    async ({ app }) => app.connect("/ws/orders/999/", bearer((await app.user("passenger")).token)),
    { check: "access", fault: "forbidden", code: 4003, channel: "order", who: "2" },
  ],
  [
    "what a channel refuses with a code of its own",
    ({ app }) => app.connect("/ws/conversations/?token=abc"),
    { check: "token", fault: "bad_token", code: 1008, channel: "conversations" },
  ],
  [
    "an origin that is not allowed",
    ({ app }) => app.connect("/ws/test/", browser),
    {
      ...{ check: "origin", fault: "origin_refused", code: 4003, client: "browser", channel: "test" },
      expected: { setting: "ALLOWED_ORIGINS", allowed_origins: 2, origin: "https://evil.example" },
    },
  ],
  [
    "a first message that brings no token",
    async ({ app }) => {
      const client = await app.connect("/ws/rooms/1/");
      client.send({ type: "say", text: "let me in" });
      return client;
    },
    { check: "first_message", fault: "unauthorized", code: 4001, channel: "room", token: "none" },
  ],
  [
    "too many bytes before the token",
    async ({ app }) => {
      const client = await app.connect("/ws/rooms/1/");
      client.send({ type: "auth", token: "x".repeat(5_000) });
      return client;
    },
    {
      ...{ check: "limit", fault: "message_too_big", code: 1009 },
      expected: { setting: "MAX_BYTES_BEFORE_AUTH", value: 4096 },
    },
  ],
  [
    "a device token that nobody knows",
    ({ app }) => app.connect("/ws/pico", bearer("pico_nobody-gave-this")),
    { check: "token", fault: "bad_device_token", code: 4001, channel: "pico" },
  ],
  [
    "a client id that is taken",
    async ({ app }) => {
      await (await app.connect("/ws/mine")).next();
      return app.connect("/ws/mine");
    },
    { check: "access", fault: "client_id_taken", code: 4009, retry: "later" },
  ],
  [
    "more sockets than a user may have",
    async ({ app }) => {
      const { token } = await app.user();
      for (const name of ["a", "b", "c"]) await (await app.connect(`/ws/${name}?token=${token}`)).next();
      return app.connect(`/ws/d?token=${token}`);
    },
    {
      ...{ check: "limit", fault: "too_many_connections", code: 4102 },
      expected: { setting: "MAX_CONNECTIONS_PER_USER", value: 3 },
    },
  ],
];

const flags = {
  "allowed-origins": "https://shop.example,https://www.shop.example",
  "max-connections-per-user": "3",
};

test.each(refused)("the receipt tells the story of %s", async (_, attempt, expected) => {
  await using world = await OperationsWorld.start({ flags });
  const story = await world.refusalOf(await attempt(world));
  expect({ ...story }).toMatchObject({ on: "socket", peer: "127.0.0.1", host: "127.0.0.1", ...expected });
  expect(story.hint).not.toBe("");
  const lines = explain(story).join("\n");
  for (const part of [story.id, story.message, story.hint, "127.0.0.1"]) expect(lines).toContain(part);
});

test("a receipt tells which limit of an address was passed, and from where", async () => {
  const flags = { "max-connections-per-address": "1", "trust-proxy": "127.0.0.1" };
  await using world = await OperationsWorld.start({ flags });
  const behind = { "X-Forwarded-For": "192.0.2.7" };
  await (await world.app.connect("/ws/test/", behind)).next();
  expect(await world.refusalOf(await world.app.connect("/ws/test/", behind))).toMatchObject({
    ...{ check: "limit", fault: "too_many_connections", peer: "192.0.2.7", channel: null },
    expected: { setting: "MAX_CONNECTIONS_PER_ADDRESS", value: 1 },
  });
});

test("a receipt tells that the server is full, and that clients come too fast", async () => {
  await using full = await OperationsWorld.start({ flags: { "max-connections": "1" } });
  await (await full.app.connect("/ws/test/")).next();
  expect(await full.refusalOf(await full.app.connect("/ws/test/"))).toMatchObject({
    ...{ check: "limit", fault: "server_full", code: 4105 },
    expected: { setting: "MAX_CONNECTIONS", value: 1 },
  });
  const clock = new FakeClock(Date.now());
  await using fast = await OperationsWorld.start({ flags: { "connect-rate": "1" }, clock });
  await (await fast.app.connect("/ws/test/")).next();
  expect(await fast.refusalOf(await fast.app.connect("/ws/test/"))).toMatchObject({
    ...{ check: "limit", fault: "connecting_too_fast", code: 4103 },
    expected: { setting: "CONNECT_RATE", value: 1 },
  });
});

test("a receipt tells that no token came in time", async () => {
  const clock = new FakeClock(Date.now());
  await using world = await OperationsWorld.start({ clock });
  const client = await world.app.connect("/ws/rooms/1/");
  clock.advance(11_000);
  expect(await world.refusalOf(client)).toMatchObject({
    ...{ check: "first_message", fault: "auth_timeout", code: 4001, token: "none" },
    expected: { setting: "AUTH_TIMEOUT", value: 10 },
  });
});

test("who is refused learns the check and his own token's times, and nothing of our settings", async () => {
  await using world = await OperationsWorld.start({ flags: { "max-connections": "2" } });
  const late = await world.app.connect("/ws/dispatch-map/", bearer(await expired()));
  expect(await late.next()).toMatchObject({
    ...{ error: "token_expired", check: "token" },
    ...{ expired_at: expect.any(String), server_time: expect.any(String) },
  });
  await late.closed;
  for (const name of ["a", "b"]) await (await world.app.connect(`/ws/${name}`)).next();
  const text = JSON.stringify(await (await world.app.connect("/ws/c")).next());
  expect(text).toContain('"check":"limit"');
  expect(text).not.toContain("expected");
  expect(text).not.toContain('"value"');
});

test("strangers get no story, and those who are not staff neither", async () => {
  await using world = await OperationsWorld.start();
  const receipt = receiptIn((await (await world.app.connect("/nowhere")).closed).reason);
  const { token } = await world.app.user("driver");
  for (const path of [`/api/refusals/${receipt}`, "/api/refusals", "/api/connections", "/api/audit"]) {
    expect((await world.app.fetch(path)).status).toBe(401);
    expect((await world.app.fetch(path, { token })).status).toBe(403);
  }
  expect((await world.ask(`/api/refusals/r_nobody`)).status).toBe(404);
});

test("refusals are listed newest first, by fault, path and peer, in pages", async () => {
  await using world = await OperationsWorld.start({ flags: { "trust-proxy": "127.0.0.1" } });
  const from = (peer: string, path: string) => world.app.connect(path, { "X-Forwarded-For": peer });
  const receipts: string[] = [];
  for (const [peer, path] of [
    ["192.0.2.1", "/one"],
    ["192.0.2.2", "/two"],
    ["192.0.2.1", "/two/more"],
    ["192.0.2.1", "/ws/dispatch-map/"],
  ] as const)
    receipts.push(receiptIn((await (await from(peer, path)).closed).reason));
  const ids = async (query: string) =>
    (await world.get(`/api/refusals${query}`)).refusals.map(({ id }: Refusal) => id);
  const [one, two, more, map] = receipts;
  expect(await ids("")).toEqual([map, more, two, one]);
  expect(await ids("?limit=2")).toEqual([map, more]);
  expect(await ids(`?limit=2&before=${more}`)).toEqual([two, one]);
  expect(await ids("?path=/two")).toEqual([more, two]);
  expect(await ids("?peer=192.0.2.1&fault=not_found")).toEqual([more, one]);
  expect((await world.ask("/api/refusals?before=r_gone22")).status).toBe(404);
  expect((await world.ask("/api/refusals?fault=nonsense")).status).toBe(422);
});

test("no story holds a token, wherever it was put", async () => {
  await using world = await OperationsWorld.start({ flags: { "allowed-origins": "https://shop.example" } });
  const { token } = await world.app.user("driver");
  const attempts = [
    ["/ws/dispatch-map/", bearer(token)],
    [`/ws/dispatch-map/?token=${token}`, {}],
    [`/nowhere/${token}`, {}],
    [`/nowhere?token=${token}`, { Origin: `https://${token}`, "User-Agent": `Mozilla ${token}` }],
  ] as const;
  for (const [path, headers] of attempts) await (await world.app.connect(path, headers)).closed;
  await world.app.fetch(`/api/clients/${token}?token=${token}`);
  await world.app.fetch(`/ws/rooms/1/?token=${token}`);
  const stories = JSON.stringify(await world.get("/api/refusals"));
  expect(JSON.parse(stories).kept).toBeGreaterThanOrEqual(5);
  for (const part of token.split(".")) expect(stories).not.toContain(part);
});
