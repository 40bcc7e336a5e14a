/** `bun bench/run.ts [P1 P2 …] [--json FILE]`: each row beside its control, in one run on this machine. */
import { parseArgs } from "node:util";
import { hasPostgres } from "./kit/postgres.ts";
import { head, line, type Result, summary, toJson } from "./report.ts";
import { d1 } from "./rows/d1.ts";
import { d2 } from "./rows/d2.ts";
import { i1 } from "./rows/i1.ts";
import { i5 } from "./rows/i5.ts";
import { i6, i6Postgres } from "./rows/i6.ts";
import { p1 } from "./rows/p1.ts";
import { p2, p2Pipelined } from "./rows/p2.ts";
import { p3 } from "./rows/p3.ts";
import { p4 } from "./rows/p4.ts";
import { p5, p5Postgres } from "./rows/p5.ts";
import { p6, p6Orders } from "./rows/p6.ts";
import { p7, p7Stalled } from "./rows/p7.ts";
import { p8 } from "./rows/p8.ts";
import type { Row } from "./rows/row.ts";

const rows: readonly Row[] = [
  p1,
  p2,
  p2Pipelined,
  p3,
  p4,
  p5,
  p6,
  p6Orders,
  p7,
  p7Stalled,
  p8,
  d1,
  d2,
  i1,
  i5,
  i6,
  ...(hasPostgres ? [p5Postgres, i6Postgres] : []),
];

function chosen(names: readonly string[]): readonly Row[] {
  const wanted = names.map((name) => name.toUpperCase());
  const unknown = wanted.filter((name) => !rows.some((row) => row.name.toUpperCase() === name));
  if (unknown.length > 0)
    throw new Error(
      `there is no row ${unknown.join(", ")}; there are ${rows.map(({ name }) => name).join(", ")}`,
    );
  return wanted.length === 0 ? rows : rows.filter(({ name }) => wanted.includes(name.toUpperCase()));
}

async function measure(row: Row): Promise<Result> {
  try {
    return { row, outcome: await row.measure() };
  } catch (error) {
    return { row, error: error instanceof Error ? error.message : String(error) };
  }
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: { json: { type: "string" } },
  });
  const results: Result[] = [];
  const todo = chosen(positionals);
  console.log(head());
  for (const row of todo) {
    const result = await measure(row);
    results.push(result);
    console.log(line(result));
  }
  console.log(summary(results));
  if (values.json !== undefined)
    await Bun.write(values.json, `${JSON.stringify(toJson(results), null, 2)}\n`);
  return results.some((result) => "error" in result) ? 1 : 0;
}

process.exitCode = await main().catch((error: Error) => {
  console.error(error.message);
  return 2;
});
