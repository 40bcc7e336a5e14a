import { describe, expect, test } from "bun:test";
import { copyFileSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { BunTransport } from "../../src/adapters/transport/bun.ts";
import { banner } from "../../src/cli/banner.ts";
import { Events } from "../../src/core/events.ts";
import type { SocketHandler } from "../../src/core/transport.ts";
import { TestApp } from "../kit/app.ts";
import { FakeClock } from "../kit/clock.ts";
import { ServerProcess } from "../kit/process.ts";
import { RawClient } from "../kit/raw.ts";
import { tempDir } from "../kit/temp.ts";

const certificates = join(import.meta.dir, "..", "kit", "certificates");
const file = (name: string) => join(certificates, name);
const first = { "tls-cert": file("first.crt"), "tls-key": file("first.key") };
/** Clients of these tests believe nobody else. */
const tls = { ca: ["first.crt", "second.crt"].map((name) => readFileSync(file(name), "utf8")) };

const complaint = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "",
    (error: Error) => error.message,
  );

/** What a server says to a setting that it cannot use. */
async function refusal(flags: Record<string, unknown>): Promise<string> {
  using dir = tempDir();
  return await complaint(TestApp.start({ flags, dataDir: dir.path }));
}

/** An open socket that can be asked whether it still works. */
class Probe {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
  }

  /** On a URL of the server's, whose certificate is verified. */
  static async open(page: URL): Promise<Probe> {
    const url = `${page.origin.replace(/^http/, "ws")}/ws/test/`;
    const probe = new Probe(new WebSocket(url, { tls }));
    await probe.frame("test_message");
    return probe;
  }

  frame(type: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.addEventListener(
        "message",
        ({ data }) => JSON.parse(String(data)).type === type && resolve(),
      );
      void this.closed.then((code) => reject(new Error(`closed with ${code} before ${type}`)));
    });
  }

  async ping(): Promise<void> {
    const pong = this.frame("pong");
    this.socket.send('{"type":"ping"}');
    await pong;
  }
}

/** One request on a connection of its own: whose certificate was shown, or how it failed. */
function shownBy(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", ...tls }, () => {
      const { subject } = socket.getPeerCertificate();
      socket.once("data", (data) => end(data.toString().startsWith("HTTP/1.1 200") ? subject.CN : `${data}`));
      socket.write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    });
    const end = (what: unknown) => {
      resolve(`${what}`);
      socket.destroy();
    };
    socket.on("error", (error) => end(error.message));
    socket.on("close", () => end("closed"));
  });
}

describe("ports", () => {
  test("a certificate makes every port of PORT speak TLS", async () => {
    await using app = await TestApp.start({ flags: { ...first, port: "0,0" } });
    const { urls } = app.app;
    expect(urls.map(({ protocol }) => protocol)).toEqual(["https:", "https:"]);
    for (const url of urls) {
      const health = await app.json(fetch(new URL("/api/websocket/health/", url), { tls }));
      expect(health).toMatchObject({ status: "ok", recommendations: [] });
      await (await Probe.open(url)).ping();
    }
  });

  test("TLS_PORT speaks TLS beside PORT, which stays plain", async () => {
    await using app = await TestApp.start({ flags: { ...first, "tls-port": "0" } });
    const { urls } = app.app;
    expect(urls.map(({ protocol }) => protocol)).toEqual(["http:", "https:"]);
    for (const url of urls) {
      expect((await fetch(new URL("/health", url), { tls })).status).toBe(200);
      await (await Probe.open(url)).ping();
    }
    expect((await app.json(app.fetch("/api/websocket/health/"))).status).toBe("ok");
  });

  test("plain HTTP and noise on a TLS port are ended, and the server goes on", async () => {
    await using app = await TestApp.start({ flags: first });
    const probe = await Probe.open(app.app.urls[0]!);
    for (const text of [
      "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "\x16\x03\x01\xff\xff".repeat(99),
    ]) {
      using raw = await RawClient.open(app.port);
      raw.socket.write(text, "latin1");
      raw.socket.end();
      await raw.ended;
      expect(raw.received).not.toContain("HTTP/1.1 200");
    }
    using silent = await RawClient.open(app.port);
    expect(await shownBy(app.port)).toBe("first");
    await probe.ping();
    expect(silent.received).toBe("");
  });

  test("a TLS port in use names the process that holds it, also where that one speaks TLS", async () => {
    const settings = { TLS_CERT: first["tls-cert"], TLS_KEY: first["tls-key"] };
    await using holder = await ServerProcess.start({ settings });
    const { port } = holder.url;
    const said = await complaint(ServerProcess.start({ settings: { ...settings, TLS_PORT: port } }));
    expect(said).toContain(`TLS_PORT=${port}: `);
    expect(said).toContain(`(process ${holder.pid}) listens there already`);
    expect(said).toContain(`TLS_PORT=${Number(port) + 1}`);
    expect(said).not.toContain("    at ");
    expect(await refusal({ ...first, port })).toContain(`PORT=${port}: `);
    expect(await refusal({ port })).toContain(`PORT=${port}: `);
    await (await Probe.open(holder.url)).ping();
  });
});

