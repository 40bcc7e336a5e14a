/** Milliseconds that a request or a handshake may take; a hotel's network is slow. */
export const patience = 8_000;

/**
 * One GET to this server, past the browser's cache.
 * @returns {{ status?: number, text?: string, date?: number, at?: number, ms?: number, failed?: "none" | "slow" | "redirected" }}
 */
export async function get(path) {
  const started = performance.now();
  try {
    const answer = await fetch(path, {
      cache: "no-store",
      redirect: "manual",
      credentials: "omit",
      signal: AbortSignal.timeout(patience),
    });
    if (answer.type === "opaqueredirect") return { failed: "redirected" };
    const at = Date.now();
    const ms = performance.now() - started;
    const date = Date.parse(answer.headers.get("date") ?? "");
    return { status: answer.status, text: await answer.text(), date, at, ms };
  } catch (error) {
    return { failed: error.name === "TimeoutError" ? "slow" : "none" };
  }
}

/** Paths that lead to another host, as `//elsewhere/`, are none: the token is for this server alone. */
export function socketUrl(path) {
  if (!/^\/(?![/\\])/.test(path)) return undefined;
  const url = new URL(path, location.origin);
  if (url.host !== location.host) return undefined;
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return url;
}

let refusedByPolicy = false;
document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
  if (effectiveDirective === "connect-src") refusedByPolicy = true;
});

/** An open socket or one that failed, whose messages can be waited for. */
export class Probe {
  #socket;
  #messages = [];
  #waiting = () => {};
  opened = false;
  /** `{ code, reason, ms }` of its end. */
  ended;

  constructor(url) {
    this.started = performance.now();
    this.#socket = new WebSocket(url);
    this.#socket.onopen = () => {
      this.opened = true;
      this.#waiting();
    };
    this.#socket.onmessage = ({ data }) => {
      this.#messages.push(parse(data));
      this.#waiting();
    };
    this.#socket.onclose = ({ code, reason }) => {
      this.ended = { code, reason, ms: performance.now() - this.started };
      this.#waiting();
    };
  }

  get refusedByPolicy() {
    return refusedByPolicy;
  }

  get messages() {
    return this.#messages;
  }

  /** Waits until `isThere()` or the end, at most so long. Resolves with what `isThere` says then. */
  async until(isThere, ms = patience) {
    const end = performance.now() + ms;
    while (!isThere() && this.ended === undefined && performance.now() < end) {
      let timer;
      await new Promise((resolve) => {
        this.#waiting = resolve;
        timer = setTimeout(resolve, end - performance.now());
      });
      clearTimeout(timer);
    }
    return isThere();
  }

  /** Takes the next message of a type; `undefined` where none comes in time. */
  async next(type, ms = patience) {
    const find = () => this.#messages.findIndex((each) => each.type === type);
    if (!(await this.until(() => find() >= 0, ms))) return undefined;
    return this.#messages.splice(find(), 1)[0];
  }

  send(message) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  close() {
    this.#socket.close(1000);
  }
}

/** What is no JSON object has no type. */
function parse(data) {
  try {
    return Object(JSON.parse(data));
  } catch {
    return {};
  }
}
