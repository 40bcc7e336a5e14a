export interface Pace {
  /** Messages per second. */
  readonly rate: number;
  readonly count: number;
  /** When message 0 is due. */
  readonly began: number;
}

/** Open loop: message i is due at i / rate, whether the one before has arrived or not. Resolves when all are sent. */
export async function pace({ rate, count, began }: Pace, send: (i: number, due: number) => void) {
  for (let sent = 0; sent < count; ) {
    const due = Math.min(count, Math.floor(((performance.now() - began) / 1000) * rate) + 1);
    for (; sent < due; sent++) send(sent, began + (sent / rate) * 1000);
    await Bun.sleep(1);
  }
}

/** Waits until that much has arrived, `ms` at most. */
export async function arrived(count: () => number, expected: number, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (count() < expected && performance.now() < until) await Bun.sleep(20);
}
