/** A frame on its way to everybody who follows a topic. */
export interface Publication {
  readonly topic: string;
  /** For logs and metrics: the message's `type`. */
  readonly type: string;
  readonly frame: string | Uint8Array;
  /** Replaces a waiting frame with the same slot: only the newest survives a slow reader. */
  readonly slot?: string;
  /** Identity that is not told: whoever types need not hear of it. */
  readonly except?: string;
  /** Place in the journal; absent for what is not kept. */
  readonly seq?: number;
}

/**
 * Carries publications between nodes: at most once, in order per topic and publisher, never back to the sender.
 * What must not be lost is in the journal, which notices a missing number and fills it from the store.
 */
export interface Broker {
  /** There are no other nodes, and never will be: what nobody follows here, nobody hears. */
  readonly isAlone: boolean;
  start(deliver: (publication: Publication) => void): Promise<void>;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** Fire and forget: a broken broker must not fail a handler. */
  publish(publication: Publication): void;
  close(): Promise<void>;
}
