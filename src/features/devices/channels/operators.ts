import { z } from "zod";
import { defineChannel } from "../../../core/channel.ts";
import { devicesTopic, outgoing } from "../events.ts";
import type { Devices } from "../service.ts";

/** Devices that one snapshot shows; the rest is at GET /api/devices. */
const snapshotLimit = 1_000;

/** Everything that happens to devices, for those who look after them. */
export const operatorsChannel = (devices: Devices) =>
  defineChannel({
    name: "devices",
    path: "/ws/devices",
    summary:
      "All devices: who is here, what they log, what became of commands; a snapshot, then events with cursors",
    auth: ["staff"],
    firstMessageAuth: true,
    incoming: { ping: z.object({}) },
    outgoing,
    open: (connection) => connection.follow(devicesTopic),
    async snapshot(connection, db) {
      const page = await devices.page({ limit: snapshotLimit, offset: 0 }, db);
      connection.send("devices", { devices: page.devices, cursor: connection.cursor });
    },
    handle: { ping: (connection) => connection.send("pong", {}) },
  });
