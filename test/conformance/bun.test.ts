import { expect, test } from "bun:test";
import { BunTransport } from "../../src/adapters/transport/bun.ts";
import { transportSuite } from "./transport.ts";

transportSuite("Bun", (options) => new BunTransport({ host: "127.0.0.1", ports: [0], ...options }));

test("several ports are served, and if one cannot be, none is", async () => {
  const options = { host: "127.0.0.1", maxMessageBytes: 1000, trustProxy: [] };
  const handlers = { accept: () => null as never, refused: () => "", http: () => new Response("ok") };
  const two = new BunTransport({ ...options, ports: [0, 0] });
  const urls = await two.start(handlers);
  for (const url of urls) expect(await (await fetch(url)).text()).toBe("ok");
  expect(new Set(urls.map(({ port }) => port)).size).toBe(2);
  const taken = Number(urls[0]!.port);
  const other = new BunTransport({ ...options, ports: [0, taken] });
  const error = await other.start(handlers).catch((each: Error) => each);
  expect(String(error)).toContain(`PORT=${taken}: `);
  await two.stop();
});

test("a trusted proxy that is no address is refused", () => {
  const make = () =>
    new BunTransport({ host: "127.0.0.1", ports: [0], maxMessageBytes: 1000, trustProxy: ["proxy.local"] });
  expect(make).toThrow("proxy.local is no IP address");
});
