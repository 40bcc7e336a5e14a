import { randomId } from "../../core/id.ts";
import { Turns } from "../../core/turns.ts";
import { asFault, Fault } from "../../protocol/faults.ts";
import type { DeviceDependencies } from "./dependencies.ts";
import { devicesTopic, iso, type Photo } from "./events.ts";
import type { PhotoData } from "./messages.ts";
import * as repo from "./repo.ts";
import type { Session } from "./session.ts";
import { sweepPhotos } from "./sweep-photos.ts";
import { toPhoto } from "./view.ts";

/** Photos that make room at a time. */
const batch = 20;
/** Photos that one camera may send in an hour without being asked: each may push out one that somebody asked for. */
const maxUnasked = 30;
const hour = 3_600_000;
/** One thing happens to the folder at a time: the quota is counted before each photo. */
const folder = "folder";

/** Photos that somebody asked a camera for: a file, a row, and an address that serves it. */
export class Photos {
  readonly #deps: DeviceDependencies;
  readonly #turns = new Turns();

  constructor(deps: DeviceDependencies) {
    this.#deps = deps;
  }

  /** A crash between file and row leaves a file that nobody knows. */
  start(): Promise<void> {
    return sweepPhotos(this.#deps);
  }

  /** Whether one more photo that nobody asked for is kept. */
  async mayCome({ device }: Session): Promise<boolean> {
    const { store, clock } = this.#deps;
    return (await repo.countPhotosSince(store.db, device, clock.now() - hour)) < maxUnasked;
  }

  /** Resolves when it can be had at its address. Rejects with `message_too_big` where it alone is past the quota. */
  async add({ device }: Session, data: Uint8Array, meta: PhotoData): Promise<Photo> {
    const { clock, options } = this.#deps;
    if (data.length > options.photoQuotaBytes)
      throw new Fault("message_too_big", `a photo of ${data.length} bytes is more than PHOTO_QUOTA_BYTES`);
    const now = clock.now();
    const row: repo.PhotoRow = {
      id: `ph_${randomId(12)}`,
      device_id: device,
      file: `photo-${fileTime(now)}-${randomId(8)}.jpg`,
      bytes: data.length,
      quality: whole(meta.quality),
      flash: meta.flash_enabled === true ? 1 : 0,
      intensity: whole(meta.flash_intensity),
      at: now,
    };
    return this.#turns.run(folder, () => this.#keep(row, data));
  }

  async #keep(row: repo.PhotoRow, data: Uint8Array): Promise<Photo> {
    const { store, journal, publisher, files } = this.#deps;
    await this.#makeRoom(row.bytes);
    await files.write(row.file, data);
    const photo = toPhoto(row);
    const events = [publisher.draft(devicesTopic, "photo_captured", photo)];
    try {
      await journal.commit({ writes: [repo.insertPhoto(store.db, row)], events });
    } catch (error) {
      await files.remove(row.file);
      throw error;
    }
    return photo;
  }

  async #makeRoom(bytes: number): Promise<void> {
    const { store, options } = this.#deps;
    let used = await repo.photoBytes(store.db);
    while (used + bytes > options.photoQuotaBytes) {
      const oldest = await repo.oldestPhotos(store.db, batch);
      if (oldest.length === 0) return;
      for (const row of oldest) {
        if (used + bytes <= options.photoQuotaBytes) return;
        await this.#remove(row);
        used -= row.bytes;
      }
    }
  }

  /** The row first: an address that is told of must serve a file. `false`: somebody else was first. */
  async #remove(row: repo.PhotoRow): Promise<boolean> {
    const { store, journal, publisher, files } = this.#deps;
    const { id, device_id, file: filename } = row;
    try {
      await journal.commit({
        writes: [{ query: repo.deletePhoto(store.db, id), rows: 1 }],
        events: [publisher.draft(devicesTopic, "photo_deleted", { id, device_id, filename })],
      });
    } catch (error) {
      if (asFault(error).fault === "conflict") return false;
      throw error;
    }
    await files.remove(row.file);
    return true;
  }

  async page(device: string, limit: number, offset: number) {
    const { db } = this.#deps.store;
    const rows = await repo.photosOf(db, device, limit, offset);
    return { count: await repo.countPhotos(db, device), photos: rows.map(toPhoto) };
  }

  /** Rejects with `not_found`. */
  async file(device: string, id: string): Promise<Blob> {
    const row = await this.#row(device, id);
    const file = await this.#deps.files.read(row.file);
    if (file === undefined) throw new Fault("not_found", `the file of photo ${id} is gone`);
    return file;
  }

  /** Rejects with `not_found`. */
  async remove(device: string, id: string): Promise<void> {
    const row = await this.#row(device, id);
    if (!(await this.#turns.run(folder, () => this.#remove(row)))) throw unknownPhoto(device, id);
  }

  /** All photos of one device. */
  async forget(device: string): Promise<void> {
    for (;;) {
      const some = await repo.photosOf(this.#deps.store.db, device, batch, 0);
      if (some.length === 0) return;
      for (const row of some) await this.#turns.run(folder, () => this.#remove(row));
    }
  }

  async #row(device: string, id: string): Promise<repo.PhotoRow> {
    const row = await repo.photoById(this.#deps.store.db, device, id);
    if (row === undefined) throw unknownPhoto(device, id);
    return row;
  }
}

const unknownPhoto = (device: string, id: string) => new Fault("not_found", `${device} has no photo ${id}`);

/** `20260101T120000` */
const fileTime = (time: number): string => iso(time).slice(0, 19).replace(/[-:]/g, "");

/** A board may say anything; what is kept is a whole number of a size that has a meaning. */
function whole(value: number | undefined): number | null {
  const rounded = Math.round(value ?? Number.NaN);
  return Number.isSafeInteger(rounded) ? rounded : null;
}
