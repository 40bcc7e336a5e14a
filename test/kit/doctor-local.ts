import type { LocalFinding } from "../../src/doctor/local/run.ts";
import { runDoctor } from "./doctor.ts";
import { ServerProcess } from "./process.ts";
import { freePorts, missing } from "./program.ts";

export interface Examined {
  readonly code: number;
  readonly verdict: string;
  readonly findings: readonly LocalFinding[];
  readonly ms: number;
}

export interface ExamineOptions {
  /** Settings by their environment names. */
  readonly settings: Readonly<Record<string, string>>;
  /** What stands before the program: `ip netns exec …`, `prlimit …`. */
  readonly before?: readonly string[];
}

/** Runs `peyk doctor --local --json` in a process of its own, as an operator does. */
export async function examineHere(options: ExamineOptions): Promise<Examined> {
  const started = performance.now();
  const { code, out, complaint } = await runLocal(options, "--json");
  const ms = performance.now() - started;
  if (out === "") throw new Error(`ended with ${code}: ${complaint}`);
  return { code, ms, ...(JSON.parse(out) as Pick<Examined, "verdict" | "findings">) };
}

/** What it prints. At the root, where every user may be. */
export const runLocal = ({ settings, before = [] }: ExamineOptions, ...args: readonly string[]) =>
  runDoctor(["--local", ...args], {
    before,
    cwd: "/",
    settings: { HOME: process.env.HOME ?? "", ...settings },
  });

/** The one finding of this name; fails with all that was found instead. */
export function the({ findings }: Examined, cause: string): LocalFinding {
  const all = findings.filter((each) => each.cause === cause);
  if (all.length === 1) return all[0]!;
  throw new Error(`${all.length} times ${cause} in ${findings.map((each) => each.cause).join(", ")}`);
}

/** What may be wrong with a developer's machine, whatever is tested on it. */
const ofTheMachine = [
  "disk_low",
  "clock_not_synchronized",
  "firewall_blocks",
  "firewall_some",
  "firewall_may_block",
];

/** Names of what else is wrong. */
export const wrong = ({ findings }: Examined): string[] =>
  findings
    .filter(
      ({ verdict, cause }) => verdict !== "ok" && verdict !== "unknown" && !ofTheMachine.includes(cause),
    )
    .map(({ cause }) => cause);

export const noRoot = process.getuid?.() === 0 ? "" : "needs root";
/** An ordinary user, to whom root's things are closed. */
export const nobody = [
  "setpriv",
  "--reuid=65534",
  "--clear-groups",
  "--bounding-set=-all",
  "--inh-caps=-all",
];
export const noUser =
  noRoot || missing([...nobody, process.execPath, "--version"], "an ordinary user may not run this Bun");

/** Few enough for every machine's descriptors: how many there are is a test's own subject. */
export const calm = { MAX_CONNECTIONS: "500", MAX_CONNECTIONS_PER_ADDRESS: "100" };

/** A server on all addresses, and the settings that it and the doctor share. */
export async function serve(settings: Record<string, string> = {}) {
  const [port] = await freePorts(1);
  const all = { HOST: "0.0.0.0", PORT: String(port), ...calm, ...settings };
  const server = await ServerProcess.start({ settings: all });
  const options: ExamineOptions = { settings: { ...all, DATA_DIR: server.dataDir } };
  return { server, options, port: port!, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Settings without a server. */
export async function alone(dataDir: string, settings: Record<string, string> = {}): Promise<ExamineOptions> {
  const [port] = await freePorts(1);
  return { settings: { HOST: "127.0.0.1", PORT: String(port), DATA_DIR: dataDir, ...calm, ...settings } };
}
