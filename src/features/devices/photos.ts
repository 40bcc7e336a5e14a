import { randomId } from "../../core/id.ts";
import { Fault } from "../../protocol/faults.ts";
import type { DeviceDependencies } from "./dependencies.ts";
import { devicesTopic, iso, type Photo } from "./events.ts";
import type { PhotoData } from "./messages.ts";
import type { Session } from "./registry.ts";
import * as repo from "./repo.ts";
import { toPhoto } from "./view.ts";

/** Photos that make room at a time. */
const batch = 20;

/** Photos that somebody asked a camera for: a file, a row, and an address that serves it. */
export class Photos {
  readonly #deps: DeviceDependencies;
  #bytes = 0;

  constructor(deps: DeviceDependencies) {
    this.#deps = deps;
  }

  /** A crash between file and row leaves a file that nobody knows: it goes. */
  async start(): Promise<void> {
    const { store, files } = this.#deps;
    this.#bytes = await repo.photoBytes(store.db);
    const known = new Set(await repo.photoFiles(store.db));
    for (const name of await files.list()) if (!known.has(name)) await files.remove(name);
  }

  /** Resolves when it can be had at its address. Rejects with `message_too_big` where it alone is past the quota. */
  async add({ device }: Session, data: Uint8Array, meta: PhotoData): Promise<Photo> {
    const { store, journal, publisher, clock, files, options } = this.#deps;
    if (data.length > options.photoQuotaBytes)
      throw new Fault("message_too_big", `a photo of ${data.length} bytes is more than PHOTO_QUOTA_BYTES`);
    const now = clock.now();
    const row: repo.PhotoRow = {
      id: `ph_${randomId(12)}`,
      device_id: device,
      file: `photo-${fileTime(now)}-${randomId(8)}.jpg`,
      bytes: data.length,
      quality: meta.quality ?? null,
      flash: meta.flash_enabled === true ? 1 : 0,
      intensity: meta.flash_intensity ?? null,
      at: now,
    };
    await this.#makeRoom(data.length);
    await files.write(row.file, data);
    const photo = toPhoto(row);
    const events = [publisher.draft(devicesTopic, "photo_captured", photo)];
    await journal.commit({ writes: [repo.insertPhoto(store.db, row)], events });
    this.#bytes += data.length;
    return photo;
  }

  async #makeRoom(bytes: number): Promise<void> {
    const { store, options } = this.#deps;
    while (this.#bytes + bytes > options.photoQuotaBytes) {
      const oldest = await repo.oldestPhotos(store.db, batch);
      if (oldest.length === 0) return;
      for (const row of oldest) {
        if (this.#bytes + bytes <= options.photoQuotaBytes) return;
        await this.#remove(row);
      }
    }
  }

  /** The row first: an address that is told of must serve a file. */
  async #remove(row: repo.PhotoRow): Promise<void> {
    const { store, journal, publisher, files } = this.#deps;
    const { id, device_id, file: filename } = row;
    await journal.commit({
      writes: [repo.deletePhoto(store.db, id)],
      events: [publisher.draft(devicesTopic, "photo_deleted", { id, device_id, filename })],
    });
    this.#bytes -= row.bytes;
    await files.remove(row.file);
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

  async remove(device: string, id: string): Promise<void> {
    await this.#remove(await this.#row(device, id));
  }

  async #row(device: string, id: string): Promise<repo.PhotoRow> {
    const row = await repo.photoById(this.#deps.store.db, device, id);
    if (row === undefined) throw new Fault("not_found", `${device} has no photo ${id}`);
    return row;
  }
}

/** `20260101T120000` */
const fileTime = (time: number): string => iso(time).slice(0, 19).replace(/[-:]/g, "");
