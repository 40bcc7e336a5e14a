import { expect, test } from "bun:test";
import { FakeClock } from "../../test/kit/clock.ts";
import { type Beating, Wheel } from "./heartbeat.ts";
import { Pulse } from "./pulse.ts";
import type { Socket } from "./transport.ts";

class Recorder implements Beating {
  due = 0;
  readonly beats: number[] = [];
  readonly next: (now: number) => number | undefined;
  readonly wheel: Wheel;

  constructor(wheel: Wheel, next: (now: number) => number | undefined) {
    this.wheel = wheel;
    this.next = next;
  }

  beat(now: number): void {
    this.beats.push(now - start);
    const due = this.next(now);
    if (due !== undefined) this.wheel.schedule(this, due);
  }
}

const start = 1_000_000_000;
const make = (next: (now: number) => number | undefined = () => undefined) => {
  const clock = new FakeClock(start);
  const wheel = new Wheel(clock);
  return { clock, wheel, one: new Recorder(wheel, next) };
};

test("a turn comes at its time, at most two slots late, and once", () => {
  for (const phase of [0, 100, 249]) {
    const clock = new FakeClock(start + phase);
    const wheel = new Wheel(clock);
    const one = new Recorder(wheel, () => undefined);
    wheel.schedule(one, start + 4_300);
    clock.advance(4_300 - phase - 1);
    expect(one.beats).toEqual([]);
    clock.advance(60_000);
    expect(one.beats).toEqual([4_500 + phase]);
  }
});

test("a ping of each second leaves each second, whenever the wheel and the connection began", () => {
  for (let phase = 0; phase < 1_000; phase += 90)
    for (let began = 0; began < 1_000; began += 110) {
      const clock = new FakeClock(start + phase);
      const wheel = new Wheel(clock);
      clock.advance(began);
      const sent: number[] = [];
      const socket = { send: () => sent.push(clock.monotonic()), ping() {} } as unknown as Socket;
      const pulse = new Pulse(socket, clock.monotonic(), 25_000);
      pulse.pingInJson(clock.monotonic(), 1_000);
      const beating = {
        due: 0,
        beat(now: number) {
          pulse.beat(now);
          wheel.schedule(beating, pulse.due);
        },
      };
      wheel.schedule(beating, pulse.due);
      clock.advance(10_500);
      expect(sent.length).toBe(10);
    }
});

test("a time beyond the ring comes round, not early", () => {
  const { clock, wheel, one } = make();
  wheel.schedule(one, start + 200_000);
  clock.advance(199_000);
  expect(one.beats).toEqual([]);
  clock.advance(2_000);
  expect(one.beats).toEqual([200_000]);
});

test("what schedules itself again goes on", () => {
  const { clock, wheel, one } = make((now) => now + 20_000);
  wheel.schedule(one, start + 20_000);
  clock.advance(100_000);
  expect(one.beats).toEqual([20_000, 40_000, 60_000, 80_000, 100_000]);
});

test("an earlier time replaces a later one", () => {
  const { clock, wheel, one } = make();
  wheel.schedule(one, start + 30_000);
  wheel.schedule(one, start + 3_000);
  clock.advance(120_000);
  expect(one.beats).toEqual([3_000]);
});

test("a late timer skips nobody", () => {
  let now = start;
  let tick = () => {};
  const wheel = new Wheel({
    now: () => now,
    monotonic: () => now,
    after: () => () => {},
    every: (_, run) => {
      tick = run;
      return () => {};
    },
  });
  const one = new Recorder(wheel, () => undefined);
  wheel.schedule(one, start + 5_000);
  now = start + 90_000;
  tick();
  expect(one.beats).toEqual([90_000]);
});

test("turns that come late make no ping later than the next turn, and a long sleep brings one ping", () => {
  const sent: number[] = [];
  let now = 0;
  const socket = { send: () => sent.push(now), ping() {} } as unknown as Socket;
  const pulse = new Pulse(socket, 0, 25_000);
  pulse.pingInJson(300, 1_000);
  // Each turn comes almost a second after the second that it is for.
  for (now = 950; now <= 7_950; now += 1_000) pulse.beat(now);
  expect(sent).toEqual([1_950, 2_950, 3_950, 4_950, 5_950, 6_950, 7_950]);
  now = 30_000;
  pulse.seen(now);
  pulse.beat(now);
  expect(sent.slice(7)).toEqual([30_000]);
  expect(pulse.due).toBe(30_300);
});
