import type { Finding } from "../../core/health.ts";

/** Groups of the server's own side, in the order in which they are shown. Each is one check. */
export const groups = [
  "ports",
  "addresses",
  "firewall",
  "server",
  "proxy",
  "certificate",
  "settings",
  "database",
  "disk",
  "nodes",
  "platforms",
  "descriptors",
  "memory",
  "clock",
] as const;

export type Group = (typeof groups)[number];

/** `unknown`: it could not be looked at; what to do about that is no fault of the server's. */
export type LocalVerdict = Finding["verdict"] | "unknown";

const row = <V extends LocalVerdict>(group: Group | "any", verdict: V) => ({ group, verdict }) as const;

/** Everything that a check may find. The words are in words/{en,fa,ru}.ts. */
export const outcomes = {
  check_failed: row("any", "unknown"),

  port_serves: row("ports", "ok"),
  port_behind_proxy: row("ports", "ok"),
  port_loopback_only: row("ports", "warning"),
  port_ipv6_only: row("ports", "warning"),
  port_idle: row("ports", "warning"),
  port_elsewhere: row("ports", "warning"),
  port_any: row("ports", "ok"),
  port_held: row("ports", "error"),
  port_held_unseen: row("ports", "error"),
  port_forbidden: row("ports", "error"),
  host_unknown: row("ports", "error"),
  port_silent: row("ports", "error"),
  port_address_dead: row("ports", "error"),

  address_public: row("addresses", "ok"),
  address_lan: row("addresses", "ok"),
  address_cgnat: row("addresses", "ok"),
  address_tunnel: row("addresses", "ok"),
  address_container: row("addresses", "ok"),
  address_ipv6_unserved: row("addresses", "ok"),
  address_loopback: row("addresses", "ok"),
  address_named: row("addresses", "ok"),
  address_not_public: row("addresses", "ok"),

  firewall_open: row("firewall", "ok"),
  firewall_not_asked: row("firewall", "ok"),
  firewall_left_to_proxy: row("firewall", "ok"),
  firewall_blocks: row("firewall", "warning"),
  firewall_some: row("firewall", "warning"),
  firewall_may_block: row("firewall", "warning"),
  firewall_unreadable: row("firewall", "unknown"),
  firewall_absent: row("firewall", "unknown"),

  server_well: row("server", "ok"),
  server_idle: row("server", "unknown"),
  server_silent_on_details: row("server", "unknown"),
  server_warns: row("server", "warning"),
  server_fails: row("server", "error"),

  proxy_named: row("proxy", "ok"),
  proxy_none: row("proxy", "ok"),
  proxy_not_named: row("proxy", "warning"),
  proxy_not_asked: row("proxy", "unknown"),

  tls_off: row("certificate", "ok"),
  tls_good: row("certificate", "ok"),
  tls_unusable: row("certificate", "error"),
  tls_key_open: row("certificate", "warning"),
  tls_expired: row("certificate", "error"),
  tls_not_yet: row("certificate", "error"),
  tls_expires_soon: row("certificate", "warning"),
  tls_chain_cut: row("certificate", "warning"),
  tls_name_missing: row("certificate", "warning"),
  tls_old_shown: row("certificate", "warning"),

  settings_fine: row("settings", "ok"),
  tokens_open: row("settings", "warning"),
  proxy_everybody: row("settings", "warning"),
  secret_weak: row("settings", "warning"),
  secret_file_open: row("settings", "warning"),
  data_dir_open: row("settings", "warning"),
  runs_as_root: row("settings", "warning"),
  log_loud: row("settings", "warning"),
  admin_password_left: row("settings", "warning"),
  limits_off: row("settings", "warning"),
  metrics_open: row("settings", "error"),

  database_good: row("database", "ok"),
  database_to_come: row("database", "ok"),
  database_to_update: row("database", "ok"),
  database_older: row("database", "warning"),
  database_newer: row("database", "error"),
  database_unreadable: row("database", "error"),
  database_unseen: row("database", "unknown"),
  database_broken: row("database", "error"),
  database_locked: row("database", "warning"),
  database_unchecked: row("database", "unknown"),
  database_server_good: row("database", "ok"),
  database_down: row("database", "error"),

  disk_room: row("disk", "ok"),
  disk_low: row("disk", "warning"),
  disk_full: row("disk", "error"),
  disk_fast: row("disk", "ok"),
  disk_slow: row("disk", "warning"),
  data_dir_to_come: row("disk", "ok"),
  data_dir_unusable: row("disk", "error"),
  data_dir_unseen: row("disk", "unknown"),
  wal_big: row("disk", "warning"),

  node_alone: row("nodes", "ok"),
  nodes_share: row("nodes", "error"),
  nodes_share_server: row("nodes", "error"),
  nodes_unseen: row("nodes", "unknown"),

  platforms_none: row("platforms", "ok"),
  platforms_well: row("platforms", "ok"),
  platforms_asleep: row("platforms", "ok"),
  platforms_ill: row("platforms", "warning"),

  descriptors_enough: row("descriptors", "ok"),
  descriptors_left: row("descriptors", "ok"),
  descriptors_few: row("descriptors", "warning"),
  descriptors_used_up: row("descriptors", "error"),
  descriptors_unseen: row("descriptors", "unknown"),

  memory_enough: row("memory", "ok"),
  memory_allowed: row("memory", "ok"),
  memory_small: row("memory", "warning"),
  memory_tight: row("memory", "warning"),

  clock_right: row("clock", "ok"),
  clock_not_synchronized: row("clock", "warning"),
  clock_behind: row("clock", "error"),
} as const;

export type OutcomeName = keyof typeof outcomes;

/** What a sentence is filled with. Never a secret. */
export type Facts = Readonly<Record<string, string | number>>;

export interface Outcome {
  readonly outcome: OutcomeName;
  readonly facts: Facts;
}

/** `found("port_held", { port: 8000 })` */
export const found = (outcome: OutcomeName, facts: Facts = {}): Outcome => ({ outcome, facts });

/** One look at one thing. Its outcomes are of its own group. */
export interface LocalCheck {
  readonly group: Group;
  run(): Promise<readonly Outcome[]>;
}
