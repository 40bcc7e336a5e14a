/** A PostgreSQL of the test's own: a real server on a free port, its files in a temporary folder. */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { tempDir } from "./temp.ts";
import { patience } from "./until.ts";

const roots = ["/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt"];

/** The folder of `initdb` and `postgres`: Debian keeps them out of PATH. */
function binaries(): string | undefined {
  const found = roots
    .flatMap((root) => (existsSync(root) ? readdirSync(root).map((each) => join(root, each, "bin")) : []))
    .filter((folder) => existsSync(join(folder, "initdb")))
    .toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const inPath = Bun.which("initdb");
  return found.at(-1) ?? (inPath === null ? undefined : join(inPath, ".."));
}

const bin = binaries();

/** Why tests with PostgreSQL are skipped; empty where they are not. */
export const noPostgres =
  bin === undefined ? "no PostgreSQL here: apt-get install postgresql, or put initdb into PATH" : "";

/** PostgreSQL does not run as root; then it runs as the first of these that there is. */
const others = ["postgres", "nobody"];
const isRoot = process.getuid?.() === 0;
const runner = isRoot ? others.find((user) => idOf(user) !== undefined) : undefined;

function idOf(user: string): number | undefined {
  const { success, stdout } = Bun.spawnSync(["id", "-u", user], { stderr: "ignore" });
  return success ? Number(stdout.toString()) : undefined;
}

const asRunner = (command: readonly string[]): string[] =>
  runner === undefined
    ? [...command]
    : ["setpriv", `--reuid=${runner}`, `--regid=${gidOf(runner)}`, "--clear-groups", ...command];

const gidOf = (user: string): string => Bun.spawnSync(["id", "-g", user]).stdout.toString().trim();

export interface PostgresOptions {
  /** Settings of the server, as `postgresql.conf` has them. */
  readonly settings?: Readonly<Record<string, string>>;
  /** It speaks TLS, too, with the certificate `certificates/first.crt`. */
  readonly tls?: boolean;
}

export class Postgres {
  readonly port: number;
  readonly #folder: ReturnType<typeof tempDir>;
  readonly #settings: Readonly<Record<string, string>>;
  #server: ReturnType<typeof Bun.spawn> | undefined;
  #count = 0;

  private constructor(port: number, settings: Readonly<Record<string, string>>) {
    this.port = port;
    this.#settings = settings;
    this.#folder = tempDir();
  }

  /** Resolves when it answers. */
  static async start({ settings = {}, tls = false }: PostgresOptions = {}): Promise<Postgres> {
    const server = new Postgres(await freePort(), tls ? { ssl: "on", ...settings } : settings);
    server.#prepare();
    if (tls) server.#certify();
    await server.up();
    return server;
  }

  get folder(): string {
    return join(this.#folder.path, "data");
  }

  #prepare(): void {
    mkdirSync(this.folder, { mode: 0o700 });
    if (runner !== undefined) {
      chmodSync(this.#folder.path, 0o755);
      chownSync(this.folder, idOf(runner)!, Number(gidOf(runner)));
    }
    const init = [join(bin!, "initdb"), "-D", this.folder, "-U", "postgres", "-A", "trust", "-N"];
    const how = ["-E", "UTF8", "--locale=C.UTF-8", "--lc-messages=C"];
    const { success, stderr } = Bun.spawnSync(asRunner([...init, ...how]), {
      cwd: "/",
      stdout: "ignore",
      stderr: "pipe",
    });
    if (!success) throw new Error(`initdb failed: ${stderr.toString()}`);
    // The administrator needs no password, and everybody else does.
    const access = ["host all postgres 127.0.0.1/32 trust", "host all all 127.0.0.1/32 scram-sha-256", ""];
    writeFileSync(join(this.folder, "pg_hba.conf"), access.join("\n"));
  }

  /** It takes a key only that its own user alone may read. */
  #certify(): void {
    for (const kind of ["crt", "key"]) {
      const file = join(this.folder, `server.${kind}`);
      copyFileSync(join(import.meta.dir, "certificates", `first.${kind}`), file);
      chmodSync(file, 0o600);
      if (runner !== undefined) chownSync(file, idOf(runner)!, Number(gidOf(runner)));
    }
  }

  /** Starts it, also after `down`. */
  async up(): Promise<void> {
    const settings = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      // Its process may die, the machine does not: what is written survives without a wait for the disk.
      fsync: "off",
      max_connections: "200",
      ...this.#settings,
    };
    const args = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
    this.#server = Bun.spawn(
      asRunner([join(bin!, "postgres"), "-D", this.folder, "-p", `${this.port}`, ...args]),
      { cwd: "/", stdin: "ignore", stdout: "ignore", stderr: Bun.file(join(this.#folder.path, "log")) },
    );
    await this.#answering();
  }

  async #answering(): Promise<void> {
    for (const end = Date.now() + patience; ; await Bun.sleep(20)) {
      try {
        return void (await this.sql("select 1"));
      } catch (error) {
        if (Date.now() > end || this.#server!.exitCode !== null)
          throw new Error(`PostgreSQL did not start: ${await this.log()}`, { cause: error });
      }
    }
  }

  log(): Promise<string> {
    return Bun.file(join(this.#folder.path, "log")).text();
  }

  /** `fast`: tells its clients that it ends. `immediate`: as if its machine had crashed. */
  async down(how: "fast" | "immediate" = "fast"): Promise<void> {
    this.#server!.kill(how === "fast" ? "SIGINT" : "SIGQUIT");
    await this.#server!.exited;
  }

  /** `user`: with a password, as in a URL. */
  url(database = "postgres", user = "postgres", port = this.port): string {
    return `postgres://${user}@127.0.0.1:${port}/${database}`;
  }

  /** A statement of the administrator's. */
  async sql(text: string, database = "postgres"): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.url(database) });
    client.on("error", () => {});
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** The URL of a new database. `how`: as `create database` has it. */
  async database(how = "", name = `test_${++this.#count}`): Promise<string> {
    await this.sql(`create database "${name}" template template0 ${how}`);
    return this.url(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server?.exitCode === null) await this.down("immediate");
    this.#folder[Symbol.dispose]();
  }
}

function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = createServer();
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as { port: number };
    server.close(() => resolve(port));
  });
  return promise;
}
