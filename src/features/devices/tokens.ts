import { sha256 } from "../../core/hash.ts";
import { randomId } from "../../core/id.ts";
import type { Authenticate, Identity } from "../../core/identity.ts";
import { isThisMachine } from "../../core/loopback.ts";
import type { Compilable, EventDraft, Guarded } from "../../core/store.ts";
import type { Peer } from "../../core/transport.ts";
import { Fault } from "../../protocol/faults.ts";
import type { DeviceDependencies, DeviceOptions } from "./dependencies.ts";
import { tokensTopic } from "./events.ts";
import { type Kind, kindNames, kinds } from "./kinds.ts";
import * as repo from "./repo.ts";
import { cut } from "./words.ts";

/** Identity id of a device that has a token of its own; boards with a common token are called like their kind. */
export const identityOf = (device: string): string => `device:${device}`;

/** The device that a token of its own names; `undefined` for a common token and for this machine. */
export const ownDevice = ({ id }: Identity): string | undefined =>
  id.startsWith("device:") ? id.slice("device:".length) : undefined;

/** Tokens of boards: those that all boards of a kind share (the seeds'), and those of one device alone. */
export class DeviceTokens {
  readonly #deps: DeviceDependencies;
  readonly #shared: Promise<SharedTokens>;

  constructor(deps: DeviceDependencies) {
    this.#deps = deps;
    this.#shared = hashAll(deps.options.tokens);
  }

  /** Judges what a board of this kind brings. From this very machine it need not bring anything (seed 000). */
  readonly authenticate =
    (kind: Kind): Authenticate =>
    async (credential, { headers, peer }) => {
      if (credential === undefined) return withoutToken(kind, headers, peer);
      const hash = await sha256(credential.token);
      const shared = await this.#shared;
      if (shared[kind].has(hash)) return sharedIdentity(kind, headers);
      for (const other of kinds) if (shared[other].has(hash)) requireKind(kind, other);
      return this.#own(kind, hash, credential.token);
    };

  async #own(kind: Kind, hash: string, token: string): Promise<Identity> {
    const { store, clock } = this.#deps;
    const owner = await repo.ownerOf(store.db, hash, clock.now());
    if (owner === undefined) throw unknownToken(token);
    requireKind(kind, owner.kind);
    if (owner.revoked_at !== null) throw new Fault("token_revoked", "this device was revoked");
    const ends = owner.ends_at === null ? {} : { expiresAt: owner.ends_at };
    return { id: identityOf(owner.id), role: "device", name: owner.name, session: owner.token_name, ...ends };
  }

  /** A new token for a device. Older ones end after `grace` milliseconds; connections that came with them, too. */
  async issue(device: string, grace: number, writes: readonly Compilable[] = []) {
    const { store, journal, clock } = this.#deps;
    const token = `pd_${randomId(40)}`;
    const row = {
      hash: await sha256(token),
      name: `t_${randomId(8)}`,
      device_id: device,
      created_at: clock.now(),
      ends_at: null,
    };
    const ends_at = clock.now() + grace;
    await journal.commit({
      writes: [...writes, repo.endTokens(store.db, device, ends_at), repo.insertToken(store.db, row)],
      events: [await this.#ended(device, ends_at, false)],
    });
    return token;
  }

  /** Every token of a device ends now; its connections are closed within a second, on every node. */
  async revoke(
    device: string,
    writes: readonly (Compilable | Guarded)[],
    events: readonly EventDraft[] = [],
  ): Promise<void> {
    const { store, journal, clock } = this.#deps;
    const now = clock.now();
    await journal.commit({
      writes: [repo.endTokens(store.db, device, now), ...writes],
      events: [await this.#ended(device, now, true), ...events],
    });
  }

  async #ended(device_id: string, ends_at: number, revoked: boolean): Promise<EventDraft> {
    const { store, clock, tokenPublisher } = this.#deps;
    const tokens = (await repo.tokensOf(store.db, device_id, clock.now())).map(({ name }) => name);
    return tokenPublisher.draft(tokensTopic, "device_token_ends", { device_id, ends_at, tokens, revoked });
  }
}

type SharedTokens = Readonly<Record<Kind, ReadonlySet<string>>>;

/** Boards that share a token are told apart by a header, or by what they call themselves later. */
function sharedIdentity(kind: Kind, headers: Headers): Identity {
  const name = cut(headers.get("x-device-id") ?? "", 100);
  return name === "" ? nameless[kind] : { ...nameless[kind], name };
}

const identityOfKind = (kind: Kind): Identity => ({
  id: kind,
  role: "device",
  name: kindNames[kind],
  shared: true,
});

/** One for all boards that say nothing of themselves: there may be thousands. */
const nameless = { pico: identityOfKind("pico"), esp32cam: identityOfKind("esp32cam") };

function withoutToken(kind: Kind, headers: Headers, peer: Peer): Identity | undefined {
  if (headers.has("authorization"))
    throw new Fault("bad_device_token", "the Authorization header must be `Bearer <token>`, with one space");
  return isThisMachine(headers, peer) ? sharedIdentity(kind, headers) : undefined;
}

function requireKind(wanted: Kind, actual: Kind): void {
  if (wanted === actual) return;
  throw new Fault("bad_device_token", `this token is for ${kindNames[actual]}, not for ${kindNames[wanted]}`);
}

/** `Bearer Bearer x` is the mistake that people make most. */
const unknownToken = (token: string): Fault =>
  /^bearer\s/i.test(token)
    ? new Fault("bad_device_token", 'the header says "Bearer" twice: send `Authorization: Bearer <token>`')
    : new Fault("bad_device_token");

/** Looked up by hash, so that the time of a comparison tells nothing about a token. */
async function hashAll({ pico, esp32cam }: DeviceOptions["tokens"]): Promise<SharedTokens> {
  const hashes = async (tokens: readonly string[]) => new Set(await Promise.all(tokens.map(sha256)));
  return { pico: await hashes(pico), esp32cam: await hashes(esp32cam) };
}
