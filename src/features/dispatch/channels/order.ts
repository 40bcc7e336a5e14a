import { z } from "zod";
import { defineChannel } from "../../../core/channel.ts";
import { orderOutgoing, orderTopic } from "../messages.ts";
import type { Dispatch } from "../service.ts";

/** Codes of seed 004: 4003 for who may not, the same for what does not exist. */
export const dispatchCloseCodes = { not_found: 4003 } as const;
const incoming = { ping: z.object({}) };

/** One order, as its passenger, its driver and the staff see it (seed 004). */
export const orderChannel = (dispatch: Dispatch) =>
  defineChannel({
    name: "order",
    path: "/ws/orders/:order/",
    summary: "One order: every change, its driver's position, and when he will be there",
    auth: ["passenger", "driver", "staff"],
    closeCodes: dispatchCloseCodes,
    ignoreUnknown: true,
    incoming,
    outgoing: orderOutgoing,
    async open(connection) {
      const { identity, params } = connection;
      const driver = dispatch.people.driverOf(identity);
      // First: the order may become somebody else's while we ask.
      if (identity.role === "driver" && driver !== undefined)
        dispatch.watchers.add(orderTopic(params.order), connection as never, driver.id);
      const order = await dispatch.orderFor(identity, params.order);
      connection.follow(orderTopic(order.id));
    },
    opensSilent: true,
    snapshot: (connection, db) => dispatch.open.ofOrder(connection, db, connection.params.order),
    close: (connection) => dispatch.watchers.remove(orderTopic(connection.params.order), connection as never),
    handle: { ping: (connection) => connection.send("pong", {}) },
  });
