import { z } from "zod";
import type { Connection } from "../../../core/channel.ts";
import { defineChannel } from "../../../core/channel.ts";
import { type Cameras, frameSlot } from "../cameras.ts";

/** Milliseconds between JSON pings: what dashboards of the original expect. */
const ping = 30_000;

const outgoing = {
  /** Who you are, as dashboards of the original wait for it. */
  authenticated: z.object({ username: z.string(), role: z.string() }),
  ping: z.object({}),
  pong: z.object({}),
};

type Viewer = Pick<Connection<unknown, typeof outgoing>, "identity" | "send"> &
  Pick<Connection, "follow" | "sendBytes">;

/** Pictures of one camera as binary messages, the newest first and only: `/ws/video/{device}`. */
export const videoChannel = (cameras: Cameras) =>
  videoAt(cameras, "video", "/ws/video/:device", ({ device }) => cameras.require(device!));

/** The same for whoever has one camera: `/ws/video`. */
export const onlyVideoChannel = (cameras: Cameras) =>
  videoAt(cameras, "only_video", "/ws/video", () => cameras.only());

function videoAt<const P extends string>(
  cameras: Cameras,
  name: string,
  path: P,
  find: (params: Readonly<Record<string, string>>) => Promise<string>,
) {
  const ends = new WeakMap<object, () => void>();
  const watch = (viewer: Viewer, device: string) => {
    viewer.send("authenticated", { username: viewer.identity.name, role: viewer.identity.role });
    // Dashboards hang up ten seconds later unless they have seen a pong.
    viewer.send("pong", {});
    const latest = cameras.latest(device);
    if (latest !== undefined) viewer.sendBytes(latest.data, frameSlot(device));
    viewer.follow(cameras.topic(device));
    ends.set(viewer, cameras.watch(device));
  };
  return defineChannel({
    name,
    path,
    summary: "A camera's pictures, each a binary message (JPEG); who reads slowly gets the newest alone",
    auth: ["staff"],
    firstMessageAuth: true,
    jsonPing: () => ping,
    incoming: { ping: z.object({}), pong: z.object({}) },
    outgoing,
    async open(connection) {
      watch(connection, await find(connection.params as Readonly<Record<string, string>>));
    },
    close: (connection) => ends.get(connection)?.(),
    handle: { ping: (connection) => connection.send("pong", {}), pong: () => {} },
  });
}
