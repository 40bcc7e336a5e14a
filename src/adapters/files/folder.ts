import { existsSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../protocol/faults.ts";

/** Names that cannot leave the folder. */
const plainName = /^[\w-][\w.-]*$/;
/** Ours alone: what somebody else left in the folder is not ours to remove. */
const unfinished = ".peyk-part";

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
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await this.#fill(path + unfinished, data);
      await rename(path + unfinished, path);
    } catch (error) {
      await rm(path + unfinished, { force: true }).catch(() => {});
      throw isFull(error) ? new Fault("unavailable", "the disk is full: make room for DATA_DIR") : error;
    }
  }

  async #fill(path: string, data: Uint8Array): Promise<void> {
    const file = await open(path, "w", 0o600);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async read(name: string): Promise<Blob | undefined> {
    const file = Bun.file(this.#path(name));
    return (await file.exists()) ? file : undefined;
  }

  async remove(name: string): Promise<void> {
    await rm(this.#path(name), { force: true });
  }

  /** Files with plain names. What a crash left half-written is not listed, and removed after an hour. */
  async list(): Promise<string[]> {
    // Asked first: an error's stack has the source map of a built program read, a quarter of its start (bench P8).
    if (!existsSync(this.#folder)) return [];
    const entries = await readdir(this.#folder, { withFileTypes: true }).catch(() => []);
    const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    for (const name of names.filter((each) => each.endsWith(unfinished))) await this.#removeOld(name);
    return names.filter((each) => plainName.test(each) && !each.endsWith(unfinished));
  }

  async #removeOld(name: string): Promise<void> {
    const path = join(this.#folder, name);
    const hour = 3_600_000;
    const { mtimeMs } = await stat(path);
    if (mtimeMs < performance.timeOrigin + performance.now() - hour) await rm(path, { force: true });
  }
}

const isFull = (error: unknown): boolean =>
  ["ENOSPC", "EDQUOT"].includes(String((error as { code?: string }).code));
