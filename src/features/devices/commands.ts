import { randomId } from "../../core/id.ts";
import type { WriteResult } from "../../core/store.ts";
import { Fault } from "../../protocol/faults.ts";
import { type CommandRequest, toWire } from "./command-requests.ts";
import type { DeviceDependencies } from "./dependencies.ts";
import { type Command, devicesTopic, iso } from "./events.ts";
import type { Registry, Session } from "./registry.ts";
import * as repo from "./repo.ts";
import { toCommand } from "./view.ts";

/** Commands that may wait for one device. */
export const maxQueued = 100;
/** Commands that one sweep looks at. */
const sweepLimit = 200;
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
    const known = await repo.deviceById(store.db, device);
    if (known === undefined) throw new Fault("not_found", `there is no device ${device}`);
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
    const { store } = this.#deps;
    try {
      await this.#commit(repo.insertCommand(store.db, row), row);
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
    if (this.#registry.current(device) === undefined) return false;
    const row = await repo.nextQueued(store.db, device, clock.now());
    if (row === undefined) return false;
    const session = this.#registry.current(device);
    if (session === undefined) return false;
    // It expired, or somebody took it back, in the same moment: the next one, then.
    if (!(await this.#step(row, "sent", null))) return true;
    session.connection.sendJson(JSON.parse(row.payload));
    return true;
  }

  /** A device that tells commands apart gets again what it may have missed; others might do it twice. */
  async resend({ device, capabilities, connection }: Session): Promise<void> {
    if (!capabilities.includes("command_ids")) return;
    const sent = await repo.outstanding(this.#deps.store.db, device);
    const missed = sent.filter(({ sent_at }) => sent_at! <= connection.openedAt);
    for (const row of missed) await this.#step(row, "queued", null);
    this.send(device);
  }

  /** A device answered. What is about no command of ours is ignored: answering an answer would start a loop. */
  async answered(device: string, answer: Answer): Promise<void> {
    const waiting = await repo.outstanding(this.#deps.store.db, device);
    const row = waiting.find((each) => isAbout(answer, each));
    if (row !== undefined) await this.#step(row, answer.failed ? "failed" : "acknowledged", answer.detail);
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
    if (row.state !== "queued" || !(await this.#step(row, "failed", "taken back")))
      throw new Fault("conflict", `command ${id} is ${row.state} already`);
    return this.byId(device, row.id);
  }

  /** Ends what waited too long: for the device to come, or for its answer. */
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
    } finally {
      this.#sweeping = false;
    }
  }

  async forgetOld(): Promise<void> {
    const { store, clock } = this.#deps;
    await store.commit({ writes: [repo.deleteEndedBefore(store.db, clock.now() - keepEnded)] });
  }

  /** `false`: somebody else took the step from this state first. */
  async #step(row: repo.CommandRow, state: Command["state"], detail: string | null): Promise<boolean> {
    const now = this.#deps.clock.now();
    const sent_at = state === "queued" ? null : state === "sent" ? now : row.sent_at;
    const ended_at = state === "sent" || state === "queued" ? null : now;
    const step = { id: row.id, from: row.state, state, detail, sent_at, ended_at };
    const query = repo.stepQuery(this.#deps.store.db, step);
    try {
      await this.#commit({ query, rows: 1 }, { ...row, state, detail, sent_at, ended_at });
      return true;
    } catch (error) {
      if (error instanceof Fault && error.fault === "conflict") return false;
      throw error;
    }
  }

  #commit(
    write: ReturnType<typeof repo.insertCommand> | { query: ReturnType<typeof repo.stepQuery>; rows: number },
    row: Omit<repo.CommandRow, "seq">,
  ): Promise<{ results: readonly WriteResult[] }> {
    const { journal, publisher } = this.#deps;
    const event = publisher.draft(devicesTopic, "command_updated", { command: toCommand(row) });
    return journal.commit({ writes: [write], events: [event] });
  }
}

/** By its id where the device repeats that; else the oldest of its kind; else simply the oldest (seed 000's `ack`). */
function isAbout({ commandId, answers }: Answer, row: repo.CommandRow): boolean {
  if (commandId !== undefined) return row.id === commandId || row.command_id === commandId;
  // Firmware says "unknown" of what only an operator can have written.
  if (answers === "unknown") return row.type === "json";
  return answers === undefined || row.answers === answers;
}