describe("settings that do not go together are a sentence", () => {
  test.each([
    ["TLS_KEY must name its private key", { "tls-cert": first["tls-cert"] }],
    ["TLS_CERT must name its certificate", { "tls-key": first["tls-key"] }],
    ["TLS_PORT=0: there is no certificate. Set TLS_CERT and TLS_KEY", { "tls-port": "0" }],
    ["TLS_PORT=40345 is in PORT, too", { ...first, port: "40345", "tls-port": "40345" }],
    ["none.crt: there is no such file", { ...first, "tls-cert": file("none.crt") }],
    ["it cannot be read (EISDIR)", { ...first, "tls-key": certificates }],
    ["first.key: this is no certificate", { ...first, "tls-cert": first["tls-key"] }],
    ["first.crt: this is no private key", { ...first, "tls-key": first["tls-cert"] }],
    ["this key does not belong to the first certificate", { ...first, "tls-key": file("second.key") }],
  ])("%s", async (sentence, flags) => {
    expect(await refusal(flags)).toContain(sentence);
  });

  test("a chain that is cut off", async () => {
    using dir = tempDir();
    const half = join(dir.path, "half.crt");
    const text = readFileSync(file("first.crt"), "utf8");
    writeFileSync(half, text + text.slice(0, 300));
    expect(await refusal({ ...first, "tls-cert": half })).toContain("half.crt: this is no certificate");
  });
});

const plain = { host: "127.0.0.1", ports: [], maxMessageBytes: 1_000, trustProxy: [] };

/** Greets as /ws/test/ does, and nothing else. */
const greeter: SocketHandler = {
  opened: (socket) => void socket.send('{"type":"test_message"}'),
  received: () => {},
  alive: () => {},
  drained: () => {},
  closed: () => {},
};

const look = 5_000;
const retire = 15_000;

/** A server whose certificate is renewed as certbot does it: links are pointed at other files. */
async function startRenewable() {
  const dir = tempDir();
  const clock = new FakeClock();
  const point = (link: string, target: string) => {
    symlinkSync(target, join(dir.path, "new"));
    renameSync(join(dir.path, "new"), join(dir.path, link));
  };
  point("cert", file("first.crt"));
  point("key", file("first.key"));
  const flags = { "tls-cert": join(dir.path, "cert"), "tls-key": join(dir.path, "key") };
  const app = await TestApp.start({ flags, clock });
  const told = () => app.events.filter(({ name }) => name.startsWith("tls."));
  const stop = async () => {
    const stopped = app[Symbol.asyncDispose]();
    clock.advance(1_000);
    await stopped;
    dir[Symbol.dispose]();
  };
  return { app, clock, dir: dir.path, point, told, port: app.port, [Symbol.asyncDispose]: stop };
}

