import { expect, test } from "bun:test";
import { defineChannel } from "./channel.ts";
import { Router } from "./router.ts";

const channel = (path: string, host?: string) =>
  defineChannel({
    name: path,
    path,
    summary: "",
    auth: ["anonymous"],
    incoming: {},
    outgoing: {},
    handle: {},
    ...(host === undefined ? {} : { host }),
  });

const paths = [
  "/ws/pico",
  "/ws/esp32cam",
  "/ws/video",
  "/ws/test/",
  "/ws/conversations/",
  "/ws/chat/:id/",
  "/ws/orders/:orderId/",
  "/ws",
];
const router = new Router([channel("/ws/:clientId", "ws.localhost"), ...paths.map((path) => channel(path))]);
const matched = (path: string, host = "example.org") => router.match(path, host)?.channel.path;

// The clash table of the five systems on one port.
test.each([
  ["/ws", "/ws"],
  ["/ws/", "/ws"],
  ["/ws/pico", "/ws/pico"],
  ["/ws/pico/", "/ws/pico"],
  ["/ws/test/", "/ws/test/"],
  ["/ws/test", "/ws/:clientId"],
  ["/ws/conversations/", "/ws/conversations/"],
  ["/ws/conversations", "/ws/:clientId"],
  ["/ws/1732.5", "/ws/:clientId"],
  ["/ws/anyone/", "/ws/:clientId"],
  ["/ws/orders/42/", "/ws/orders/:orderId/"],
  ["/ws/orders/42", "/ws/orders/:orderId/"],
  ["/ws/orders/42/more", undefined],
  ["/", undefined],
  ["/wss/pico", undefined],
])("%s → %s", (path, expected) => {
  expect(matched(path)).toBe(expected);
});

test("on the clients' host every one-segment path is a client, and others are what they are", () => {
  for (const path of ["/ws/pico", "/ws/test/", "/ws/anyone"])
    expect(matched(path, "ws.localhost")).toBe("/ws/:clientId");
  expect(matched("/ws/orders/42/", "ws.localhost")).toBe("/ws/orders/:orderId/");
});

test("params are decoded, after the path was split", () => {
  expect(router.match("/ws/a%2Fb%20%D0%B9", "")?.params).toEqual({ clientId: "a/b й" });
  expect(() => router.match("/ws/%ff", "")).toThrow("percent-encoded");
});
