import { describe, expect, test } from "bun:test";
import { SignJWT } from "jose";
import { TestApp } from "../kit/app.ts";
import { FakeClock } from "../kit/clock.ts";
import { roomChannel } from "../kit/room.ts";

const form = (fields: Record<string, string>): RequestInit => ({
  method: "POST",
  body: new URLSearchParams(fields),
});
const path = "/api/v1/login/access-token";

async function withUser(options: Parameters<typeof TestApp.start>[0] = {}) {
  const app = await TestApp.start({ channels: (core) => [roomChannel(core)], ...options });
  await app.app.accounts.add({ email: "user@example.com", password: "password123", role: "user" });
  const login = (username: string, password: string) => app.fetch(path, form({ username, password }));
  return { app, login };
}

describe("POST /api/v1/login/access-token", () => {
  test("gives a token that opens a socket as this user", async () => {
    const { app, login } = await withUser();
    await using _ = app;
    const answer = await login(" User@Example.com ", "password123");
    expect(answer.status).toBe(200);
    const { access_token, token_type, expires_in } = await app.json(answer);
    expect({ token_type, expires_in }).toEqual({ token_type: "bearer", expires_in: 86_400 });
    const client = await app.connect(`/ws/x?token=${access_token}`);
    expect(await client.next()).toMatchObject({ authenticated: true, user_id: "1" });
  });

  test("answers a wrong password and an unknown email alike", async () => {
    const { app, login } = await withUser();
    await using _ = app;
    for (const [email, password] of [
      ["user@example.com", "wrong"],
      ["nobody@example.com", "password123"],
    ] as const) {
      const answer = await login(email, password);
      expect(answer.status).toBe(400);
      expect(await app.json(answer)).toEqual({ detail: "Incorrect email or password" });
    }
  });

  test("answers 422 to a missing field, to JSON and to nothing", async () => {
    const { app } = await withUser();
    await using _ = app;
    const bodies: RequestInit[] = [
      form({ username: "user@example.com" }),
      form({}),
      {
        method: "POST",
        body: JSON.stringify({ username: "a", password: "b" }),
        headers: { "Content-Type": "application/json" },
      },
      { method: "POST" },
    ];
    for (const init of bodies) {
      const answer = await app.fetch(path, init);
      expect(answer.status).toBe(422);
      expect((await app.json(answer)).detail).toBeDefined();
    }
  });

  test("a disabled user is told so, once his password is right", async () => {
    const { app, login } = await withUser();
    await using _ = app;
    await app.app.accounts.setActive("user@example.com", false);
    expect(await app.json(login("user@example.com", "password123"))).toEqual({ detail: "Inactive user" });
    expect(await app.json(login("user@example.com", "wrong"))).toEqual({
      detail: "Incorrect email or password",
    });
  });

  test("repeated failures are slowed down, and time forgives", async () => {
    const clock = new FakeClock();
    const { app, login } = await withUser({ clock });
    for (let i = 0; i < 5; i++) expect((await login("user@example.com", "wrong")).status).toBe(400);
    const slowed = await login("user@example.com", "password123");
    expect(slowed.status).toBe(429);
    expect(slowed.headers.get("Retry-After")).toBe("1");
    clock.advance(1000);
    expect((await login("user@example.com", "wrong")).status).toBe(400);
    expect((await login("user@example.com", "wrong")).headers.get("Retry-After")).toBe("2");
    clock.advance(2000);
    expect((await login("user@example.com", "password123")).status).toBe(200);
    await stopWith(app, clock);
  });
});

/** Draining waits on the clock, which a fake one does not move by itself. */
async function stopWith(app: TestApp, clock: FakeClock): Promise<void> {
  const stopped = app[Symbol.asyncDispose]();
  clock.advance(1000);
  await stopped;
}

