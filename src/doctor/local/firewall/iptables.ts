import { type Action, type Chain, every, type Fate, type Fit, opposite, type Rule, walk } from "./rules.ts";

/** Judges what `iptables-save` prints: whether the table `filter` lets a new connection to this port in. */
export function judgeIptables(saved: string, port: number): Fate {
  const chains = new Map<string, { rules: Rule[]; policy?: "accept" | "drop" }>();
  for (const line of filterTable(saved)) {
    const [, name, policy] = /^:(\S+) (\S+)/.exec(line) ?? [];
    if (name !== undefined) chains.set(name, policy === "-" ? { rules: [] } : withPolicy(policy));
    const [, chain, rest] = /^-A (\S+) ?(.*)$/.exec(line) ?? [];
    if (chain !== undefined) chains.get(chain)?.rules.push(parseRule(line, rest ?? "", port));
  }
  return walk(chains as ReadonlyMap<string, Chain>, "INPUT");
}

const withPolicy = (policy: string | undefined): { rules: Rule[]; policy: "accept" | "drop" } => ({
  rules: [],
  policy: policy === "DROP" ? "drop" : "accept",
});

/** From `*filter` to `COMMIT`; counters before rules are left out. */
function filterTable(saved: string): string[] {
  const lines = saved.split("\n").map((line) => line.replace(/^\[\d+:\d+\] /, ""));
  const start = lines.indexOf("*filter");
  return start < 0 ? [] : lines.slice(start + 1, lines.indexOf("COMMIT", start));
}

function parseRule(text: string, options: string, port: number): Rule {
  const words = options.match(/"(?:\\.|[^"])*"|\S+/g) ?? [];
  const fits: Fit[] = [];
  let action: Action = { do: "next" };
  let isNegated = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "!") {
      isNegated = true;
      continue;
    }
    const value = words[i + 1] ?? "";
    if (word === "-j" || word === "-g") {
      // What follows belongs to the target.
      action = target(value, word === "-g");
      break;
    }
    const fit = fitOf(word, value, port);
    fits.push(isNegated ? opposite(fit) : fit);
    isNegated = false;
    while (i + 1 < words.length && !/^(-|!$)/.test(words[i + 1]!)) i++;
  }
  return { fit: every(fits), action, text };
}

function target(name: string, isGoto: boolean): Action {
  if (name === "ACCEPT") return { do: "accept" };
  if (name === "DROP" || name === "REJECT" || name === "TARPIT") return { do: "drop" };
  if (name === "RETURN") return { do: "return" };
  // A chain that does not exist is a target such as LOG, which goes on with the next rule.
  return { do: isGoto ? "goto" : "jump", chain: name };
}

/** Options that are about nothing that a new connection from outside could differ in. */
const neutral = new Set(["-m", "--comment", "--src-type", "--limit-iface-in", "--reject-with", "--syn"]);
/** Options about where it comes from, or how often, or what somebody noted on it. */
const partial =
  /^(-s|-d|--sports?|--limit|--limit-burst|--hashlimit.*|--connlimit.*|--match-set|--mark|--tcp-flags|--src-range|--dst-range|--mac-source|--seconds|--hitcount|--name|--rcheck|--update|--set|--rsource|--mask|--physdev.*|--time.*|--ttl.*|--length|--probability|--source-country|--pkt-type)$/;

function fitOf(option: string, value: string, port: number): Fit {
  if (neutral.has(option)) return "yes";
  if (option === "-p") return value === "tcp" || value === "all" ? "yes" : "no";
  if (/^--(dports?|ports)$/.test(option)) return hasPort(value, port) ? "yes" : "no";
  if (option === "--ctstate" || option === "--state") return value.split(",").includes("NEW") ? "yes" : "no";
  if (option === "-i") return value === "lo" ? "no" : "some";
  if (option === "-s" && value.startsWith("127.")) return "no";
  if (option === "--dst-type") return value === "LOCAL" ? "yes" : "no";
  if (option === "--icmp-type" || option === "--icmpv6-type") return "no";
  return partial.test(option) ? "some" : "unclear";
}

/** `80,443,8000:8100` */
const hasPort = (list: string, port: number): boolean =>
  list.split(",").some((each) => {
    const [from = "", to = from] = each.split(":");
    return Number(from || 0) <= port && port <= Number(to || 65_535);
  });
