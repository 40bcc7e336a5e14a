import type { Connection, Ending } from "../../core/channel.ts";
import type { LiveConnection } from "../../core/connection.ts";
import type { Kind } from "./kinds.ts";
import type { DeviceRow } from "./repo.ts";

/** A board's connection: beside what channels know, whether it is over, and an end that it can be given. */
export type BoardConnection = Connection & Pick<LiveConnection, "isOver" | "endBy">;

/** One connection of one device, from the moment that we know which device it is. */
export interface Session {
  readonly connection: BoardConnection;
  readonly device: string;
  readonly kind: Kind;
  /** What the board said that it can do, now or the last time. */
  capabilities: readonly string[];
}

/** One for all: most boards have none, and there are thousands of them. */
export const noCapabilities: readonly string[] = [];

/** Boards say it after they were let in; until then, what they said the last time holds. */
export function capabilitiesOf(row: DeviceRow | undefined): readonly string[] {
  const { capabilities } = JSON.parse(row?.info ?? "{}") as { capabilities?: readonly string[] };
  return capabilities ?? noCapabilities;
}

const reasons: Readonly<Partial<Record<string, string>>> = {
  peer_lost: "no sign of life",
  idle: "no message for a long time",
  token_revoked: "revoked",
  token_expired: "its token ended",
  slow_reader: "it read too slowly",
};

/** Why a connection ended, in one line for people. */
export function reasonOf(ending: Ending | undefined): string {
  if (ending?.fault !== undefined) return reasons[ending.fault] ?? ending.fault.replaceAll("_", " ");
  if (ending === undefined || ending.code === 1006) return "the connection was lost";
  return `it closed the connection (${ending.code})`;
}
