import { join } from "node:path";
import { Administrator, administratorSettings } from "../kit/administrator.ts";
import { ServerProcess } from "../kit/process.ts";
import { freePorts } from "../kit/program.ts";
import { tempDir } from "../kit/temp.ts";
import { until } from "../kit/until.ts";

export const examples = join(import.meta.dir, "..", "..", "examples");

/** A server that can be ended and started again at the same address, with what it knew. */
export class Site {
  readonly port: number;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #folder = tempDir();
  #server!: ServerProcess;
  #administrator!: Administrator;

  private constructor(port: number, settings: Readonly<Record<string, string>>) {
    this.port = port;
    this.#settings = { ...administratorSettings, PORT: String(port), PING_INTERVAL: "1", ...settings };
  }

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<Site> {
    const [port] = await freePorts(1);
    const site = new Site(port!, settings);
    await site.#start();
    site.#administrator = await Administrator.of(site.#server);
    return site;
  }

  async #start(): Promise<void> {
    this.#server = await ServerProcess.start({ settings: this.#settings, dataDir: this.#folder.path });
  }

  async restart(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    await this.#server.end(signal);
    await this.#start();
  }

  get administrator(): Administrator {
    return this.#administrator;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

/** A server that does what the real one does only when something breaks: it repeats itself, and counts the answers. */
export class Repeater {
  /** All that the client said. */
  readonly heard: Record<string, unknown>[] = [];
  readonly pongs: string[] = [];
  readonly closed: Promise<number>;
  readonly #server: ReturnType<typeof Bun.serve>;
  #socket: Bun.ServerWebSocket<unknown> | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.closed = promise;
    this.#server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request, server) =>
        server.upgrade(request, { data: undefined }) ? undefined : new Response("", { status: 400 }),
      websocket: {
        open: (socket) => {
          this.#socket = socket;
          this.send({ type: "connection_ack", status: "success", message: "", device_id: "repeated" });
        },
        message: (_, text) => void this.heard.push(JSON.parse(String(text))),
        pong: (_, data) => void this.pongs.push(data.toString()),
        close: (_, code) => resolve(code),
      },
    });
  }

  get host(): string {
    return `127.0.0.1:${this.#server.port}`;
  }

  send(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }

  ping(text: string): void {
    this.#socket?.ping(text);
  }

  /** Resolves when the client has said this many messages of a type. */
  async hears(type: string, times = 1): Promise<Record<string, unknown>[]> {
    const found = () => this.heard.filter((each) => each.type === type);
    await until(
      () => this.heard,
      () => found().length >= times,
    );
    return found();
  }

  /** Everything that was said before is heard when this resolves. */
  async settle(): Promise<void> {
    const before = this.heard.filter(({ type }) => type === "pong").length;
    this.send({ type: "ping" });
    await this.hears("pong", before + 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}

/** A command given while nobody is there comes after the connect, and one after a restart of the server, too. */
export async function expectCommands(
  site: Site,
  device: string,
  start: () => AsyncDisposable,
): Promise<void> {
  const { administrator } = site;
  const early = await administrator.command(device, { type: "servo", servo1: 30, servo2: 120 });
  expectQueued(await administrator.get(`/api/devices/${device}/commands/${early}`));
  await using _ = start();
  expectMoved(await administrator.ended(device, early), "X=30°, Y=120°");
  await site.restart();
  await administrator.state(device, "online");
  const late = await administrator.command(device, { type: "servo", servo1: 45, servo2: 46 });
  expectMoved(await administrator.ended(device, late), "X=45°, Y=46°");
  const status = await administrator.command(device, { type: "status" });
  const { state, detail } = await administrator.ended(device, status);
  if (state !== "acknowledged" || detail === null) throw new Error(`status is ${state}: ${detail}`);
}

function expectQueued({ state }: { state: string }): void {
  if (state !== "queued") throw new Error(`a command to nobody is ${state}`);
}

function expectMoved(command: { state: string; detail: string }, detail: string): void {
  if (command.state === "acknowledged" && command.detail === detail) return;
  throw new Error(`the command is ${command.state}, and its detail is ${command.detail}, not ${detail}`);
}
