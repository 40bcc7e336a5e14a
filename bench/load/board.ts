import type { Client } from "./client.ts";
import { textFrame } from "./frames.ts";

const ping = '{"type":"ping"}';
const pong = textFrame('{"type":"pong"}');

/** Makes a socket a board: it says its name, waits for the answer, and answers JSON pings from then on. */
export async function board(client: Client, name: string): Promise<void> {
  await client.ask(textFrame(JSON.stringify({ type: "connect", device: name, version: "1.0.0" })));
  client.onText = (_, bytes, start, end) => {
    if (end - start === ping.length && bytes.toString("latin1", start, end) === ping) client.send(pong);
  };
}
