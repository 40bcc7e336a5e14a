import type { Clock } from "../../core/clock.ts";
import type { LiveConnection } from "../../core/connection.ts";
import type { Connections } from "../../core/connections.ts";
import type { Identity } from "../../core/identity.ts";
import { hideJwt, hideTokens } from "../../core/redact.ts";
import { Fault } from "../../protocol/faults.ts";
import type { Audit } from "./audit.ts";
import type { ConnectionView } from "./messages.ts";

/** Topics that are named; the others are counted. */
const maxTopics = 20;

export interface ConnectionFilter {
  readonly channel?: string | undefined;
  /** An identity's id; `anonymous`: those without one. */
  readonly identity?: string | undefined;
  readonly peer?: string | undefined;
  /** How the path begins. */
  readonly path?: string | undefined;
}

interface Dependencies {
  readonly connections: Connections;
  readonly audit: Audit;
  readonly clock: Clock;
}

/** The open connections of this node, as operators see them. */
export class Inspector {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** The oldest first. */
  page(filter: ConnectionFilter, limit: number, offset: number) {
    const found = this.#find(filter).sort((a, b) => a.openedAt - b.openedAt);
    const connections = found.slice(offset, offset + limit).map((each) => this.view(each));
    return { count: found.length, connections };
  }

  #find({ channel, identity, peer, path = "" }: ConnectionFilter): LiveConnection[] {
    const { connections } = this.#deps;
    const isNamed = identity !== undefined && identity !== "anonymous";
    const all = isNamed ? connections.of(identity) : [...connections.all()];
    return all.filter(
      (each) =>
        (channel === undefined || each.channel?.name === channel) &&
        (identity !== "anonymous" || each.identity.id === "") &&
        (peer === undefined || each.peer.address === peer) &&
        each.path.startsWith(path),
    );
  }

  /** Throws `not_found`. */
  live(id: string): LiveConnection {
    const connection = this.#deps.connections.byId(id);
    if (connection !== undefined) return connection;
    throw new Fault("not_found", `no connection ${id.slice(0, 40)} is open here; see GET /api/connections`);
  }

  view(connection: LiveConnection): ConnectionView {
    const { clock } = this.#deps;
    const { id, path, state, identity, peer, client, userAgent, openedAt, lastSeen, topics, taps } =
      connection;
    const { receivedCount, receivedBytes, sent, sentBytes, waiting, lastHeard, roundTrip } =
      connection.traffic;
    return {
      ...{ id, channel: connection.channel?.name ?? "none", path: hideTokens(path), state },
      identity: viewIdentity(identity),
      ...{ peer: peer.address, client, user_agent: hideTokens(userAgent) },
      opened_at: new Date(openedAt).toISOString(),
      age_s: seconds(clock.now() - openedAt),
      last_message_s: seconds(clock.monotonic() - lastHeard),
      last_seen_s: seconds(clock.now() - lastSeen),
      received: { messages: receivedCount, bytes: receivedBytes },
      sent: { messages: sent, bytes: sentBytes },
      queue: waiting,
      topics: { count: topics.length, names: topics.slice(0, maxTopics).map(hideTokens) },
      round_trip_ms: roundTrip < 0 ? null : Math.round(roundTrip * 10) / 10,
      taps,
    };
  }

  /** Closes one connection with `kicked`. Noted first: nobody is kicked without a trace. */
  async kick(id: string, by: Identity, reason?: string): Promise<ConnectionView> {
    const view = this.view(this.live(id));
    const { channel, path, peer } = view;
    const who = view.identity.id ?? "anonymous";
    const detail = { channel, path, peer, who, ...(reason === undefined ? {} : { reason }) };
    await this.#deps.audit.record({ by, what: "connection.kick", target: id, detail });
    this.#deps.connections.byId(id)?.close(kicked(reason));
    return view;
  }

  /** Closes all connections that fit. Returns how many. */
  async kickAll(filter: ConnectionFilter, by: Identity, reason?: string): Promise<number> {
    const found = this.#find(filter).filter(({ isOver }) => !isOver);
    if (found.length === 0) return 0;
    const told = Object.entries(filter).flatMap(([key, each]) => (each === undefined ? [] : [[key, each]]));
    const target = told.map((pair) => pair.join("=")).join("&");
    const detail = { connections: found.length, ...(reason === undefined ? {} : { reason }) };
    await this.#deps.audit.record({ by, what: "connection.kick_all", target, detail });
    for (const connection of found) connection.close(kicked(reason));
    return found.length;
  }
}

const kicked = (reason?: string): Fault =>
  new Fault("kicked", reason === undefined ? undefined : `an operator closed this connection: ${reason}`);

/** The name of a visitor of a web widget is his token. */
const viewIdentity = ({ id, role, name }: Identity) => ({
  id: id === "" ? null : id,
  role,
  name: role === "anonymous" ? role : hideJwt(name),
});

const seconds = (ms: number): number => Math.max(0, Math.round(ms / 100) / 10);