describe("sessions", () => {
  test("a refresh token works once, and its reuse ends the session", async () => {
    const { app, login } = await withUser();
    await using _ = app;
    const first = await app.json(login("user@example.com", "password123"));
    const refresh = (refresh_token: string) => app.post("/api/v1/login/refresh", { refresh_token });
    const second = await app.json(refresh(first.refresh_token));
    expect(second.refresh_token).not.toBe(first.refresh_token);
    const client = await app.connect(`/ws/x?token=${second.access_token}`);
    expect(await client.next()).toMatchObject({ authenticated: true });
    expect((await refresh(first.refresh_token)).status).toBe(401);
    expect(await client.closed).toMatchObject({ code: 4001, reason: "the session was ended" });
    expect((await refresh(second.refresh_token)).status).toBe(401);
    expect((await refresh("made up")).status).toBe(401);
  });

  test("two refreshes at once: one wins", async () => {
    const { app, login } = await withUser();
    await using _ = app;
    const { refresh_token } = await app.json(login("user@example.com", "password123"));
    const answers = await Promise.all(
      [1, 2, 3].map(() => app.post("/api/v1/login/refresh", { refresh_token })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test("logout ends this session's sockets within a second, and no other's", async () => {
    const { app, login } = await withUser();
    await using _ = app;
    const [here, there] = [
      await app.json(login("user@example.com", "password123")),
      await app.json(login("user@example.com", "password123")),
    ];
    const closing = await app.connect(`/ws/here?token=${here.access_token}`);
    const staying = await app.connect(`/ws/there?token=${there.access_token}`);
    await Promise.all([closing.next(), staying.next()]);
    const asked = performance.now();
    expect(
      (await app.fetch("/api/v1/login/logout", { method: "POST", token: here.access_token })).status,
    ).toBe(204);
    expect((await closing.closed).code).toBe(4001);
    expect(performance.now() - asked).toBeLessThan(1000);
    expect(await staying.settle()).toEqual([]);
    const after = await app.connect(`/ws/here?token=${here.access_token}`);
    expect(await after.next()).toMatchObject({ authenticated: false, reason: "the session was ended" });
    expect(
      (await app.fetch("/api/v1/login/test-token", { method: "POST", token: here.access_token })).status,
    ).toBe(401);
  });

  test("disabling a user and a new password close all his sockets", async () => {
    const { app } = await withUser();
    await using _ = app;
    for (const end of [
      () => app.app.accounts.setActive("user@example.com", false),
      () => app.app.accounts.setPassword("user@example.com", "another password"),
    ]) {
      await app.app.accounts.setActive("user@example.com", true);
      const token = await app.app.accounts.issueToken("user@example.com", 60);
      const client = await app.connect(`/ws/rooms/1/?token=${token}`);
      await client.settle();
      await end();
      expect((await client.closed).code).toBe(4001);
      expect((await (await app.connect(`/ws/rooms/1/?token=${token}`)).closed).code).toBe(4001);
    }
  });
});

describe("tokens that must not count", () => {
  const secret = "a secret of thirty-two characters!";
  const key = new TextEncoder().encode(secret);
  const claims = () => ({ sid: "s_x", user_id: 1, token_type: "access" });
  const now = Math.floor(Date.now() / 1000);
  const base = (extra: object = {}) =>
    new SignJWT({ ...claims(), ...extra })
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer("peyk")
      .setSubject("1");
  const none =
    `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ ...claims(), iss: "peyk", sub: "1", exp: now + 60 }))}.`.replace(
      /=/g,
      "",
    );

  const bad: [string, () => Promise<string>, string, RegExp][] = [
    [
      "expired",
      () =>
        base()
          .setExpirationTime(now - 3 * 3600)
          .sign(key),
      "token_expired",
      /expired 3 h ago/,
    ],
    [
      "not yet valid",
      () =>
        base()
          .setNotBefore(now + 600)
          .setExpirationTime(now + 900)
          .sign(key),
      "bad_token",
      /not valid yet/,
    ],
    ["alg none", async () => none, "bad_token", /algorithm/],
    [
      "another algorithm",
      () =>
        new SignJWT(claims())
          .setProtectedHeader({ alg: "HS512" })
          .setIssuer("peyk")
          .setSubject("1")
          .setExpirationTime(now + 60)
          .sign(key),
      "bad_token",
      /algorithm/,
    ],
    [
      "another key",
      () =>
        base()
          .setExpirationTime(now + 60)
          .sign(new TextEncoder().encode("x".repeat(32))),
      "bad_token",
      /another key/,
    ],
    [
      "another issuer",
      () =>
        base()
          .setIssuer("else")
          .setExpirationTime(now + 60)
          .sign(key),
      "bad_token",
      /iss/,
    ],
    [
      "a refresh token",
      () =>
        base({ token_type: "refresh" })
          .setExpirationTime(now + 60)
          .sign(key),
      "bad_token",
      /no access token/,
    ],
    ["no end", () => base().sign(key), "bad_token", /exp/],
    [
      "a user who is gone",
      () =>
        base()
          .setExpirationTime(now + 60)
          .sign(key),
      "token_revoked",
      /ended/,
    ],
    ["rubbish", async () => "rubbish", "bad_token", /no readable token/],
    ["9,000 characters", async () => "x".repeat(9000), "bad_token", /8192/],
  ];

  test.each(bad)("%s", async (_, make, error, message) => {
    await using app = await TestApp.start({
      flags: { "jwt-secret": secret },
      channels: (core) => [roomChannel(core)],
    });
    const client = await app.connect(`/ws/rooms/1/?token=${await make()}`);
    const refusal = await client.next();
    expect(refusal.error).toBe(error);
    expect(refusal.message).toMatch(message);
    expect(await client.closed).toMatchObject({ code: 4001 });
  });
});
