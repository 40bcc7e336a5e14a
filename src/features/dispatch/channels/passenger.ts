import { z } from "zod";
import { defineChannel } from "../../../core/channel.ts";
import { passengerOutgoing, passengerTopic } from "../messages.ts";
import type { Dispatch } from "../service.ts";
import { numeric } from "./driver.ts";
import { dispatchCloseCodes } from "./order.ts";

/** All orders of one passenger. */
export const passengerChannel = (dispatch: Dispatch) =>
  defineChannel({
    name: "passenger",
    path: "/ws/passengers/:passenger/",
    summary: "A passenger: every change of his orders, and his driver's arrival",
    auth: ["passenger", "staff"],
    closeCodes: dispatchCloseCodes,
    ignoreUnknown: true,
    incoming: { ping: z.object({}) },
    outgoing: passengerOutgoing,
    async open(connection) {
      const { identity, params } = connection;
      connection.follow(passengerTopic(await dispatch.passengerFor(identity, numeric(params.passenger))));
    },
    opensSilent: true,
    snapshot: (connection, db) =>
      dispatch.open.ofPassenger(connection, db, numeric(connection.params.passenger)),
    handle: { ping: (connection) => connection.send("pong", {}) },
  });
