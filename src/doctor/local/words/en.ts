import type { Words } from "./words.ts";

export const en: Words = {
  title: "Peyk, seen from this machine",
  fix: "do",
  summary: {
    ok: "Nothing is wrong here. What others see: peyk doctor URL, from their machine.",
    warning: "It works. {warnings} to look at.",
    error: "{errors} to mend first, {warnings} to look at.",
  },
  groups: {
    ports: "Ports",
    addresses: "Addresses",
    firewall: "Firewall",
    server: "Server",
    proxy: "Proxy",
    certificate: "Certificate",
    settings: "Settings",
    database: "Database",
    disk: "Disk",
    nodes: "Nodes",
    platforms: "Telegram and Instagram",
    descriptors: "Descriptors",
    memory: "Memory",
    clock: "Clock",
  },
  outcomes: {
    check_failed: {
      saw: "could not be looked at: {detail}",
      fix: "Run it again; with sudo if a right is missing.",
    },

    port_serves: { saw: "port {port}: Peyk, {process}, listens on {address} and answers", fix: "" },
    port_behind_proxy: {
      saw: "port {port}: Peyk, {process}, listens on {address} alone, behind a proxy on this machine that TRUST_PROXY names",
      fix: "",
    },
    port_loopback_only: {
      saw: "port {port}: Peyk, {process}, listens on {address} alone: no other machine can reach it",
      fix: "Right behind a proxy on this machine: then name it, TRUST_PROXY=127.0.0.1. Otherwise start it with HOST=0.0.0.0.",
    },
    port_ipv6_only: {
      saw: "port {port}: Peyk, {process}, listens on {address} alone: who has IPv4 only cannot reach it",
      fix: "Start it with HOST=:: for both, or with HOST=0.0.0.0.",
    },
    port_idle: {
      saw: "port {port}: free, nobody listens: Peyk does not run with these settings",
      fix: "Start it: npm start, or peyk serve",
    },
    port_elsewhere: {
      saw: "port {port}: free, but a Peyk, {process}, listens on port {other}",
      fix: "Run this with the settings of that server: peyk doctor --local --port {other}",
    },
    port_any: {
      saw: "{setting}=0: the system chooses a free port at the start; the banner of peyk serve names it",
      fix: "",
    },
    port_held: {
      saw: "port {port}: {process} holds it, and that is no Peyk, or does not answer as one",
      fix: "End that process (kill {pid}), or choose another port: {setting}={next}",
    },
    port_held_unseen: {
      saw: "port {port}: a process that this user may not look at holds it, and that is no Peyk, or does not answer as one",
      fix: "`sudo ss -ltnp 'sport = :{port}'` names it. End it, or choose another port: {setting}={next}",
    },
    port_forbidden: {
      saw: "port {port}: this user may not listen there",
      fix: "Take a port above 1023 and put a proxy in front, or give the right: sudo sysctl net.ipv4.ip_unprivileged_port_start={port}",
    },
    host_unknown: {
      saw: "HOST={host}: no interface of this machine has this address",
      fix: "Set HOST=0.0.0.0, or one of the addresses that `ip address` shows.",
    },
    port_silent: {
      saw: "port {port}: Peyk, {process}, takes connections and does not answer",
      fix: "It hangs, or has no time: look at its log and at `top`, then restart it.",
    },
    port_address_dead: {
      saw: "port {port}: answers on loopback, but not on {address} ({how})",
      fix: "A rule on this machine stops its own address: look at the firewall below, or run sudo nft list ruleset.",
    },

    address_public: {
      saw: "{url}  public, {interface}: the internet reaches it if no firewall stops it",
      fix: "",
    },
    address_lan: { saw: "{url}  this network alone, {interface}", fix: "" },
    address_cgnat: {
      saw: "{url}  {interface}: 100.64.0.0/10, shared by customers of your provider (CGNAT); the internet cannot reach it",
      fix: "",
    },
    address_tunnel: { saw: "{url}  {interface}: a tunnel or VPN; its members reach it", fix: "" },
    address_container: {
      saw: "{url}  {interface}: containers and virtual machines on this machine alone",
      fix: "",
    },
    address_ipv6_unserved: {
      saw: "{address}, {interface}, is not served: HOST=0.0.0.0 is IPv4; HOST=:: serves both",
      fix: "",
    },
    address_loopback: { saw: "{url}  this machine alone", fix: "" },
    address_named: { saw: "{url}  by its name", fix: "" },
    address_not_public: {
      saw: "no interface has a public address: from the internet only through a router, a tunnel or a proxy (docs/external-access.md)",
      fix: "",
    },

    firewall_open: { saw: "port {port}: no rule found that stops it ({tools})", fix: "" },
    firewall_not_asked: { saw: "no port is open to other machines, so no firewall matters", fix: "" },
    firewall_left_to_proxy: {
      saw: "port {port}: others cannot come in directly ({tool}), and come through the proxy that TRUST_PROXY names",
      fix: "",
    },
    firewall_blocks: {
      saw: "port {port}: others cannot come in. {tool}: {rule}",
      fix: "If they are to reach it directly, and not through a proxy: {command}",
    },
    firewall_some: {
      saw: "port {port}: only some may come in, by the rule {exception}; the others meet {tool}: {rule}",
      fix: "If everybody is to reach it directly: {command}",
    },
    firewall_may_block: {
      saw: "port {port}: a rule may block it that this program cannot judge. {tool}: {rule}",
      fix: "Try from another machine: peyk doctor URL. If it times out: {command}",
    },
    firewall_unreadable: {
      saw: "{tools}: only root may read the rules",
      fix: "Run it as root to have them judged: sudo {command}",
    },
    firewall_absent: {
      saw: "no tool of a firewall found (ufw, firewalld, nft, iptables), so its rules are not known",
      fix: "docs/external-access.md, section 3, has the commands for your system.",
    },

    server_well: { saw: "it finds itself well ({checks})", fix: "" },
    server_idle: { saw: "it does not run, so it could not be asked", fix: "Start it, and run this again." },
    server_silent_on_details: {
      saw: "it runs, and does not take this for loopback, to which alone it tells details (HOST={host}, or TRUST_PROXY)",
      fix: "Look at /api/websocket/health/ with a token of staff.",
    },
    server_warns: { saw: "{check}: {saw}", fix: "{fix}" },
    server_fails: { saw: "{check}: {saw}", fix: "{fix}" },

    proxy_named: { saw: "requests from proxies come from those that TRUST_PROXY names", fix: "" },
    proxy_none: { saw: "no proxy passes requests on", fix: "" },
    proxy_not_named: {
      saw: "{count} requests came through a proxy at {address}, which TRUST_PROXY does not name: everybody behind it counts as one address, and shares its limits",
      fix: "Set TRUST_PROXY={address}, and let the proxy set X-Forwarded-For.",
    },
    proxy_not_asked: {
      saw: "only a running server knows whether a proxy passes requests on",
      fix: "Start it, let somebody connect, and run this again.",
    },

    tls_off: {
      saw: "no TLS here: fine behind a proxy that has it; browsers need it elsewhere than on localhost",
      fix: "",
    },
    tls_good: { saw: "for {names}, until {until}; the ports show it", fix: "" },
    tls_unusable: {
      saw: "{file}: {detail}",
      fix: "Name in TLS_CERT and TLS_KEY two PEM files that were issued together, such as fullchain.pem and privkey.pem.",
    },
    tls_key_open: {
      saw: "{file}: every user of this machine may use the private key (mode {mode})",
      fix: "chmod 0600 {file}",
    },
    tls_expired: {
      saw: "it ended on {until}: no client accepts it",
      fix: "Renew it (certbot renew), and look why that did not happen by itself.",
    },
    tls_not_yet: {
      saw: "it begins on {from}",
      fix: "Set this machine's clock right: timedatectl set-ntp true",
    },
    tls_expires_soon: {
      saw: "it ends on {until}, in {days} days",
      fix: "Renew it (certbot renew), and look why that did not happen by itself.",
    },
    tls_chain_cut: {
      saw: "{file}: the certificate of its issuer is missing ({issuer}): browsers may cope, devices and programs do not",
      fix: "Name the file with the whole chain in TLS_CERT, such as fullchain.pem.",
    },
    tls_name_missing: {
      saw: "it is for {names}, and not for {name} of PUBLIC_URL",
      fix: "Get a certificate that names {name} too, or mend PUBLIC_URL.",
    },
    tls_old_shown: {
      saw: "port {port} shows another certificate than the file holds",
      fix: "A changed file is taken up within 10 s; after that, look for tls.reload_failed in the log.",
    },

    settings_fine: { saw: "nothing dangerous is set", fix: "" },
    tokens_open: {
      saw: "PUBLIC_TOKENS=open: whoever reaches this server gets the tokens of all boards",
      fix: "Set PUBLIC_TOKENS=pairing and use `peyk pair`, or give each device a token of its own with `peyk device add`.",
    },
    proxy_everybody: {
      saw: "TRUST_PROXY={entry}: nearly everybody may say whose address he has, and so pass limits and logs for another",
      fix: "Name the addresses of your own proxies alone, such as TRUST_PROXY=127.0.0.1.",
    },
    secret_weak: {
      saw: "{where}: this secret can be guessed, and with it anybody's token made",
      fix: "Put a random one there (openssl rand -base64 48); everybody logs in again.",
    },
    secret_file_open: {
      saw: "{file}: other users of this machine may read it (mode {mode})",
      fix: "chmod 0600 {file}",
    },
    data_dir_open: {
      saw: "{folder}: other users of this machine may read the database in it (mode {mode})",
      fix: "chmod 0700 {folder}",
    },
    runs_as_root: {
      saw: "it runs as root: a mistake in it is a mistake in the whole machine",
      fix: "Run it as a user of its own; a port below 1024 is what a proxy is for.",
    },
    log_loud: {
      saw: "LOG_LEVEL={level}: a line for each message, which fills disks",
      fix: "Set LOG_LEVEL=info when you have seen what you wanted to see.",
    },
    admin_password_left: {
      saw: "ADMIN_PASSWORD is still in the environment; it counted at the first start alone",
      fix: "Take it out; `peyk user passwd` sets a new one.",
    },
    limits_off: {
      saw: "{settings}: one client may take all there is",
      fix: "Take it out of the settings to have the default back, or name a limit.",
    },
    metrics_open: {
      saw: "/metrics answers to {address}, which is not loopback",
      fix: "Somebody passes requests on as his own: let the proxy set X-Forwarded-For, or keep /metrics from it.",
    },

    database_good: {
      saw: "{file}: opens, {size}, all {migrations} steps of its schema done, no damage found",
      fix: "",
    },
    database_to_come: { saw: "{file}: made at the first start", fix: "" },
    database_to_update: { saw: "{file}: the next start brings it up to date ({names})", fix: "" },
    database_older: {
      saw: "{file}: the server that runs is older than this program ({names} to do)",
      fix: "Restart it.",
    },
    database_newer: {
      saw: "{file}: a newer Peyk wrote it ({names})",
      fix: "Install that version, or put back a backup of before.",
    },
    database_unreadable: {
      saw: "{file}: {detail}",
      fix: "Give the user of the server the right to read and write it, and its folder.",
    },
    database_unseen: {
      saw: "{file}: this user may not look into it",
      fix: "Run it as the user of the server: sudo -u USER peyk doctor --local",
    },
    database_broken: {
      saw: "{file} is damaged: {detail}",
      fix: "Stop Peyk, keep a copy of the file, and put back the last backup.",
    },
    database_locked: {
      saw: "{file}: another program keeps everybody from writing",
      fix: "End it: `fuser -v {file}` names who has it open.",
    },
    database_unchecked: {
      saw: "{size} are too much to look through in passing for damage",
      fix: "At a quiet hour: sqlite3 {file} 'PRAGMA quick_check'",
    },
    database_server_good: {
      saw: "{file}: PostgreSQL {version} answers, {size}, all {migrations} steps of its schema done",
      fix: "",
    },
    database_down: {
      saw: "{file}: PostgreSQL cannot be used: {detail}",
      fix: "Start it (systemctl start postgresql), or look at host, user and password in DATABASE_URL.",
    },

    disk_room: { saw: "{free} free ({percent} %) under {folder}", fix: "" },
    disk_low: {
      saw: "only {free} free ({percent} %) under {folder}",
      fix: "Make room, or move DATA_DIR to a bigger disk; PHOTO_QUOTA_BYTES and JOURNAL_MAX_AGE bound what Peyk keeps.",
    },
    disk_full: {
      saw: "the disk under {folder} is full ({free} free): nothing can be kept",
      fix: "Make room now; what was refused meanwhile comes again from its senders.",
    },
    disk_fast: { saw: "a safe write takes {ms} ms", fix: "" },
    disk_slow: {
      saw: "a safe write takes {ms} ms: every chat message waits for that",
      fix: "Move DATA_DIR to a disk of this machine, not of the network, or find who keeps it busy: iostat -x 1",
    },
    data_dir_to_come: { saw: "{folder}: made at the first start", fix: "" },
    data_dir_unusable: {
      saw: "{folder} cannot be written to: {detail}",
      fix: "Give the user of the server the right to, or choose another folder with DATA_DIR.",
    },
    data_dir_unseen: {
      saw: "{folder}: this user may not look into it",
      fix: "Run it as the user of the server: sudo -u USER peyk doctor --local",
    },
    wal_big: {
      saw: "{file} has grown to {size}: it is not written back",
      fix: "Look for a program that keeps the database open (a backup?), then restart Peyk.",
    },

    node_alone: { saw: "one node; the broker {broker} is enough for it", fix: "" },
    nodes_share: {
      saw: "{processes} serve with the same database {file}, and no broker connects them: each sees half of who is there",
      fix: "End one of them (kill {pid}), or give it a DATA_DIR of its own.",
    },
    nodes_share_server: {
      saw: "{writers} servers write to {place}, and no broker connects them: each sees half of who is there",
      fix: "End all but one; pg_stat_activity names them: application_name = 'peyk writer'",
    },
    nodes_unseen: {
      saw: "this system does not tell who has the database open",
      fix: "See to it that one server alone uses this DATA_DIR.",
    },

    platforms_none: { saw: "no inbox uses them", fix: "" },
    platforms_well: { saw: "{inboxes} inboxes, and each reaches its platform", fix: "" },
    platforms_asleep: { saw: "{inboxes} inboxes, which begin to ask when the server runs", fix: "" },
    platforms_ill: { saw: "an inbox does not get its messages, or cannot send them", fix: "{fix}" },

    descriptors_enough: { saw: "{used} of {limit} in use; MAX_CONNECTIONS={connections} fits", fix: "" },
    descriptors_left: { saw: "{used} of {limit} in use", fix: "" },
    descriptors_few: {
      saw: "the system gives {limit}, MAX_CONNECTIONS={connections} needs {wanted}: past that sockets fail without a word",
      fix: "Raise it (ulimit -n {wanted}; LimitNOFILE={wanted} in a systemd unit), or set MAX_CONNECTIONS lower.",
    },
    descriptors_used_up: {
      saw: "{used} of {limit} in use: soon nobody can connect",
      fix: "Raise the limit (ulimit -n; LimitNOFILE in a systemd unit) and restart, or set MAX_CONNECTIONS lower.",
    },
    descriptors_unseen: {
      saw: "this system does not tell the limit",
      fix: "See that it is above MAX_CONNECTIONS={connections}: ulimit -n",
    },

    memory_enough: { saw: "{used} in use, {limit} allowed", fix: "" },
    memory_allowed: { saw: "{limit} allowed", fix: "" },
    memory_small: {
      saw: "{limit} allowed is little",
      fix: "Give it 256 MB at the least, or lower MAX_CONNECTIONS and MAX_OUTBOX_BYTES.",
    },
    memory_tight: {
      saw: "{used} of {limit} in use: the system will soon end it",
      fix: "Give it more, or lower MAX_CONNECTIONS and MAX_OUTBOX_BYTES.",
    },

    clock_right: { saw: "{now} UTC, and nothing speaks against it", fix: "" },
    clock_not_synchronized: {
      saw: "{now} UTC, and nobody keeps it right: tokens and certificates live by it",
      fix: "sudo timedatectl set-ntp true",
    },
    clock_behind: {
      saw: "{now} UTC, but {file} was written at {at}: this clock was set back, or is wrong",
      fix: "Set it right: sudo timedatectl set-ntp true; until then tokens seem to come from the future.",
    },
  },
};
