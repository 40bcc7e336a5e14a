/**
 * Milliseconds after which a test stops waiting. It bounds a hang, and nothing else: what passes never waits so long, and
 * a machine that others load, too, may need most of it.
 */
export const patience = 15_000;

/** Milliseconds between two looks. */
const step = 5;

/** Asks again until the answer fits, and returns it. */
export async function until<T>(ask: () => T | Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  for (const end = Date.now() + patience; ; await Bun.sleep(step)) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(answer)}`);
  }
}

/** Tries until the expectation holds. Rejects as it does. */
export async function holds(expectation: () => Promise<void> | void): Promise<void> {
  for (const end = Date.now() + patience; ; await Bun.sleep(step)) {
    try {
      return await expectation();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
