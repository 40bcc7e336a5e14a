import { expect, test } from "bun:test";
import { Outbox, Turn, toFrame } from "./outbox.ts";
import type { SendStatus, Socket } from "./transport.ts";

/** A socket whose reader takes `room` frames and is then slow, until the test lets it read on. */
class SlowSocket implements Socket {
  readonly sent: string[] = [];
  corks = 0;
  room: number;

  constructor(room: number) {
    this.room = room;
  }

  send(frame: string): SendStatus {
    this.sent.push(frame);
    return --this.room > 0 ? "sent" : "buffered";
  }

  cork(write: () => void): void {
    this.corks++;
    write();
  }

  ping(): void {}
  close(): void {}
  terminate(): void {}
}

const turnOver = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
const open = (room: number, maxBytes = 100) => {
  const socket = new SlowSocket(room);
  return { socket, outbox: new Outbox(socket, new Turn(), maxBytes) };
};
const frame = (text: string, slot?: string) => toFrame(text, slot);

test("frames of one turn leave in order, in one corked write", async () => {
  const { socket, outbox } = open(9);
  for (const text of ["a", "b", "c"]) outbox.push(frame(text));
  expect(socket.sent).toEqual([]);
  await turnOver();
  expect(socket).toMatchObject({ sent: ["a", "b", "c"], corks: 1 });
});

test("an answer goes at once, but never past what waits", async () => {
  const { socket, outbox } = open(9);
  outbox.send(frame("now"));
  expect(socket.sent).toEqual(["now"]);
  outbox.push(frame("later"));
  outbox.send(frame("behind"));
  expect(socket.sent).toEqual(["now"]);
  await turnOver();
  expect(socket.sent).toEqual(["now", "later", "behind"]);
});

test("what a slow reader has not taken waits, and goes on in order when he has", async () => {
  const { socket, outbox } = open(2);
  for (const text of ["a", "b", "c", "d"]) outbox.push(frame(text));
  await turnOver();
  expect(socket.sent).toEqual(["a", "b"]);
  expect(outbox.idle).toBe(false);
  socket.room = 9;
  outbox.drained();
  expect(socket.sent).toEqual(["a", "b", "c", "d"]);
  expect(outbox.idle).toBe(true);
});

test("of frames with one slot the newest waits, in the place of the first", async () => {
  const { socket, outbox } = open(1);
  for (const each of [frame("x"), frame("p1", "p"), frame("y"), frame("p2", "p"), frame("q1", "q")])
    outbox.push(each);
  await turnOver();
  outbox.push(frame("p3", "p"));
  socket.room = 9;
  outbox.drained();
  expect(socket.sent).toEqual(["x", "p3", "y", "q1"]);
});

test("the limit is for slow readers: a burst in one turn is no reason", async () => {
  const { socket, outbox } = open(99, 100);
  for (let i = 0; i < 50; i++) expect(outbox.push(frame("x".repeat(10)))).toBe(true);
  await turnOver();
  expect(socket.sent).toHaveLength(50);
});

test("past the limit a slow reader is told apart, counting replaced frames once", async () => {
  const { outbox } = open(1, 100);
  outbox.push(frame("x"));
  await turnOver();
  for (let i = 0; i < 50; i++) expect(outbox.push(frame("x".repeat(60), "slot"))).toBe(true);
  expect(outbox.push(frame("x".repeat(40)))).toBe(true);
  expect(outbox.push(frame("x"))).toBe(false);
});

test("a thousand outboxes are flushed in slices, each once, in order", async () => {
  const turn = new Turn();
  const order: number[] = [];
  const sockets = Array.from({ length: 1000 }, (_, i) => {
    const socket = new SlowSocket(9);
    const outbox = new Outbox(
      {
        ...socket,
        send: () => {
          order.push(i);
          return "sent";
        },
        cork: (write) => write(),
        ping() {},
        close() {},
        terminate() {},
      },
      turn,
      100,
    );
    outbox.push(frame("x"));
    return outbox;
  });
  await turnOver();
  expect(order.length).toBeLessThan(1000);
  while (order.length < 1000) await turnOver();
  expect(order).toEqual(sockets.map((_, i) => i));
});
