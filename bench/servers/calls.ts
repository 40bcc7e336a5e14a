import type { Usage } from "../kit/usage.ts";

/** What both servers, Peyk and the control, answer to. */
export type ServerCalls = {
  /** Resolves once it listens; with the port. */
  readonly start: () => Promise<number>;
  /** Access tokens, each of a login of its own, spread over several users. */
  readonly tokens: (count: number) => Promise<string[]>;
  /** An access token of one who looks after devices. */
  readonly staffToken: () => Promise<string>;
  /** Log lines of boards: in the table, or, by the control, heard. */
  readonly logLines: () => Promise<number>;
  readonly usage: () => Usage;
  readonly settledUsage: () => Promise<Usage>;
};
