import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { examine as call } from "../../../src/doctor/examine.ts";
import type { Options } from "../../../src/doctor/options.ts";
import { type Report, stages } from "../../../src/doctor/report.ts";
import { runDoctor } from "../../kit/doctor.ts";
import { tempDir } from "../../kit/temp.ts";
import type { Target } from "./case.ts";

/** What the doctor says. */
export const examine = ({ url, options = {}, command }: Target): Promise<Report> =>
  command === undefined ? call(url, options) : runCommand(url, options, command);

/** `peyk doctor URL … --json` in a process of its own, as somebody types it. Rejects where its exit code does not fit. */
async function runCommand(url: string, options: Options, before: readonly string[]): Promise<Report> {
  using folder = tempDir();
  const words = [url, ...toWords(options, folder.path), "--json"];
  const { out, complaint, code } = await runDoctor(words, { before, cwd: folder.path });
  const report = read(out, complaint);
  if (code !== exitCodeOf(report)) throw new Error(`peyk doctor ended with ${code}:\n${out}`);
  return report;
}

/** As its `--help` says. */
const exitCodeOf = ({ verdict, stage }: Report): number =>
  verdict === "broken" ? 10 + stages.indexOf(stage!) : 0;

function toWords({ headers = {}, ca, timeout, ...options }: Options, folder: string): string[] {
  const words = Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]);
  for (const [name, value] of Object.entries(options)) words.push(`--${name}`, String(value));
  if (timeout !== undefined) words.push("--timeout", String(timeout / 1000));
  if (ca === undefined) return words;
  writeFileSync(join(folder, "ca.pem"), ca);
  return [...words, "--ca", "ca.pem"];
}

function read(out: string, complaint: string): Report {
  try {
    return JSON.parse(out);
  } catch {
    throw new Error(`peyk doctor printed no report:\n${out}${complaint}`);
  }
}
