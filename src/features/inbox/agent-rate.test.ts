import { expect, test } from "bun:test";
import { FakeClock } from "../../../test/kit/clock.ts";
import { AgentRate } from "./agent-rate.ts";

const take = (rate: AgentRate, user: string) => {
  try {
    rate.take(user);
  } catch (error) {
    return error;
  }
};

test("past so many in a minute it says when to come back; others are not held up", () => {
  const clock = new FakeClock();
  const rate = new AgentRate(2, clock);
  expect([take(rate, "ana"), take(rate, "ana")]).toEqual([undefined, undefined]);
  clock.advance(20_500);
  expect(take(rate, "ana")).toMatchObject({ fault: "sending_too_fast", fields: { retry_after: 40 } });
  expect(take(rate, "ben")).toBeUndefined();
  clock.advance(39_500);
  expect(take(rate, "ana")).toBeUndefined();
});

test("whoever is silent for a minute is forgotten, and nobody else", () => {
  const clock = new FakeClock();
  const rate = new AgentRate(2, clock);
  rate.take("ana");
  clock.advance(59_000);
  rate.take("ben");
  clock.advance(1_000);
  rate.forget();
  expect(rate.size).toBe(1);
  expect([take(rate, "ben"), take(rate, "ben")]).toEqual([
    undefined,
    expect.objectContaining({ fault: "sending_too_fast" }),
  ]);
});

test("0 counts nothing", () => {
  const rate = new AgentRate(0, new FakeClock());
  for (let n = 0; n < 1_000; n++) rate.take("ana");
  expect(rate.size).toBe(0);
});
