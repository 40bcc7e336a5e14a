import { ApiError, badRequest } from "./answer.ts";
import type { Params } from "./params.ts";

interface StoredFile {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly size: number;
}

const maxBytes = 20 * 1024 * 1024;

/** Files that customers sent, by id, and where they can be fetched. */
export class Files {
  readonly #files = new Map<string, StoredFile>();

  add(id: string, file: StoredFile): void {
    this.#files.set(id, file);
  }

  get({ file_id }: Params): object {
    const file = this.#files.get(String(file_id));
    if (file === undefined) throw badRequest("wrong file_id or the file is temporarily unavailable");
    if (file.size > maxBytes) throw badRequest("file is too big");
    return { file_id, file_unique_id: `u${file_id}`, file_size: file.size, file_path: file.path };
  }

  /** As Telegram does, it says of every file that it is a stream of bytes. */
  download(path: string): Response {
    const file = [...this.#files.values()].find((each) => each.path === path);
    if (file === undefined) return new ApiError(404, "Not Found").toResponse();
    return new Response(file.bytes, { headers: { "Content-Type": "application/octet-stream" } });
  }
}
