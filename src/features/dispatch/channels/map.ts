import { defineChannel } from "../../../core/channel.ts";
import { Fault } from "../../../protocol/faults.ts";
import { mapIncoming, mapOutgoing, mapTopic } from "../messages.ts";
import type { Dispatch } from "../service.ts";
import type { Viewport } from "../views.ts";
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
      dispatch.map.views.enter(connection as never);
    },
    ready: (connection) => dispatch.map.views.begin(connection as never),
    async snapshot(connection, db) {
      const data = await dispatch.map.data(db);
      connection.send("map_snapshot", { data: { ...data, cursor: connection.cursor } });
      dispatch.map.views.knowsAll(connection as never);
    },
    close: (connection) => dispatch.map.views.leave(connection as never),
    handle: {
      ping: (connection) => connection.send("pong", {}),
      viewport(connection, { batch = true, ...degrees }) {
        dispatch.map.views.show(connection as never, { batch, viewport: toViewport(degrees) });
      },
    },
  });

/** All four sides, or everything. Throws `bad_message` for what is no part of the world. */
function toViewport(sides: { [K in keyof Viewport]?: number | undefined }): Viewport | undefined {
  const { south, north, west, east } = sides;
  if (Object.values(sides).every((side) => side === undefined)) return undefined;
  if (south === undefined || north === undefined || west === undefined || east === undefined)
    throw new Fault("bad_message", "viewport: give all of south, north, west and east, or none");
  if (south > north) throw new Fault("bad_message", "viewport: south is north of north; swap them");
  if (east - west >= 360) return { south, north, west: -180, east: 180 };
  return { south, north, west: wrapped(west), east: wrapped(east) };
}

/** Maps that go round the world count on: 190 is -170. */
const wrapped = (lon: number): number => ((((lon + 180) % 360) + 360) % 360) - 180;
