import { expect, test } from "bun:test";
import { FakeClock } from "../../test/kit/clock.ts";
import { Fault } from "../protocol/faults.ts";
import { relay } from "./relay.ts";

/** A body of so many pieces of 10 bytes, and how it was read; what comes after its end never comes where it `hangs`. */
function source(pieces: number, hangs = false) {
  const seen = { given: 0, ended: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (seen.given < pieces) return controller.enqueue(new Uint8Array(10).fill(seen.given++));
        if (!hangs) return controller.close();
        return new Promise<void>(() => {});
      },
      cancel() {
        seen.ended = true;
      },
    },
    { highWaterMark: 0 },
  );
  const clock = new FakeClock();
  const tooBig = () => new Fault("message_too_big");
  const broken = () => new Fault("unavailable");
  const relayed = relay(body, { clock, maxBytes: 100, patience: 1_000, tooBig, broken });
  return { relayed, seen, clock };
}

test("what its reader has not taken is not read, and what he does not want any more is ended", async () => {
  const { relayed, seen } = source(10);
  const { head, data } = await relayed;
  expect(head).toEqual(Uint8Array.from([...Array(10).fill(0), ...Array(6).fill(1)]));
  expect(seen.given).toBe(2);
  const reader = data.getReader();
  for (let i = 0; i < 3; i++) expect((await reader.read()).value).toEqual(new Uint8Array(10).fill(i));
  expect(seen).toEqual({ given: 3, ended: false });
  await reader.cancel();
  expect(seen).toEqual({ given: 3, ended: true });
});

test("everything arrives, also of what is shorter than a head", async () => {
  for (const pieces of [0, 1, 2, 10]) {
    const { data } = await source(pieces).relayed;
    expect((await new Response(data).bytes()).byteLength).toBe(10 * pieces);
  }
});

test("too much is an end, and so is a source that stops in the middle", async () => {
  const long = source(20);
  const { data } = await long.relayed;
  const read = new Response(data).bytes().catch((error) => error);
  expect(await read).toMatchObject({ fault: "message_too_big" });
  expect(long.seen).toEqual({ given: 11, ended: true });
  const hanging = source(3, true);
  const reader = (await hanging.relayed).data.getReader();
  for (let i = 0; i < 3; i++) await reader.read();
  // A reader who takes his time is waited for.
  hanging.clock.advance(60_000);
  const last = reader.read().catch((error) => error);
  await new Promise((resolve) => setImmediate(resolve));
  hanging.clock.advance(1_000);
  expect(await last).toMatchObject({ fault: "unavailable" });
  expect(hanging.seen.ended).toBe(true);
});
