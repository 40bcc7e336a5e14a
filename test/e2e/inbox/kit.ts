import { TestApp, type TestOptions } from "../../kit/app.ts";
import type { TestClient } from "../../kit/client.ts";

export interface Agent {
  readonly id: string;
  readonly token: string;
}

/** A server with a web widget's inbox, two agents of it, and an agent who is none of theirs. */
export class InboxWorld {
  readonly app: TestApp;
  readonly staff: Agent;
  readonly ana: Agent;
  readonly stranger: Agent;
  readonly inbox: string;

  private constructor(app: TestApp, staff: Agent, ana: Agent, stranger: Agent, inbox: string) {
    this.app = app;
    this.staff = staff;
    this.ana = ana;
    this.stranger = stranger;
    this.inbox = inbox;
  }

  static async start(options: TestOptions = {}): Promise<InboxWorld> {
    const app = await TestApp.start(options);
    const [staff, ana, stranger] = [await app.user("staff"), await app.user("user"), await app.user("user")];
    const { id } = await app.json(app.post("/api/inboxes", { kind: "web", name: "Site" }, staff.token));
    const world = new InboxWorld(app, staff, ana, stranger, id);
    await world.join(id, ana);
    return world;
  }

  async join(inbox: string, agent: Agent): Promise<void> {
    const answer = await this.post(`/inboxes/${inbox}/members`, { user_id: agent.id }, this.staff);
    if (answer.status !== 204) throw new Error(await answer.text());
  }

  /** `/ws/conversations/`, its first list read. */
  async list(agent: Agent = this.ana, query = ""): Promise<TestClient> {
    const list = await this.app.connect(`/ws/conversations/?token=${agent.token}${query}`);
    if (query === "") await list.next("conversations_list");
    return list;
  }

  /** `/ws/chat/{id}/`, its first messages read. */
  async chat(conversation: string, agent: Agent = this.ana, query = ""): Promise<TestClient> {
    const chat = await this.app.connect(`/ws/chat/${conversation}/?token=${agent.token}${query}`);
    if (query === "") await chat.next("recent_messages");
    return chat;
  }

  visitor(token = ""): Promise<TestClient> {
    return this.app.connect(`/ws/widget/${this.inbox}${token === "" ? "" : `?visitor=${token}`}`);
  }

  /** A visitor who has written, and his conversation. */
  async conversation(content = "Salam"): Promise<{ id: string; visitor: TestClient; token: string }> {
    const list = await this.list();
    const visitor = await this.visitor();
    const { visitor: token } = await visitor.next("welcome");
    visitor.send({ type: "message", content });
    await visitor.next("message");
    const { conversation_id: id } = await list.next("new_customer_message");
    await list.close();
    return { id, visitor, token };
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape.
  get(path: string, agent: Agent = this.ana): Promise<any> {
    return this.app.json(this.app.fetch(`/api${path}`, { token: agent.token }));
  }

  post(path: string, body: object, agent: Agent = this.ana): Promise<Response> {
    return this.app.post(`/api${path}`, body, agent.token);
  }

  send(
    method: "PATCH" | "DELETE",
    path: string,
    body: object = {},
    agent: Agent = this.ana,
  ): Promise<Response> {
    const headers = { "Content-Type": "application/json" };
    return this.app.fetch(`/api${path}`, { method, headers, body: JSON.stringify(body), token: agent.token });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.app[Symbol.asyncDispose]();
  }
}
