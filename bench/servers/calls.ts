import type { Usage } from "../kit/usage.ts";

/** What both servers, Peyk and the control, answer to. */
export type ServerCalls = {
  /** Resolves once it listens; with the port. */
  readonly start: () => Promise<number>;
  /** Access tokens, each of a login of its own, spread over several users. */
  readonly tokens: (count: number) => Promise<string[]>;
  readonly usage: () => Usage;
  readonly settledUsage: () => Promise<Usage>;
};
