import type { FaultName } from "../protocol/faults.ts";
import type { Refusal } from "../protocol/refusal.ts";

/** What a log line or a metric may say about a connection. No field may ever hold a token or a body. */
export interface ConnectionFacts {
  readonly conn: string;
  readonly channel: string;
  readonly path: string;
  readonly peer: string;
  /** Kind of client, read from its User-Agent: browser, python, micropython, esp32, … */
  readonly client: string;
  /** Where the token came from; never the token. */
  readonly token: "none" | "header" | "query" | "message";
  readonly who: string;
}

/** What is said of every refusal, beside who was refused where. */
export interface RefusedFacts extends Pick<Refusal, "host" | "check" | "fault" | "code" | "expected"> {
  readonly detail: string;
  readonly receipt: string;
}

/** A request that never became a connection. */
export interface RequestFacts extends Pick<Refusal, "on" | "method" | "path" | "peer" | "client" | "token"> {}

/** Everything that happens, once: log, metrics and tests listen here, and nothing else in core writes a log. */
export interface CoreEvents {
  "connection.attempted": Omit<ConnectionFacts, "who">;
  "connection.opened": ConnectionFacts & { readonly reason?: string };
  "connection.refused": ConnectionFacts & RefusedFacts & { readonly ms: number };
  "request.refused": RequestFacts & RefusedFacts;
  "connection.closed": ConnectionFacts & {
    /** Name of the fault that we closed with, or nothing where the client closed. */
    fault?: FaultName;
    code: number;
    reason: string;
    ms: number;
    received: number;
    sent: number;
  };
  "message.received": { channel: string; type: string };
  "message.refused": { conn: string; channel: string; type: string; fault: FaultName; detail: string };
  "message.sent": { type: string; connections: number };
  "catch_up.done": { conn: string; channel: string; recovered: boolean; events: number };
  "journal.gap": { from: number; to: number; filled: number };
  "journal.pruned": { events: number; floor: number };
  /** A camera's picture that came, and one that did not fit. */
  "frame.received": { device: string; bytes: number };
  "frame.dropped": { device: string; reason: string; bytes: number };
  /** Positions of a driver, and why some were dropped. */
  "positions.taken": { accepted: number; dropped: Readonly<Record<string, number>> };
  /** A platform told something that the inbox does not show, or is not well; never a text or a token. */
  "platform.ignored": { inbox: string; platform: string; reason: string };
  "platform.noted": { inbox: string; platform: string; kind: string; detail: string };
  "login.failed": { account: string; peer: string; fault: FaultName };
  "session.revoked": { user: string; session?: string; connections: number };
  "http.answered": { method: string; path: string; status: number; ms: number; peer: string };
  "tls.reloaded": { names: readonly string[]; expires: string };
  "tls.reload_failed": { detail: string };
  "job.failed": { job: string; error: unknown };
  failure: { where: string; incident: string; error: unknown };
}

type Listener<T> = (event: T) => void;

/** A typed list of listeners. A listener must not throw; core does not guard against it. */
export class Events<M = CoreEvents> {
  readonly #listeners = new Map<keyof M, Listener<never>[]>();

  on<K extends keyof M>(name: K, listener: Listener<M[K]>): () => void {
    const list = this.#listeners.get(name) ?? [];
    this.#listeners.set(name, [...list, listener as Listener<never>]);
    return () => {
      const now = this.#listeners.get(name) ?? [];
      this.#listeners.set(
        name,
        now.filter((each) => each !== listener),
      );
    };
  }

  emit<K extends keyof M>(name: K, event: M[K]): void {
    const list = this.#listeners.get(name);
    if (list !== undefined) for (const listener of list) (listener as Listener<M[K]>)(event);
  }
}
