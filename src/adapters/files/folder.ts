import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Names that cannot leave the folder. */
const plainName = /^[\w-][\w.-]*$/;
const unfinished = ".part";

/** Files in one folder of the disk. */
export class FolderFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  #path(name: string): string {
    if (!plainName.test(name)) throw new Error(`${name} is no plain file name`);
    return join(this.#folder, name);
  }

  /** Written beside, synced, then renamed: a name is never seen with half of its content. */
  async write(name: string, data: Uint8Array): Promise<void> {
    const path = this.#path(name);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = await open(path + unfinished, "w", 0o600);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(path + unfinished, path);
  }

  async read(name: string): Promise<Blob | undefined> {
    const file = Bun.file(this.#path(name));
    return (await file.exists()) ? file : undefined;
  }

  async remove(name: string): Promise<void> {
    await rm(this.#path(name), { force: true });
  }

  /** What a crash left half-written is not listed, and removed after an hour. */
  async list(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names.filter((each) => each.endsWith(unfinished))) await this.#removeOld(name);
    return names.filter((each) => !each.endsWith(unfinished));
  }

  async #removeOld(name: string): Promise<void> {
    const path = join(this.#folder, name);
    const hour = 3_600_000;
    const { mtimeMs } = await stat(path);
    if (mtimeMs < performance.timeOrigin + performance.now() - hour) await rm(path, { force: true });
  }
}
