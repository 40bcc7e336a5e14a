import type { Socket } from "node:net";
import { outsideAddress } from "../../kit/program.ts";
import type { SetUp } from "./case.ts";
import { answering, onRequest, rawServer } from "./raw.ts";

/** One answer to an upgrade, and one to what is none. */
export const says =
  (upgrade: string, plain = upgrade, path = "/ws"): SetUp =>
  async (stack) => {
    const port = await answering(stack, ({ isUpgrade }) => (isUpgrade ? upgrade : plain));
    return { url: `ws://127.0.0.1:${port}${path}` };
  };

/** As `says`, on this machine's outer address: nobody's hotel is loopback. */
export const saysOutside =
  (text: string): SetUp =>
  async (stack) => {
    const host = outsideAddress()!;
    const accept = (socket: Socket) => onRequest(socket, () => void socket.end(text));
    return { url: `ws://${host}:${await rawServer(stack, accept, { host })}/ws` };
  };

export const page = (text: string): string =>
  `<!DOCTYPE html><html><head><title>${text}</title></head><body>${text}</body></html>`;
