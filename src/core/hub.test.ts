import { describe, expect, test } from "bun:test";
import { z } from "zod";
import type { Broker, Publication } from "./broker.ts";
import { latest } from "./channel.ts";
import { Events } from "./events.ts";
import { Hub } from "./hub.ts";
import type { Frame } from "./outbox.ts";

const outgoing = { moved: latest(z.object({ x: z.number() })) };

function hub(isAlone: boolean) {
  const toOthers: Publication[] = [];
  const broker: Broker = {
    isAlone,
    async start() {},
    subscribe() {},
    unsubscribe() {},
    publish: (publication) => void toOthers.push(publication),
    async close() {},
  };
  const made = new Hub(broker, new Events());
  return { hub: made, publisher: made.publisher(outgoing), toOthers };
}

describe("what is published to a topic that nobody follows here", () => {
  /** A body whose first reading shows that somebody encodes it. */
  function watched() {
    const seen = { read: false };
    const body = {
      get x() {
        seen.read = true;
        return 1;
      },
    };
    return { seen, body };
  }

  test("is not even encoded where there is no other node", () => {
    const { publisher } = hub(true);
    const { seen, body } = watched();
    publisher.publish("map", "moved", body);
    expect(seen.read).toBe(false);
  });

  test("goes to the other nodes where there may be some", () => {
    const { publisher, toOthers } = hub(false);
    publisher.publish("map", "moved", { x: 1 });
    expect(toOthers.map(({ frame }) => frame)).toEqual(['{"type":"moved","x":1}']);
  });

  test("reaches those who follow it", () => {
    const { hub: alone, publisher } = hub(true);
    const frames: Frame[] = [];
    alone.join("map", { deliver: (frame) => void frames.push(frame) });
    publisher.publish("map", "moved", { x: 2 });
    expect(frames.map(({ data }) => data)).toEqual(['{"type":"moved","x":2}']);
  });
});
