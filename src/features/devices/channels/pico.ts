import { defineChannel } from "../../../core/channel.ts";
import { iso } from "../events.ts";
import { picoIncoming, picoOutgoing } from "../messages.ts";
import type { Devices } from "../service.ts";
import { acknowledge, answerOf, deviceSocket, introduction, pong, withSession } from "./device.ts";

/** Raspberry Pi Pico W (seeds 000 and 001). An `ack` is never answered: the firmware would answer that. */
export const picoChannel = (devices: Devices) =>
  defineChannel({
    name: "pico",
    path: "/ws/pico",
    summary: "A Raspberry Pi Pico W: logs, commands, servo and sensors",
    ...deviceSocket(devices, "pico"),
    incoming: picoIncoming,
    outgoing: picoOutgoing,
    async open(connection) {
      acknowledge(devices, connection, "Pico connected successfully");
      await devices.boards.enter(connection, "pico");
    },
    close: (connection) => devices.boards.leave(connection),
    handle: {
      connect: introduction(devices, "Pico connection acknowledged"),
      ping: withSession(devices, (_, __, connection) => pong(devices, connection)),
      pong: withSession(devices, () => {}),
      log: withSession(devices, (session, { message = "", level, log_type, timestamp: time }) =>
        devices.logs.add(session, { message, level: level ?? log_type, time }),
      ),
      test: withSession(devices, (session, { message = "", timestamp: time }) =>
        devices.logs.add(session, { message, level: "debug", time }),
      ),
      ack: withSession(devices, (session, ack) => devices.commands.answered(session, answerOf(ack))),
      sensor_data: withSession(devices, (session, { sensor_type = "sensor", data = {} }, connection) => {
        const now = devices.clock.now();
        const answer = { command_type: "sensor_data", status: "success" as const, sensor_type };
        const time = { timestamp: iso(now), server_time: now / 1000 };
        connection.send("ack", { ...answer, sequence: data.sequence, ...time });
        devices.sensors.add(session, sensor_type, data);
      }),
      servo: withSession(devices, (_, { command = {} }, connection) => {
        const detail = `servo1=${command.servo1 ?? 90}°, servo2=${command.servo2 ?? 90}°`;
        const timestamp = iso(devices.clock.now());
        connection.send("ack", { command_type: "servo", status: "success", detail, timestamp });
      }),
    },
  });
