import { found, type LocalCheck, type Outcome } from "../catalogue.ts";
import { askFirewalls, type Judged, type Seen } from "../firewall/ask.ts";
import type { Situation } from "../situation.ts";
import { believes, isLoopback } from "./network.ts";

/** Whether a rule of this machine keeps others from a port. Only what is certain is said as such. */
export const firewallCheck = (situation: Situation): LocalCheck => ({
  group: "firewall",
  async run() {
    const ports = situation.ports.map(({ port }) => port).filter((port) => port !== 0);
    if (isLoopback(situation.config.host) || ports.length === 0) return [found("firewall_not_asked")];
    const seen = await askFirewalls(situation);
    if (seen.tools.length === 0 && seen.closed.length === 0) return [found("firewall_absent")];
    const isBehindProxy = believes(situation.config.trustProxy, "127.0.0.1");
    return [...ports.flatMap((port) => judge(seen, port, isBehindProxy)), ...unreadable(seen)];
  },
});

function judge(seen: Seen, port: number, isBehindProxy: boolean): Outcome[] {
  if (seen.tools.length === 0) return [];
  const wrong = seen.judge(port).filter(({ fate }) => fate.kind !== "in");
  if (wrong.length === 0) return [found("firewall_open", { port, tools: seen.tools.join(", ") })];
  // Closed, and reached through a proxy on this machine: as it should be.
  if (isBehindProxy) return [found("firewall_left_to_proxy", { port, tool: wrong[0]!.tool })];
  return wrong.map((each) => toOutcome(each, port));
}

function toOutcome({ tool, fate, command }: Judged, port: number): Outcome {
  if (fate.kind === "some")
    return found("firewall_some", { port, tool, command, rule: fate.rule, exception: fate.exception });
  const rule = fate.kind === "in" ? "" : fate.rule;
  return found(fate.kind === "out" ? "firewall_blocks" : "firewall_may_block", { port, tool, command, rule });
}

const commands: Readonly<Record<string, string>> = {
  nft: "nft list ruleset",
  "iptables-save": "iptables-save",
};

const unreadable = ({ closed }: Seen): Outcome[] =>
  closed.length === 0
    ? []
    : [
        found("firewall_unreadable", {
          tools: closed.join(", "),
          command: closed.map((name) => commands[name]).join("; sudo "),
        }),
      ];
