import { MemoryPresence } from "../../src/adapters/presence/memory.ts";
import { FakeClock } from "../kit/clock.ts";
import { presenceSuite } from "./presence.ts";

presenceSuite("memory", async () => {
  const clock = new FakeClock();
  const presence = new MemoryPresence(clock);
  return { presence, pass: async (ms) => clock.advance(ms), [Symbol.asyncDispose]: () => presence.close() };
});
