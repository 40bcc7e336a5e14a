import { type App, type ExtraChannels, startApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { type CoreEvents, Events } from "../../src/core/events.ts";
import type { Role } from "../../src/core/identity.ts";
import type { Overrides } from "../../src/services.ts";
import { TestClient } from "./client.ts";
import { FakeClock } from "./clock.ts";
import { databaseUrl, dropDatabase } from "./database.ts";
import { tempDir } from "./temp.ts";
import { patience } from "./until.ts";

/** Settings as an operator would write them, with a port that the system chooses and a folder of the test's own. */
export function testConfig(dataDir: string, flags: Record<string, unknown> = {}): Config {
  const loaded = loadConfig({ flags: { port: "0", host: "127.0.0.1", "data-dir": dataDir, ...flags } });
  if (!loaded.ok) throw new Error(loaded.problems.join("\n"));
  return loaded.config;
}

export interface TestOptions extends Overrides {
  readonly flags?: Record<string, unknown>;
  readonly channels?: ExtraChannels;
  /** Folder to use and to keep, for tests that start twice. */
  readonly dataDir?: string;
}

export type Recorded = { [K in keyof CoreEvents]: { name: K } & CoreEvents[K] }[keyof CoreEvents];

/** The real server with real sockets, and what tests ask of it. */
export class TestApp {
  readonly app: App;
  readonly events: Recorded[];
  readonly #cleanUp: () => Promise<void>;

  private constructor(app: App, events: Recorded[], cleanUp: () => Promise<void>) {
    this.app = app;
    this.events = events;
    this.#cleanUp = cleanUp;
  }

  static async start({ flags = {}, dataDir, ...overrides }: TestOptions = {}): Promise<TestApp> {
    const temp = dataDir === undefined ? tempDir() : undefined;
    const events = overrides.events ?? new Events();
    const recorded = record(events);
    const folder = dataDir ?? temp!.path;
    const url = await databaseUrl(folder);
    const all = url === undefined ? flags : { "database-url": url, ...flags };
    const app = await startApp(testConfig(folder, all), { ...overrides, events });
    return new TestApp(app, recorded, async () => {
      if (temp === undefined) return;
      await dropDatabase(folder);
      temp[Symbol.dispose]();
    });
  }

  get port(): number {
    return Number(this.app.urls[0]!.port);
  }

  get http(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  connect(path: string, headers: Record<string, string> = {}): Promise<TestClient> {
    return TestClient.open(`ws://127.0.0.1:${this.port}${path}`, headers);
  }

  /** A user with this role, and a token of his. */
  async user(role: Role = "user", email = `${role}-${crypto.randomUUID()}@example.com`) {
    const id = String(await this.app.accounts.add({ email, password: "correct horse", role }));
    return { id, email, token: await this.app.accounts.issueToken(email, 3600) };
  }

  /** The body of an answer that must be JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape.
  async json(answer: Response | Promise<Response>): Promise<any> {
    return (await answer).json();
  }

  fetch(path: string, { token, ...init }: RequestInit & { token?: string } = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
    return fetch(`${this.http}${path}`, { ...init, headers });
  }

  post(path: string, body: object, token?: string): Promise<Response> {
    const headers = { "Content-Type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return this.fetch(path, token === undefined ? init : { ...init, token });
  }

  /** The first event of this name that fits, now or later. */
  async event<K extends Recorded["name"]>(name: K, fits: (event: CoreEvents[K]) => boolean = () => true) {
    for (const end = Date.now() + patience; Date.now() < end; await Bun.sleep(5)) {
      const found = this.events.find((each) => each.name === name && fits(each as never));
      if (found !== undefined) return found as unknown as CoreEvents[K];
    }
    throw new Error(`no event ${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stopped = this.app.stop();
    // A server whose clock a test holds cannot wait for its clients by itself.
    const { clock } = this.app;
    if (clock instanceof FakeClock)
      for (let i = 0; i < 10; i++) await Bun.sleep(1).then(() => clock.advance(10));
    await stopped;
    await this.#cleanUp();
  }
}

function record(events: Events): Recorded[] {
  const recorded: Recorded[] = [];
  const names: (keyof CoreEvents)[] = [
    "connection.attempted",
    "connection.opened",
    "connection.refused",
    "connection.closed",
    "message.refused",
    "catch_up.done",
    "journal.gap",
    "journal.pruned",
    "login.failed",
    "session.revoked",
    "tls.reloaded",
    "tls.reload_failed",
    "job.failed",
    "failure",
  ];
  for (const name of names) events.on(name, (event) => recorded.push({ name, ...event } as Recorded));
  return recorded;
}
