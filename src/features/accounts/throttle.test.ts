import { expect, test } from "bun:test";
import { FakeClock } from "../../../test/kit/clock.ts";
import { Throttle } from "./throttle.ts";

const make = () => {
  const clock = new FakeClock();
  const throttle = new Throttle(clock, 5);
  const attempts = (name: string, n: number) => {
    for (let i = 0; i < n; i++) throttle.attempt(name);
  };
  return { clock, throttle, attempts };
};

test("five attempts are free, each further one waits twice as long, up to a minute", () => {
  const { clock, throttle, attempts } = make();
  attempts("a", 5);
  for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
    expect(() => throttle.attempt("a")).toThrow(`try again in ${seconds} s`);
    clock.advance(seconds * 1000);
    throttle.attempt("a");
  }
  attempts("b", 5);
});

test("success forgets an account's failures; an address keeps those of others", () => {
  const { throttle, attempts } = make();
  attempts("account", 4);
  throttle.succeeded("account");
  attempts("account", 5);
  attempts("address", 4);
  throttle.attempt("address");
  throttle.forgive("address");
  throttle.attempt("address");
  expect(() => throttle.attempt("address")).toThrow("too many failed logins");
});

test("many logins that succeed from one address cost nothing", () => {
  const { throttle } = make();
  for (let i = 0; i < 100; i++) {
    throttle.attempt("office");
    throttle.forgive("office");
  }
  throttle.attempt("office");
});
