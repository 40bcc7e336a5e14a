/** One connection in a topic, as others may see it: plain JSON, no secrets. */
export interface Member {
  readonly connection: string;
  /** Identity id; empty for anonymous. */
  readonly identity: string;
  readonly info: Readonly<Record<string, unknown>>;
}

/** Who is in a topic, on all nodes. An entry that nobody touches for `ttl` milliseconds is gone. */
export interface Presence {
  readonly ttl: number;
  put(topic: string, member: Member): Promise<void>;
  remove(topic: string, connection: string): Promise<void>;
  /** Keeps the entries of these connections alive for another `ttl`. */
  touch(connections: Iterable<string>): Promise<void>;
  list(topic: string): Promise<Member[]>;
  count(topic: string): Promise<{ connections: number; identities: number }>;
  close(): Promise<void>;
}
