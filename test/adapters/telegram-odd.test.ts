import { expect, test } from "bun:test";
import { Fault } from "../../src/protocol/faults.ts";
import { Bench } from "../kit/telegram/platform.ts";

// A server that says "ok" to everything, and nothing that the Bot API would say.

function odd(result: unknown) {
  const server = Bun.serve({ port: 0, fetch: () => Response.json({ ok: true, result }) });
  return { root: `http://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.stop(true) };
}

const results: [unknown][] = [[{}], [null], ["words"], [[null]], [[{}]], [7]];

test.each(results)("a message that is answered with %j may have arrived", async (result) => {
  await using server = odd(result);
  await using bench = new Bench({ api_root: server.root });
  const { kind } = await bench.platform.send("5", "x");
  expect(kind).toBe(result === null ? "retry" : "unknown");
});

test.each(results)("a poll that is answered with %j does not end the polling", async (result) => {
  await using server = odd(result);
  await using bench = new Bench({ api_root: server.root });
  await bench.platform.start(bench.receive);
  await bench.until(() => bench.waits(1000) === 1 || bench.logs("polling.failed").length === 1);
  expect(bench.updates).toEqual([]);
});

test.each(results)("a watchdog that is answered with %j goes on", async (result) => {
  await using server = odd(result);
  await using bench = new Bench({
    api_root: server.root,
    mode: "webhook",
    webhook_url: "http://127.0.0.1:9/",
  });
  await bench.platform.start(bench.receive);
  for (let look = 0; look < 3; look++) {
    const before = bench.clock.waits.length;
    bench.clock.advance(300_000);
    await bench.until(() => bench.clock.waits.length >= before + 2);
  }
  expect(bench.platform.status().ok).toBe(false);
});

test.each(results)("a file of which is said %j is a Fault", async (result) => {
  await using server = odd(result);
  await using bench = new Bench({ api_root: server.root });
  expect(await bench.platform.media("p").catch((error) => error)).toBeInstanceOf(Fault);
});
