import { Program } from "../kit/program.ts";
import { until } from "../kit/until.ts";

/** The sketch as a program of this machine (arduino-stubs/board.cpp), and the WebSocket that its library would open. */
export class SketchBoard {
  readonly program: Program;
  /** What the sketch said as text. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every shape.
  readonly said: Record<string, any>[] = [];
  /** Pictures a second that the server asked for last. */
  lastPace: number | undefined;
  #socket: WebSocket | undefined;
  #unread = Buffer.alloc(0);

  private constructor(path: string) {
    this.program = Program.start([path], { onBytes: (bytes) => this.#read(bytes) });
  }

  static start(path: string): SketchBoard {
    return new SketchBoard(path);
  }

  /** A line `<word> <bytes>`, and so many bytes after it. */
  #read(bytes: Uint8Array): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    for (;;) {
      const end = this.#unread.indexOf("\n");
      if (end < 0) return;
      const [word = "", length] = this.#unread.toString("latin1", 0, end).split(" ");
      const next = end + 1 + Number(length);
      if (this.#unread.length < next) return;
      const data = this.#unread.subarray(end + 1, next);
      this.#unread = this.#unread.subarray(next);
      this.#handle(word, data);
    }
  }

  #handle(word: string, data: Buffer): void {
    if (word === "connect") this.#connect(data.toString());
    if (word === "text") this.#send(data.toString());
    if (word === "binary") this.#socket?.send(new Uint8Array(data));
    if (word === "disconnect") this.#socket?.close();
  }

  #send(text: string): void {
    this.said.push(JSON.parse(text));
    this.#socket?.send(text);
  }

  #connect(request: string): void {
    const [url = "", ...lines] = request.split("\r\n");
    const headers = Object.fromEntries(
      lines.map((line) => /^([^:]+): (.*)$/.exec(line)!.slice(1) as [string, string]),
    );
    const socket = new WebSocket(url, { headers } as never);
    this.#socket = socket;
    socket.addEventListener("open", () => this.#tell("open"));
    socket.addEventListener("message", ({ data }) => this.hear(String(data)));
    socket.addEventListener("close", () => this.#tell("close"));
  }

  /** Hands a text to the sketch, as if the server had sent it. */
  hear(text: string): void {
    const { type, fps } = JSON.parse(text);
    if (type === "stream") this.lastPace = fps;
    this.#tell("text", text);
  }

  #tell(word: string, text = ""): void {
    this.program.write(`${word} ${Buffer.byteLength(text)}\n${text}`);
  }

  /** Resolves when the sketch has said something that fits. */
  async says(fits: (message: Record<string, unknown>) => boolean): Promise<void> {
    await until(
      () => this.said,
      (said) => said.some(fits),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    this.#socket?.close();
  }
}
