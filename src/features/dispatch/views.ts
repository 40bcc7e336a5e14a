import type { Connection } from "../../core/channel.ts";
import type { Hub } from "../../core/hub.ts";
import { encode } from "../../protocol/codec.ts";
import type { DriverLocation } from "./messages.ts";

/** Events one by one that a map gets in one turn at most. */
const slice = 500;

export interface Viewport {
  readonly south: number;
  readonly north: number;
  readonly west: number;
  readonly east: number;
}

interface View {
  readonly connection: Connection;
  /** Its own topic: what is sent one by one leaves in one write. */
  readonly topic: string;
  batch: boolean;
  viewport: Viewport | undefined;
  /** It has its snapshot, or caught up. */
  ready: boolean;
  /** Drivers that changed since this map was told last; a slow map gathers, and is told the newest. */
  readonly pending: Set<number>;
  /** Drivers that it shows, where it shows a part: one who leaves it is told of once more. */
  shown: Set<number>;
}

type Locate = (driver: number) => DriverLocation | undefined;

/** The open maps, and what each has still to be told. A map that does not read costs its set of drivers, no frames. */
export class Views {
  readonly #hub: Pick<Hub, "deliver">;
  readonly #drivers: () => Iterable<number>;
  readonly #views = new Map<Connection, View>();

  constructor(hub: Pick<Hub, "deliver">, drivers: () => Iterable<number>) {
    this.#hub = hub;
    this.#drivers = drivers;
  }

  get size(): number {
    return this.#views.size;
  }

  /** Whether a map wants drivers one by one. */
  get hasSingle(): boolean {
    for (const { batch } of this.#views.values()) if (!batch) return true;
    return false;
  }

  /** Until it says otherwise it is a map of seed 004, that knows no batches. It may have missed everybody. */
  enter(connection: Connection): void {
    const topic = `map:${connection.id}`;
    const pending = new Set(this.#drivers());
    const view = { connection, topic, batch: false, viewport: undefined, ready: false, pending };
    this.#views.set(connection, { ...view, shown: new Set() });
    connection.follow(topic);
  }

  /** It has just been sent a snapshot. */
  knowsAll(connection: Connection): void {
    this.#views.get(connection)?.pending.clear();
  }

  begin(connection: Connection): void {
    const view = this.#views.get(connection);
    if (view !== undefined) view.ready = true;
  }

  /** What is in sight from now on is told anew, wherever it was before. */
  show(connection: Connection, { batch, viewport }: Pick<View, "batch" | "viewport">): void {
    const view = this.#views.get(connection);
    if (view === undefined) return;
    Object.assign(view, { batch, viewport, shown: new Set() });
    for (const driver of this.#drivers()) view.pending.add(driver);
  }

  leave(connection: Connection): void {
    this.#views.delete(connection);
  }

  /** `moved` are told to maps with batches, `due` one by one to the others. */
  tell(moved: ReadonlySet<number>, due: ReadonlySet<number>, locate: Locate): void {
    const frames = new Frames(locate);
    for (const view of this.#views.values())
      if (view.batch) this.#tellBatch(view, moved, frames);
      else this.#tellSingle(view, due, frames);
  }

  #tellBatch(view: View, moved: ReadonlySet<number>, frames: Frames): void {
    const { connection, pending, viewport } = view;
    const mayTell = view.ready && connection.idle;
    if (mayTell && pending.size === 0 && viewport === undefined) {
      const frame = frames.shared(moved);
      if (frame !== "") connection.sendText(frame);
      return;
    }
    for (const driver of moved) pending.add(driver);
    if (!mayTell || pending.size === 0) return;
    const frame = frames.batch(inSight(view, frames));
    pending.clear();
    if (frame !== "") connection.sendText(frame);
  }

  #tellSingle(view: View, due: ReadonlySet<number>, frames: Frames): void {
    for (const driver of due) view.pending.add(driver);
    if (!view.ready || !view.connection.idle) return;
    let left = slice;
    for (const driver of view.pending) {
      if (left-- === 0) return;
      view.pending.delete(driver);
      if (!isTold(view, driver, frames)) continue;
      const { topic } = view;
      this.#hub.deliver({ topic, type: "driver_location_update", frame: frames.single(driver) });
    }
  }
}

function* inSight(view: View, frames: Frames): Iterable<number> {
  for (const driver of view.pending) if (isTold(view, driver, frames)) yield driver;
}

/** In its part of the world, or has just left it. */
function isTold({ viewport, shown }: View, driver: number, frames: Frames): boolean {
  const location = frames.location(driver);
  if (location === undefined || viewport === undefined) return location !== undefined;
  if (!contains(viewport, location)) return shown.delete(driver);
  shown.add(driver);
  return true;
}

/** Across the 180th meridian too: there, `west` is greater than `east`. */
function contains({ south, north, west, east }: Viewport, { lat, lon }: DriverLocation): boolean {
  if (lat < south || lat > north) return false;
  return west <= east ? lon >= west && lon <= east : lon >= west || lon <= east;
}

/** The frames of one turn, each made when the first map needs it. */
class Frames {
  readonly #locate: Locate;
  readonly #singles = new Map<number, string>();
  #shared: string | undefined;

  constructor(locate: Locate) {
    this.#locate = locate;
  }

  location(driver: number): DriverLocation | undefined {
    return this.#locate(driver);
  }

  single(driver: number): string {
    let frame = this.#singles.get(driver);
    if (frame === undefined) {
      frame = encode("driver_location_update", { data: this.#locate(driver) });
      this.#singles.set(driver, frame);
    }
    return frame;
  }

  /** For all maps that see everything and are up to date. */
  shared(drivers: Iterable<number>): string {
    this.#shared ??= this.batch(drivers);
    return this.#shared;
  }

  batch(drivers: Iterable<number>): string {
    const list = [];
    for (const driver of drivers) {
      const location = this.#locate(driver);
      if (location !== undefined) list.push(location);
    }
    return list.length === 0 ? "" : encode("driver_locations", { data: { drivers: list } });
  }
}
