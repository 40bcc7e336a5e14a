import { describe, expect, test } from "bun:test";
import { TestApp } from "../kit/app.ts";
import { RawClient } from "../kit/raw.ts";
import { roomChannel } from "../kit/room.ts";

/** After every piece of bad input, the server must still serve: a fresh client is greeted. */
async function stillServes(app: TestApp): Promise<void> {
  const client = await app.connect("/ws/test/");
  expect(await client.next()).toMatchObject({ type: "test_message" });
  await client.close();
  expect(app.events.filter(({ name }) => name === "failure")).toEqual([]);
}

describe("handshakes", () => {
  test("a wrong WebSocket version gets 426 and the right one", async () => {
    await using app = await TestApp.start();
    using raw = await RawClient.open(app.port);
    raw.upgrade("/ws/test/", { "Sec-WebSocket-Version": "8" });
    const answer = await raw.until("13");
    expect(answer).toStartWith("HTTP/1.1 426");
    expect(answer.toLowerCase()).toContain("sec-websocket-version: 13");
    await stillServes(app);
  });

  test("a bad key gets 400 and a reason", async () => {
    await using app = await TestApp.start();
    using raw = await RawClient.open(app.port);
    raw.upgrade("/ws/test/", { "Sec-WebSocket-Key": "short" });
    expect(await raw.until("base64")).toStartWith("HTTP/1.1 400");
    await stillServes(app);
  });

  test("a plain GET on a socket path gets 426 and what to do", async () => {
    await using app = await TestApp.start();
    for (const path of ["/ws/test/", "/ws/some-client", "/ws/test"]) {
      const answer = await app.fetch(path);
      expect(answer.status).toBe(426);
      expect(await app.json(answer)).toMatchObject({
        fault: "upgrade_required",
        hint: expect.stringContaining("WebSocket client"),
      });
    }
    expect((await app.fetch("/ws/no/such/thing")).status).toBe(404);
  });

  test("an unknown path is refused so that a browser can read it", async () => {
    await using app = await TestApp.start();
    const client = await app.connect("/no/such/path");
    expect(await client.next()).toMatchObject({ type: "error", error: "not_found" });
    expect(await client.closed).toMatchObject({ code: 4004, wasClean: true });
    await stillServes(app);
  });

  test("no token is echoed as a subprotocol", async () => {
    await using app = await TestApp.start();
    using raw = await RawClient.open(app.port);
    raw.upgrade("/ws/test/", { "Sec-WebSocket-Protocol": "my-secret-token" });
    expect(await raw.until("test_message")).not.toContain("my-secret-token");
    using arduino = await RawClient.open(app.port);
    arduino.upgrade("/ws/test/", { "Sec-WebSocket-Protocol": "arduino", Origin: "file://" });
    expect(await arduino.until("test_message")).toContain("Sec-WebSocket-Protocol: arduino");
  });

  test("1,000 half-open handshakes do not keep others out, and end by themselves", async () => {
    await using app = await TestApp.start();
    const half = await Promise.all(Array.from({ length: 1000 }, () => RawClient.open(app.port)));
    for (const [i, { socket }] of half.entries())
      if (i % 2 === 0) socket.write("GET /ws/test/ HTTP/1.1\r\nHost: x\r\nUpg");
    await stillServes(app);
    await Promise.all(half.map(({ ended }) => ended));
    await stillServes(app);
  }, 30_000);
});

describe("messages", () => {
  const cases: [string, string | Uint8Array, object][] = [
    ["not JSON", "{", { error: "bad_message", message: "Invalid JSON format" }],
    ["a list", "[1]", { error: "bad_message" }],
    ["null", "null", { error: "bad_message" }],
    ["a number", "7", { error: "bad_message" }],
    ["nothing", "", { error: "bad_message" }],
    ["no type", "{}", { error: "bad_message", message: "a message needs a `type`" }],
    ["a type that is no text", '{"type":1}', { error: "bad_message" }],
    ["an unknown type", '{"type":"dance"}', { error: "bad_message", in_reply_to: "dance" }],
    ["a type of the prototype", '{"type":"__proto__"}', { error: "bad_message" }],
    ["a type of every object", '{"type":"constructor"}', { error: "bad_message" }],
    ["a wrong field", '{"type":"count","ms":"soon"}', { error: "bad_message", in_reply_to: "count" }],
    ["an infinite number", '{"type":"count","ms":1e999}', { error: "bad_message", in_reply_to: "count" }],
    [
      "10,000 levels",
      `{"type":"ping","x":${"[".repeat(10_000)}${"]".repeat(10_000)}}`,
      { error: "bad_message", message: "a message may nest 64 deep at most" },
    ],
    ["binary", new Uint8Array([1, 2, 3]), { error: "binary_refused" }],
  ];

  test.each(cases)("%s is answered with an error, and the connection lives", async (_, data, expected) => {
    await using app = await TestApp.start({ channels: (core) => [roomChannel(core)] });
    const { token } = await app.user();
    const client = await app.connect(`/ws/rooms/1/?token=${token}`);
    client.socket.send(data as string);
    expect(await client.next()).toMatchObject({ type: "error", ...expected });
    expect(await client.settle()).toEqual([]);
    await stillServes(app);
  });

  test("__proto__ keys change nothing", async () => {
    await using app = await TestApp.start();
    const client = await app.connect("/ws/test/");
    await client.next();
    client.send(
      '{"type":"echo","__proto__":{"admin":true},"data":{"__proto__":{"admin":true},"constructor":1,"a":[{"__proto__":1}]}}',
    );
    expect(await client.next()).toEqual({
      type: "echo_response",
      data: { constructor: 1, a: [{}] },
    } as never);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test("10 MB close the connection with 1009, told to both sides by name", async () => {
    await using app = await TestApp.start();
    const client = await app.connect("/ws/test/");
    await client.next();
    client.send(JSON.stringify({ type: "echo", data: "x".repeat(10_000_000) }));
    expect((await client.closed).code).toBe(1009);
    expect(await app.event("connection.closed")).toMatchObject({
      code: 1009,
      reason: "the message is too big",
    });
    await stillServes(app);
  });

  test("a text that is no UTF-8 closes the connection, and nobody else's", async () => {
    await using app = await TestApp.start();
    using raw = await RawClient.open(app.port);
    raw.upgrade("/ws/test/");
    await raw.until("test_message");
    raw.socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]));
    await raw.ended;
    await stillServes(app);
  });

  test("10,000 random messages: each is answered or understood, none fails inside", async () => {
    await using app = await TestApp.start({ flags: { "message-rate": "0" } });
    const client = await app.connect("/ws/fuzz");
    await client.next();
    let seed = 7;
    const random = (n: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % n;
    };
    const parts = [
      '{"type":',
      '"hello"',
      ',"message":',
      "null",
      "[",
      "]",
      "{",
      "}",
      '"',
      "\\u0000",
      "1e9",
      "سلام",
      ":",
      ",",
      '"ping"',
      "\\",
    ];
    for (let i = 0; i < 10_000; i++)
      client.send(Array.from({ length: 1 + random(8) }, () => parts[random(parts.length)]).join(""));
    await client.settle();
    await stillServes(app);
  }, 20_000);
});
