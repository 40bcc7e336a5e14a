import { isThisMachine } from "../../core/loopback.ts";
import type { Peer } from "../../core/transport.ts";
import { Fault } from "../../protocol/faults.ts";
import type { DeviceDependencies } from "./dependencies.ts";
import { iso } from "./events.ts";
import * as repo from "./repo.ts";

/** Longest window, in milliseconds: who forgets to close it must not have opened it for good. */
export const maxWindow = 24 * 3_600_000;

/** Who gets the common tokens from `GET /public/tokens` (DESIGN 6): the seed gave them to anybody who asked. */
export class Pairing {
  readonly #deps: DeviceDependencies;

  constructor(deps: DeviceDependencies) {
    this.#deps = deps;
  }

  /** Milliseconds since 1970. 0 or less from now closes the window. */
  async open(ms: number): Promise<number> {
    const { store, clock } = this.#deps;
    const until = clock.now() + Math.min(ms, maxWindow);
    await store.commit({ writes: [repo.setPairing(store.db, until)] });
    return until;
  }

  async openUntil(): Promise<number> {
    return repo.pairingOpenUntil(this.#deps.store.db);
  }

  /** The seed's five keys. Rejects with `pairing_closed`. */
  async tokens(headers: Headers, peer: Peer) {
    await this.#requireAllowed(headers, peer);
    const { pico, esp32cam } = this.#deps.options.tokens;
    return {
      status: "success" as const,
      pico_tokens: [...pico],
      esp32cam_tokens: [...esp32cam],
      // ISO without a zone, as the seed has it.
      timestamp: iso(this.#deps.clock.now()).slice(0, 19),
      message: "Use these tokens in the Authorization header as 'Bearer <token>'",
    };
  }

  async #requireAllowed(headers: Headers, peer: Peer): Promise<void> {
    const { options, clock } = this.#deps;
    if (options.publicTokens === "open") return;
    if (options.publicTokens === "off")
      throw new Fault("pairing_closed", "PUBLIC_TOKENS=off: nobody gets device tokens here");
    if (isThisMachine(headers, peer) || (await this.openUntil()) > clock.now()) return;
    throw new Fault("pairing_closed");
  }
}
