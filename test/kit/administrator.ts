import type { ServerProcess } from "./process.ts";
import { until } from "./until.ts";

const login = { email: "admin@example.com", password: "correct horse battery" };

/** Settings with which a server's first start makes the administrator whom `Administrator.of` logs in. */
export const administratorSettings = { ADMIN_EMAIL: login.email, ADMIN_PASSWORD: login.password };

/** What an operator does over HTTP, with a token of his own. */
export class Administrator {
  readonly #server: URL;
  readonly token: string;

  private constructor(server: URL, token: string) {
    this.#server = server;
    this.token = token;
  }

  static async of({ url }: Pick<ServerProcess, "url">): Promise<Administrator> {
    const body = new URLSearchParams({ username: login.email, password: login.password });
    const answer = await fetch(new URL("/api/v1/login/access-token", url), { method: "POST", body });
    const { access_token } = (await answer.json()) as { access_token: string };
    return new Administrator(url, access_token);
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape.
  async #ask(path: string, init: RequestInit = {}): Promise<any> {
    const headers = { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" };
    const answer = await fetch(new URL(path, this.#server), { ...init, headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} for ${path}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  get(path: string) {
    return this.#ask(path);
  }

  post(path: string, body: object = {}) {
    return this.#ask(path, { method: "POST", body: JSON.stringify(body) });
  }

  /** A token of a device of its own. */
  async addDevice(kind: "pico" | "esp32cam", id: string): Promise<string> {
    return (await this.post("/api/devices", { kind, id })).token;
  }

  /** Gives a command and returns its id. */
  async command(device: string, command: object): Promise<string> {
    return (await this.post(`/api/devices/${device}/commands`, command)).id;
  }

  /** Asks until the answer fits, and returns it. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape.
  until(path: string, fits: (body: any) => boolean): Promise<any> {
    return until(() => this.#ask(path), fits);
  }

  /** A command once it has ended. */
  ended(device: string, command: string) {
    const open = ["queued", "sent"];
    return this.until(`/api/devices/${device}/commands/${command}`, ({ state }) => !open.includes(state));
  }

  /** Resolves when a device is in this state. */
  state(device: string, wanted: string) {
    return this.until(`/api/devices/${device}`, ({ state }) => state === wanted);
  }
}
