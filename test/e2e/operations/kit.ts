import type { Refusal } from "../../../src/protocol/refusal.ts";
import { TestApp, type TestOptions } from "../../kit/app.ts";
import type { TestClient } from "../../kit/client.ts";
import { roomChannel } from "../../kit/room.ts";

/** Signs the tokens of these tests' servers. */
export const secret = "a secret of thirty-two characters!";

/** A server, and somebody of its staff. */
export class OperationsWorld {
  readonly app: TestApp;
  readonly staff: { id: string; email: string; token: string };

  private constructor(app: TestApp, staff: OperationsWorld["staff"]) {
    this.app = app;
    this.staff = staff;
  }

  static async start({ flags = {}, ...options }: TestOptions = {}): Promise<OperationsWorld> {
    const all = { "jwt-secret": secret, ...flags };
    const app = await TestApp.start({ channels: (core) => [roomChannel(core)], ...options, flags: all });
    return new OperationsWorld(app, await app.user("staff"));
  }

  ask(path: string, method = "GET"): Promise<Response> {
    return this.app.fetch(path, { method, token: this.staff.token });
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape.
  async get(path: string): Promise<any> {
    const answer = await this.ask(path);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} for ${path}: ${text}`);
    return JSON.parse(text);
  }

  story(receipt: string): Promise<Refusal> {
    return this.get(`/api/refusals/${receipt}`);
  }

  /** Waits for the close, and looks up what its reason names. */
  async refusalOf(client: Pick<TestClient, "closed">): Promise<Refusal> {
    const { reason } = await client.closed;
    return this.story(receiptIn(reason));
  }

  tap(connection: string, query = ""): Promise<TestClient> {
    return this.app.connect(`/ws/tap/${connection}${query}`, bearer(this.staff.token));
  }

  /** The id of the one connection on this path. */
  async idOf(path: string): Promise<string> {
    return (await this.get(`/api/connections?path=${encodeURIComponent(path)}`)).connections[0].id;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.app[Symbol.asyncDispose]();
  }
}

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

export function receiptIn(text: string): string {
  const [receipt] = /r_[a-z0-9]{6}/.exec(text) ?? [];
  if (receipt === undefined) throw new Error(`no receipt in ${text}`);
  return receipt;
}
