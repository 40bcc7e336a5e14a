import type { RemedyName } from "./remedies.ts";
import type { Party, Stage } from "./report.ts";

export interface Cause {
  readonly stage: Stage;
  readonly party: Party;
  /** It works in spite of this. */
  readonly warning?: true;
  /** What a person sees without a doctor: close codes, HTTP statuses. docs/troubleshooting.md is sorted by them. */
  readonly symptoms: readonly string[];
  /** Names of remedies.ts: the command or the lines of configuration that mend it. */
  readonly remedies: readonly RemedyName[];
}

/**
 * Why a WebSocket does not connect, once: the doctor's findings, its tests and docs/troubleshooting.md read this table.
 * The words are in words/{en,fa,ru}.ts.
 */
export const causes = {
  // --- url ---
  bad_url: { stage: "url", party: "you", symptoms: [], remedies: [] },
  url_fragment: { stage: "url", party: "you", symptoms: [], remedies: [] },

  mixed_content: { stage: "url", party: "you", warning: true, symptoms: ["1006"], remedies: [] },

  // --- dns ---
  name_unknown: { stage: "dns", party: "you", symptoms: ["1006"], remedies: ["dns_lookup"] },
  resolver_failed: { stage: "dns", party: "network", symptoms: ["1006"], remedies: ["dns_lookup"] },

  // --- tcp ---
  refused: { stage: "tcp", party: "server", symptoms: ["1006"], remedies: ["who_listens"] },
  loopback_only: { stage: "tcp", party: "server", symptoms: ["1006"], remedies: ["listen_on_all"] },
  filtered: {
    stage: "tcp",
    party: "network",
    symptoms: ["1006"],
    remedies: ["ufw", "nftables", "windows", "firewalld", "router"],
  },
  unreachable: {
    stage: "tcp",
    party: "network",
    symptoms: ["1006"],
    remedies: ["route", "firewalld", "nftables"],
  },
  tcp_reset: { stage: "tcp", party: "network", symptoms: ["1006"], remedies: ["reset"] },
  address_dead: {
    stage: "tcp",
    party: "server",
    warning: true,
    symptoms: ["1006"],
    remedies: ["dns_records"],
  },

  // --- tls ---
  tls_on_plain_port: { stage: "tls", party: "you", symptoms: ["1006"], remedies: [] },
  plain_on_tls_port: { stage: "http", party: "you", symptoms: ["1006", "400"], remedies: [] },
  cert_expired: { stage: "tls", party: "server", symptoms: ["1006"], remedies: ["renew"] },
  cert_not_yet_valid: { stage: "tls", party: "server", symptoms: ["1006"], remedies: ["clock"] },
  cert_wrong_name: { stage: "tls", party: "server", symptoms: ["1006"], remedies: ["renew"] },
  cert_self_signed: { stage: "tls", party: "server", symptoms: ["1006"], remedies: ["renew"] },
  cert_untrusted: { stage: "tls", party: "server", symptoms: ["1006"], remedies: ["full_chain"] },
  cert_expires_soon: { stage: "tls", party: "server", warning: true, symptoms: [], remedies: ["renew"] },
  tls_too_old: { stage: "tls", party: "server", symptoms: ["1006"], remedies: ["tls_versions"] },
  tls_client_cert: { stage: "tls", party: "server", symptoms: ["1006"], remedies: ["client_cert"] },
  tls_failed: { stage: "tls", party: "server", symptoms: ["1006"], remedies: ["openssl"] },

  // --- http: somebody answers, in HTTP ---
  silent: { stage: "http", party: "server", symptoms: ["1006"], remedies: ["who_listens", "server_log"] },
  hung_up: { stage: "http", party: "server", symptoms: ["1006"], remedies: ["who_listens", "server_log"] },
  not_http: { stage: "http", party: "you", symptoms: ["1006"], remedies: ["who_listens"] },
  http2_only: { stage: "http", party: "server", symptoms: ["1006"], remedies: ["http11"] },
  login_page: { stage: "http", party: "network", symptoms: ["1006"], remedies: [] },

  // --- upgrade ---
  upgrade_stripped: {
    stage: "upgrade",
    party: "proxy",
    symptoms: ["1006", "400", "426"],
    remedies: ["pass_upgrade"],
  },
  http_only: { stage: "upgrade", party: "server", symptoms: ["1006", "200", "404"], remedies: ["asgi"] },
  wrong_path: { stage: "upgrade", party: "you", symptoms: ["1006", "404"], remedies: ["route_path"] },
  redirect: { stage: "upgrade", party: "you", symptoms: ["1006", "301", "302", "307", "308"], remedies: [] },
  redirect_to_https: { stage: "upgrade", party: "you", symptoms: ["1006", "301", "308"], remedies: [] },
  upgrade_required: { stage: "upgrade", party: "server", symptoms: ["426"], remedies: [] },
  bad_request: {
    stage: "upgrade",
    party: "server",
    symptoms: ["1006", "400"],
    remedies: ["handshake_params", "server_log"],
  },
  http_unauthorized: {
    stage: "upgrade",
    party: "token",
    symptoms: ["1006", "401"],
    remedies: ["credentials", "get_token"],
  },
  http_forbidden: {
    stage: "upgrade",
    party: "token",
    symptoms: ["1006", "403"],
    remedies: ["credentials", "allow", "server_log"],
  },
  http_rate_limited: { stage: "upgrade", party: "you", symptoms: ["1006", "429"], remedies: ["wait"] },
  proxy_auth: { stage: "upgrade", party: "proxy", symptoms: ["1006", "407"], remedies: [] },
  bad_gateway: { stage: "upgrade", party: "proxy", symptoms: ["1006", "502"], remedies: ["upstream"] },
  gateway_unavailable: {
    stage: "upgrade",
    party: "server",
    symptoms: ["1006", "503"],
    remedies: ["upstream"],
  },
  gateway_timeout: { stage: "upgrade", party: "proxy", symptoms: ["1006", "504"], remedies: ["upstream"] },
  server_error: {
    stage: "upgrade",
    party: "server",
    symptoms: ["1006", "500"],
    remedies: ["server_log", "apache_tunnel"],
  },
  odd_status: { stage: "upgrade", party: "server", symptoms: ["1006"], remedies: ["server_log"] },
  upgrade_hangs: { stage: "upgrade", party: "server", symptoms: ["1006"], remedies: ["server_log"] },
  bad_accept: { stage: "upgrade", party: "server", symptoms: ["1006"], remedies: ["cache"] },
  bad_handshake: { stage: "upgrade", party: "server", symptoms: ["1006"], remedies: ["server_log"] },

  // --- auth: the socket is open; may we stay? ---
  token_missing: {
    stage: "auth",
    party: "token",
    symptoms: ["4001", "1008", "1006"],
    remedies: ["get_token"],
  },
  token_malformed: { stage: "auth", party: "token", symptoms: ["4001", "1008"], remedies: ["get_token"] },
  token_expired: { stage: "auth", party: "token", symptoms: ["4001", "1008"], remedies: ["get_token"] },
  token_future: { stage: "auth", party: "token", symptoms: ["4001", "1008"], remedies: ["clock"] },
  token_wrong_key: { stage: "auth", party: "token", symptoms: ["4001", "1008"], remedies: ["issuer"] },
  token_wrong_algorithm: { stage: "auth", party: "token", symptoms: ["4001", "1008"], remedies: ["issuer"] },
  token_wrong_audience: { stage: "auth", party: "token", symptoms: ["4001", "1008"], remedies: ["issuer"] },
  token_refresh: { stage: "auth", party: "token", symptoms: ["4001", "1008"], remedies: ["get_token"] },
  token_other_kind: { stage: "auth", party: "token", symptoms: ["4001"], remedies: ["device_token"] },
  token_revoked: {
    stage: "auth",
    party: "token",
    symptoms: ["4001", "1008"],
    remedies: ["get_token", "user_active"],
  },
  token_unknown: { stage: "auth", party: "token", symptoms: ["4001", "1008"], remedies: ["get_token"] },
  token_ignored: { stage: "auth", party: "token", warning: true, symptoms: [], remedies: ["get_token"] },
  clock_skew: { stage: "auth", party: "server", warning: true, symptoms: [], remedies: ["clock"] },
  role_refused: { stage: "auth", party: "token", symptoms: ["4003", "1008"], remedies: ["roles"] },
  object_refused: { stage: "auth", party: "token", symptoms: ["4003", "4004", "1008"], remedies: [] },
  origin_refused: {
    stage: "auth",
    party: "server",
    symptoms: ["4003", "1006", "403"],
    remedies: ["origins"],
  },
  path_refused: { stage: "auth", party: "you", symptoms: ["4004"], remedies: ["route_path"] },
  rate_limited: { stage: "auth", party: "you", symptoms: ["4101", "4103", "4104"], remedies: ["wait"] },
  too_many_connections: { stage: "auth", party: "you", symptoms: ["4102"], remedies: ["connection_limits"] },
  server_full: { stage: "auth", party: "server", symptoms: ["4105", "1013"], remedies: ["descriptors"] },
  server_unwell: { stage: "auth", party: "server", symptoms: ["4106", "1011"], remedies: ["server_log"] },
  server_restarts: { stage: "auth", party: "server", symptoms: ["1012", "1001"], remedies: [] },
  place_taken: { stage: "auth", party: "you", symptoms: ["4009", "4010"], remedies: [] },
  refused_by_policy: {
    stage: "auth",
    party: "token",
    symptoms: ["1008"],
    remedies: ["get_token", "server_log"],
  },
  closed_at_once: { stage: "auth", party: "server", symptoms: ["1006", "1000"], remedies: ["server_log"] },
  closed_unknown: { stage: "auth", party: "server", symptoms: [], remedies: ["subprotocol", "server_log"] },

  // --- heartbeat ---
  no_pong: { stage: "heartbeat", party: "server", symptoms: ["1006"], remedies: ["server_log"] },
  proxy_buffers: { stage: "heartbeat", party: "proxy", symptoms: ["1006"], remedies: ["no_buffering"] },
  bad_frames: { stage: "heartbeat", party: "server", symptoms: ["1002", "1006", "1007"], remedies: [] },
  slow_pong: { stage: "heartbeat", party: "network", warning: true, symptoms: [], remedies: [] },

  // --- idle ---
  cut_when_idle: { stage: "idle", party: "proxy", symptoms: ["1006"], remedies: ["idle_timeout"] },
  ended_by_server: {
    stage: "idle",
    party: "server",
    symptoms: ["1000", "1001", "4203"],
    remedies: ["json_ping"],
  },

  // --- payload ---
  message_too_big: { stage: "payload", party: "server", symptoms: ["1009"], remedies: ["message_size"] },
  cut_by_size: { stage: "payload", party: "proxy", symptoms: ["1006"], remedies: ["message_size", "mtu"] },

  // --- parallel ---
  few_sockets: {
    stage: "parallel",
    party: "server",
    symptoms: ["4102", "429", "503"],
    remedies: ["connection_limits", "descriptors"],
  },
} as const satisfies Record<string, Cause>;

export type CauseName = keyof typeof causes;
