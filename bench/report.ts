import { machine } from "./machine.ts";
import type { Figure, Outcome, Row } from "./rows/row.ts";

/** One row with what came of it, or with the reason why nothing did. */
export type Result = { readonly row: Row } & ({ readonly outcome: Outcome } | { readonly error: string });

export const head = (): string => {
  const { cores, cpu, memory, system, bun } = machine();
  return `${cores} x ${cpu}, ${memory}, ${system}, Bun ${bun}\n`;
};

export function line(result: Result): string {
  const { name, workload, goal } = result.row;
  const title = `${name.padEnd(4)} ${workload}`;
  if ("error" in result) return `${title}\n     failed: ${result.error}\n`;
  const { peyk, control } = result.outcome;
  return [
    title,
    figure("Peyk", peyk, result.row),
    figure("control", control, result.row),
    `     ${"goal".padEnd(8)} ${goal}: ${verdict(result.row, result.outcome)}; ratio ${ratio(result.outcome)}`,
    "",
  ].join("\n");
}

const figure = (who: string, { value, notes }: Figure, { unit }: Row): string =>
  `     ${who.padEnd(8)} ${number(value).padStart(10)} ${unit.padEnd(13)} ${notes}`;

const number = (value: number): string =>
  value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 1 : 0 });

const verdict = ({ met }: Row, { peyk, control }: Outcome): string =>
  met(peyk.value, control.value) ? "met" : "NOT MET";

const ratio = ({ peyk, control }: Outcome): string => (peyk.value / control.value).toFixed(2);

export const summary = (results: readonly Result[]): string =>
  [
    cells("row", "Peyk", "control", "ratio", "", "goal"),
    ...results.map((result) => {
      const { row } = result;
      if ("error" in result) return cells(row.name, "failed", "", "", "", row.goal);
      const { peyk, control } = result.outcome;
      const values = [peyk, control].map(({ value }) => number(value)) as [string, string];
      return cells(
        row.name,
        ...values,
        ratio(result.outcome),
        verdict(row, result.outcome),
        `${row.goal} (${row.unit})`,
      );
    }),
  ].join("\n");

const cells = (row: string, peyk: string, control: string, ratio: string, verdict: string, goal: string) =>
  `${row.padEnd(5)} ${peyk.padStart(11)} ${control.padStart(11)} ${ratio.padStart(6)}  ${verdict.padEnd(8)} ${goal}`;

/** The same for programs. */
export const toJson = (results: readonly Result[]) => ({
  machine: machine(),
  at: new Date().toISOString(),
  rows: results.map((result) => {
    const { name, workload, unit, goal } = result.row;
    if ("error" in result) return { name, workload, unit, goal, error: result.error };
    const { peyk, control } = result.outcome;
    return { name, workload, unit, goal, peyk, control, met: result.row.met(peyk.value, control.value) };
  }),
});
