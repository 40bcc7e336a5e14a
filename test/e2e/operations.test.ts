import { describe, expect, test } from "bun:test";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TestApp } from "../kit/app.ts";
import { TestClient } from "../kit/client.ts";
import { peyk, ServerProcess } from "../kit/process.ts";
import { tempDir } from "../kit/temp.ts";

const complaint = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "",
    (error: Error) => error.message,
  );

describe("start", () => {
  test("every wrong setting is reported at once, by its name and source", async () => {
    using dir = tempDir();
    writeFileSync(join(dir.path, "peyk.toml"), 'prot = 1\nlog_level = "loud"\n');
    const settings = {
      PORT: "http",
      DATABASE_URL: "mysql://x",
      JWT_SECRET: "too-short-to-be-shown",
      JWT_ISSUERS: '[{"name":"Shop","algorithm":"none"}]',
      MAX_CONNECTIONS: "-5",
    };
    const said = await complaint(ServerProcess.start({ dataDir: dir.path, settings }));
    for (const line of [
      "PORT=http: must be a port",
      "DATABASE_URL: must be sqlite:<file> or postgres://",
      "JWT_SECRET: must have 32 characters at least",
      "JWT_ISSUERS",
      "MAX_CONNECTIONS=-5: must be 1 or more",
      "peyk.toml: log_level=loud",
      "peyk.toml: prot: no such setting",
    ])
      expect(said).toContain(line);
    expect(said).not.toContain("too-short-to-be-shown");
  });

  test("a port in use names the process that holds it", async () => {
    await using first = await ServerProcess.start();
    const said = await complaint(ServerProcess.start({ settings: { PORT: first.url.port } }));
    expect(said).toContain(`PORT=${first.url.port}:`);
    expect(said).toContain(`(process ${first.pid}) listens there already`);
    expect(said).not.toContain("    at ");
  });

  test("a data folder that cannot be written to is named, with what to do", async () => {
    using dir = tempDir();
    writeFileSync(join(dir.path, "file"), "");
    const said = await complaint(peyk(dir.path, "migrate", "--data-dir", join(dir.path, "file", "below")));
    expect(said).toContain("cannot be written to");
    expect(said).toContain("choose another folder");
  });

  test("a file that is no database is refused with a sentence", async () => {
    using dir = tempDir();
    writeFileSync(
      join(dir.path, "peyk.db"),
      "this is no database, only some text that is long enough to be read".repeat(20),
    );
    const said = await complaint(peyk(dir.path, "migrate"));
    expect(said).toContain("not a database");
    expect(said).not.toContain("    at ");
  });

  test("the first start makes an administrator whose password is shown once", async () => {
    using dir = tempDir();
    const first = await ServerProcess.start({ dataDir: dir.path });
    const [, password] = /password {2}(\S+)/.exec(first.output) ?? [];
    const login = await fetch(new URL("/api/v1/login/access-token", first.url), {
      method: "POST",
      body: new URLSearchParams({ username: "admin@localhost.localdomain", password: password! }),
    });
    expect(login.status).toBe(200);
    expect(await first.end()).toBe(0);
    await using second = await ServerProcess.start({ dataDir: dir.path });
    expect(second.output).not.toContain("password");
    expect(statSync(join(dir.path, "jwt_secret")).mode & 0o777).toBe(0o600);
    chmodSync(join(dir.path, "jwt_secret"), 0o600);
  });
});

