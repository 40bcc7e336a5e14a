import { availableParallelism, cpus, release, totalmem } from "node:os";

/** Where the figures come from: without it they mean nothing. */
export const machine = () => ({
  cores: availableParallelism(),
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
  system: `${process.platform} ${release()} ${process.arch}`,
  bun: Bun.version,
});
