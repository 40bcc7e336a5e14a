import { defineChannel } from "../../../core/channel.ts";
import { positionsTopic, type Viewport } from "../live-map.ts";
import { mapIncoming, mapOutgoing, mapTopic } from "../messages.ts";
import type { Dispatch } from "../service.ts";
import { dispatchCloseCodes } from "./order.ts";

/** The dispatchers' map (seed 004): a snapshot, then orders with cursors and drivers at a set rate. */
export const mapChannel = (dispatch: Dispatch) =>
  defineChannel({
    name: "dispatch_map",
    path: "/ws/dispatch-map/",
    summary: "The map: a snapshot, then orders, and drivers merged at ten messages a second at most",
    auth: ["staff"],
    closeCodes: dispatchCloseCodes,
    ignoreUnknown: true,
    incoming: mapIncoming,
    outgoing: mapOutgoing,
    open(connection) {
      connection.follow(mapTopic);
      connection.follow(positionsTopic);
    },
    async snapshot(connection, db) {
      const data = await dispatch.map.data(db);
      connection.send("map_snapshot", { data: { ...data, cursor: connection.cursor } });
    },
    close: (connection) => dispatch.map.leave(connection as never),
    handle: {
      ping: (connection) => connection.send("pong", {}),
      viewport(connection, { batch = true, ...degrees }) {
        if (!batch) {
          dispatch.map.leave(connection as never);
          return connection.follow(positionsTopic);
        }
        connection.unfollow(positionsTopic);
        dispatch.map.batch(connection as never, toViewport(degrees));
      },
    },
  });

/** All four sides, or everything. */
function toViewport({
  south,
  north,
  west,
  east,
}: { [K in keyof Viewport]?: number | undefined }): Viewport | undefined {
  if (south === undefined || north === undefined || west === undefined || east === undefined)
    return undefined;
  return { south, north, west, east };
}
