import { z } from "zod";
import { durable } from "../../core/channel.ts";

/** Told to every node: the connections of this user, or of one session of his, must end. */
export const Revoked = z.object({ user_id: z.string(), session_id: z.string().nullable() });

export const outgoing = { revoked: durable(Revoked) };

/** Topic that no connection follows: only the server's own parts do. */
export const accountsTopic = "accounts";
