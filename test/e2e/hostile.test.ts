import { describe, expect, test } from "bun:test";
import { SignJWT } from "jose";
import { z } from "zod";
import { Admission } from "../../src/core/admission.ts";
import { defineChannel } from "../../src/core/channel.ts";
import type { Fault } from "../../src/protocol/faults.ts";
import { defaultLimits } from "../../src/protocol/limits.ts";
import { TestApp } from "../kit/app.ts";
import { FakeClock } from "../kit/clock.ts";
import { RawClient } from "../kit/raw.ts";
import { outgoing, roomChannel, say } from "../kit/room.ts";

const start = (options: Parameters<typeof TestApp.start>[0] = {}) =>
  TestApp.start({ channels: (core) => [roomChannel(core)], ...options });

describe("odd orders of events", () => {
  test("resume right behind an echo of one's own does not hang", async () => {
    await using app = await start();
    const { token } = await app.user();
    const cursor = await say(app.app.core, "1", "before");
    await say(app.app.core, "1", "missed");
    const client = await app.connect(`/ws/rooms/1/?token=${token}`);
    await client.settle();
    client.send({ type: "whisper", text: "x" });
    client.send({ type: "resume", since: cursor });
    expect((await client.settle()).map(({ type }) => type).sort()).toEqual(["catch_up", "said", "whisper"]);
  });

  test("a bad token with a cursor is refused: as anonymous it would skip what was kept for its user", async () => {
    await using app = await start();
    const { id, token } = await app.user();
    const { token: staff } = await app.user("staff");
    const first = await app.connect(`/ws/me?token=${token}`);
    const { cursor } = await first.next("connected");
    await first.close();
    await app.post("/api/clients/send", { to: { user_id: id }, data: "precious" }, staff);
    const expired = await app.connect(`/ws/me?token=x.y.z&since=${cursor}`);
    expect(await expired.next()).toMatchObject({ error: "bad_token", retry: "new_token" });
    expect((await expired.closed).code).toBe(4001);
    const again = await app.connect(`/ws/me?token=${token}&since=${cursor}`);
    expect((await again.next("message")).data).toBe("precious");
  });

  test("what is said while a channel opens is heard, once", async () => {
    const gate = Promise.withResolvers<void>();
    const inside = Promise.withResolvers<void>();
    const channel = defineChannel({
      name: "slow",
      path: "/ws/slow/x/",
      summary: "Opens when the test says so",
      auth: ["anonymous"],
      incoming: { ping: z.object({}) },
      outgoing,
      async open(connection) {
        inside.resolve();
        await gate.promise;
        connection.follow("room:9");
      },
      handle: { ping: (connection) => connection.send("pong", {}) },
    });
    await using app = await start({ channels: () => [channel] });
    const { core } = app.app;
    const cursor = await say(core, "9", "zero");
    await say(core, "9", "a");
    const client = await app.connect("/ws/slow/x/");
    await inside.promise;
    await say(core, "9", "b");
    gate.resolve();
    client.send({ type: "resume", since: cursor });
    await app.event("connection.opened");
    await say(core, "9", "c");
    const heard = (await client.settle()).flatMap(({ text }) => (text === undefined ? [] : [text]));
    expect(heard.sort()).toEqual(["a", "b", "c"]);
  });

  test("a reader who catches up longer than AUTH_TIMEOUT is not taken for one without a token", async () => {
    await using app = await start({ flags: { "auth-timeout": "1" } });
    const { core } = app.app;
    const { token } = await app.user();
    const cursor = await say(core, "1", "z");
    await Promise.all(Array.from({ length: 300 }, () => say(core, "1", "x".repeat(90_000))));
    using raw = await RawClient.open(app.port);
    raw.upgrade(`/ws/rooms/1/?token=${token}&since=${cursor}`);
    await raw.until("catch_up");
    raw.socket.pause();
    await Bun.sleep(2_500);
    raw.socket.resume();
    await app.event("connection.opened");
    expect(app.events.some(({ name }) => name === "connection.refused")).toBe(false);
  });
});

