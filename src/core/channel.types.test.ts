import { expect, test } from "bun:test";
import { z } from "zod";
import { type Connection, defineChannel, durable, latest, type ParamsOf } from "./channel.ts";
import type { Publisher } from "./hub.ts";

/** `tsc` is the test here: an expectation that no longer fails to compile is itself an error. */

const outgoing = {
  said: durable(z.object({ text: z.string() })),
  at: latest(z.object({ lat: z.number() })),
  pong: z.object({}),
};
const base = { name: "x", summary: "x", auth: ["user"], outgoing } as const;
type Params = ParamsOf<"/ws/orders/:orderId/parts/:part/">;

export const good = defineChannel({
  ...base,
  path: "/ws/orders/:orderId/parts/:part/",
  incoming: {
    say: z.object({ text: z.string() }),
    ping: { body: z.object({}), rate: { perSecond: 1, burst: 2 } },
  },
  open(connection) {
    const params: Params = connection.params;
    const text: string = params.orderId + params.part;
    connection.follow(text);
    connection.send("at", { lat: 1 });
    // @ts-expect-error: the path has no such param
    connection.params.driver;
    // @ts-expect-error: nobody declared this message
    connection.send("sad", {});
    // @ts-expect-error: lat is a number
    connection.send("at", { lat: "1" });
    // @ts-expect-error: a field is missing
    connection.send("at", {});
    // @ts-expect-error: durable messages go through the journal
    connection.send("said", { text: "x" });
  },
  handle: {
    say(_, { text }) {
      text.toUpperCase();
      // @ts-expect-error: the body has no such field
      (({ size }: { text: string }) => size)({ text });
    },
    ping: async () => {},
  },
});

// @ts-expect-error: a handler is missing
defineChannel({ ...base, path: "/a", incoming: { say: z.object({}) }, handle: {} });

defineChannel({
  ...base,
  path: "/a",
  incoming: { ping: z.object({}) },
  handle: {
    ping: () => {},
    // @ts-expect-error: a handler too many
    say: () => {},
  },
});

// @ts-expect-error: an empty list of roles is no policy
defineChannel({ ...base, path: "/a", auth: [], incoming: {}, handle: {} });

// @ts-expect-error: there is no such role
defineChannel({ ...base, path: "/a", auth: ["king"], incoming: {}, handle: {} });

// @ts-expect-error: `resume` has a meaning of its own on every channel
defineChannel({ ...base, path: "/a", incoming: { resume: z.object({}) }, handle: { resume: () => {} } });

export function publishing({ publish, draft }: Publisher<typeof outgoing>): void {
  publish("topic", "at", { lat: 1 });
  draft("topic", "said", { text: "x" });
  // @ts-expect-error: what must be kept cannot be published past the journal
  publish("topic", "said", { text: "x" });
  // @ts-expect-error: what is not kept has no place in the journal
  draft("topic", "at", { lat: 1 });
}

export const read = (connection: Connection<Params>): string => connection.params.part;

test("what compiles also works: declarations are normalised", () => {
  expect(Object.keys(good.incoming)).toEqual(["say", "ping"]);
  expect(good.outgoing.said?.delivery).toBe("durable");
  expect(good.outgoing.pong?.delivery).toBe("queued");
  expect(good.incoming.constructor).toBeUndefined();
});
