import { measureChats } from "./chats.ts";
import { both, type Row } from "./row.ts";
import type { Talk } from "./talking.ts";

const talk: Talk = {
  rooms: 200,
  roomSize: 2,
  sampleEvery: 4,
  maxP99: 20,
  search: { from: 4_000, to: 100_000 },
  seconds: 1.5,
  says: "chat_message",
};
const plan = { conversations: talk.rooms, agents: talk.roomSize, windows: 1 };

export const i5: Row = {
  name: "I5",
  workload: "agents' messages over /ws/chat in 200 web conversations, two agents each; p99 <= 20 ms",
  unit: "messages/s",
  goal: ">= 30,000/s",
  met: (peyk) => peyk >= 30_000,
  measure: () => both((kind) => measureChats(kind, plan, talk, (rate) => rate)),
};
