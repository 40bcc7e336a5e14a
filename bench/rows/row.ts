/** One measurement of one server. */
export interface Figure {
  /** The number that the goal is about. */
  readonly value: number;
  /** What stands beside it: percentiles, processor time of server and generator. */
  readonly notes: string;
}

export interface Outcome {
  readonly peyk: Figure;
  readonly control: Figure;
}

export interface Row {
  readonly name: string;
  readonly workload: string;
  readonly unit: string;
  /** As one reads it. */
  readonly goal: string;
  readonly met: (peyk: number, control: number) => boolean;
  measure(): Promise<Outcome>;
}

/** Both servers after one another, so that neither takes the other's processor time. */
export async function both(measure: (kind: "peyk" | "raw") => Promise<Figure>): Promise<Outcome> {
  const control = await measure("raw");
  return { peyk: await measure("peyk"), control };
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`;
export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
