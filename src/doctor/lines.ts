/** What can be seen where nothing is wrong. The sentences are in words/{en,fa,ru}.ts. */
export const lines = [
  "url_ok",
  "url_guessed",
  "url_from_http",
  "dns_ok",
  "dns_literal",
  "tcp_ok",
  "tls_ok",
  "tls_insecure",
  "tls_not_asked",
  "http_ok",
  "upgrade_ok",
  "auth_greeted",
  "auth_silent",
  "auth_who",
  "heartbeat_ok",
  "idle_survived",
  "idle_server_pings",
  "idle_not_asked",
  "payload_ok",
  "payload_no_echo",
  "payload_not_asked",
  "parallel_ok",
  "parallel_not_asked",
] as const;

export type LineName = (typeof lines)[number];
