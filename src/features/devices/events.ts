import { z } from "zod";
import { durable, latest } from "../../core/channel.ts";
import { kinds } from "./kinds.ts";

/** Topic of everything that operators see. */
export const devicesTopic = "devices";

export const Kind = z.enum(kinds);
export const deviceStates = ["online", "stale", "offline"] as const;
export const commandStates = ["queued", "sent", "acknowledged", "failed", "expired"] as const;
const at = z.iso.datetime();

export const CameraStats = z.object({
  fps: z.number(),
  frames: z.number().int(),
  /** Dropped messages by reason: `too_big`, `empty`, `not_jpeg`, `no_frame` (announced, and never came), `unasked`. */
  dropped: z.record(z.string(), z.number().int()),
  viewers: z.number().int(),
  last_frame_at: at.nullable(),
});

export const Device = z.object({
  id: z.string(),
  kind: Kind,
  name: z.string(),
  /** `stale`: not heard of for a while, or gone a moment ago; it may be back at once. */
  state: z.enum(deviceStates),
  /** Why it is not online. */
  reason: z.string().nullable(),
  address: z.string().nullable(),
  firmware: z.string().nullable(),
  /** It has a token of its own, not the one that all boards of its kind share. */
  own_token: z.boolean(),
  revoked: z.boolean(),
  connected_at: at.nullable(),
  last_seen: at.nullable(),
  created_at: at,
  /** What it said of itself when it connected. */
  info: z.record(z.string(), z.unknown()),
  camera: CameraStats.optional(),
});
export type Device = z.output<typeof Device>;

export const LogLine = z.object({
  id: z.number().int(),
  device_id: z.string(),
  level: z.string(),
  message: z.string(),
  /** Kind of board that wrote it. */
  source: Kind,
  /** The board's own time, as it sent it. */
  device_time: z.string().nullable(),
  at,
});

export const Command = z.object({
  id: z.string(),
  device_id: z.string(),
  /** The caller's own id; a repeat gets the first result. */
  command_id: z.string().nullable(),
  type: z.string(),
  /** As the board gets it. */
  payload: z.record(z.string(), z.unknown()),
  state: z.enum(commandStates),
  /** The board's words, or why it failed. */
  detail: z.string().nullable(),
  created_by: z.string(),
  created_at: at,
  expires_at: at,
  sent_at: at.nullable(),
  /** When it was acknowledged, failed or expired. */
  ended_at: at.nullable(),
});
export type Command = z.output<typeof Command>;

export const Photo = z.object({
  id: z.string(),
  device_id: z.string(),
  filename: z.string(),
  url: z.string(),
  bytes: z.number().int(),
  quality: z.number().nullable(),
  flash_used: z.boolean(),
  intensity: z.number().nullable(),
  timestamp: at,
});
export type Photo = z.output<typeof Photo>;

/** What `/ws/devices` sends. */
export const outgoing = {
  devices: z.object({ devices: z.array(Device), cursor: z.string() }),
  pong: z.object({}),
  device_online: durable(z.object({ device: Device })),
  device_stale: durable(z.object({ device_id: z.string(), reason: z.string(), last_seen: at })),
  device_offline: durable(z.object({ device_id: z.string(), reason: z.string(), last_seen: at.nullable() })),
  /** Added, renamed, revoked, or described itself anew. */
  device_changed: durable(z.object({ device: Device })),
  device_removed: durable(z.object({ device_id: z.string() })),
  device_log: durable(z.object({ device_id: z.string(), log: LogLine })),
  command_updated: durable(z.object({ command: Command })),
  photo_captured: durable(Photo),
  photo_deleted: durable(z.object({ id: z.string(), device_id: z.string(), filename: z.string() })),
  sensor_data: latest(
    z.object({ device_id: z.string(), sensor_type: z.string(), data: z.record(z.string(), z.unknown()), at }),
    ({ device_id, sensor_type }) => `${device_id} ${sensor_type}`,
  ),
};

/** Told to every node, not to connections: a token ends. */
export const tokensTopic = "device_tokens";
export const TokenEnds = z.object({
  device_id: z.string(),
  /** Milliseconds since 1970; connections that came with it end then. */
  ends_at: z.number().int(),
  /** Names of the tokens that end. */
  tokens: z.array(z.string()),
  /** Nothing may speak for the device any more, under whatever token. */
  revoked: z.boolean().default(false),
});
export type TokenEnds = z.output<typeof TokenEnds>;
export const tokenEvents = { device_token_ends: durable(TokenEnds) };

export const iso = (time: number): string => new Date(time).toISOString();
export const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time));
