import type { Check } from "../core/health.ts";
import type { Store } from "../core/store.ts";

/** Milliseconds that a change may take before the disk counts as slow. */
const slowWrite = 500;

/** An empty change goes the whole way: to the writer, into a transaction, and back. */
export const storeCheck = (store: Pick<Store, "commit">): Check => ({
  name: "store",
  async run() {
    const started = performance.now();
    await store.commit({});
    const ms = Math.round(performance.now() - started);
    const saw = `a change took ${ms} ms`;
    if (ms < slowWrite) return { verdict: "ok", saw, fix: "" };
    return {
      verdict: "warning",
      saw,
      fix: "The disk under DATA_DIR is slow or busy: look at its load, or move DATA_DIR.",
    };
  },
});

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
