/**
 * Whether a rule is about a new TCP connection to one port, from an outsider. `some`: about such a connection from some
 * addresses, at some times. `unclear`: this program does not know what it says.
 */
export type Fit = "yes" | "no" | "some" | "unclear";

export type Action =
  | { readonly do: "accept" | "drop" | "return" | "next" }
  | { readonly do: "jump" | "goto"; readonly chain: string };

export interface Rule {
  readonly fit: Fit;
  readonly action: Action;
  /** As the tool prints it. */
  readonly text: string;
}

export interface Chain {
  readonly rules: readonly Rule[];
  /** Of a chain that the kernel enters by itself: what happens at its end. */
  readonly policy?: "accept" | "drop";
}

/** What becomes of the connection. `rule` is the one that decides; `exception` lets some in before it. */
export type Fate =
  | { readonly kind: "in" }
  | { readonly kind: "out" | "perhaps"; readonly rule: string }
  | { readonly kind: "some"; readonly rule: string; readonly exception: string };

/** All of these must hold for a rule to apply. */
export function every(fits: readonly Fit[]): Fit {
  for (const each of ["no", "unclear", "some"] as const) if (fits.includes(each)) return each;
  return "yes";
}

export const opposite = (fit: Fit): Fit => (fit === "yes" ? "no" : fit === "no" ? "yes" : fit);

/** Jumps deeper than this are a loop, which no kernel would have loaded. */
const deepest = 16;

/** What was met on the way, before the decision: who is let in by himself, and a rule that cannot be judged. */
interface Way {
  exception: string | undefined;
  doubt: string | undefined;
}

/**
 * Walks from a chain of the kernel's to the end of the connection's way. A drop for some (a block list, a rate) is
 * ordinary, and no reason to alarm anybody; one that cannot be judged is.
 */
export function walk(chains: ReadonlyMap<string, Chain>, start: string): Fate {
  const way: Way = { exception: undefined, doubt: undefined };
  const chain = chains.get(start);
  const end = chain === undefined ? undefined : step(chains, chain, way, 0);
  const rule = end?.rule ?? `${start}: policy ${chain?.policy}`;
  if ((end?.verdict ?? chain?.policy ?? "accept") === "accept")
    return way.doubt === undefined ? { kind: "in" } : { kind: "perhaps", rule: way.doubt };
  if (way.doubt !== undefined) return { kind: "perhaps", rule };
  return way.exception === undefined
    ? { kind: "out", rule }
    : { kind: "some", rule, exception: way.exception };
}

interface End {
  readonly verdict: "accept" | "drop";
  readonly rule: string;
}

function step(
  chains: ReadonlyMap<string, Chain>,
  { rules }: Chain,
  way: Way,
  depth: number,
): End | undefined {
  if (depth > deepest) return undefined;
  for (const { fit, action, text } of rules) {
    if (fit === "no" || action.do === "next") continue;
    if (action.do === "return") {
      if (fit === "yes") return undefined;
      continue;
    }
    const end =
      "chain" in action ? follow(chains, action.chain, way, depth) : { verdict: action.do, rule: text };
    if (fit === "yes" && (end !== undefined || action.do === "goto")) return end;
    if (end !== undefined && fit !== "yes") note(way, fit, end);
  }
  return undefined;
}

function follow(chains: ReadonlyMap<string, Chain>, name: string, way: Way, depth: number) {
  const chain = chains.get(name);
  return chain === undefined ? undefined : step(chains, chain, way, depth + 1);
}

function note(way: Way, fit: "some" | "unclear", { verdict, rule }: End): void {
  if (fit === "unclear") way.doubt ??= rule;
  else if (verdict === "accept") way.exception ??= rule;
}
