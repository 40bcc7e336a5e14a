import type { Connection } from "../../core/channel.ts";
import type { Cancel, Clock } from "../../core/clock.ts";
import { asFault } from "../../protocol/faults.ts";
import type { Description } from "./description.ts";
import { idOf, type Kind, kindNames } from "./kinds.ts";
import type { Registry } from "./registry.ts";
import { type BoardConnection, reasonOf, type Session } from "./session.ts";
import { ownDevice } from "./tokens.ts";

/** A connection whose device may not be known yet. */
interface Arrival {
  readonly connection: BoardConnection;
  readonly kind: Kind;
  session: Session | undefined;
  naming: Promise<Session> | undefined;
  /** It never said its name, and is called like its kind until it does. */
  isNameless: boolean;
  stopWaiting: Cancel;
}

/** Milliseconds that a board without a name of its own has to say one, before it is simply "a Pico". */
const namingTime = 10_000;

const nothing = (): void => {};

/** Which device each board's connection is: what its token says, else what it calls itself, else its kind. */
export class Boards {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #arrivals = new WeakMap<Connection, Arrival>();

  constructor(registry: Registry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  /** A board connected. Who it is, its token or a header says; else its first message. */
  async enter(connection: Connection, kind: Kind): Promise<void> {
    const arrival: Arrival = {
      // What the core hands to channels is a LiveConnection.
      connection: connection as BoardConnection,
      kind,
      session: undefined,
      naming: undefined,
      isNameless: false,
      stopWaiting: nothing,
    };
    this.#arrivals.set(connection, arrival);
    const { identity } = connection;
    if (ownDevice(identity) !== undefined || identity.name !== kindNames[kind])
      return void (await this.session(connection, identity.name));
    arrival.stopWaiting = this.#clock.after(namingTime, () => void this.#nameNameless(arrival));
  }

  async #nameNameless({ connection }: Arrival): Promise<void> {
    try {
      await this.session(connection);
    } catch (error) {
      connection.refuse(asFault(error));
    }
  }

  /**
   * The session of a connection. The first call says which device it is; `name` is what it calls itself, and what it
   * says of itself besides goes on record with its arrival.
   */
  session(connection: Connection, name?: string, said?: Description): Session | Promise<Session> {
    const arrival = this.#arrivals.get(connection)!;
    this.#stopWaiting(arrival);
    // It is getting a name already; this message may say a better one.
    if (arrival.naming !== undefined) {
      const again = () => this.session(connection, name, said);
      return arrival.naming.then(again, again);
    }
    if (arrival.session !== undefined && !isAnother(arrival, arrival.session, name)) return arrival.session;
    arrival.naming = this.#name(arrival, name, said).finally(() => {
      arrival.naming = undefined;
    });
    return arrival.naming;
  }

  /** Once: ended timers, and what they hold, would live as long as the connection. */
  #stopWaiting(arrival: Arrival): void {
    arrival.stopWaiting();
    arrival.stopWaiting = nothing;
  }

  /** Where it fails, the next message tries again. */
  async #name(arrival: Arrival, name?: string, said?: Description): Promise<Session> {
    const { session: wrong, connection } = arrival;
    arrival.session = undefined;
    if (wrong !== undefined) await this.#registry.lost(wrong, "it turned out to be another device");
    const session = await this.#registry.begin(connection, arrival.kind, name, said);
    arrival.isNameless = name === undefined && ownDevice(connection.identity) === undefined;
    arrival.session = session;
    return session;
  }

  /** The connection ended. A session that is being named is waited for. */
  async leave(connection: Connection): Promise<void> {
    const arrival = this.#arrivals.get(connection);
    if (arrival !== undefined) this.#stopWaiting(arrival);
    const session = (await arrival?.naming?.catch(() => undefined)) ?? arrival?.session;
    if (session !== undefined) await this.#registry.lost(session, reasonOf(connection.ending));
  }
}

/** A board that nobody had a name for says one, or a token says later which device it is. */
function isAnother({ connection, kind, isNameless }: Arrival, { device }: Session, name?: string): boolean {
  const own = ownDevice(connection.identity);
  if (own !== undefined) return own !== device;
  return isNameless && name !== undefined && idOf(kind, name) !== device;
}
