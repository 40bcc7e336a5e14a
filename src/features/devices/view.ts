import { type Command, type Device, iso, isoOrNull, type Photo } from "./events.ts";
import type { CommandRow, DeviceRow, LogRow, PhotoRow } from "./repo.ts";

/** When a connected device was last heard of. Milliseconds. */
export interface Seen {
  readonly lastSeen: number;
  readonly now: number;
  readonly staleAfter: number;
}

/** `seen`: it is connected here. */
export function toDevice(row: DeviceRow, seen: Seen | undefined): Device {
  const { id, kind, name, address, firmware } = row;
  return {
    id,
    kind,
    name,
    ...stateOf(row, seen),
    address,
    firmware,
    own_token: row.own_token === 1,
    revoked: row.revoked_at !== null,
    connected_at: isoOrNull(row.connected_at),
    last_seen: seen === undefined ? isoOrNull(row.last_seen) : iso(seen.lastSeen),
    created_at: iso(row.created_at),
    info: JSON.parse(row.info),
  };
}

function stateOf({ state, reason }: DeviceRow, seen: Seen | undefined): Pick<Device, "state" | "reason"> {
  if (seen !== undefined) {
    const silent = seen.now - seen.lastSeen;
    if (silent <= seen.staleAfter) return { state: "online", reason: null };
    return { state: "stale", reason: `no sign of life for ${Math.round(silent / 1000)} s` };
  }
  // On record as online, and not connected: the server has just started.
  if (state === "online") return { state: "stale", reason: "not back yet after a restart of the server" };
  return { state, reason };
}

export const toLogLine = ({ id, device_id, level, message, source, device_time, at }: LogRow) => ({
  id,
  device_id,
  level,
  message,
  source,
  device_time,
  at: iso(at),
});

export const toCommand = (row: Omit<CommandRow, "seq">): Command => ({
  id: row.id,
  device_id: row.device_id,
  command_id: row.command_id,
  type: row.type,
  payload: JSON.parse(row.payload),
  state: row.state,
  detail: row.detail,
  created_by: row.created_by,
  created_at: iso(row.created_at),
  expires_at: iso(row.expires_at),
  sent_at: isoOrNull(row.sent_at),
  ended_at: isoOrNull(row.ended_at),
});

export const photoUrl = (device: string, id: string): string =>
  `/api/devices/${encodeURIComponent(device)}/photos/${id}.jpg`;

export const toPhoto = ({ id, device_id, file, bytes, quality, flash, intensity, at }: PhotoRow): Photo => ({
  id,
  device_id,
  filename: file,
  url: photoUrl(device_id, id),
  bytes,
  quality,
  flash_used: flash === 1,
  intensity,
  timestamp: iso(at),
});
