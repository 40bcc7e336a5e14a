import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

/** A TCP server that does exactly what a case says, on loopback unless told otherwise. Returns the port. */
export async function rawServer(
  stack: AsyncDisposableStack,
  accept: (socket: Socket) => void,
  { tls, host = "127.0.0.1" }: { readonly tls?: TlsOptions | undefined; readonly host?: string } = {},
): Promise<number> {
  const sockets = new Set<Socket>();
  const onSocket = (socket: Socket) => {
    sockets.add(socket);
    // Half of these cases end a connection roughly.
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    accept(socket);
  };
  const server: Server = tls === undefined ? createServer(onSocket) : createTlsServer(tls, onSocket);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  stack.defer(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as { port: number }).port;
}

/** What came up to the end of a request's head. */
export interface Request {
  readonly head: string;
  readonly path: string;
  /** Asks for a WebSocket, with all that RFC 6455 4.2.1 demands: some servers are content with less. */
  readonly isUpgrade: boolean;
  readonly key: string;
}

/** Calls back with each request on this socket; their bodies are not expected. */
export function onRequest(socket: Socket, answer: (request: Request) => void): void {
  let seen = "";
  const onData = (data: Buffer) => {
    seen += data.toString("latin1");
    const end = seen.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = seen.slice(0, end);
    seen = seen.slice(end + 4);
    const request = parse(head);
    if (request.isUpgrade) socket.off("data", onData);
    answer(request);
  };
  socket.on("data", onData);
}

const parse = (head: string): Request => ({
  head,
  path: head.split(" ")[1] ?? "",
  isUpgrade:
    /^GET \S+ HTTP\/1\.1/.test(head) &&
    /^upgrade: *websocket/im.test(head) &&
    /^connection:.*\bupgrade/im.test(head),
  key: /^sec-websocket-key: *(\S+)/im.exec(head)?.[1] ?? "",
});

/** Answers every request with these bytes. */
export const answering = (
  stack: AsyncDisposableStack,
  answer: (request: Request) => string | Buffer,
): Promise<number> =>
  rawServer(stack, (socket) => onRequest(socket, (request) => void socket.write(answer(request) as never)));

/** One HTTP answer with a right Content-Length. */
export function answer(status: string, headers: Readonly<Record<string, string>> = {}, body = ""): string {
  const all = { "Content-Type": "text/html", "Content-Length": String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join("")}\r\n${body}`;
}
