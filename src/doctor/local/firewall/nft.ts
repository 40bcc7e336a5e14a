import { fitOf, type Json, matchFit } from "./nft-match.ts";
import { type Action, type Chain, every, type Fate, type Fit, type Rule, walk } from "./rules.ts";

/** `nft -j list ruleset`, as libnftables-json(5) describes it; of each object only what is read here. */
interface Ruleset {
  readonly nftables: readonly {
    readonly chain?: NftChain;
    readonly rule?: NftRule;
    readonly set?: {
      readonly family: string;
      readonly table: string;
      readonly name: string;
      readonly elem?: Json[];
    };
  }[];
}

interface NftChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly type?: string;
  readonly policy?: string;
}

interface NftRule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
  readonly expr: readonly Json[];
}

export interface NftFate {
  readonly fate: Fate;
  /** Where a rule that opens the port belongs: `inet filter input`. */
  readonly place: string;
}

/**
 * Judges a ruleset: what each chain that the kernel enters for incoming packets does with a new IPv4 connection to this
 * port. `listing` is `nft -a list ruleset`, for the rules' own words. Tables in `without` are left to another tool.
 */
export function judgeNft(
  json: string,
  listing: string,
  port: number,
  without: readonly string[] = [],
): NftFate[] {
  const { nftables } = JSON.parse(json) as Ruleset;
  const texts = textsOf(listing);
  const all = nftables.flatMap(({ chain }) => (chain === undefined ? [] : [chain]));
  const bases = all.filter(
    ({ hook = "", type, family, table }) =>
      ["input", "prerouting"].includes(hook) &&
      type === "filter" &&
      ["inet", "ip"].includes(family) &&
      !without.includes(`${family} ${table}`),
  );
  return bases.map((base) => {
    const chains = chainsOf(nftables, base, port, texts);
    return { fate: walk(chains, base.name), place: `${base.family} ${base.table} ${base.name}` };
  });
}

/** The chains of one table, by name. */
function chainsOf(
  nftables: Ruleset["nftables"],
  base: NftChain,
  port: number,
  texts: Texts,
): Map<string, Chain> {
  const isHere = (each: { family: string; table: string }) =>
    each.family === base.family && each.table === base.table;
  const chains = new Map<string, { rules: Rule[]; policy?: "accept" | "drop" }>();
  const sets = new Map(
    nftables.flatMap(({ set }) =>
      set !== undefined && isHere(set) ? [[`@${set.name}`, set.elem ?? []]] : [],
    ),
  );
  for (const { chain, rule } of nftables) {
    if (chain !== undefined && isHere(chain)) {
      const policy = chain.hook === undefined ? {} : { policy: chain.policy === "drop" ? "drop" : "accept" };
      chains.set(chain.name, { rules: [], ...(policy as { policy?: "accept" | "drop" }) });
    }
    if (rule !== undefined && isHere(rule)) {
      const text =
        texts.get(`${rule.family} ${rule.table} ${rule.handle}`) ?? `${rule.chain}, rule ${rule.handle}`;
      chains.get(rule.chain)?.rules.push(...toRules(resolved(rule.expr, sets), port, text));
    }
  }
  return chains as Map<string, Chain>;
}

/** The names of sets, replaced by what is in them at this moment: elements are `22` or `{ elem: { val: 22, … } }`. */
function resolved(expressions: readonly Json[], sets: ReadonlyMap<string, readonly Json[]>): readonly Json[] {
  const text = JSON.stringify(expressions, (_, value) => {
    const elements = typeof value === "string" ? sets.get(value) : undefined;
    return elements === undefined
      ? value
      : { set: elements.map((each) => (each.elem as Json | undefined)?.val ?? each) };
  });
  return JSON.parse(text) as Json[];
}

type Texts = ReadonlyMap<string, string>;

/** `table inet filter {` … `tcp dport 22 accept # handle 3` → the words of each rule, by its table and handle. */
function textsOf(listing: string): Texts {
  const texts = new Map<string, string>();
  let table = "";
  for (const line of listing.split("\n")) {
    table = /^table (\S+ \S+)/.exec(line)?.[1] ?? table;
    const [, text, handle] = /^\t\t(.*) # handle (\d+)$/.exec(line) ?? [];
    if (text !== undefined) texts.set(`${table} ${handle}`, text);
  }
  return texts;
}

/** A rule is its conditions and what it does; one with a verdict map is a rule for each of the map's entries. */
function toRules(expressions: readonly Json[], port: number, text: string): Rule[] {
  const fits: Fit[] = [];
  for (const expression of expressions) {
    const action = actionOf(expression);
    if (action !== undefined) return [{ fit: every(fits), action, text }];
    if ("vmap" in expression) return mapRules(expression.vmap as Json, fits, port, text);
    fits.push(fitOf(expression, port));
  }
  return [];
}

function actionOf(expression: Json): Action | undefined {
  for (const verdict of ["accept", "drop", "return"] as const)
    if (verdict in expression) return { do: verdict };
  if ("reject" in expression) return { do: "drop" };
  for (const verdict of ["jump", "goto"] as const)
    if (verdict in expression) return { do: verdict, chain: String((expression[verdict] as Json).target) };
  return undefined;
}

/** `ct state vmap { established : accept, invalid : drop }` */
function mapRules({ key, data }: Json, before: readonly Fit[], port: number, text: string): Rule[] {
  const entries = (data as { set?: unknown } | undefined)?.set;
  if (!Array.isArray(entries)) return [];
  return (entries as [unknown, Json][]).flatMap(([value, verdict]) => {
    const action = actionOf(verdict);
    const fit = matchFit({ op: "==", left: key, right: value }, port);
    return action === undefined ? [] : [{ fit: every([...before, fit]), action, text }];
  });
}
