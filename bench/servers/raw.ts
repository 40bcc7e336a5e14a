/** The control: what `Bun.serve` alone does with the same load. It imports nothing of Peyk. */
import { answerCalls } from "../kit/child.ts";
import { settledUsage, usage } from "../kit/usage.ts";
import type { ServerCalls } from "./calls.ts";

interface Data {
  readonly room: string | undefined;
}

const greeting = JSON.stringify({ type: "connected" });
/** Rooms live here, everything else is told apart by its messages. */
const rooms = "/ws/bench/rooms/";

function serve(port: number) {
  const server = Bun.serve<Data>({
    hostname: "127.0.0.1",
    port,
    development: false,
    fetch(request, server) {
      const { pathname } = new URL(request.url);
      const room = pathname.startsWith(rooms) ? pathname : undefined;
      return server.upgrade(request, { data: { room } }) ? undefined : new Response(null, { status: 400 });
    },
    websocket: {
      idleTimeout: 0,
      sendPings: false,
      perMessageDeflate: false,
      open(ws) {
        if (ws.data.room !== undefined) ws.subscribe(ws.data.room);
        ws.send(greeting);
      },
      message(ws, message) {
        if (ws.data.room !== undefined) server.publish(ws.data.room, message);
        else if (JSON.parse(String(message)).type === "ping") ws.send(JSON.stringify({ type: "pong" }));
      },
    },
  });
  return server.port!;
}

if (process.send === undefined) serve(Number(process.env.PORT));
else
  answerCalls({
    start: async () => serve(0),
    tokens: async (count: number) => Array.from({ length: count }, () => "none"),
    usage,
    settledUsage,
  } satisfies ServerCalls);
