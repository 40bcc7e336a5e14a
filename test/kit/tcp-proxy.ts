import { connect, createServer, type Server, type Socket } from "node:net";

/** What stands between a client and a server, byte by byte. */
export interface Between {
  /** Changes what the client sends; `undefined` ends the connection. */
  readonly request?: (text: string) => string | undefined;
  /** Answers in the server's place where it returns something. */
  readonly instead?: (text: string) => string | undefined;
  /** While it says so, what the server answers is lost, and nobody learns that the other end has gone. */
  readonly isDeaf?: () => boolean;
  /** Milliseconds without a byte after which both ends are cut. */
  readonly cutAfter?: number;
}

/** A proxy on a port of its own in front of a server's, as bad as a test wants it. It may change its ways meanwhile. */
export class TcpProxy {
  between: Between = {};
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(port: number, between: Between): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new TcpProxy(server);
    proxy.between = between;
    server.on("connection", (client) => proxy.#carry(client, port));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  #carry(client: Socket, port: number): void {
    const upstream = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const ends = [client, upstream];
    const cut = () => {
      for (const end of ends) end.destroy();
    };
    for (const end of ends) {
      this.#open.add(end);
      end.on("error", cut);
      end.on("end", () => {
        if (!this.#isDeaf) end.end();
      });
      end.on("close", () => {
        this.#open.delete(end);
        cut();
      });
      const { cutAfter } = this.between;
      if (cutAfter !== undefined) end.setTimeout(cutAfter, cut);
    }
    upstream.on("data", (bytes) => {
      if (!this.#isDeaf) client.write(bytes);
    });
    client.on("data", (bytes) => this.#pass(Buffer.from(bytes), client, upstream, cut));
  }

  get #isDeaf(): boolean {
    return this.between.isDeaf?.() === true;
  }

  /** Ends every connection that is open now. */
  cut(): void {
    for (const end of this.#open) end.destroy();
  }

  /** As Latin-1: what is no text passes unchanged. */
  #pass(bytes: Buffer, client: Socket, upstream: Socket, cut: () => void): void {
    const text = bytes.toString("latin1");
    const answer = this.between.instead?.(text);
    if (answer !== undefined) return void client.end(answer);
    const changed = this.between.request === undefined ? text : this.between.request(text);
    if (changed === undefined) return cut();
    upstream.write(Buffer.from(changed, "latin1"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A whole answer of HTTP that ends its connection. */
export const httpAnswer = (status: string, body: string, ...headers: readonly string[]): string =>
  [
    `HTTP/1.1 ${status}`,
    "Content-Type: text/html",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    ...headers,
    "",
    body,
  ].join("\r\n");
