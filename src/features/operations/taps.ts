import type { Connection } from "../../core/channel.ts";
import type { Clock } from "../../core/clock.ts";
import type { LiveConnection } from "../../core/connection.ts";
import type { Connections } from "../../core/connections.ts";
import { Fault } from "../../protocol/faults.ts";
import type { Audit } from "./audit.ts";
import type { Inspector } from "./inspector.ts";
import type { tapOutgoing } from "./messages.ts";
import type { Content } from "./redact.ts";
import { TapSession } from "./tap-session.ts";

/** Milliseconds between looks at what was dropped and not told yet. */
const tellEvery = 1_000;
/** Bytes that may wait for an operator who reads slowly; at most half of what his outbox may hold. */
const maxWaiting = 256 * 1024;

export interface TapDependencies {
  readonly connections: Connections;
  readonly inspector: Inspector;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly maxTaps: number;
  readonly maxOutboxBytes: number;
}

interface Running {
  readonly target: string;
  readonly session: TapSession;
  stop(): void;
}

type TapConnection = Connection<unknown, typeof tapOutgoing>;

/** The taps of this node: who watches which connection. */
export class Taps {
  readonly #deps: TapDependencies;
  /** By the operator's connection; `undefined`: it is being noted. */
  readonly #running = new Map<string, Running | undefined>();

  constructor(deps: TapDependencies) {
    this.#deps = deps;
  }

  /** Shows a connection's frames from now on. Rejects with `not_found` or `too_many_taps`. */
  async start(viewer: TapConnection, id: string, content: Content): Promise<void> {
    const { inspector, audit, maxTaps } = this.#deps;
    const { channel } = inspector.view(inspector.live(id));
    if (this.#running.size >= maxTaps)
      throw new Fault("too_many_taps", undefined, { expected: { setting: "MAX_TAPS", value: maxTaps } });
    this.#running.set(viewer.id, undefined);
    await audit.record({ by: viewer.identity, what: "tap.start", target: id, detail: { channel, content } });
    this.#running.set(viewer.id, this.#watch(viewer, inspector.live(id), content));
  }

  #watch(viewer: TapConnection, target: LiveConnection, content: Content): Running {
    const { clock, inspector } = this.#deps;
    const session = new TapSession({ viewer, content, clock, hasRoom: () => this.#hasRoom(viewer.id) });
    const server_time = new Date(clock.now()).toISOString();
    viewer.send("tap_started", { connection: inspector.view(target), content, server_time });
    const untap = target.tap(session);
    const stopTelling = clock.every(tellEvery, () => session.tellDropped());
    const stop = () => {
      untap();
      stopTelling();
    };
    return { target: target.id, session, stop };
  }

  #hasRoom(viewer: string): boolean {
    const { connections, maxOutboxBytes } = this.#deps;
    const waiting = connections.byId(viewer)?.traffic.waiting.bytes ?? 0;
    return waiting < Math.min(maxWaiting, maxOutboxBytes / 2);
  }

  async stop({ id, identity }: TapConnection): Promise<void> {
    const running = this.#running.get(id);
    this.#running.delete(id);
    if (running === undefined) return;
    const { session, target } = running;
    running.stop();
    await this.#deps.audit.record({ by: identity, what: "tap.end", target, detail: session.counts });
  }
}
