import { defineChannel } from "../../../core/channel.ts";
import { cameraIncoming, cameraOutgoing, PhotoData, type Reply, replies } from "../messages.ts";
import type { Devices } from "../service.ts";
import type { Session } from "../session.ts";
import { Shutter } from "../shutter.ts";
import { cut, plainJson } from "../words.ts";
import {
  acknowledge,
  answerOf,
  type Board,
  deviceSocket,
  introduction,
  pong,
  withSession,
} from "./device.ts";

/**
 * The transport lets pass what the channel then drops and counts: a picture too big is no reason to hang up. Every
 * socket of the port may have so much half received, strangers' sockets too, so it is no more than the promise needs.
 */
const droppable = 1.6;
/** Photos that a camera may announce: a person does not ask for more. */
const photoRate = { perSecond: 1, burst: 20 };

/** ESP32-CAM (seed 000). It waits for `connection_ack` before anything else, and sends one JPEG in each binary message. */
export function cameraChannel(devices: Devices) {
  const { boards, cameras, commands, logs, photos, sensors } = devices;
  const shutter = new Shutter(cameras, photos, commands);
  const answered = async (session: Session, answers: string, reply: Reply, failed = isFailure(reply)) =>
    void (await commands.answered(session, {
      commandId: reply.command_id,
      answers,
      failed,
      detail: detailOf(reply),
    }));
  const log = (session: Session, level: string, { message = "", timestamp: time }: Reply) =>
    logs.add(session, { message, level, time });
  const introduced = introduction(devices, "ESP32CAM connection acknowledged");
  const frame = withSession(devices, (session) => shutter.announce(session, "frame"));

  return defineChannel({
    name: "esp32cam",
    path: "/ws/esp32cam",
    summary: "An ESP32-CAM: pictures as binary messages, photos, settings and logs",
    ...deviceSocket(devices, "esp32cam"),
    ...binaryLimit(devices.options.maxFrameBytes),
    incoming: { ...cameraIncoming, photo_data: { body: PhotoData, rate: photoRate } },
    outgoing: cameraOutgoing,
    async open(connection) {
      acknowledge(devices, connection, "ESP32CAM connected successfully");
      await boards.enter(connection, "esp32cam");
    },
    close: (connection) => boards.leave(connection),
    binary(connection, data) {
      const session = boards.session(connection);
      return session instanceof Promise
        ? session.then((known) => shutter.receive(known, data))
        : shutter.receive(session, data);
    },
    handle: {
      ...eachReply((type) => withSession(devices, (session, reply) => answered(session, type, reply))),
      connect: introduced,
      device_info: introduced,
      ping: withSession(devices, (_, __, connection) => pong(devices, connection)),
      pong: withSession(devices, () => {}),
      log: withSession(devices, (session, { message = "", level, log_type, timestamp: time }) =>
        logs.add(session, { message, level: log_type ?? level, time }),
      ),
      test: withSession(devices, (session, { message = "", timestamp: time }) =>
        logs.add(session, { message, level: "debug", time }),
      ),
      ack: withSession(devices, (session, ack) => commands.answered(session, answerOf(ack))),
      connection: withSession(devices, () => {}),
      heartbeat: withSession(devices, (session, { device: _, timestamp: __, message: ___, ...data }) =>
        sensors.add(session, "heartbeat", data),
      ),
      frame_metadata: frame,
      frame,
      photo_data: withSession(devices, (session, photo) => shutter.announce(session, photo)),
      photo_sent: withSession(devices, (session) => shutter.missed(session)),
      photo_error: withSession(devices, (session, reply) => {
        shutter.forget(session);
        return answered(session, "photo", reply, true);
      }),
      unknown_action: withSession(devices, (session, reply) => answered(session, "unknown", reply, true)),
      system_error: withSession(devices, (session, reply) => log(session, "error", reply)),
      system_warning: withSession(devices, (session, reply) => log(session, "warning", reply)),
    },
  });
}

/** Without pictures, messages have the limit that all others have. */
const binaryLimit = (maxFrameBytes: number) =>
  maxFrameBytes === 0 ? {} : { maxBinaryBytes: Math.floor(droppable * maxFrameBytes) };

type ReplyHandler = (connection: Board, reply: Reply) => void | Promise<void>;

const eachReply = (handler: (type: string) => ReplyHandler) =>
  Object.fromEntries(Object.keys(replies).map((type) => [type, handler(type)])) as Record<
    keyof typeof replies,
    ReplyHandler
  >;

const isFailure = ({ status, success }: Reply): boolean => status === "error" || success === false;

/** The board's own words: a text, or its fields. */
function detailOf(reply: Reply): string | null {
  const { device: _, timestamp: __, type: ___, command_id: ____, status: _____, message, ...fields } = reply;
  if (message !== undefined) return message;
  const text = plainJson(fields);
  return text === "{}" ? null : cut(text, 1_000);
}
