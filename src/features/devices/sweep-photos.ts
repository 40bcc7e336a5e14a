import type { DeviceDependencies } from "./dependencies.ts";
import * as repo from "./repo.ts";

/** Names that we give, with the time in them, so that they sort by it. */
const ours = /^photo-(\d{8}T\d{6})-\w{8}\.jpg$/;

const timeOf = (name: string): string => ours.exec(name)?.[1] ?? "";

/**
 * Removes the file that a crash left before its row was written: photos are stored one by one, so there is one at
 * most, and none is newer. Whatever else lies there is somebody else's, or belongs to another database: it is named in
 * the log, and stays.
 */
export async function sweepPhotos({ store, files, events }: DeviceDependencies): Promise<void> {
  const failed = (error: unknown) =>
    events.emit("failure", { where: "devices.photos", incident: "-", error });
  try {
    const known = new Set(await repo.photoFiles(store.db));
    const orphans = (await files.list()).filter((name) => ours.test(name) && !known.has(name));
    const newest = [...known].reduce((last, name) => (timeOf(name) > last ? timeOf(name) : last), "");
    const [crashed, ...others] = orphans.filter((name) => newest !== "" && timeOf(name) >= newest);
    const isOurs = crashed !== undefined && others.length === 0;
    if (isOurs) await files.remove(crashed);
    const left = orphans.filter((name) => !isOurs || name !== crashed);
    if (left.length > 0) failed(new Error(unknownFiles(left)));
  } catch (error) {
    failed(error);
  }
}

const unknownFiles = (names: readonly string[]): string =>
  `${names.length} files in DATA_DIR/photos belong to no photo of this database, such as ${names[0]}. If it is the right database, delete them.`;
