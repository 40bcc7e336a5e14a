import { randomId } from "../../core/id.ts";
import type { Change } from "../../core/store.ts";
import { Fault } from "../../protocol/faults.ts";
import { type CommandRequest, toWire } from "./command-requests.ts";
import type { DeviceDependencies } from "./dependencies.ts";
import { type Command, devicesTopic, iso } from "./events.ts";
import type { Registry } from "./registry.ts";
import * as repo from "./repo.ts";
import type { Session } from "./session.ts";
import { toCommand } from "./view.ts";

/** Commands that may wait for one device. */
export const maxQueued = 100;
/** Commands that one sweep looks at. */
const sweepLimit = 200;
/** Unanswered commands that an answer may be about. */
const maxOutstanding = 200;
/** Unanswered commands that an arrival settles; more than can be sent before they time out. */
const maxSettled = 5_000;
/** Milliseconds that commands which ended are kept. */
const keepEnded = 30 * 86_400_000;

export interface NewCommand {
  readonly request: CommandRequest;
  /** The caller's own id. */
  readonly commandId?: string | undefined;
  /** Milliseconds that it may wait for the device. */
  readonly ttl: number;
  /** Identity id of whoever gives it. */
  readonly by: string;
}

/** What a device says about a command. */
export interface Answer {
  readonly commandId?: string | undefined;
  /** Which kind of command it is about; absent: the oldest that waits for an answer. */
  readonly answers?: string | undefined;
  readonly failed: boolean;
  readonly detail: string | null;
}

/**
 * Commands to devices: queued → sent → acknowledged | failed | expired. Each step is on disk before anybody hears of
 * it. `sent` is written before the bytes go out, so a command reaches a board at most once; nothing says that it
 * arrived before the board does.
 */
export class Commands {
  readonly #deps: DeviceDependencies;
  readonly #registry: Registry;
  /** Devices whose queue is being sent; `true`: look again afterwards, something came meanwhile. */
  readonly #sending = new Map<string, boolean>();
  /** Devices whose queue stands still since a step failed. */
  readonly #stuck = new Set<string>();
  #sweeping = false;

  constructor(deps: DeviceDependencies, registry: Registry) {
    this.#deps = deps;
    this.#registry = registry;
  }

  /** Rejects with `not_found`, `bad_body` (not for this kind of board), `queue_full`, or `conflict` for a used id. */
  async create(
    device: string,
    { request, commandId, ttl, by }: NewCommand,
  ): Promise<{ command: Command; isNew: boolean }> {
    const { store, clock } = this.#deps;
    const known = await repo.requireDevice(store.db, device);
    if (known.revoked_at !== null) throw new Fault("conflict", `${device} was revoked`);
    const now = clock.now();
    const wire = toWire(known.kind, request, iso(now));
    const earlier = await this.#earlier(device, commandId, request);
    if (earlier !== undefined) return earlier;
    if ((await repo.countQueued(store.db, device)) >= maxQueued) throw new Fault("queue_full");
    const id = `cmd_${randomId(12)}`;
    const row = {
      id,
      device_id: device,
      command_id: commandId ?? null,
      type: request.type,
      payload: JSON.stringify({ ...wire.payload, command_id: commandId ?? id }),
      request: JSON.stringify(request),
      answers: wire.answers,
      state: "queued" as const,
      detail: null,
      created_by: by,
      created_at: now,
      expires_at: now + ttl,
      sent_at: null,
      ended_at: null,
    };
    return this.#insert(row, request);
  }

