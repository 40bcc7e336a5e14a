import { expect, test } from "bun:test";
import { Events } from "../../core/events.ts";
import { TrackBuffer } from "./track.ts";

const point = (at: number) => ({
  driver_id: 1,
  at,
  lat: 1,
  lon: 1,
  accuracy: null,
  speed: null,
  heading: null,
});

test("points that cannot be written wait, in order; past the limit the oldest go, and that is said", () => {
  const events = new Events();
  const failures: string[] = [];
  events.on("failure", ({ error }) => failures.push(String(error)));
  const buffer = new TrackBuffer(events, 3);
  for (const at of [1, 2]) buffer.add(point(at));
  const drained = buffer.drain();
  buffer.add(point(3));
  buffer.putBack(drained);
  expect(failures).toEqual([]);
  buffer.add(point(4));
  buffer.putBack(buffer.drain());
  expect(buffer.drain().map(({ at }) => at)).toEqual([2, 3, 4]);
  expect(failures).toEqual([expect.stringContaining("1 positions are in no track")]);
});
