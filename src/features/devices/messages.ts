import { z } from "zod";
import { cut, plainJson } from "./words.ts";

/**
 * What boards say. Firmware sends fields of odd types, so only what we use is looked at, and what does not fit is as
 * if it were not there: a log line must not be lost over a number in quotes.
 */
const text = (max: number) => z.preprocess((value) => asText(value, max), z.string().optional());

function asText(value: unknown, max: number): string | undefined {
  if (value === undefined || value === null) return undefined;
  return cut(typeof value === "string" ? value : plainJson(value), max);
}

const id = z.union([z.string(), z.number()]).transform(String).optional().catch(undefined);
/** The board's own clock: milliseconds since boot, or a date; kept as it came. */
const time = text(40);
const named = { device: text(100), timestamp: time };

export const maxLogLength = 4_000;

/** First words of a board: who it is, what runs on it and what it can do. */
export const Hello = z.object({
  ...named,
  version: text(60),
  capabilities: z.array(z.string().max(60)).max(40).optional().catch(undefined),
  memory_free: z.number().optional().catch(undefined),
  wifi_ssid: text(60),
  servo1_angle: z.number().optional().catch(undefined),
  servo2_angle: z.number().optional().catch(undefined),
  current_settings: z.record(z.string().max(60), z.unknown()).optional().catch(undefined),
});
export type Hello = z.output<typeof Hello>;

export const Beat = z.object(named);

/** Camera firmware calls the level `log_type`. */
export const Log = z.object({ ...named, message: text(maxLogLength), level: text(16), log_type: text(16) });
export type Log = z.output<typeof Log>;

export const Ack = z.object({
  ...named,
  command_id: id,
  command_type: text(60),
  status: text(20),
  message: text(1_000),
  detail: z.unknown().optional(),
});
export type Ack = z.output<typeof Ack>;

export const SensorData = z.object({
  ...named,
  sensor_type: text(40),
  data: z.record(z.string().max(60), z.unknown()).optional().catch(undefined),
});

export const ServoReport = z.object({
  ...named,
  command: z.object({ servo1: z.number(), servo2: z.number() }).partial().optional().catch(undefined),
});

/** What a camera says of the picture that follows. */
export const Metadata = z.object({
  ...named,
  size: z.number().optional().catch(undefined),
  format: text(20),
});

export const PhotoData = Metadata.extend({
  quality: z.number().optional().catch(undefined),
  flash_enabled: z.boolean().optional().catch(undefined),
  flash_intensity: z.number().optional().catch(undefined),
});
export type PhotoData = z.output<typeof PhotoData>;

/** A camera's answer to a command. Its fields differ between firmwares; they are kept as they came. */
export const Reply = z.looseObject({ ...named, command_id: id, message: text(1_000) });
export type Reply = z.output<typeof Reply>;

/** What both kinds hear. Further fields are additive for clients of seed 000. */
export const common = {
  connection_ack: z.object({
    status: z.literal("success"),
    message: z.string(),
    timestamp: z.iso.datetime(),
    device_id: z.string().optional(),
  }),
  ping: z.object({}),
  pong: z.object({ timestamp: z.iso.datetime(), server_time: z.number() }),
};

export const picoIncoming = {
  connect: Hello,
  ping: Beat,
  pong: Beat,
  log: Log,
  ack: Ack,
  sensor_data: SensorData,
  servo: ServoReport,
  test: Log,
};

export const picoOutgoing = {
  ...common,
  ack: z.object({
    command_type: z.string(),
    status: z.literal("success"),
    detail: z.string().optional(),
    sensor_type: z.string().optional(),
    sequence: z.unknown().optional(),
    timestamp: z.iso.datetime(),
    server_time: z.number().optional(),
  }),
};

export const cameraOutgoing = common;

/** Answers of the camera's firmware, each named like the command that it is about. */
export const replies = {
  flash: Reply,
  flash_intensity: Reply,
  photo_quality: Reply,
  brightness: Reply,
  contrast: Reply,
  saturation: Reply,
  sharpness: Reply,
  auto_exposure: Reply,
  auto_white_balance: Reply,
  reset_position: Reply,
  emergency_stop: Reply,
  system_reboot: Reply,
  servo_command: Reply,
  camera_settings_updated: Reply,
  settings_status: Reply,
};

export const cameraIncoming = {
  ...replies,
  connect: Hello,
  device_info: Hello,
  ping: Beat,
  pong: Beat,
  log: Log,
  test: Log,
  ack: Ack,
  connection: Reply,
  heartbeat: Reply,
  frame_metadata: Metadata,
  frame: Metadata,
  photo_data: PhotoData,
  photo_sent: Reply,
  photo_error: Reply,
  unknown_action: Reply,
  system_error: Reply,
  system_warning: Reply,
};
