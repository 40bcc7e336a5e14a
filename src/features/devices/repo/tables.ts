import type { Generated, Kysely, Selectable } from "kysely";
import type { Kind } from "../kinds.ts";

/** Times are milliseconds since 1970; JSON is kept as text. */
export interface DeviceTables {
  devices: {
    id: string;
    kind: Kind;
    name: string;
    own_token: number;
    state: "online" | "stale" | "offline";
    reason: string | null;
    address: string | null;
    firmware: string | null;
    info: string;
    connected_at: number | null;
    last_seen: number | null;
    created_at: number;
    revoked_at: number | null;
    /** It has a token of its own, and the common one still speaks for it until then. */
    common_until: number | null;
  };
  device_tokens: {
    /** SHA-256; the token itself is shown once and kept nowhere. */
    hash: string;
    /** What logs and events call it: no secret. */
    name: string;
    device_id: string;
    created_at: number;
    ends_at: number | null;
  };
  device_pairing: { id: number; open_until: number };
  device_logs: {
    /** Thousandths of a millisecond since 1970, made larger where two would be the same: it orders, and it is a time. */
    id: number;
    device_id: string;
    level: string;
    message: string;
    source: Kind;
    device_time: string | null;
    at: number;
  };
  device_commands: {
    seq: Generated<number>;
    id: string;
    device_id: string;
    command_id: string | null;
    type: string;
    payload: string;
    /** The request as it came, to tell a repeat from another command under the same id. */
    request: string;
    /** Which answer of the board is about it: `servo`, `flash`, `photo`. */
    answers: string;
    state: "queued" | "sent" | "acknowledged" | "failed" | "expired";
    detail: string | null;
    created_by: string;
    created_at: number;
    expires_at: number;
    sent_at: number | null;
    ended_at: number | null;
  };
  device_photos: {
    id: string;
    device_id: string;
    file: string;
    bytes: number;
    quality: number | null;
    flash: number;
    intensity: number | null;
    at: number;
  };
}

export type Db = Kysely<DeviceTables>;
export type DeviceRow = Selectable<DeviceTables["devices"]>;
export type LogRow = Selectable<DeviceTables["device_logs"]>;
export type CommandRow = Selectable<DeviceTables["device_commands"]>;
export type PhotoRow = Selectable<DeviceTables["device_photos"]>;