describe("hostile", () => {
  test("empty frames before the token is judged end in a refusal, not in a stall", async () => {
    await using app = await start({ flags: { "max-outbox-bytes": "16384" } });
    using raw = await RawClient.open(app.port);
    raw.upgrade("/ws/x?token=eyJhbGciOiJIUzI1NiJ9.e30.AAAA");
    raw.socket.write(Buffer.concat(Array(100_000).fill(Buffer.from([0x81, 0x80, 0, 0, 0, 0]))));
    await raw.ended;
    const { fault } = await app.event("connection.closed");
    expect(["message_too_big", "too_many_messages"]).toContain(fault!);
  });

  test("100 wrong passwords at once: five are looked at", async () => {
    await using app = await start();
    const { email } = await app.user();
    const form = () => ({
      method: "POST",
      body: new URLSearchParams({ username: email, password: "wrong" }),
    });
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => app.fetch("/api/v1/login/access-token", form())),
    );
    expect(answers.filter(({ status }) => status === 400).length).toBe(5);
    expect(answers.filter(({ status }) => status === 429).length).toBe(95);
  });

  test("a used refresh token that comes again and again ends its session once", async () => {
    await using app = await start();
    const { email } = await app.user();
    const body = new URLSearchParams({ username: email, password: "correct horse" });
    const { refresh_token } = await app.json(
      app.fetch("/api/v1/login/access-token", { method: "POST", body }),
    );
    for (let i = 0; i < 10; i++) await app.post("/api/v1/login/refresh", { refresh_token });
    expect(app.app.core.journal.head).toBe(1);
  });

  test("one address cannot use up the node's rate or its places; a /64 of IPv6 counts as one", () => {
    const clock = new FakeClock();
    const admission = new Admission({ ...defaultLimits, connectRate: 1000, maxConnections: 600 }, clock);
    const attempt = (address: string) => {
      try {
        admission.enter({ address, loopback: false, forwarded: false });
        return "entered";
      } catch (error) {
        return (error as Fault).fault;
      }
    };
    for (let i = 0; i < 5_000; i++) attempt("203.0.113.1");
    expect(attempt("198.51.100.7")).toBe("entered");
    for (let second = 0; second < 20; second++, clock.advance(1000))
      for (let i = 0; i < 200; i++) attempt("203.0.113.1");
    expect(attempt("198.51.100.8")).toBe("entered");
    expect(admission.total).toBe(502);
    // 100 a second are looked at: 98 find the last places, 2 a full server.
    const guests = Array.from({ length: 300 }, (_, i) => attempt(`2001:db8::${i.toString(16)}`));
    expect(guests.filter((each) => each === "connecting_too_fast")).toHaveLength(200);
  });

  test("a token whose user is null, a list or nothing is of nobody", async () => {
    const secret = "0123456789abcdef0123456789abcdef";
    await using app = await start({
      flags: { "jwt-issuers": JSON.stringify([{ name: "shop", algorithm: "HS256", secret }]) },
    });
    const sign = (sub: unknown) =>
      new SignJWT({ sub, exp: 4e9 } as never)
        .setProtectedHeader({ alg: "HS256" })
        .sign(new TextEncoder().encode(secret));
    for (const sub of [null, { a: 1 }, ["x"], "", 1.5]) {
      const client = await app.connect(`/ws/${crypto.randomUUID()}?token=${await sign(sub)}`);
      expect(await client.next()).toMatchObject({ authenticated: false });
    }
    const { token: staff } = await app.user("staff");
    const other = await app.connect(`/ws/b%2Fc?token=${await sign("a")}`);
    expect(await other.next()).toMatchObject({ user_id: "shop:a" });
    await app.post(
      "/api/clients/send",
      { to: { client_id: "c", user_id: "shop:a/b" }, data: "for a/b" },
      staff,
    );
    expect(await other.settle()).toEqual([]);
  });

  test.each(["", "a b", "[", "%%%", "x/metrics?", "x@y"])("Host %p gets 400", async (host) => {
    await using app = await start();
    using raw = await RawClient.open(app.port);
    raw.upgrade("/ws/x", { Host: host });
    expect(await raw.until("HTTP/1.1")).toStartWith("HTTP/1.1 400");
  });

  test("a trusted proxy that does not say for whom it asks is not this machine", async () => {
    await using app = await start({ flags: { "trust-proxy": "127.0.0.1" } });
    expect((await app.fetch("/metrics")).status).toBe(403);
  });
});
