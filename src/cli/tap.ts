import { type Command, CommandError, parse, print } from "./command.ts";
import { printable, size } from "./connections.ts";
import { type Remote, remoteFrom, remoteHelp, remoteOptions } from "./remote.ts";

export const tapCommand: Command = {
  usage: "tap ID [--content full]",
  summary: "Show the frames of one connection live, without secrets; Ctrl-C ends it",
  details: `  peyk tap ID [--content shape|full] [--json]
  By default texts are shown as their length: what people write is theirs. --content full shows them, and is audited so.
${remoteHelp}`,
  async run(args) {
    const options = { content: { type: "string" }, json: { type: "boolean" } } as const;
    const parsed = parse(args, { ...options, ...remoteOptions });
    const [id, ...rest] = parsed.positionals;
    if (id === undefined || rest.length > 0)
      throw new CommandError("which connection? Its id comes last: see `peyk connections`");
    const { content = "shape", json } = parsed.values as { content?: string; json?: boolean };
    const path = `/ws/tap/${encodeURIComponent(id)}?content=${encodeURIComponent(content)}`;
    return watch(remoteFrom(parsed), path, json === true ? printLine : (text) => void describe(text));
  },
};

const printLine = (text: string): void => print(text);

/** Until the connection ends, or somebody at the keyboard does. Returns the exit code. */
function watch(remote: Remote, path: string, show: (text: string) => void): Promise<number> {
  const { url, token, isLocal } = remote;
  const address = new URL(path, url);
  address.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(address, {
    headers: { Authorization: `Bearer ${token}` },
    ...(isLocal ? { tls: { rejectUnauthorized: false } } : {}),
  });
  let isOurs = false;
  const interrupt = () => {
    isOurs = true;
    socket.close(1000);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupt);
  socket.onmessage = ({ data }) => show(String(data));
  return new Promise((resolve) => {
    socket.onclose = ({ code, reason }) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupt);
      if (isOurs || code === tapEnded) return resolve(0);
      process.stderr.write(`the tap ended with ${code}: ${reason || "no server answers; is it running?"}\n`);
      resolve(1);
    };
  });
}

/** Close code of the fault `tap_ended`. */
const tapEnded = 4012;

/** A message of the tap, of any type. */
// biome-ignore lint/suspicious/noExplicitAny: it is shown, and nothing else.
type Fields = Record<string, any>;

/** One line for each message of the tap. */
function describe(text: string): void {
  const message = JSON.parse(text) as Fields;
  const line = lines[message.type]?.(message);
  if (line !== undefined) print(printable(line));
}

const lines: Readonly<Record<string, (message: Fields) => string>> = {
  tap_started: ({ connection, content }) => {
    const { id, channel, path, peer } = connection;
    return `tapping ${id}: ${channel} ${path}, from ${peer}; ${content === "full" ? "texts are shown" : "texts are hidden"}`;
  },
  tap_frame: ({ at, direction, kind, bytes, shown, cut }) => {
    const time = String(at).slice(11, 23);
    const more = cut ? " …" : "";
    return `${time}  ${String(direction).padEnd(3)}  ${String(kind).padEnd(6)}  ${size(bytes).padStart(8)}  ${shown ?? ""}${more}`.trimEnd();
  },
  tap_dropped: ({ frames, bytes }) => `              … ${frames} frames are not shown (${size(bytes)})`,
  tap_ended: ({ code, reason, frames, dropped }) =>
    `ended with ${[code, reason].join(" ").trim()}; ${frames} frames, of which ${dropped} not shown`,
  error: ({ message, hint }) => `${message}. ${hint}`,
};
