/** What a stranger can grow, and how far. Every field is a setting of the same name in capitals (docs/config.md). */
export interface Limits {
  /** Bytes of one incoming message; past it the connection closes with 1009. */
  readonly maxMessageBytes: number;
  /** How deep objects and arrays may nest in one message. */
  readonly maxMessageDepth: number;
  /** Messages per second that one connection may send on average; 0 switches the limit off. */
  readonly messageRate: number;
  /** Messages that may come at once above that average. */
  readonly messageBurst: number;
  /** Milliseconds from the upgrade to a proven identity, where the channel asks for one. */
  readonly authTimeout: number;
  /** Bytes that a connection may send before it has an identity. */
  readonly maxBytesBeforeAuth: number;
  /** Bytes of frames that may wait for one slow reader. */
  readonly maxOutboxBytes: number;
  /** Open sockets on this node. */
  readonly maxConnections: number;
  /** Open sockets from one address (loopback excepted: that is the operator or a proxy). */
  readonly maxConnectionsPerAddress: number;
  /** Open sockets of one user. */
  readonly maxConnectionsPerUser: number;
  /** New sockets per second on this node. */
  readonly connectRate: number;
  /** New sockets per second from one address (loopback excepted). */
  readonly connectRatePerAddress: number;
}

export const defaultLimits: Limits = {
  maxMessageBytes: 64 * 1024,
  maxMessageDepth: 64,
  messageRate: 100,
  messageBurst: 200,
  authTimeout: 10_000,
  maxBytesBeforeAuth: 4 * 1024,
  maxOutboxBytes: 1024 * 1024,
  maxConnections: 50_000,
  maxConnectionsPerAddress: 500,
  maxConnectionsPerUser: 100,
  connectRate: 10_000,
  connectRatePerAddress: 100,
};
