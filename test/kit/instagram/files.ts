export interface StoredFile {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly status: number;
  readonly location: string | undefined;
}

/** What people have sent, as it lies on Meta's CDN. */
export class Files {
  readonly #all = new Map<string, StoredFile>();

  /** The path of a file; with `location`, of a redirect. */
  add(data: Uint8Array<ArrayBuffer>, more: Partial<Omit<StoredFile, "data">>): string {
    const path = `/files/${this.#all.size + 1}`;
    this.#all.set(path, {
      type: "application/octet-stream",
      status: 200,
      location: undefined,
      ...more,
      data,
    });
    return path;
  }

  answer(url: URL): Response {
    const file = this.#all.get(url.pathname);
    if (file === undefined) return new Response("URL signature expired", { status: 403 });
    const headers = { "content-type": file.type, ...(file.location ? { location: file.location } : {}) };
    return new Response(file.data, { status: file.status, headers });
  }
}
