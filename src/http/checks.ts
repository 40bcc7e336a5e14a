import { type Check, storeName, within } from "../core/health.ts";
import type { Store } from "../core/store.ts";

/** Milliseconds that a change may take before the disk counts as slow. */
const slowWrite = 500;
/** Milliseconds after which it counts as gone: less than any check has, so that its own advice is given. */
const storePatience = 1_600;

/** What an operator does where the store is slow, and where it takes nothing. */
interface Advice {
  readonly slow: string;
  readonly down: string;
}

export const fileAdvice: Advice = {
  slow: "The disk under DATA_DIR is slow or busy: look at its load, or move DATA_DIR.",
  down: "Make room on the disk under DATA_DIR; if that is not it, see the log for store and restart the server.",
};

export const serverAdvice: Advice = {
  slow: "PostgreSQL is slow, busy or far away: look at its load, its disk and the network between.",
  down: "Start PostgreSQL, or look at DATABASE_URL. Peyk connects again by itself.",
};

/** An empty change goes the whole way: to the writer, into a transaction, and back. */
export const storeCheck = (store: Pick<Store, "commit">, advice: Advice): Check => ({
  name: storeName,
  async run() {
    const started = performance.now();
    try {
      await within(storePatience, store.commit({}));
    } catch (error) {
      return { verdict: "error", saw: causeOf(error), fix: advice.down };
    }
    const ms = Math.round(performance.now() - started);
    const saw = `a change took ${ms} ms`;
    if (ms < slowWrite) return { verdict: "ok", saw, fix: "" };
    return { verdict: "warning", saw, fix: advice.slow };
  },
});

/** What the operator is told is the cause; the fault itself is for clients. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** Results are kept this long, so that asking for health costs strangers nothing and us little. */
const keepFor = 5_000;

/** Opens a real socket to our own /ws/test/ and waits for its greeting. */
export function socketCheck(url: () => URL | undefined): Check {
  let kept: { at: number; result: ReturnType<Check["run"]> } | undefined;
  return {
    name: "websocket",
    run() {
      const now = performance.now();
      if (kept === undefined || now - kept.at > keepFor) kept = { at: now, result: greetOurselves(url()) };
      return kept.result;
    },
  };
}

async function greetOurselves(url: URL | undefined): ReturnType<Check["run"]> {
  if (url === undefined)
    return { verdict: "error", saw: "no port listens yet", fix: "Wait for the start to finish." };
  const target = new URL("/ws/test/", url);
  target.protocol = url.protocol.replace("http", "ws");
  if (["0.0.0.0", "::", "[::]"].includes(target.hostname)) target.hostname = "127.0.0.1";
  const saw = await firstFrame(target);
  if (saw.includes("test_message")) return { verdict: "ok", saw: "/ws/test/ greets", fix: "" };
  const fix = `A socket to ${target.href} does not greet (${saw}): look for connection.refused in the log.`;
  return { verdict: "error", saw, fix };
}

/** What came first: a frame's text, or how it failed. */
function firstFrame(target: URL): Promise<string> {
  return new Promise((resolve) => {
    // It is ourselves, by an address that no certificate needs to name.
    const socket = new WebSocket(target, { tls: { rejectUnauthorized: false } });
    const end = (saw: string) => {
      clearTimeout(timer);
      resolve(saw);
      socket.close();
    };
    const timer = setTimeout(() => end("nothing within 1.5 s"), 1_500);
    socket.onmessage = ({ data }) => end(String(data));
    socket.onclose = ({ code, reason }) => end(`closed with ${code} ${reason}`);
    socket.onerror = () => end("the connection failed");
  });
}