/** Connects over and over, several at a time, and writes down what was shown. `more` waits for further ones. */
function connectAll(port: number) {
  const shown: string[] = [];
  let over = false;
  const loop = async () => {
    while (!over) shown.push(await shownBy(port));
  };
  const loops = Array.from({ length: 8 }, loop);
  const more = async (count: number) => {
    const from = shown.length;
    for (const end = Date.now() + 10_000; shown.length < from + count; await Bun.sleep(1))
      if (Date.now() > end) throw new Error(`${shown.length - from} connects within 10 s`);
  };
  const finish = () => {
    over = true;
    return Promise.all(loops);
  };
  return { shown, more, finish };
}

describe("a renewed certificate", () => {
  test("goes to new connections; open ones stay, and no connect fails meanwhile", async () => {
    await using server = await startRenewable();
    const { app, clock, point, port } = server;
    const probe = await Probe.open(app.app.urls[0]!);
    const connects = connectAll(port);
    await connects.more(50);
    // Three times: the second and third server on the port must be preferred as the first was.
    for (const name of ["second", "first", "second"]) {
      point("cert", file(`${name}.crt`));
      point("key", file(`${name}.key`));
      for (const _ of [1, 2]) {
        await connects.more(20);
        clock.advance(look);
        await probe.ping();
      }
      // On Linux new connections go to the new server alone from the first moment; elsewhere when the old one retires.
      if (process.platform === "linux") expect(await shownBy(port)).toBe(name);
      await connects.more(50);
      clock.advance(retire);
      await probe.ping();
      await connects.more(20);
      expect(await shownBy(port)).toBe(name);
    }
    await connects.finish();
    expect([...new Set(connects.shown)].sort()).toEqual(["first", "second"]);
    expect(server.told()).toHaveLength(3);
    expect(server.told()[0]).toMatchObject({
      name: "tls.reloaded",
      names: ["localhost", "second.peyk.test"],
      expires: "2120-01-01T00:00:00.000Z",
    });
    await probe.ping();
  });

  test("two in quick succession: the last one counts", async () => {
    await using server = await startRenewable();
    const { clock, point, port } = server;
    for (const name of ["second", "first", "second"]) {
      point("cert", file(`${name}.crt`));
      point("key", file(`${name}.key`));
      clock.advance(2 * look);
      for (let i = 0; i < 10; i++) expect(await shownBy(port)).toBe(name);
    }
    expect(server.told()).toHaveLength(3);
  });

  test("a broken one is told once, the old one stays, and the next good one is taken", async () => {
    await using server = await startRenewable();
    const { clock, dir, point, port, told } = server;
    const text = readFileSync(file("second.crt"), "utf8");
    for (const [content, sentence] of [
      [text.slice(0, 200), "this is no certificate"],
      [text, "this key does not belong to the first certificate"],
    ] as const) {
      writeFileSync(join(dir, "file"), content);
      point("cert", join(dir, "file"));
      clock.advance(10 * look);
      const { name, detail } = told().at(-1) as { name: string; detail: string };
      expect({ name, detail }).toMatchObject({
        name: "tls.reload_failed",
        detail: expect.stringContaining(sentence),
      });
      expect(detail).toStartWith("The old certificate stays in use. TLS_");
      expect(await shownBy(port)).toBe("first");
    }
    expect(told()).toHaveLength(2);
    point("key", file("second.key"));
    clock.advance(2 * look);
    expect(await shownBy(port)).toBe("second");
    expect(told()).toHaveLength(3);
  });

  test("files that change under the server's eyes are left alone until they are quiet", async () => {
    await using server = await startRenewable();
    const { clock, point, port, told } = server;
    point("cert", file("second.crt"));
    clock.advance(look);
    point("key", file("second.key"));
    clock.advance(look);
    expect(told()).toEqual([]);
    expect(await shownBy(port)).toBe("first");
    clock.advance(look);
    expect(told().map(({ name }) => name)).toEqual(["tls.reloaded"]);
    expect(await shownBy(port)).toBe("second");
  });

  test("stop ends what is open on an old server, too, and frees the port", async () => {
    const server = await startRenewable();
    const probe = await Probe.open(server.app.app.urls[0]!);
    server.point("cert", file("second.crt"));
    server.point("key", file("second.key"));
    server.clock.advance(2 * look + retire);
    await probe.ping();
    await server[Symbol.asyncDispose]();
    expect(await probe.closed).toBe(1012);
    expect(await shownBy(server.port)).toContain("ECONNREFUSED");
  });

  test("the transport ends what is open by itself, before and after the old server retires", async () => {
    using dir = tempDir();
    for (const passes of [2 * look, 2 * look + retire]) {
      const clock = new FakeClock();
      const [certFile, keyFile] = [join(dir.path, "cert"), join(dir.path, "key")];
      const write = (name: string) => {
        copyFileSync(file(`${name}.crt`), certFile);
        copyFileSync(file(`${name}.key`), keyFile);
      };
      write("first");
      const events = new Events();
      const options = { ports: [0], setting: "PORT", certFile, keyFile, clock, events };
      const transport = new BunTransport({ ...plain, tls: options });
      const [url] = await transport.start({
        accept: () => greeter,
        refused: () => "",
        http: () => new Response("ok"),
      });
      const probe = await Probe.open(url!);
      write("second");
      clock.advance(passes);
      expect(await shownBy(Number(url!.port))).toBe("second");
      await transport.stop();
      await probe.closed;
      expect(await shownBy(Number(url!.port))).toContain("ECONNREFUSED");
    }
  });
});

