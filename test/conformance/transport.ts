import { describe, expect, test } from "bun:test";
import type {
  Peer,
  Socket,
  SocketHandler,
  Transport,
  TransportHandlers,
  Upgrade,
} from "../../src/core/transport.ts";
import { TestClient } from "../kit/client.ts";
import { RawClient, textFrame } from "../kit/raw.ts";
import { until } from "../kit/until.ts";

/** Writes down what the transport calls, in order. */
class Recorder implements SocketHandler {
  readonly calls: string[] = [];
  readonly upgrade: Upgrade;
  socket!: Socket;

  constructor(upgrade: Upgrade) {
    this.upgrade = upgrade;
  }

  opened(socket: Socket): void {
    this.socket = socket;
    this.calls.push("opened");
  }
  received(data: string | Uint8Array): void {
    this.calls.push(typeof data === "string" ? `text ${data.slice(0, 20)}` : `binary ${data.length}`);
  }
  alive(frame: "ping" | "pong"): void {
    this.calls.push(`alive ${frame}`);
  }
  drained(): void {
    this.calls.push("drained");
  }
  closed(code: number, reason: string): void {
    this.calls.push(`closed ${code} ${reason}`);
  }

  until(call: string): Promise<readonly string[]> {
    return until(
      () => this.calls,
      (calls) => calls.some((each) => each.startsWith(call)),
    );
  }
}

export interface Options {
  readonly maxMessageBytes: number;
  readonly trustProxy: readonly string[];
}

/** What every transport must do, whatever the runtime. */
export function transportSuite(name: string, make: (options: Options) => Transport): void {
  async function start(options: Partial<Options> = {}) {
    const transport = make({ maxMessageBytes: 10_000, trustProxy: [], ...options });
    const made: Recorder[] = [];
    const peers: Peer[] = [];
    const handlers: TransportHandlers = {
      accept(upgrade) {
        const recorder = new Recorder(upgrade);
        made.push(recorder);
        return recorder;
      },
      http(request, peer) {
        peers.push(peer);
        return new Response(`http ${new URL(request.url).pathname}`);
      },
      refused: () => "r_receipt",
    };
    const [url] = await transport.start(handlers);
    const port = Number(url!.port);
    const connect = (path = "/ws/x?a=1", headers = {}) =>
      TestClient.open(`ws://127.0.0.1:${port}${path}`, headers);
    return { transport, made, peers, port, connect, [Symbol.asyncDispose]: () => transport.stop() };
  }

  describe(`transport: ${name}`, () => {
    test("an upgrade is described as it came", async () => {
      await using server = await start();
      await server.connect("/ws/%D0%B9/?a=1&b=%20", { Host: "Ws.Localhost:99", "User-Agent": "me" });
      const { path, query, headers, host, peer } = server.made[0]!.upgrade;
      expect({ path, a: query.get("a"), b: query.get("b"), agent: headers.get("user-agent"), host }).toEqual({
        path: "/ws/%D0%B9/",
        a: "1",
        b: " ",
        agent: "me",
        host: "ws.localhost",
      });
      expect(peer).toEqual({ address: "127.0.0.1", loopback: true, forwarded: false });
    });

    test("calls come in order, and closed is the last, once", async () => {
      await using server = await start();
      const client = await server.connect();
      client.send("one");
      client.socket.send(new Uint8Array(3));
      client.socket.close(4000, "bye");
      await client.closed;
      expect(await server.made[0]!.until("closed")).toEqual([
        "opened",
        "text one",
        "binary 3",
        "closed 4000 bye",
      ]);
    });

    test("our close reaches the client with code and reason, behind what was sent", async () => {
      await using server = await start();
      const client = await server.connect();
      const { socket } = server.made[0]!;
      expect(socket.send('{"type":"last"}')).toBe("sent");
      socket.close(4201, "й".repeat(60));
      expect(await client.next()).toEqual({ type: "last" });
      expect(await client.closed).toEqual({ code: 4201, reason: "й".repeat(60), wasClean: true });
      expect(socket.send("{}")).toBe("gone");
    });

    test("terminate ends without a handshake", async () => {
      await using server = await start();
      const client = await server.connect();
      server.made[0]!.socket.terminate();
      expect(await client.closed).toMatchObject({ code: 1006 });
      expect(await server.made[0]!.until("closed")).toHaveLength(2);
    });

    test("a client that vanishes is closed with 1006", async () => {
      await using server = await start();
      const raw = await RawClient.open(server.port);
      raw.upgrade("/ws/x");
      await raw.until("101");
      raw[Symbol.dispose]();
      expect(await server.made[0]!.until("closed")).toEqual(["opened", "closed 1006 "]);
    });

    test("a message that is too big closes with 1009 on both sides", async () => {
      await using server = await start({ maxMessageBytes: 2_000 });
      const client = await server.connect();
      client.send("x".repeat(2_001));
      expect((await client.closed).code).toBe(1009);
      expect((await server.made[0]!.until("closed")).at(-1)).toBe("closed 1009 the message is too big");
    });

    test("control frames are signs of life, and are answered", async () => {
      await using server = await start();
      using raw = await RawClient.open(server.port);
      raw.upgrade("/ws/x");
      await raw.until("101");
      raw.socket.write(Buffer.from([0x89, 0x80, 0, 0, 0, 0]));
      await raw.until("\u008a");
      await server.made[0]!.until("alive");
      server.made[0]!.socket.ping();
      await raw.until("\u0089");
      raw.socket.write(textFrame("after"));
      await server.made[0]!.until("text after");
    });

    test("a slow reader shows in the status, and drained tells when he has read", async () => {
      await using server = await start();
      using raw = await RawClient.open(server.port);
      raw.upgrade("/ws/x");
      await raw.until("101");
      raw.socket.pause();
      const recorder = server.made[0]!;
      let status = "sent";
      for (let i = 0; i < 1000 && status === "sent"; i++) status = recorder.socket.send("x".repeat(50_000));
      expect(status).toBe("buffered");
      raw.socket.resume();
      await recorder.until("drained");
      expect(recorder.socket.send("x")).toBe("sent");
    });

    test("what is no upgrade is HTTP, with its peer", async () => {
      await using server = await start({ trustProxy: ["127.0.0.0/8", "10.0.0.0/8"] });
      const get = (headers: Record<string, string>) =>
        fetch(`http://127.0.0.1:${server.port}/some/path`, { headers });
      expect(await (await get({})).text()).toBe("http /some/path");
      for (const chain of [
        "192.0.2.1",
        "6.6.6.6, 192.0.2.1",
        "192.0.2.1, 10.0.0.3",
        "2001:db8::1",
        "not an address",
        "10.0.0.9",
      ])
        await get({ "X-Forwarded-For": chain });
      expect(server.peers.map(({ address }) => address)).toEqual([
        "127.0.0.1",
        "192.0.2.1",
        "192.0.2.1",
        "192.0.2.1",
        "2001:db8::1",
        "127.0.0.1",
        "10.0.0.9",
      ]);
      expect(server.peers[1]).toEqual({ address: "192.0.2.1", loopback: false, forwarded: true });
    });

    test("stop ends what is open and frees the port", async () => {
      const server = await start();
      const client = await server.connect();
      await server.transport.stop();
      await client.closed;
      expect(TestClient.open(`ws://127.0.0.1:${server.port}/`)).rejects.toThrow("no handshake");
    });
  });
}
