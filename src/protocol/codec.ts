import { Fault } from "./faults.ts";
import type { Message } from "./message.ts";

/**
 * Reads one text frame. Throws `bad_message` for what is not JSON, is no object, has no `type`, or nests deeper than
 * `maxDepth`. `untyped`: the type of a message without one. Keys named `__proto__` are dropped wherever they stand.
 */
export function decode(text: string, maxDepth: number, untyped?: string): Message {
  const value = parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Fault("bad_message", 'a message is one JSON object, like {"type":"ping"}');
  // A value nested d deep takes at least 2·d characters, so short messages need no walk.
  if (text.length > 2 * maxDepth && deeperThan(value, maxDepth))
    throw new Fault("bad_message", `a message may nest ${maxDepth} deep at most`);
  if (untyped !== undefined && (value as Message).type === undefined) return { ...value, type: untyped };
  if (typeof (value as Message).type !== "string") throw new Fault("bad_message", "a message needs a `type`");
  return value as Message;
}

function parse(text: string): unknown {
  try {
    return text.includes("__proto__")
      ? JSON.parse(text, function (this: unknown, key, value) {
          return key === "__proto__" ? undefined : value;
        })
      : JSON.parse(text);
  } catch (cause) {
    throw new Fault("bad_message", "Invalid JSON format", { cause });
  }
}

/** Walks with a list of its own: a recursive walk would overflow on exactly the input it looks for. */
function deeperThan(value: object, limit: number): boolean {
  let level: object[] = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > limit) return true;
    const next: object[] = [];
    for (const node of level)
      for (const child of Object.values(node))
        if (typeof child === "object" && child !== null) next.push(child);
    level = next;
  }
  return false;
}

/** One frame's text: `type` first, then the body's fields in their order. */
export function encode(type: string, body: object = {}): string {
  const fields = JSON.stringify(body);
  const head = `{"type":${JSON.stringify(type)}`;
  return fields === "{}" ? `${head}}` : `${head},${fields.slice(1)}`;
}

/** The same frame with its cursor as the last field, without encoding it again. */
export const withCursor = (frame: string, cursor: string): string =>
  `${frame.slice(0, -1)},"cursor":"${cursor}"}`;
