import type { Broker } from "../../core/broker.ts";

/** One node alone: there is nobody to tell. The hub has already delivered to this node's followers. */
export const memoryBroker = (): Broker => ({
  isAlone: true,
  async start() {},
  subscribe() {},
  unsubscribe() {},
  publish() {},
  async close() {},
});
