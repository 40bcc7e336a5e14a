export interface Usage {
  /** Milliseconds of processor time since the process began, all threads. */
  readonly cpu: number;
  /** Bytes of resident memory. */
  readonly rss: number;
}

export function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpu: (user + system) / 1000, rss: process.memoryUsage.rss() };
}

/** Memory once garbage is gone; twice, since what the first collection frees may hold more. */
export async function settledUsage(): Promise<Usage> {
  for (let i = 0; i < 3; i++) {
    Bun.gc(true);
    await Bun.sleep(200);
  }
  return usage();
}