describe("command line", () => {
  test("user and token: added, listed, usable, disabled from another process within a second", async () => {
    await using server = await ServerProcess.start();
    const dir = server.dataDir;
    await peyk(
      dir,
      "user",
      "add",
      "--email",
      "A@example.com",
      "--password",
      "password123",
      "--role",
      "staff",
    );
    expect(await peyk(dir, "user", "list")).toContain("a@example.com");
    expect(JSON.parse(await peyk(dir, "user", "list", "--json"))).toContainEqual(
      expect.objectContaining({ email: "a@example.com", role: "staff", active: true }),
    );
    const token = await peyk(dir, "token", "issue", "--user", "a@example.com", "--ttl", "5m");
    expect(token.trim()).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const client = await TestClient.open(`ws://127.0.0.1:${server.url.port}/ws/x?token=${token.trim()}`);
    expect(await client.next()).toMatchObject({ authenticated: true });

    await peyk(dir, "user", "disable", "--email", "a@example.com");
    const disabled = performance.now();
    expect(await client.closed).toMatchObject({ code: 4001, reason: "the session was ended" });
    expect(performance.now() - disabled).toBeLessThan(1000);
    expect(await complaint(peyk(dir, "token", "issue", "--user", "a@example.com"))).toContain("is disabled");
    await peyk(dir, "user", "enable", "--email", "a@example.com");
    await peyk(dir, "user", "passwd", "--email", "a@example.com", "--password", "new password");
  });

  test.each([
    [["user", "add", "--email", "x", "--password", "password123"], "x is no email address"],
    [["user", "add", "--email", "a@b", "--password", "short"], "8 characters"],
    [
      ["user", "add", "--email", "a@b", "--password", "password123", "--role", "king"],
      "must be one of admin, staff",
    ],
    [["user", "add", "--email", "a@b"], "--password is missing"],
    [["user", "dance"], "usage: peyk user"],
    [["user", "disable", "--email", "no@body"], "there is no user no@body"],
    [["token", "issue", "--user", "no@body"], "there is no user no@body"],
    [["token", "issue", "--user", "a@b", "--ttl", "soon"], "--ttl soon: must be a duration"],
    [["serve", "--prot", "1"], "--prot"],
    [["dance"], "there is no command dance"],
  ])("%p is refused with a sentence", async (args, sentence) => {
    using dir = tempDir();
    const said = await complaint(peyk(dir.path, ...args));
    expect(said).toContain(sentence);
    expect(said).not.toContain("    at ");
  });

  test("every command has --help", async () => {
    using dir = tempDir();
    for (const args of [
      ["--help"],
      ["serve", "--help"],
      ["user", "--help"],
      ["token", "--help"],
      ["migrate", "--help"],
    ])
      expect(await peyk(dir.path, ...args)).toContain("peyk");
    expect(await peyk(dir.path, "migrate")).toContain("done: journal/001_journal");
    expect(await peyk(dir.path, "migrate")).toContain("up to date");
  });
});

test("no secret of a whole run stands in log, metrics, answers or data folder", async () => {
  await using server = await ServerProcess.start({ settings: { LOG_LEVEL: "trace" } });
  const { url, dataDir } = server;
  const { port } = url;
  await peyk(dataDir, "user", "add", "--email", "s@example.com", "--password", "my-secret-password");
  const form = {
    method: "POST",
    body: new URLSearchParams({ username: "s@example.com", password: "my-secret-password" }),
  };
  const login = (await (await fetch(new URL("/api/v1/login/access-token", url), form)).json()) as {
    access_token: string;
    refresh_token: string;
  };
  const { access_token: token, refresh_token } = login;
  const answers: string[] = [];
  const keep = async (answer: Promise<Response>) => answers.push(await (await answer).text());

  const good = await TestClient.open(`ws://127.0.0.1:${port}/ws/x?token=${token}`);
  await good.next();
  good.send({ type: "auth", token });
  good.send(`{"type":"auth","token":"${token}"`);
  await good.settle();
  const bad = await TestClient.open(`ws://127.0.0.1:${port}/ws/y?token=wrong-${token}`);
  answers.push(JSON.stringify(await bad.next()));
  const header = await TestClient.open(`ws://127.0.0.1:${port}/ws/z`, { Authorization: `Bearer x${token}` });
  answers.push(JSON.stringify(await header.next()));
  const lost = await TestClient.open(`ws://127.0.0.1:${port}/nowhere?token=${token}`);
  answers.push(JSON.stringify(await lost.next()), (await lost.closed).reason);
  await keep(fetch(new URL(`/api/clients?token=${token}`, url)));
  await keep(fetch(new URL(`/nowhere?token=${token}`, url)));
  await keep(
    fetch(new URL("/api/v1/login/refresh", url), {
      method: "POST",
      body: JSON.stringify({ refresh_token: `x${refresh_token}` }),
      headers: { "Content-Type": "application/json" },
    }),
  );
  await keep(
    fetch(new URL("/api/v1/login/access-token", url), {
      method: "POST",
      body: new URLSearchParams({ username: "s@example.com", password: "my-secret-passwort" }),
    }),
  );
  await keep(fetch(new URL("/metrics", url)));
  await keep(fetch(new URL("/api/websocket/health/", url)));
  await good.close();
  await server.end();

  const [, adminPassword] = /password {2}(\S+)/.exec(server.output)!;
  const log = server.output.replace(adminPassword!, "");
  expect(log).toContain("connection.opened");
  expect(log).toContain('"token":"query"');
  const secrets = [token, token.split(".")[2]!, refresh_token, "my-secret-passwor", adminPassword!];
  const written = readdirSync(dataDir)
    .filter((file) => file.startsWith("peyk.db"))
    .map((file) => readFileSync(join(dataDir, file), "latin1"));
  for (const secret of secrets)
    for (const [where, text] of [
      ["log", log],
      ["answers", answers.join("\n")],
      ["database", written.join("\n")],
    ] as const)
      expect({ where, leaked: text.includes(secret) }).toEqual({ where, leaked: false });
});

