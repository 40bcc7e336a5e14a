import type { Usage } from "../kit/usage.ts";

/** Conversations of one inbox, the agents who have each of them open, and in how many windows. */
export interface ChatsPlan {
  readonly conversations: number;
  readonly agents: number;
  readonly windows: number;
}

/** What both servers, Peyk and the control, answer to. */
/** How many conversations each inbox has, and messages the long one of the small inbox. */
export interface InboxesPlan {
  readonly huge: number;
  readonly small: number;
  readonly long: number;
}

export type ServerCalls = {
  /** Resolves once it listens; with the port. */
  readonly start: () => Promise<number>;
  /** Access tokens, each of a login of its own, spread over several users. */
  readonly tokens: (count: number) => Promise<string[]>;
  /** An access token of one who looks after devices. */
  readonly staffToken: () => Promise<string>;
  /** Log lines of boards: in the table, or, by the control, heard. */
  readonly logLines: () => Promise<number>;
  /** Paths of the sockets of so many drivers, each with an account of his own. */
  readonly drivers: (count: number) => Promise<string[]>;
  /** An order for each of the first drivers; their ids. */
  readonly orders: (count: number) => Promise<string[]>;
  /** Steps of orders that are stored; by the control, heard. */
  readonly orderSteps: () => Promise<number>;
  /** Paths of the sockets of so many agents in each of so many web conversations. */
  readonly chats: (plan: ChatsPlan) => Promise<string[]>;
  /** Two web inboxes; a token of an agent of each, and a long conversation of the small one. */
  readonly inboxes: (plan: InboxesPlan) => Promise<{ huge: string; small: string; long: string }>;
  readonly usage: () => Usage;
  readonly settledUsage: () => Promise<Usage>;
};
