import { Fault } from "../../protocol/faults.ts";

/** OWASP's minimum for argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane. */
const argon2id = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const;
/** Each takes 19 MiB while it runs: strangers may not ask for more than this at once. */
const maxRunning = 4;
const maxWaiting = 200;

/** Hashes and checks passwords off the main thread, a few at a time. */
export class Passwords {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #decoy: Promise<string> | undefined;

  hash(password: string): Promise<string> {
    return this.#run(() => Bun.password.hash(password, argon2id));
  }

  /** For an account that does not exist it takes as long as for one that does: time tells nobody which emails are known. */
  async verify(password: string, hash: string | undefined): Promise<boolean> {
    this.#decoy ??= Bun.password.hash("nobody's password", argon2id);
    const against = hash ?? (await this.#decoy);
    const fits = await this.#run(() => Bun.password.verify(password, against));
    return fits && hash !== undefined;
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= maxRunning) await this.#wait();
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= maxWaiting) throw new Fault("too_many_attempts", "too many logins at once");
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
