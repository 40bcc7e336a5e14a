import type { Situation } from "../situation.ts";
import { judgeIptables } from "./iptables.ts";
import { judgeNft } from "./nft.ts";
import type { Fate } from "./rules.ts";

/** Who keeps the rules: its command opens a port, and a rule beside it would be lost or in vain. */
export type Manager = "ufw" | "firewalld" | "iptables" | "nft";

export interface Seen {
  /** Names of what could be read. */
  readonly tools: readonly string[];
  /** Names of what is here and may be read by root alone. */
  readonly closed: readonly string[];
  judge(port: number): Judged[];
}

export interface Judged {
  readonly tool: string;
  readonly fate: Fate;
  /** Opens the port. */
  readonly command: string;
}

type Ran = { readonly code: number; readonly out: string; readonly complaint: string } | undefined;

/** Reads every firewall of this system that can be read, side by side. Nothing is changed. */
export async function askFirewalls({ system }: Situation): Promise<Seen> {
  const [ufw, firewalld, json, listing, iptables] = await Promise.all([
    system.run("ufw", "status"),
    system.run("firewall-cmd", "--state"),
    system.run("nft", "-j", "list", "ruleset"),
    system.run("nft", "-a", "list", "ruleset"),
    system.run("iptables-save"),
  ]);
  const manager = managerOf(ufw, firewalld);
  const readable = { nft: json, "iptables-save": iptables } as const;
  const names = Object.keys(readable) as (keyof typeof readable)[];
  return {
    tools: names.filter((name) => readable[name]?.code === 0),
    closed: names.filter((name) => readable[name] !== undefined && readable[name].code !== 0),
    judge: (port) => [
      ...judgeByNft(json, listing, iptables, manager, port),
      ...judgeByIptables(iptables, manager, port),
    ],
  };
}

function managerOf(ufw: Ran, firewalld: Ran): Manager | undefined {
  if (ufw?.code === 0 && /^Status: active/m.test(ufw.out)) return "ufw";
  return firewalld?.code === 0 && firewalld.out.trim() === "running" ? "firewalld" : undefined;
}

/** iptables that keeps its rules in nftables shows them better itself; nft sees the rest. */
function judgeByNft(
  json: Ran,
  listing: Ran,
  iptables: Ran,
  manager: Manager | undefined,
  port: number,
): Judged[] {
  if (json?.code !== 0) return [];
  const isShown = iptables?.code === 0 && /nf_tables/.test(iptables.out) && /^\*filter$/m.test(iptables.out);
  const without = isShown ? ["ip filter"] : [];
  return judgeNft(json.out, listing?.out ?? "", port, without).map(({ fate, place }) => ({
    tool: manager ?? `nft, ${place}`,
    fate,
    command: opening(manager ?? "nft", port, place),
  }));
}

function judgeByIptables(saved: Ran, manager: Manager | undefined, port: number): Judged[] {
  if (saved?.code !== 0) return [];
  const fate = judgeIptables(saved.out, port);
  return [{ tool: manager ?? "iptables", fate, command: opening(manager ?? "iptables", port) }];
}

/** The same commands as in docs/external-access.md. */
function opening(manager: Manager, port: number, place = ""): string {
  if (manager === "ufw") return `sudo ufw allow ${port}/tcp comment 'Peyk'`;
  if (manager === "firewalld")
    return `sudo firewall-cmd --permanent --add-port=${port}/tcp && sudo firewall-cmd --reload`;
  if (manager === "iptables") return `sudo iptables -I INPUT -p tcp --dport ${port} -j ACCEPT`;
  return `sudo nft insert rule ${place} tcp dport ${port} accept`;
}
