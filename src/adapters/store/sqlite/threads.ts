/** In the one-file executable every file has the executable's address, and threads stand at their path below src/. */
const isBundled = !import.meta.url.endsWith("/threads.ts");
const folder = isBundled ? "./adapters/store/sqlite/" : "./";

/** Address of one of the store's threads. `scripts/build.ts` must know them all. */
export const threadUrl = (file: "writer.ts" | "checkpointer.ts"): string =>
  new URL(`${folder}${file}`, import.meta.url).href;
