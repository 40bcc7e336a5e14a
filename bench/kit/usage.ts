export interface Usage {
  /** Milliseconds of processor time since the process began, all threads. */
  readonly cpu: number;
  /** The part of it that the main thread used; for a server, the sockets and all that handles their messages. */
  readonly mainCpu: number;
  /** Bytes of resident memory. */
  readonly rss: number;
}

export function usage(): Usage {
  const { user, system } = process.cpuUsage();
  const main = process.threadCpuUsage();
  return {
    cpu: (user + system) / 1000,
    mainCpu: (main.user + main.system) / 1000,
    rss: process.memoryUsage.rss(),
  };
}

/** Memory once garbage is gone; twice, since what the first collection frees may hold more. */
export async function settledUsage(): Promise<Usage> {
  for (let i = 0; i < 3; i++) {
    Bun.gc(true);
    await Bun.sleep(200);
  }
  return usage();
}
