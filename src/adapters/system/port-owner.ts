import { listening } from "./processes.ts";

/**
 * Which process listens on a TCP port, as `node (process 4711)`, where the system tells: on Linux, for processes that
 * this user may look at. `undefined` elsewhere.
 */
export function portOwner(port: number): string | undefined {
  const owner = listening([port])?.find(({ process }) => process !== undefined)?.process;
  return owner === undefined ? undefined : `${owner.name} (process ${owner.pid})`;
}
