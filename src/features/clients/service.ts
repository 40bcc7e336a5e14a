import type { Connection } from "../../core/channel.ts";
import type { Clock } from "../../core/clock.ts";
import type { Publisher } from "../../core/hub.ts";
import { randomId } from "../../core/id.ts";
import type { Identity } from "../../core/identity.ts";
import type { Journal } from "../../core/journal.ts";
import type { Member, Presence } from "../../core/presence.ts";
import { Fault } from "../../protocol/faults.ts";
import type { outgoing } from "./messages.ts";

/** Presence of all generic clients, and the topic of what is sent to all of them. */
export const clientsTopic = "clients";
const userTopic = (user: string) => `user:${user}`;
/** The owner is part of the name: what was kept for a user's client must not reach a stranger who takes the same id. */
const clientTopic = (user: string, client: string) => `client:${JSON.stringify([user, client])}`;

/** Milliseconds that a holder has to show life before his id is given to the next one who asks. */
const probeTime = 5_000;

export type Target =
  | { client_id: string; user_id?: string | undefined }
  | { user_id: string }
  | { all: true };

export interface Sent {
  readonly message_id: string;
  /** Connections that it was sent to at once. */
  readonly connections: number;
  /** Place in the journal; null for what is not kept. */
  readonly cursor: string | null;
}

export interface ClientInfo {
  readonly client_id: string;
  readonly user_id: string | null;
  readonly name: string | null;
  readonly connected_at: string;
  readonly client: string;
}

interface Dependencies {
  readonly journal: Pick<Journal, "commit">;
  readonly presence: Presence;
  readonly publisher: Publisher<typeof outgoing>;
  readonly clock: Clock;
}

/** Generic clients: who holds which id, and messages to a client, to all sockets of a user, or to all. */
export class Clients {
  readonly #deps: Dependencies;
  readonly #holders = new Map<string, Connection>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Gives a client id to a connection and lets it follow what is sent to it. An authenticated client takes the id from
   * an anonymous one, and a user from himself; otherwise throws `client_id_taken`, and the holder has to show life.
   */
  enter(connection: Connection, clientId: string): void {
    const holder = this.#holders.get(clientId);
    if (holder !== undefined) this.#takeOver(holder, connection);
    this.#holders.set(clientId, connection);
    const { id } = connection.identity;
    connection.follow(clientsTopic);
    connection.follow(clientTopic(id, clientId));
    if (id !== "") connection.follow(userTopic(id));
  }

  #takeOver(holder: Connection, { identity }: Connection): void {
    const sameUser = holder.identity.id === identity.id;
    if (identity.id !== "" && (holder.identity.id === "" || sameUser))
      return holder.close(new Fault("replaced"));
    holder.probe(probeTime);
    throw new Fault("client_id_taken");
  }

  leave(connection: Connection, clientId: string): void {
    if (this.#holders.get(clientId) === connection) this.#holders.delete(clientId);
  }

  /** What presence shows of a connection. */
  describe({ identity, openedAt, userAgent }: Connection, client_id: string): Record<string, unknown> {
    const known = identity.id !== "";
    const connected_at = new Date(openedAt).toISOString();
    return {
      client_id,
      user_id: known ? identity.id : null,
      name: known ? identity.name : null,
      connected_at,
      client: userAgent,
    };
  }

  async list(user?: string): Promise<ClientInfo[]> {
    const members = await this.#deps.presence.list(clientsTopic);
    return members.filter(({ identity }) => user === undefined || identity === user).map(toInfo);
  }

  /**
   * Sends to whom it may concern. What is durable is on disk when this resolves. Rejects with `client_unknown` for a client
   * that is not connected and whose user is not named: nobody would know for whom to keep it.
   */
  async send(target: Target, data: unknown, durable: boolean): Promise<Sent> {
    const { topic, kept } = this.#resolve(target);
    const id = `m_${randomId(16)}`;
    const body = { id, data, sent_at: new Date(this.#deps.clock.now()).toISOString() };
    const connections = await this.#reach(target);
    if (!durable || !kept) {
      this.#deps.publisher.publish(topic, "notice", body);
      return { message_id: id, connections, cursor: null };
    }
    const { cursors } = await this.#deps.journal.commit({
      events: [this.#deps.publisher.draft(topic, "message", body)],
    });
    return { message_id: id, connections, cursor: cursors[0]! };
  }

  /** An anonymous client's id proves nothing when it comes back, so nothing is kept for it. */
  #resolve(target: Target): { topic: string; kept: boolean } {
    if ("all" in target) return { topic: clientsTopic, kept: true };
    if (!("client_id" in target)) return { topic: userTopic(target.user_id), kept: true };
    const user = target.user_id ?? this.#holders.get(target.client_id)?.identity.id;
    if (user === undefined) throw new Fault("client_unknown", `no client ${target.client_id} is connected`);
    return { topic: clientTopic(user, target.client_id), kept: user !== "" };
  }

  async #reach(target: Target): Promise<number> {
    if ("all" in target) return (await this.#deps.presence.count(clientsTopic)).connections;
    const reached = await this.list(target.user_id);
    return "client_id" in target
      ? reached.filter(({ client_id }) => client_id === target.client_id).length
      : reached.length;
  }
}

const toInfo = ({ info }: Member): ClientInfo => info as unknown as ClientInfo;

/** What the greeting says of who you are. */
export const whoIs = ({ id, name, reason }: Identity) => ({
  authenticated: id !== "",
  user_id: id === "" ? null : id,
  name: id === "" ? null : name,
  ...(reason === undefined ? {} : { reason: reason.message }),
});