describe("the banner", () => {
  const address = (address: string, family: "IPv4" | "IPv6", internal = false) =>
    ({ address, family, internal }) as never;
  const interfaces = {
    lo: [address("127.0.0.1", "IPv4", true), address("::1", "IPv6", true)],
    eth0: [address("192.168.1.10", "IPv4"), address("fe80::1", "IPv6"), address("2001:db8::1", "IPv6")],
  };
  const certificate = { names: ["chat.example.com", "*.example.com"], expires: new Date(0) };
  const addresses = (text: string) =>
    [...text.matchAll(/^ +(http\S+) +(ws\S+) .*docs$/gm)].map(([, a, b]) => [a, b]);

  test("shows every address that answers, of every port, with its socket", () => {
    const urls = [new URL("http://[::]:3000/"), new URL("https://[::]:443/")];
    const text = banner({ urls, certificate }, undefined, interfaces);
    expect(addresses(text)).toEqual([
      ["http://localhost:3000/", "ws://localhost:3000/ws/{client_id}"],
      ["http://192.168.1.10:3000/", "ws://192.168.1.10:3000/ws/{client_id}"],
      ["http://[2001:db8::1]:3000/", "ws://[2001:db8::1]:3000/ws/{client_id}"],
      ["https://localhost/", "wss://localhost/ws/{client_id}"],
      ["https://192.168.1.10/", "wss://192.168.1.10/ws/{client_id}"],
      ["https://[2001:db8::1]/", "wss://[2001:db8::1]/ws/{client_id}"],
      ["https://chat.example.com/", "wss://chat.example.com/ws/{client_id}"],
    ]);
    expect(text).toMatch(/for a device +ws:\/\/192\.168\.1\.10:3000\/ws\/pico$/m);
    expect(text).toContain("until 1970-01-01");
  });

  test("shows what a server on one address answers at, and nothing else", () => {
    const loopback = banner(
      { urls: [new URL("https://127.0.0.1:8443/")], certificate },
      undefined,
      interfaces,
    );
    expect(addresses(loopback)).toEqual([["https://127.0.0.1:8443/", "wss://127.0.0.1:8443/ws/{client_id}"]]);
    expect(loopback).not.toContain("for a device");
    const urls = [new URL("http://0.0.0.0:8000/")];
    expect(addresses(banner({ urls, certificate: undefined }, undefined, interfaces))).toHaveLength(2);
  });
});
