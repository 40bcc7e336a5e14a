import { type Connection, defineChannel } from "../../../core/channel.ts";
import { Fault } from "../../../protocol/faults.ts";
import { driverIncoming, driverOutgoing, driverTopic } from "../messages.ts";
import type { Dispatch } from "../service.ts";
import { dispatchCloseCodes } from "./order.ts";

/** `"7"` → 7; anything else is nobody. */
export const numeric = (id: string): number => (/^\d{1,15}$/.test(id) ? Number(id) : -1);

/** A driver's own socket (seed 004): new orders and offers in, positions and answers out. */
export function driverChannel(dispatch: Dispatch) {
  const own = ({ identity, params }: Pick<Connection<{ readonly driver: string }>, "identity" | "params">) =>
    dispatch.driverFor(identity, numeric(params.driver));
  return defineChannel({
    name: "driver",
    path: "/ws/drivers/:driver/",
    summary: "A driver: orders and offers for him; his positions, answers and steps",
    auth: ["driver", "staff"],
    closeCodes: dispatchCloseCodes,
    ignoreUnknown: true,
    // Five hundred positions with all that a phone knows of each.
    maxTextBytes: 256 * 1024,
    incoming: driverIncoming,
    outgoing: driverOutgoing,
    open(connection) {
      const { id } = own(connection);
      dispatch.watchers.add(driverTopic(id), connection as never, id);
      connection.follow(driverTopic(id));
    },
    opensSilent: true,
    snapshot: (connection, db) => dispatch.open.ofDriver(connection, db, numeric(connection.params.driver)),
    close: (connection) =>
      dispatch.watchers.remove(driverTopic(numeric(connection.params.driver)), connection as never),
    handle: {
      ping: (connection) => connection.send("pong", {}),
      location(connection, { points, sent_at, ...single }) {
        const positions = points ?? [single];
        connection.send("location_result", {
          data: toResult(dispatch.positions.take(own(connection).id, positions, sent_at)),
        });
      },
      async accept(connection, { order_id }) {
        await dispatch.offers.accept(own(connection), order_id, connection.identity.id);
      },
      async decline(connection, { order_id }) {
        await dispatch.offers.decline(own(connection), order_id, connection.identity.id);
      },
      async status(connection, { order_id, status, reason }) {
        const order = await dispatch.orderFor(connection.identity, order_id);
        if (order.driver_id !== own(connection).id) throw new Fault("forbidden", "this order is not his");
        await dispatch.step(connection.identity, order_id, status, reason);
      },
      async online(connection, { is_online }) {
        await dispatch.online(own(connection).id, is_online);
      },
    },
  });
}

const toResult = ({ accepted, dropped }: { accepted: number; dropped: object }) => ({
  accepted,
  dropped: { ...dropped } as Record<string, number>,
});
