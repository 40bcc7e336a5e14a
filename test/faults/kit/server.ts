import { connect } from "node:net";
import { Program, type ProgramOptions } from "../../kit/program.ts";

/** Milliseconds that a server may take to listen, on a busy machine. */
const patience = 20_000;

/** Starts somebody else's server, and resolves when it listens on this port of loopback. */
export async function startServer(
  stack: AsyncDisposableStack,
  command: readonly string[],
  port: number,
  options: ProgramOptions = {},
): Promise<Program> {
  const program = stack.use(Program.start(command, options));
  for (const end = Date.now() + patience; !(await listens(port)); await Bun.sleep(20)) {
    if (program.isOver || Date.now() > end)
      throw new Error(`${command[0]} does not listen on ${port}:\n${program.output}`);
  }
  return program;
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
