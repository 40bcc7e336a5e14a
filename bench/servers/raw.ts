/** The control: what `Bun.serve` alone does with the same load. It imports nothing of Peyk. */
import { answerCalls } from "../kit/child.ts";
import { settledUsage, usage } from "../kit/usage.ts";
import type { ChatsPlan, ServerCalls } from "./calls.ts";

/** Topics of a socket: what it hears, and where its pictures, or in a room all that it says, go. */
interface Data {
  readonly hears: string | undefined;
  readonly tells: string | undefined;
}

const greeting = JSON.stringify({ type: "connected" });
/** Rooms live here, pictures go from the camera to its viewers, everything else is told apart by its messages. */
const rooms = "/ws/bench/rooms/";
const chats = "/ws/chat/";
const video = "/ws/video";
const camera = "/ws/esp32cam";
const drivers = "/ws/drivers/";
const map = "/ws/dispatch-map/";
let logLines = 0;
let orderSteps = 0;
/** Drivers that moved since the maps were told, each with his newest message. */
const moved = new Map<string, object>();

function dataOf(path: string): Data {
  if (path.startsWith(rooms) || path.startsWith(chats)) return { hears: path, tells: path };
  if (path.startsWith(drivers)) return { hears: undefined, tells: path };
  if (path === map) return { hears: map, tells: undefined };
  return { hears: path === video ? path : undefined, tells: path === camera ? video : undefined };
}

const isRelayed = ({ hears }: Data, message: string | Buffer): boolean =>
  (hears !== undefined && hears !== map) || typeof message !== "string";

/** An agent's message as the inbox tells it: of the same size, with the same fields. */
const inFull = (content: string): string =>
  JSON.stringify({
    type: "chat_message",
    message: {
      id: "msg_mwq8q5he637xbwt3gynt",
      conversation_id: "conv_6bhsbi0",
      content,
      type: "support",
      customer: { id: 1, first_name: "Customer", last_name: "0" },
      created_at: new Date().toISOString(),
      message_type: "text",
      media_url: null,
      media: null,
      is_answered: false,
      is_ai_response: false,
      processing_status: "completed",
      state: "sent",
      error: null,
      author: { id: 1, name: "agent0@bench.example" },
      client_message_id: null,
      edited_at: null,
      deleted: false,
    },
    external_send_result: { success: true, platform: "web" },
    cursor: "xgr2tvba-1234567",
  });

function answer(server: Bun.Server<Data>, ws: Bun.ServerWebSocket<Data>, message: string): void {
  const { type, ...body } = JSON.parse(message);
  if (type === "ping") ws.send(JSON.stringify({ type: "pong" }));
  else if (type === "connect") ws.send(greeting);
  else if (type === "log") logLines++;
  else if (type === "location") moved.set(ws.data.tells!, body);
  else if (type === "status") {
    orderSteps++;
    server.publish(map, JSON.stringify({ type: "order_update", data: { id: body.order_id, ...body } }));
  }
}

/** Ten times a second, what changed since the last time. */
function tellMaps(server: Bun.Server<Data>): void {
  if (moved.size === 0) return;
  const list = [...moved].map(([driver_id, place]) => ({ driver_id, ...place }));
  moved.clear();
  server.publish(map, JSON.stringify({ type: "driver_locations", data: { drivers: list } }));
}

function serve(port: number) {
  const server = Bun.serve<Data>({
    hostname: "127.0.0.1",
    port,
    development: false,
    fetch(request, server) {
      const data = dataOf(new URL(request.url).pathname);
      return server.upgrade(request, { data }) ? undefined : new Response(null, { status: 400 });
    },
    websocket: {
      idleTimeout: 0,
      sendPings: false,
      perMessageDeflate: false,
      open(ws) {
        if (ws.data.hears !== undefined) ws.subscribe(ws.data.hears);
        ws.send(greeting);
      },
      message(ws, message) {
        const { tells } = ws.data;
        if (tells?.startsWith(chats)) server.publish(tells, inFull(JSON.parse(String(message)).content));
        else if (isRelayed(ws.data, message)) server.publish(tells!, message);
        else answer(server, ws, String(message));
      },
    },
  });
  setInterval(() => tellMaps(server), 100);
  return server.port!;
}

if (process.send === undefined) serve(Number(process.env.PORT));
else
  answerCalls({
    start: async () => serve(0),
    tokens: async (count: number) => Array.from({ length: count }, () => "none"),
    staffToken: async () => "none",
    logLines: async () => logLines,
    drivers: async (count: number) => Array.from({ length: count }, (_, i) => `${drivers}${i}/`),
    orders: async (count: number) => Array.from({ length: count }, (_, i) => `order_${i}`),
    orderSteps: async () => orderSteps,
    chats: async ({ conversations, agents, windows }: ChatsPlan) =>
      Array.from({ length: conversations * agents * windows }, (_, i) => `${chats}${i % conversations}/`),
    inboxes: async () => ({ huge: "none", small: "none", long: "none" }),
    usage,
    settledUsage,
  } satisfies ServerCalls);