  async #insert(row: Omit<repo.CommandRow, "seq">, request: CommandRequest) {
    const { store, journal } = this.#deps;
    try {
      await journal.commit({ writes: [repo.insertCommand(store.db, row)], events: [this.#event(row)] });
    } catch (error) {
      // Two at once under one id: the other one was first.
      const earlier = await this.#earlier(row.device_id, row.command_id ?? undefined, request);
      if (earlier !== undefined) return earlier;
      throw error;
    }
    this.send(row.device_id);
    return { command: toCommand(row), isNew: true };
  }

  /** A repeat under the caller's id gets the first result; another command under it is a mistake. */
  async #earlier(device: string, commandId: string | undefined, request: CommandRequest) {
    if (commandId === undefined) return undefined;
    const row = await repo.commandByCaller(this.#deps.store.db, device, commandId);
    if (row === undefined) return undefined;
    if (row.request !== JSON.stringify(request))
      throw new Fault("conflict", `command_id ${commandId} was used for another command`);
    return { command: toCommand(row), isNew: false };
  }

  /** Sends what waits for a device, in order, if it is connected. */
  send(device: string): void {
    if (this.#sending.has(device)) return void this.#sending.set(device, true);
    this.#sending.set(device, false);
    void this.#sendAll(device).catch((error) => {
      this.#sending.delete(device);
      this.#stuck.add(device);
      this.#deps.events.emit("failure", { where: "devices.commands", incident: device, error });
    });
  }

  async #sendAll(device: string): Promise<void> {
    do {
      this.#sending.set(device, false);
      while (await this.#sendNext(device));
    } while (this.#sending.get(device));
    this.#sending.delete(device);
  }

  /** `false`: nothing waits, or nobody is there to get it. */
  async #sendNext(device: string): Promise<boolean> {
    const { store, clock } = this.#deps;
    if (this.#receiver(device) === undefined) return false;
    const row = await repo.nextQueued(store.db, device, clock.now());
    if (row === undefined) return false;
    const session = this.#receiver(device);
    if (session === undefined) return false;
    // It expired, or somebody took it back, in the same moment: the next one, then.
    const sent = await this.#step(row, "sent", null);
    if (sent === undefined) return true;
    if (this.#receiver(device) === session) {
      session.connection.sendJson(JSON.parse(row.payload));
      return true;
    }
    // It left while we wrote that down, or came anew: this was never sent.
    await this.#step(sent, "queued", null);
    return false;
  }

  #receiver(device: string): Session | undefined {
    const session = this.#registry.current(device);
    return session?.connection.isOver === false ? session : undefined;
  }

  /**
   * What becomes of commands that an earlier connection was sent and did not answer. A board that tells commands apart
   * gets them again; another one might do them twice, and would acknowledge one by answering the next.
   */
  async settlement(device: string, capabilities: readonly string[]): Promise<Change> {
    const sent = await repo.outstanding(this.#deps.store.db, device, maxSettled);
    const steps = sent.map((row) =>
      capabilities.includes("command_ids")
        ? this.#draft(row, "queued", null)
        : this.#draft(row, "failed", "the connection ended before the board answered"),
    );
    return { writes: steps.map(({ write }) => write), events: steps.map(({ event }) => event) };
  }

  /** A device answered. What is about no command of ours is ignored: answering an answer would start a loop. */
  async answered(session: Session, answer: Answer): Promise<void> {
    // What other connections were sent was settled when this one began.
    if (this.#registry.current(session.device) !== session) return;
    const row = await this.#meant(session.device, answer);
    if (row !== undefined) await this.#step(row, answer.failed ? "failed" : "acknowledged", answer.detail);
  }

  /** By its id where the device repeats that; else the oldest of its kind; else simply the oldest (seed 000's `ack`). */
  async #meant(device: string, { commandId, answers }: Answer): Promise<repo.CommandRow | undefined> {
    const { db } = this.#deps.store;
    if (commandId !== undefined) {
      const row = await repo.commandById(db, device, commandId);
      return row?.state === "sent" ? row : undefined;
    }
    const waiting = await repo.outstanding(db, device, maxOutstanding);
    // Firmware says "unknown" of what an operator wrote, and of messages that are no commands at all.
    if (answers === "unknown")
      return waiting.length === 1 && waiting[0]!.type === "json" ? waiting[0] : undefined;
    return waiting.find((row) => answers === undefined || row.answers === answers);
  }

  /** Whether a device was sent something that is answered like this, and has not answered yet. */
  async awaits(device: string, answers: string): Promise<boolean> {
    const waiting = await repo.outstanding(this.#deps.store.db, device, maxOutstanding);
    return waiting.some((row) => row.answers === answers);
  }

  /** Newest first. Only while they are kept: ended ones go after a month. */
  async page(
    device: string,
    filter: { state?: Command["state"] | undefined; limit: number },
  ): Promise<Command[]> {
    return (await repo.commandsOf(this.#deps.store.db, device, filter)).map(toCommand);
  }

  async byId(device: string, id: string): Promise<Command> {
    const row = await repo.commandById(this.#deps.store.db, device, id);
    if (row === undefined) throw new Fault("not_found", `${device} has no command ${id}`);
    return toCommand(row);
  }

  /** Takes back what was not sent yet. Rejects with `conflict` where it is too late. */
  async cancel(device: string, id: string): Promise<Command> {
    const row = await repo.commandById(this.#deps.store.db, device, id);
    if (row === undefined) throw new Fault("not_found", `${device} has no command ${id}`);
    if (row.state !== "queued" || (await this.#step(row, "failed", "taken back")) === undefined)
      throw new Fault("conflict", `command ${id} is ${row.state} already`);
    return this.byId(device, row.id);
  }

  /** Ends what waited too long, for the device to come or for its answer; and goes on where sending failed. */
  async sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    try {
      const { store, clock, options } = this.#deps;
      const now = clock.now();
      for (const row of await repo.expiredCommands(store.db, now, sweepLimit))
        await this.#step(row, "expired", "the device did not come back in time");
      const silence = `no acknowledgement within ${Math.round(options.ackTimeout / 1000)} s`;
      for (const row of await repo.unansweredCommands(store.db, now - options.ackTimeout, sweepLimit))
        await this.#step(row, "failed", silence);
      const stuck = [...this.#stuck];
      this.#stuck.clear();
      for (const device of stuck) this.send(device);
    } finally {
      this.#sweeping = false;
    }
  }

  async forgetOld(): Promise<void> {
    const { store, clock } = this.#deps;
    await store.commit({ writes: [repo.deleteEndedBefore(store.db, clock.now() - keepEnded)] });
  }

  /** The command after the step. `undefined`: somebody else took one from this state first. */
  async #step(
    row: repo.CommandRow,
    state: Command["state"],
    detail: string | null,
  ): Promise<repo.CommandRow | undefined> {
    const { next, write, event } = this.#draft(row, state, detail);
    try {
      await this.#deps.journal.commit({ writes: [write], events: [event] });
      return next;
    } catch (error) {
      if (error instanceof Fault && error.fault === "conflict") return undefined;
      throw error;
    }
  }

  #draft(row: repo.CommandRow, state: Command["state"], detail: string | null) {
    const now = this.#deps.clock.now();
    const sent_at = state === "queued" ? null : state === "sent" ? now : row.sent_at;
    const ended_at = state === "sent" || state === "queued" ? null : now;
    const next = { ...row, state, detail, sent_at, ended_at };
    const step = { id: row.id, from: row.state, state, detail, sent_at, ended_at };
    const write = { query: repo.stepQuery(this.#deps.store.db, step), rows: 1 };
    return { next, write, event: this.#event(next) };
  }

  #event(row: Omit<repo.CommandRow, "seq">) {
    return this.#deps.publisher.draft(devicesTopic, "command_updated", { command: toCommand(row) });
  }
}
