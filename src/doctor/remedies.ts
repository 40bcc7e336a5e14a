import type { Remedy } from "./report.ts";

export interface RemedyText extends Remedy {
  /** First where one of these answers or is said; absent: it fits everywhere. */
  readonly who?: RegExp;
  /** Only where it fits. */
  readonly only?: true;
}

/** Lines that nginx, Caddy, … need. `{port}` and the like are facts; what is not known stays as it is. */
export const remedies = {
  dns_lookup: [
    { where: "shell", text: "getent hosts {host}\ndig +short {host} @1.1.1.1" },
    { where: "Windows", text: "nslookup {host} 1.1.1.1" },
    { where: "systemd", text: "resolvectl status        # or: cat /etc/resolv.conf" },
  ],
  who_listens: [
    { where: "Linux", text: "sudo ss -ltnp 'sport = :{port}'" },
    { where: "Windows", text: "Get-NetTCPConnection -State Listen -LocalPort {port}" },
    { where: "macOS", text: "lsof -nP -iTCP:{port} -sTCP:LISTEN" },
    { where: "Docker", text: "docker ps --format '{{.Names}} {{.Ports}}'   # is {port} published?" },
  ],
  listen_on_all: [
    { where: "Peyk", text: "HOST=0.0.0.0 PORT={port} npm start" },
    { where: "uvicorn", text: "uvicorn app:app --host 0.0.0.0 --port {port}" },
    { where: "daphne", text: "daphne -b 0.0.0.0 -p {port} project.asgi:application" },
    { where: "Node", text: 'server.listen({port}, "0.0.0.0");' },
    { where: "Django", text: "python manage.py runserver 0.0.0.0:{port}" },
  ],
  ufw: [{ where: "ufw", text: "sudo ufw allow {port}/tcp && sudo ufw status verbose" }],
  firewalld: [
    {
      where: "firewalld",
      text: "sudo firewall-cmd --permanent --add-port={port}/tcp && sudo firewall-cmd --reload",
    },
  ],
  nftables: [
    {
      where: "nftables",
      text: "sudo nft list ruleset        # find the chain with `hook input`, and use its names\nsudo nft insert rule inet filter input tcp dport {port} accept",
    },
    { where: "iptables", text: "sudo iptables -I INPUT -p tcp --dport {port} -j ACCEPT" },
  ],
  windows: [
    {
      where: "Windows",
      text: 'netsh advfirewall firewall add rule name="WebSocket {port}" dir=in action=allow protocol=TCP localport={port}',
    },
  ],
  router: [
    { where: "router", text: "forward external TCP {port} to the server's address in the LAN, TCP {port}" },
    { where: "cloud", text: "security group: allow inbound TCP {port} from 0.0.0.0/0 and ::/0" },
  ],
  route: [
    {
      where: "Linux",
      text: "ip route get {address}        # is there a route?\nping -c 3 {address}            # is the machine switched on?",
    },
    { where: "Windows", text: "route print\nTest-NetConnection {address} -Port {port}" },
  ],
  reset: [
    {
      where: "Linux",
      text: "sudo ss -ltnp 'sport = :{port}'        # who is it, and what does its log say?",
    },
    { where: "shell", text: "curl -v --max-time 5 http://{host}:{port}/        # from another network, too" },
  ],
  dns_records: [
    {
      where: "shell",
      text: "dig +short A {host}; dig +short AAAA {host}        # remove the dead one at your DNS provider",
    },
    { where: "Peyk", text: "HOST=:: npm start        # listens on IPv6 and IPv4" },
    { where: "nginx", text: "listen {port};\nlisten [::]:{port};" },
  ],
  openssl: [
    {
      where: "shell",
      text: "openssl s_client -connect {host}:{port} -servername {host} </dev/null        # and look into the server's log",
    },
  ],
  renew: [
    {
      where: "certbot",
      text: "sudo certbot renew && sudo systemctl reload nginx\nsudo certbot certonly --webroot -w /var/www/html -d {host}        # for the first time",
    },
    {
      where: "Caddy",
      text: "{host} {\n    reverse_proxy 127.0.0.1:8000        # it gets and renews the certificate by itself\n}",
    },
    {
      where: "Peyk",
      text: "TLS_CERT=/etc/letsencrypt/live/{host}/fullchain.pem TLS_KEY=/etc/letsencrypt/live/{host}/privkey.pem",
    },
  ],
  clock: [
    {
      where: "Linux",
      text: 'timedatectl        # "System clock synchronized: yes"?\nsudo timedatectl set-ntp true',
    },
    { where: "Windows", text: "w32tm /resync" },
    { where: "MicroPython", text: "import ntptime; ntptime.settime()" },
  ],
  full_chain: [
    {
      where: "nginx",
      who: /nginx/i,
      text: "ssl_certificate     /etc/letsencrypt/live/{host}/fullchain.pem;    # not cert.pem\nssl_certificate_key /etc/letsencrypt/live/{host}/privkey.pem;",
    },
    {
      where: "Apache",
      who: /apache/i,
      text: "SSLCertificateFile    /etc/letsencrypt/live/{host}/fullchain.pem\nSSLCertificateKeyFile /etc/letsencrypt/live/{host}/privkey.pem",
    },
    { where: "Peyk", who: /peyk/i, text: "TLS_CERT=/etc/letsencrypt/live/{host}/fullchain.pem" },
    { where: "HAProxy", who: /haproxy/i, text: "cat fullchain.pem privkey.pem > /etc/haproxy/{host}.pem" },
  ],
  tls_versions: [
    { where: "nginx", who: /nginx/i, text: "ssl_protocols TLSv1.2 TLSv1.3;" },
    { where: "HAProxy", who: /haproxy/i, text: "ssl-default-bind-options ssl-min-ver TLSv1.2" },
    { where: "Apache", who: /apache/i, text: "SSLProtocol -all +TLSv1.2 +TLSv1.3" },
  ],
  client_cert: [
    {
      where: "nginx",
      who: /nginx/i,
      text: "ssl_verify_client off;    # or optional, if other paths need it",
    },
    {
      where: "HAProxy",
      who: /haproxy/i,
      text: "bind :443 ssl crt /etc/haproxy/{host}.pem    # without `verify required`",
    },
  ],
  pass_upgrade: [
    {
      where: "nginx",
      who: /nginx|openresty|tengine/i,
      text: 'location / {\n    proxy_pass http://127.0.0.1:8000;\n    proxy_http_version 1.1;\n    proxy_set_header Upgrade $http_upgrade;\n    proxy_set_header Connection "upgrade";\n    proxy_set_header Host $host;\n}',
    },
    {
      where: "Apache",
      who: /apache/i,
      text: "# 2.4.47 or newer; older ones: a2enmod proxy_wstunnel\nProxyPass / http://127.0.0.1:8000/ upgrade=websocket",
    },
    {
      where: "Caddy",
      who: /caddy/i,
      text: "reverse_proxy 127.0.0.1:8000        # passes Upgrade on by itself: remove `header_up -Upgrade` and the like",
    },
    {
      where: "HAProxy",
      who: /haproxy/i,
      text: "mode http        # passes Upgrade on by itself: remove `http-request del-header Upgrade`, `option httpclose`",
    },
    {
      where: "Traefik",
      who: /traefik/i,
      text: "# passes Upgrade on by itself: look for a middleware that sets Connection or Upgrade",
    },
    { where: "Cloudflare", who: /cloudflare/i, text: "Network > WebSockets: on" },
    { where: "IIS", who: /iis/i, text: "Install-WindowsFeature Web-WebSockets" },
    {
      where: "AWS",
      who: /aws|cloudfront/i,
      text: "Use an Application or Network Load Balancer; in CloudFront forward all headers",
    },
  ],
  asgi: [
    {
      where: "Django, FastAPI",
      who: /gunicorn|werkzeug|runserver|waitress|uvicorn|daphne|django|fastapi|python|flask/i,
      text: "pip install 'uvicorn[standard]'\nuvicorn project.asgi:application --port {port}        # ASGI, not gunicorn project.wsgi",
    },
    {
      where: "gunicorn",
      who: /gunicorn/i,
      text: "gunicorn project.asgi:application -k uvicorn.workers.UvicornWorker",
    },
    {
      where: "Express",
      who: /express|fastify|node/i,
      text: "const wss = new WebSocketServer({ server });        // ws: on the same http.Server as Express",
    },
    {
      where: "nginx",
      who: /nginx/i,
      text: 'location {path} {\n    proxy_pass http://127.0.0.1:8000;        # the WebSocket server, not files\n    proxy_http_version 1.1;\n    proxy_set_header Upgrade $http_upgrade;\n    proxy_set_header Connection "upgrade";\n}',
    },
    {
      where: "Caddy",
      who: /caddy/i,
      text: "reverse_proxy {path} 127.0.0.1:8000        # this site has nothing for this path",
    },
    { where: "shell", text: "curl -i http://{host}:{port}{path}        # who is it that answers this path?" },
  ],
  http11: [
    {
      where: "nginx",
      who: /nginx/i,
      text: "listen 443 ssl;        # http2 may stay on: nginx offers HTTP/1.1 beside it",
    },
    { where: "HAProxy", who: /haproxy/i, text: "bind :443 ssl crt /etc/haproxy/site.pem alpn h2,http/1.1" },
    { where: "Envoy", text: "codec_type: AUTO        # not HTTP2" },
    { where: "Caddy", text: "{\n    servers {\n        protocols h1 h2\n    }\n}" },
  ],
  route_path: [
    {
      where: "nginx",
      who: /nginx/i,
      only: true,
      text: 'location {path} {\n    proxy_pass http://127.0.0.1:8000;        # without a path here, so that this one is kept\n    proxy_http_version 1.1;\n    proxy_set_header Upgrade $http_upgrade;\n    proxy_set_header Connection "upgrade";\n}',
    },
    { where: "Caddy", who: /caddy/i, only: true, text: "reverse_proxy {path} 127.0.0.1:8000" },
    { where: "Traefik", who: /traefik/i, only: true, text: 'rule: "Host(`{host}`) && PathPrefix(`{path}`)"' },
    {
      where: "Apache",
      who: /apache/i,
      only: true,
      text: "ProxyPass {path} http://127.0.0.1:8000{path} upgrade=websocket",
    },
    {
      where: "Peyk",
      who: /peyk/i,
      only: true,
      text: "curl {http}://{authority}/docs        # its paths\n{scheme}://{authority}/ws/test/        # is always there, to see whether WebSocket gets through",
    },
  ],
  handshake_params: [
    {
      where: "Socket.IO",
      who: /Transport unknown|socket\.io/i,
      only: true,
      text: "{scheme}://{authority}/socket.io/?EIO=4&transport=websocket        # and a Socket.IO client on top of it",
    },
    {
      where: "SignalR",
      who: /Connection ID required/i,
      only: true,
      text: "POST {path}/negotiate first, then open {path}?id=…",
    },
    {
      where: "Django",
      text: 'ALLOWED_HOSTS = ["{host}"]        # the Host header must be known; look into the server\'s log',
    },
    { where: "nginx", who: /nginx/i, text: "proxy_set_header Host $host;" },
  ],
  credentials: [
    {
      where: "doctor",
      text: "--token T                                # Authorization: Bearer T\n--header 'Authorization: Basic …'        # a user and password, as nginx's auth_basic wants them",
    },
  ],
  allow: [
    { where: "nginx", who: /nginx/i, only: true, text: "allow 203.0.113.0/24;    # before `deny all;`" },
    { where: "HAProxy", who: /haproxy/i, only: true, text: "# look for `http-request deny` in the frontend" },
    {
      where: "Django Channels",
      text: "# 403 comes before accept(): look at AllowedHostsOriginValidator, AuthMiddlewareStack and the URLRouter's paths",
    },
  ],
  wait: [
    { where: "client", text: "const pause = Math.min(30_000, 1000 * 2 ** attempt) * (0.5 + Math.random());" },
    { where: "nginx", who: /nginx/i, text: "limit_req zone=sockets burst=20 nodelay;" },
    { where: "Peyk", who: /peyk/i, text: "CONNECT_RATE=20000 CONNECT_RATE_PER_ADDRESS=500 npm start" },
  ],
  upstream: [
    {
      where: "shell",
      text: "curl -i http://127.0.0.1:8000/        # on the proxy's machine: the server (upstream) behind it, at its own port",
    },
    {
      where: "nginx",
      who: /nginx|openresty/i,
      text: "proxy_pass http://127.0.0.1:8000;        # the address and port on which the upstream really listens\nsudo tail /var/log/nginx/error.log",
    },
    {
      where: "Caddy",
      who: /caddy/i,
      text: "reverse_proxy 127.0.0.1:8000        # the address and port on which the server really listens\njournalctl -u caddy -n 20",
    },
    {
      where: "HAProxy",
      who: /haproxy/i,
      text: "backend sockets\n    server one 127.0.0.1:8000 check        # is it UP in `echo 'show servers state' | socat stdio /run/haproxy/admin.sock`?",
    },
    {
      where: "Apache",
      who: /apache/i,
      text: "ProxyPass / http://127.0.0.1:8000/ upgrade=websocket        # the port on which the server really listens",
    },
    {
      where: "Cloudflare",
      who: /cloudflare/i,
      text: "The origin refuses or hides: let Cloudflare's networks in (https://www.cloudflare.com/ips), on the port of your DNS record",
    },
    {
      where: "AWS",
      who: /aws/i,
      text: "Target group > Targets: is one healthy? Its health check may ask a path that answers 426",
    },
    {
      where: "Traefik",
      who: /traefik/i,
      text: 'loadBalancer:\n  servers:\n    - url: "http://127.0.0.1:8000"',
    },
  ],
  apache_tunnel: [
    {
      where: "Apache",
      who: /apache/i,
      only: true,
      text: "sudo a2enmod proxy_wstunnel && sudo systemctl restart apache2",
    },
  ],
  cache: [
    {
      where: "server",
      text: 'Sec-WebSocket-Accept = base64(sha1(Sec-WebSocket-Key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))',
    },
    { where: "proxy", text: "# never cache a 101: exempt this path from the cache" },
  ],
  subprotocol: [
    {
      where: "doctor",
      who: /protocol/i,
      only: true,
      text: "--header 'Sec-WebSocket-Protocol: graphql-transport-ws'        # the subprotocol that the server's documentation names",
    },
  ],
  server_log: [
    {
      where: "shell",
      text: "journalctl -u <service> -n 50        # or: docker logs --tail 50 <container>, or where the server's log is",
    },
  ],
  get_token: [
    {
      where: "Peyk",
      text: "npx peyk token issue --user ana@example.com --ttl 1h        # on the server; or log in:\ncurl -d username=ana@example.com -d password=… {http}://{authority}/api/v1/login/access-token",
    },
    { where: "browser", text: 'new WebSocket("{scheme}://{authority}{path}?token=" + token)' },
  ],
  device_token: [
    {
      where: "Peyk",
      text: "npx peyk device add --kind pico --name Kitchen        # /ws/pico; --kind esp32cam for /ws/esp32cam",
    },
    { where: "Peyk", text: "npx peyk token issue --user ana@example.com        # or log in" },
  ],
  issuer: [
    {
      where: "Peyk",
      text: 'JWT_ISSUERS=\'[{"name":"shop","issuer":"https://shop.example","audience":"peyk","algorithm":"HS256","secret":"…"}]\'\n# tokens of its own are signed with JWT_SECRET, HS256: it must be the same as when they were made',
    },
  ],
  user_active: [
    {
      where: "Peyk",
      text: "npx peyk user list        # is the account disabled? `npx peyk user enable --email E` lets it in again",
    },
  ],
  roles: [
    {
      where: "Peyk",
      text: "npx peyk user list        # the roles: user, passenger, driver, staff, admin\nnpx peyk user role --email ana@example.com --role staff",
    },
  ],
  origins: [
    { where: "Peyk", text: "ALLOWED_ORIGINS=https://shop.example npm start" },
    {
      where: "Django Channels",
      text: 'AllowedHostsOriginValidator(…)        # settings: ALLOWED_HOSTS = ["{host}"]',
    },
    { where: "Socket.IO", text: 'new Server(http, { cors: { origin: "https://shop.example" } })' },
  ],
  connection_limits: [
    {
      where: "Peyk",
      text: "MAX_CONNECTIONS_PER_ADDRESS=2000 MAX_CONNECTIONS_PER_USER=500 npm start\nTRUST_PROXY=127.0.0.1        # behind a proxy: else all clients look like one address",
    },
  ],
  descriptors: [
    { where: "Peyk", text: "MAX_CONNECTIONS=100000 MAX_CONNECTIONS_PER_USER=500 npm start" },
    { where: "systemd", text: "[Service]\nLimitNOFILE=65536" },
    {
      where: "nginx",
      who: /nginx/i,
      text: "worker_rlimit_nofile 65536;\nevents { worker_connections 20000; }",
    },
    { where: "shell", text: "ulimit -n        # open files that the server may have: its limit of sockets" },
  ],
  no_buffering: [
    {
      where: "nginx",
      who: /nginx/i,
      text: 'proxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection "upgrade";\nproxy_buffering off;',
    },
    { where: "Caddy", who: /caddy/i, text: "reverse_proxy 127.0.0.1:8000 {\n    flush_interval -1\n}" },
    {
      where: "Apache",
      who: /apache/i,
      text: "ProxyPass / http://127.0.0.1:8000/ upgrade=websocket flushpackets=on",
    },
    { where: "antivirus", text: '# "HTTPS scanning" or "web shield": exempt {host}' },
  ],
  idle_timeout: [
    {
      where: "server",
      text: "# ping every 20 s, or more often than every {seconds} s (Peyk: HEARTBEAT_INTERVAL=20)",
    },
    { where: "nginx", who: /nginx/i, text: "proxy_read_timeout 75s;\nproxy_send_timeout 75s;" },
    { where: "HAProxy", who: /haproxy/i, text: "timeout tunnel 1h\ntimeout client 75s" },
    {
      where: "Apache",
      who: /apache/i,
      text: "ProxyPass / http://127.0.0.1:8000/ upgrade=websocket timeout=75",
    },
    { where: "AWS", who: /aws/i, text: "Load balancer > Attributes > Idle timeout: 120 s" },
    { where: "Cloudflare", who: /cloudflare/i, text: "# 100 s, fixed: the server must ping" },
    {
      where: "Traefik",
      who: /traefik/i,
      text: "entryPoints:\n  websecure:\n    transport:\n      respondingTimeouts:\n        idleTimeout: 3600s",
    },
  ],
  json_ping: [{ where: "client", text: 'setInterval(() => socket.send(\'{"type":"ping"}\'), 20_000);' }],
  mtu: [
    {
      where: "Linux",
      text: "ping -M do -s 1400 {host}        # no answer, but `ping {host}` has one: the MTU is wrong\nsudo ip link set dev wg0 mtu 1380        # on the tunnel",
    },
    { where: "Windows", text: "ping -f -l 1400 {host}" },
  ],
  message_size: [
    { where: "Peyk", text: "MAX_MESSAGE_BYTES=131072 npm start" },
    { where: "uvicorn", text: "uvicorn app:app --ws-max-size 16777216" },
    { where: "ws (Node)", text: "new WebSocketServer({ maxPayload: 16 * 1024 * 1024 })" },
    { where: "websockets (Python)", text: "websockets.serve(handler, max_size=2**24)" },
  ],
} as const satisfies Readonly<Record<string, readonly RemedyText[]>>;

export type RemedyName = keyof typeof remedies;
