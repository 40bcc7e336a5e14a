import { measureChats } from "./chats.ts";
import { both, type Row } from "./row.ts";
import type { Talk } from "./talking.ts";

const talk: Talk = {
  rooms: 1,
  roomSize: 1_000,
  sampleEvery: 50,
  maxP99: 25,
  search: { from: 200, to: 20_000 },
  seconds: 1.5,
  says: "chat_message",
};
const plan = { conversations: 1, agents: 50, windows: 20 };

export const i1: Row = {
  name: "I1",
  workload:
    "agents' messages in one conversation that 1,000 sockets have open; highest rate with p99 <= 25 ms",
  unit: "deliveries/s",
  goal: ">= 80 % of control",
  met: (peyk, control) => peyk >= 0.8 * control,
  measure: () => both((kind) => measureChats(kind, plan, talk, (rate) => rate * talk.roomSize)),
};