describe("health", () => {
  test("says ok with an empty list of recommendations, with details for loopback alone", async () => {
    await using app = await TestApp.start();
    const answer = await app.fetch("/api/websocket/health/");
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
    const local = await app.json(answer);
    expect(local).toMatchObject({
      status: "ok",
      server_type: "peyk",
      asgi_application: true,
      channels_configured: true,
      websocket_routing: true,
      recommendations: [],
      websocket_test_endpoint: "/ws/test/",
    });
    expect(local.websocket_endpoints).toEqual([
      "ws/{param}",
      "ws/pico",
      "ws/esp32cam",
      "ws/video/{param}",
      "ws/video",
      "ws/devices",
      "ws/conversations/",
      "ws/chat/{param}/",
      "ws/widget/{param}",
      "ws/test/",
      "ws/orders/{param}/",
      "ws/drivers/{param}/",
      "ws/passengers/{param}/",
      "ws/dispatch-map/",
      "ws/tap/{param}",
    ]);
    const outside = { headers: { "X-Forwarded-For": "192.0.2.1" } };
    const strange = await app.json(app.fetch("/api/websocket/health", outside));
    expect(strange.status).toBe("ok");
    expect(strange.findings).toBeUndefined();
    expect(strange.version).toBeUndefined();
    const { token } = await app.user("staff");
    expect(
      (await app.json(app.fetch("/api/websocket/health/", { ...outside, token }))).findings,
    ).toHaveLength(11);
    expect((await app.fetch("/metrics", outside)).status).toBe(403);
  });

  test("is not ok when sockets are refused, and says where to look", async () => {
    await using app = await TestApp.start({ flags: { "max-connections": "1" } });
    const only = await app.connect("/ws/test/");
    await only.next();
    const { status, websocket_routing, recommendations } = await app.json(
      app.fetch("/api/websocket/health/"),
    );
    expect({ status, websocket_routing }).toEqual({ status: "error", websocket_routing: false });
    expect(recommendations[0]).toContain("connection.refused");
    expect((await app.fetch("/ready")).status).toBe(503);
    expect((await app.fetch("/health")).status).toBe(200);
  });

  test("a slow disk is a warning", async () => {
    await using app = await TestApp.start({ slowCommit: 600 });
    const { status, recommendations } = await app.json(app.fetch("/api/websocket/health/"));
    expect(status).toBe("warning");
    expect(recommendations[0]).toContain("disk");
  });
});

test("/metrics counts what happened, by closed labels", async () => {
  await using app = await TestApp.start();
  const client = await app.connect("/ws/someone");
  await client.next();
  client.send({ type: "hello" });
  client.send("{");
  await client.settle();
  (await app.connect("/nowhere")).closed;
  await app.event("connection.refused");
  const text = await (await app.fetch("/metrics")).text();
  expect(text).toContain('peyk_messages_received_total{channel="client",type="hello"} 1');
  expect(text).toContain('peyk_messages_refused_total{channel="client",fault="bad_message"} 1');
  expect(text).toContain('peyk_connections_refused_total{channel="none",fault="not_found"} 1');
  expect(text).toContain("peyk_connections 1");
  expect(text).not.toContain("someone");
});

test("the documents are served, and speak of every channel, route and fault", async () => {
  await using app = await TestApp.start();
  const sockets = await app.json(app.fetch("/asyncapi.json"));
  expect(sockets.asyncapi).toBe("3.0.0");
  expect(Object.keys(sockets.channels)).toEqual(app.app.channels.map(({ name }) => name));
  expect(Object.keys(sockets.channels)).toContain("dispatch_map");
  const http = await app.json(app.fetch("/openapi.json"));
  expect(http.openapi).toBe("3.1.0");
  for (const path of [
    "/api/v1/login/access-token",
    "/api/clients",
    "/api/clients/send",
    "/api/websocket/health",
  ])
    expect(Object.keys(http.paths)).toContain(path);
  const page = await (await app.fetch("/docs")).text();
  for (const word of ["/ws/{clientId}", "client_id_taken", "POST /api/clients/send"])
    expect(page).toContain(word);
});
