import type { Words } from "./words.ts";

export const en: Words = {
  direction: "ltr",
  comma: ", ",
  duration(seconds) {
    if (seconds < 90) return `${seconds} s`;
    if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
    if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
    return `${Math.round(seconds / 86_400)} days`;
  },

  stages: {
    url: "URL",
    dns: "Name",
    tcp: "TCP",
    tls: "TLS",
    http: "HTTP",
    upgrade: "Upgrade",
    auth: "Entry",
    heartbeat: "Heartbeat",
    idle: "Idling",
    payload: "Payload",
    parallel: "Parallel",
  },

  parties: {
    you: "you: the address or the way it is used",
    network: "the network between here and the server",
    proxy: "the proxy in front of the server",
    server: "the server",
    token: "the token, or whoever gave it to you",
  },

  frame: {
    examines: "Peyk doctor examines {url}",
    means: "Means",
    party: "Whose",
    next: "Do",
    verdict_ok: "All well: {url} can be used.",
    verdict_warning: "It works, but: {title}",
    verdict_broken: "Broken at {stage}: {title}",
    somebody: "the server",
    more_remedies: "{count} more with --json",
    receipt: "On the server, peyk doctor --explain {receipt} tells the rest.",
  },

  terms: {
    masked: "the server's frames are masked, which only a client's may be (RFC 6455, 5.1)",
    reserved_bits:
      "a reserved bit is set although no extension was agreed on (RFC 6455, 5.2); often compression that nobody asked for",
    unknown_opcode: "a frame has an opcode that does not exist (RFC 6455, 5.2)",
    fragmented_control: "a ping, pong or close is split into several frames (RFC 6455, 5.5)",
    control_too_long: "a ping, pong or close is longer than 125 bytes (RFC 6455, 5.5)",
    stray_continuation: "a continuation continues nothing (RFC 6455, 5.4)",
    interrupted_message: "a new message begins before the last one has ended (RFC 6455, 5.4)",
    bad_utf8: "a text message is not valid UTF-8 (RFC 6455, 8.1)",
    frame_too_long: "a frame claims to be longer than 64 MB",
    bad_close: "a close frame has half a close code (RFC 6455, 5.5.1)",
    bad_close_code: "a close frame has a code that must not be sent (RFC 6455, 7.4)",
    http_again: "after the 101 came another HTTP answer instead of frames",
    no_url: "it is no URL",
    scheme: "the scheme is not ws:// or wss://",
    host: "the host is missing or is no name",
    port: "the port must be a number from 1 to 65535",
    space: "there is a space in it",
    refused: "refuses",
    filtered: "does not answer",
    unreachable: "cannot be reached",
    reset: "hangs up",
    missing_intermediate: "the server sends its own certificate alone, without the one that signed it",
    intermediate_dates: "a certificate between it and its authority has expired, or does not hold yet",
    unknown_root: "its chain ends at an authority that this machine does not know",
    hangs_up_at_upgrade: "it hangs up at an upgrade, and answers ordinary requests",
    ends_half_way: "the connection ended in the middle of it",
    hangs_up_at_ping: "it hangs up instead",
    no_json_pong: "it is a Peyk, and says nothing to its own message `ping`",
    header: "Authorization header",
    query: "URL, as ?token=",
    message: "first message",
    empty: "it is empty",
    bearer: "it begins with the word Bearer, which belongs to the header and not to the token",
    quotes: "there are quotation marks around it",
    placeholder: "it is a placeholder, not a token",
    spaces: "there are spaces in it",
    line_end: "the end of a line is in it",
    parts: "it is cut off: a JWT has three parts with two dots between",
    unreadable: "it looks like a JWT, but cannot be decoded; some of it is missing or changed",
    malformed: "it is malformed",
    expired: "it has expired",
    future: "it is not valid yet",
    refresh: "it is a refresh token",
  },

  lines: {
    url_ok: "{scheme}, {host}, port {port}, path {path}",
    url_guessed: "no scheme was given, so this is taken as {scheme}://{authority}{path}",
    url_from_http: "{was}:// is taken as {scheme}://{authority}{path}",
    dns_ok: "{host} is {addresses:list}",
    dns_literal: "an address, no name to resolve",
    tcp_ok: "{address} port {port} is open",
    tls_ok: "{protocol}, certificate for {subject} from {issuer}, valid until {valid_to}",
    tls_not_asked: "none: ws:// is not encrypted",
    http_ok: "{who} answers with {status}",
    upgrade_ok: "101, the handshake is right",
    auth_greeted: "open[[, greeted with {greeting}]]",
    auth_silent: "open, and not refused",
    auth_who: "open, known as {user}[[; the token was in the {token_in:term}]]",
    heartbeat_ok: "ping answered in {ms} ms[[, the JSON one in {json_ms} ms]]",
    idle_survived: "still open after {seconds} s of silence",
    idle_server_pings:
      "still open after {seconds} s; the server pinged {pings} times, and that keeps it open",
    idle_not_asked: "not asked for: --idle 75 finds a proxy that cuts idle sockets",
    payload_ok: "{sizes:list} came through, there and back",
    payload_no_echo: "{sizes:list} sent, and the socket stayed open",
    payload_limited: "{fits:bytes} came through; the server takes no message of {size:bytes}",
    payload_not_understood: "skipped: the server hangs up at a message that it does not know ({code})",
    payload_not_asked: "not asked for: --payload 65536 sends one message of that size",
    parallel_ok: "{count} sockets at once",
    parallel_limited: "{opened} of {count} sockets at once; then the server says {refusal}",
    parallel_not_asked: "not asked for: --parallel 10 opens that many",
  },

  causes: {
    bad_url: {
      title: "{typed} cannot be used: {part:term}.",
      means: "Nothing was tried yet: this is about the address as it was typed.",
      next: "Write the address like wss://example.com/ws/test/ or ws://192.168.1.10:8000/ws/test/ (port: 1 to 65535).",
    },
    url_fragment: {
      title: "The address has a part behind #: {fragment}",
      means:
        "WebSocket addresses must not have one (RFC 6455, 3): older browsers throw a SyntaxError, others leave it out.",
      next: "Use {without}",
    },
    mixed_content: {
      title: "A page of {origin} may not open ws://, only wss://.",
      means:
        "Browsers block unencrypted sockets on pages that came by https (mixed content), and throw a SecurityError. Programs may connect, as this one does.",
      next: "Use {swapped_url}, and give the server a certificate or a proxy that has one.",
    },

    name_unknown: {
      title: "Nobody knows the name {host}.",
      means:
        "The resolver answers that this name does not exist or has no address. Usually it is a typing mistake, or a DNS record that was never made.",
      next: "Check the spelling, then ask another resolver; if that does not know it either, add the DNS record.",
    },
    resolver_failed: {
      title: "The name {host} cannot be looked up ({code}).",
      means:
        "The resolver itself does not answer. That says nothing about the name: this machine's network or its DNS settings are broken.",
      next: "See whether this machine resolves any name at all.",
    },

    refused: {
      title: "{address} refuses connections on port {port}.",
      means:
        "The machine is there, but no program listens on this port[[; on this machine the port is open at {elsewhere}]]. Or a firewall refuses in its place.",
      next: "On the server, see who listens on port {port}; start the server, or use the port that it really has.",
    },
    loopback_only: {
      title: "Port {port} is open on {elsewhere} alone, and refused on {address}.",
      means:
        "The server runs on this machine, but listens on the loopback address. Nobody outside this machine can reach it.",
      next: "Let the server listen on all addresses (0.0.0.0 or ::), or put a proxy in front of it.",
    },
    filtered: {
      title: "{address} port {port} does not answer at all ({seconds} s).",
      means:
        "Packets are thrown away on the way: by the server's firewall, a cloud provider's security group, or a router without port forwarding. Or the machine is off.",
      next: "Let TCP {port} in at the server's firewall. If it is open there, look at the cloud provider's firewall, then at the router.",
    },
    unreachable: {
      title: "There is no way to {address}.",
      means:
        "This machine or a router says that the address cannot be reached: there is no route, no such machine in its network, or a firewall that says so in this manner (firewalld does).",
      next: "See which way packets to {address} take from here, and whether this machine is in the right network or VPN.",
    },
    tcp_reset: {
      title: "{address} port {port} accepts the connection and resets it at once.",
      means:
        "Something accepts in the server's name and hangs up: a filter in the network, a load balancer without a living server behind it, or a server that allows only certain addresses.",
      next: "Try from another network. If it works there, the network filters; otherwise look at what listens on port {port} and whom it lets in.",
    },
    address_dead: {
      title: "{dead:list} {why:term}, while {address} works.",
      means:
        "The name has an address at which nobody answers. Clients that try it first wait for seconds, or fail.",
      next: "Remove the dead address from the DNS records of {host}, or let the server listen there too.",
    },

    tls_on_plain_port: {
      title: "Port {port} speaks plain HTTP, not TLS.",
      means: "wss:// was asked for, but what listens there does not encrypt.",
      next: "Use {swapped_url}, or the port on which the server (or its proxy) speaks TLS.",
    },
    plain_on_tls_port: {
      title: "Port {port} speaks TLS, and ws:// was asked for.",
      means: "The server there waits for an encrypted connection.",
      next: "Use {swapped_url}",
    },
    cert_expired: {
      title: "The certificate of {asked_name} expired on {valid_to}, {ago_seconds:duration} ago.",
      means: "Browsers and libraries refuse the connection; a browser's script sees only 1006.",
      next: "Renew the certificate and let the server load it.",
    },
    cert_not_yet_valid: {
      title: "The certificate is valid only from {valid_from}, in {in_seconds:duration}.",
      means: "The clock of this machine is behind, or the certificate was made with a wrong clock.",
      next: "Compare the clocks of both machines with the real time.",
    },
    cert_wrong_name: {
      title: "The certificate is not for {asked_name}, but for {names:list}.",
      means:
        "Another site's certificate is shown: the address is wrong, or the server or its proxy has no certificate for this name.[[?no_names  Its name stands in the subject (CN) alone; browsers want it as subjectAltName.]]",
      next: "Connect under a name of the certificate ({names:list}), or get a certificate for {asked_name}.",
    },
    cert_self_signed: {
      title: "The certificate of {subject} is signed by itself.",
      means: "Nobody but its owner vouches for it, so browsers and libraries refuse it.",
      next: "Get a certificate from an authority such as Let's Encrypt. For a test of your own server, add --insecure here.",
    },
    cert_untrusted: {
      title: "The certificate of {subject}, from {issuer}, is not trusted: {why:term}.",
      means:
        "A browser that knows the missing certificate from elsewhere may still connect; programs and devices will not.",
      next: "Let the server send the full chain. If the authority is your company's own, name its certificate with --ca FILE, and install it on the clients.",
    },
    cert_expires_soon: {
      title: "The certificate expires on {valid_to}, in {days_left} days.",
      means: "After that nobody can connect. Automatic renewal should have happened by now.",
      next: "Renew the certificate, and see why it was not renewed by itself.",
    },
    tls_too_old: {
      title: "The server's TLS is too old[[: it offers {protocol}]].",
      means: "Browsers and libraries want TLS 1.2 at least.",
      next: "Switch on TLS 1.2 and 1.3 at the server or its proxy.",
    },
    tls_client_cert: {
      title: "The server asks for a client certificate.",
      means:
        "It lets in only those who show a certificate of their own (mutual TLS). Browsers ask their user for it; most programs have none.",
      next: "Get a client certificate from the server's operator, or ask him to exempt the WebSocket path.",
    },
    tls_failed: {
      title: "The TLS handshake failed ({code}).",
      means:
        'Something listens on port {port}, but no encrypted connection comes about[[; it says "{banner}"]]. Often the proxy knows no site named {host}, or a filter breaks in.',
      next: "Compare with openssl s_client -connect {host}:{port} -servername {host}",
    },

    silent: {
      title: "Port {port} is open, but nobody answers the request.",
      means:
        "The program there accepts connections and says nothing: it hangs, it is overloaded, or it speaks another protocol and waits for its first words.",
      next: "On the server, see which program holds port {port}, and whether it still works.",
    },
    hung_up: {
      title: "The connection was closed without an answer to the request.",
      means: "The program there does not like HTTP, crashed over the request, or a filter cut it off.",
      next: "Look into the server's log at this second, and see which program holds port {port}.",
    },
    not_http: {
      title: "What listens on port {port} does not speak HTTP[[: it looks like {speaks}]].",
      means: '[[It answered: "{banner}". ]]A WebSocket begins as HTTP/1.1, so this is another service.',
      next: "Use the port of the WebSocket server.",
    },
    http2_only: {
      title: "The server speaks HTTP/2 only.",
      means: "WebSocket clients begin with HTTP/1.1; browsers ask for it on a connection of its own.",
      next: "Allow HTTP/1.1 on this port beside HTTP/2, or use another port of the server.",
    },
    login_page: {
      title: "A login page of the network answers instead of {host}.",
      means: "A hotel, a company or a provider puts its own page before everything until somebody logs in.",
      next: "Open http://neverssl.com in a browser, log in to the network, and try again.",
    },

    upgrade_stripped: {
      title:
        "The Upgrade header was lost on the way[[: {who} answered {status}, as to an ordinary request]].",
      means:
        'We asked for a WebSocket, and what stands behind got a plain request[[: "{body}"]]. A proxy in front of it[[ ({proxy})]] does not pass Upgrade and Connection on.',
      next: "Let the proxy pass the Upgrade and Connection headers on, with HTTP/1.1.",
    },
    http_only: {
      title: "{who} answers {status} like a web page: there is no WebSocket here.",
      means:
        "An HTTP server got the request and ignored that a WebSocket was asked for. No path that is usual for WebSockets opens one either. Often an application is started with a server for HTTP alone (gunicorn, runserver, Flask), or without its WebSocket library.",
      next: "Start the application with a server that speaks WebSocket.",
    },
    wrong_path: {
      title: "There is no WebSocket at {path} ({status})[[, but there is one at {other_path}]].",
      means:
        "[[{own} itself answered: it hands this path on to nobody. ]]The server may be the right one, but this path is none of its sockets. A missing or superfluous slash at the end is enough.",
      next: "Look up the path in the server's documentation, slashes included[[; {other_url} opens a WebSocket]].",
    },
    redirect: {
      title: "The server redirects to {location} ({status}).",
      means: "WebSocket clients do not follow redirects.",
      next: "[[Connect to {suggestion} at once. ]]If that is a login page, log in first or send a token.",
    },
    redirect_to_https: {
      title: "The server wants TLS: it redirects to {location}.",
      means: "ws:// is answered with a redirect to https://, and WebSocket clients do not follow it.",
      next: "Use {suggestion}",
    },
    upgrade_required: {
      title: "The server wants another protocol than WebSocket version 13 (426).",
      means:
        '[[It says: "{body}". ]]It speaks an old draft of WebSocket, or wants another upgrade, such as TLS or HTTP/2.',
      next: "Update the server's WebSocket library to one that speaks version 13 (RFC 6455, since 2011).",
    },
    bad_request: {
      title: "{who} calls the handshake a bad request (400).",
      means:
        '[[It says: "{body}". ]]Usually the host name is not one that the server knows, a parameter is missing in the URL, or its library answers so for a path without a socket.',
      next: "Compare host, path and parameters with the server's documentation, letter by letter.",
    },
    http_unauthorized: {
      title: "The server refuses before the socket opens: 401[[; your token: {problem:term}]].",
      means:
        '[[In the {works_in:term} the same token is accepted. ]]It wants to know who you are. A browser\'s script sees 1006 and never this 401.[[ It says: "{body}".]]',
      next: "Send what it asks for[[ ({challenge})]]: a valid token with --token T, or a user and a password with --header 'Authorization: Basic …'.",
    },
    http_forbidden: {
      title: "The server refuses before the socket opens: 403 ({who})[[; your token: {problem:term}]].",
      means:
        '[[{own} itself refuses, by a rule of its own. ]][[In the {works_in:term} the same token is accepted. ]]Application servers such as daphne and uvicorn answer this when the application refuses before it accepts: no token, no right, or no route for this path. A browser\'s script sees 1006 and never this 403.[[ It says: "{body}".]]',
      next: "Send a token of somebody who may enter (--token T); if you did, check the path and the server's log.",
    },
    http_rate_limited: {
      title: "Too many attempts: 429[[, come back in {retry_after} s]].",
      means: "Somebody on the way counts requests, and has had enough of yours.",
      next: "Wait, and let clients wait longer between attempts.",
    },
    proxy_auth: {
      title: "A proxy on the way wants a login (407).",
      means: "Your network lets nobody out without a login at its proxy.",
      next: "Log in to the network's proxy, or ask for an exception for {host}.",
    },
    bad_gateway: {
      title: "[[{status}: ]]{who} stands in front, and the server behind it does not answer properly.",
      means:
        "The proxy works. What it should pass requests to is not running, listens elsewhere, or closed the connection.",
      next: "On the proxy's machine, see whether the server behind it runs, and whether the proxy has its right address and port.",
    },
    gateway_unavailable: {
      title: "[[{status}: ]]{who} says that the server is not available.",
      means:
        'The proxy has no living server behind it, or the server itself is overloaded or in maintenance.[[ It says: "{body}".]]',
      next: "See whether the server behind the proxy runs, and what its health check says.",
    },
    gateway_timeout: {
      title: "[[{status}: ]]{who} got no answer in time from the server behind it.",
      means: "The server behind the proxy hangs, is overloaded, or a firewall between the two drops packets.",
      next: "On the proxy's machine, ask the server behind it directly.",
    },
    server_error: {
      title: "The server failed over the handshake ({status}).",
      means: 'The application broke.[[ It says: "{body}".]] With daphne, a path without a route is enough.',
      next: "Read the server's log at this second.",
    },
    odd_status: {
      title: "The handshake was answered with {status}[[ {status_text}]].",
      means: 'This is no answer that a WebSocket server gives.[[ It says: "{body}".]]',
      next: "Read the server's log at this second, and ask who operates {host} what {status} means for {path}.",
    },
    upgrade_hangs: {
      title: "A request for a WebSocket gets no answer; an ordinary request does.",
      means:
        "The server, or a proxy, takes the upgrade and does nothing with it: all workers are busy, or nobody feels responsible.",
      next: "Read the server's log at this second.",
    },
    bad_accept: {
      title: "The server's Sec-WebSocket-Accept is wrong.",
      means:
        'It said "{accept}" and should have said "{expected}". Either the server computes it wrongly, or something in between gave an answer that was meant for somebody else. Every client gives up here.',
      next: "Mend the server's handshake (RFC 6455, 4.2.2), or use a ready WebSocket library there.",
    },
    bad_handshake: {
      title: "The server's handshake is wrong[[: {wrong:list}]][[: {how:term}]].",
      means:
        "[[These headers are missing, wrong, or were never asked for: {wrong:list}. ]]No client that keeps to RFC 6455 goes on from here.",
      next: "Mend the server's handshake[[ ({wrong:list})]] (RFC 6455, 4.2.2), or see which proxy meddles with it.",
    },

    token_missing: {
      title: "The server wants a token ({code})[[: {reason}]].",
      means:
        "[[The token was sent in the {token_in:term}, and did not arrive: a proxy takes it away, or the server looks elsewhere. ]][[In the {works_in:term} the same token is accepted. ]]The socket opened, and was closed because nobody said who is there.",
      next: "Send a token: --token T. Browsers send it as ?token= or in a first message, since they cannot set headers.[[?token_in  You did send one: see whether a proxy takes the header Authorization away.]]",
    },
    token_malformed: {
      title: "The token cannot be read[[: {form:term}]].",
      means: "[[The server says: {reason} ({code}). ]]What was sent is not a token of this server.",
      next: "Copy the token again, whole, without quotes and without the word Bearer.",
    },
    token_expired: {
      title: "The token has expired[[, {expired_seconds:duration} ago]].",
      means:
        "[[The server says: {reason} ({code}). ]][[By the server's clock it ended {expired_seconds_server:duration} ago.]]",
      next: "Get a new token: log in again, or use the refresh token.",
    },
    token_future: {
      title: "The token is not valid yet[[: it begins in {starts_in_seconds:duration}]].",
      means:
        "[[The server says: {reason} ({code}). ]]The clock of whoever issued it is ahead, or that of the server is behind[[; by the server's clock it begins in {starts_in_seconds_server:duration}]].",
      next: "Set the clocks of both machines by NTP.",
    },
    token_wrong_key: {
      title: "The token was signed with another key.",
      means:
        "[[The server says: {reason} ({code}). ]]It comes from another server, another environment (test, production), or from before the key was changed.[[ Its issuer calls itself {issuer}.]]",
      next: "Get a token from the server that you connect to, or give that server the issuer's key.",
    },
    token_wrong_algorithm: {
      title: "The token is signed in a way that the server does not accept[[: {alg}]].",
      means:
        "[[The server says: {reason} ({code}). ]]The issuer and the server do not agree on the algorithm.",
      next: "Set the same algorithm at the issuer and at the server.",
    },
    token_wrong_audience: {
      title: "The token is meant for somebody else[[: its audience is {audience}]].",
      means: "[[The server says: {reason} ({code}). ]]It is genuine, but made for another service.",
      next: "Ask the issuer for a token with this server's audience.",
    },
    token_refresh: {
      title: "This is a refresh token, not an access token.",
      means:
        "[[The server says: {reason} ({code}). ]]A refresh token only gets new access tokens; sockets do not take it.",
      next: "Trade it for an access token, and connect with that.",
    },
    token_other_kind: {
      title: "The token is of another kind than this path takes.",
      means:
        "[[The server says: {reason} ({code}). ]]Boards have device tokens, people have user tokens, and each kind of board has its own.",
      next: "Use the token that belongs to {path}.",
    },
    token_revoked: {
      title: "The token was revoked: its session was ended, or its user disabled.",
      means:
        "[[The server says: {reason} ({code}). ]]The token itself is still in order, but the server no longer honours it.",
      next: "Log in again. If that fails, ask an administrator whether the account is active.",
    },
    token_unknown: {
      title: "The server does not know this token.",
      means: "[[The server says: {reason} ({code}). ]]It was never given out here, or was deleted.",
      next: "Get a token from this very server; for a board, npx peyk device add makes one.",
    },
    token_ignored: {
      title: "The socket is open, but the token did not count[[: {reason}]][[ ({problem:term})]].",
      means:
        "This path lets in people without a token too, so nothing was refused. But you are treated as anonymous.",
      next: "Get a new token if you want to be known.",
    },
    clock_skew: {
      title: "The clocks of this machine and of the server differ by {off_seconds:duration}.",
      means:
        "Tokens and certificates are judged by the clock: with such a difference, good ones are refused as expired or as not valid yet.",
      next: "Set the clocks of both machines by NTP.",
    },
    role_refused: {
      title: "This identity may not enter here ({code})[[: {reason}]].",
      means: "The server knows who you are, and this path is for others.",
      next: "Use an account that has the role which this path asks for.",
    },
    object_refused: {
      title: "What {path} names does not exist, or is not yours ({code})[[: {reason}]].",
      means: "The token is fine. The number in the path belongs to somebody else, or to nobody.",
      next: "Check the id in the path, and whose account the token is.",
    },
    origin_refused: {
      title: "Pages of this origin may not connect[[: {origin}]][[ ({reason})]].",
      means:
        "The server lets in only pages of origins that it has on a list[[; {allowed} was let in]].[[?needs_origin  It wants an Origin header at all times, which programs do not send by themselves.]]",
      next: "Add the origin to the server's list of allowed origins.",
    },
    path_refused: {
      title: "The server has no channel at {path} ({code}).",
      means: "WebSocket works here. The server opened the socket only to say so.[[ It says: {reason}]]",
      next: "Look up the path in the server's documentation; a Peyk has it at /docs.",
    },
    rate_limited: {
      title: "Too fast ({code})[[: {reason}]].",
      means: "The server counts connections and messages, and has had enough for now.",
      next: "Wait, and let clients wait longer between attempts, each a different time.",
    },
    too_many_connections: {
      title: "Too many open connections of this address or user ({code})[[: {reason}]].",
      means:
        "Old sockets are still open: forgotten tabs, clients that reconnect without closing, or many people behind one address.",
      next: "Close what is not needed, or raise the server's limit for one address or user.",
    },
    server_full: {
      title: "The server is full ({code})[[: {reason}]].",
      means: "It has as many connections as it may have.",
      next: "Raise the server's limit of connections and of open files, or add a server.",
    },
    server_unwell: {
      title: "Something is wrong on the server ({code})[[: {reason}]].",
      means: "The server opened the socket and then failed.[[ Its log has more under {receipt}.]]",
      next: "Read the server's log at this second; a Peyk says more at /api/websocket/health/.",
    },
    server_restarts: {
      title: "The server is going away or restarts ({code})[[: {reason}]].",
      means: "It closes its sockets before it ends.",
      next: "Try again in a few seconds.",
    },
    place_taken: {
      title: "Another connection holds this place ({code})[[: {reason}]].",
      means: "Only one connection may have this id, and somebody else came first or took it over.",
      next: "Use an id of its own for each client, and close the other connection.",
    },
    refused_by_policy: {
      title: "The server refuses by its own rules (1008)[[: {reason}]].",
      means:
        "1008 is what servers say when they do not want to say more: as a rule the token is missing or not accepted.",
      next: "Send a valid token (--token T), and read the server's log at this second.",
    },
    closed_at_once: {
      title: "The server opened the socket and closed it at once ({code})[[: {reason}]].",
      means:
        "It gave no reason. Often the application failed in its first line, or wanted a token or parameter that was not there.",
      next: "Read the server's log at this second.",
    },
    closed_unknown: {
      title: "The server closed the socket with {code}[[: {reason}]].",
      means:
        "Codes from 4000 on are the server's own, and only its documentation knows them. With 1002 and 1003 it says that it did not like what it got: often it wants a subprotocol (Sec-WebSocket-Protocol).",
      next: "Look up {code} in the server's documentation.",
    },

    no_pong: {
      title: "The server does not answer pings[[ ({seconds} s)]][[: {how:term}]].",
      means:
        "Every WebSocket endpoint must (RFC 6455, 5.5.2). The program behind hangs, or does not read its socket; clients that check will drop it.",
      next: "Look for what blocks the server, and let it answer pings: its WebSocket library can.",
    },
    proxy_buffers: {
      title: "Something on the way holds frames back and lets them through in bunches.",
      means:
        "Pongs came late and together. A proxy collects bytes before it passes them on, so messages arrive late.",
      next: "Switch off buffering for this path at the proxy.",
    },
    bad_frames: {
      title: "The server breaks the WebSocket protocol: {broken:term}.",
      means:
        "Browsers and libraries close the connection with 1002 or 1006 at this point. The frame began with the bytes {bytes}.",
      next: "Mend the server's frames, or use a ready WebSocket library there.",
    },
    slow_pong: {
      title: "A ping takes {ms} ms to come back.",
      means: "The way is long or congested, or the server is too busy to answer at once.",
      next: "Compare with `ping {host}`: if that is slow too, it is the network; if not, the server is busy.",
    },

    cut_when_idle: {
      title: "Cut after {seconds} s of silence, without a close frame[[; that is {likely}]].",
      means: "Something between here and the server ends connections on which nothing moves.",
      next: "Raise that timeout above the server's ping interval, or let the server ping more often than every {seconds} s.",
    },
    ended_by_server: {
      title: "The server ended the silent socket after {seconds} s ({code})[[: {reason}]].",
      means: "This is the server's own rule: it wants to hear from its clients.",
      next: "Let the client send something more often than every {seconds} s, or raise the server's limit.",
    },

    message_too_big: {
      title: "A message of {size:bytes} is too big for the server (1009)[[: {reason}]].",
      means: "The server has a limit and says so.[[ {fits:bytes} came through.]]",
      next: "Send less at once, or raise the server's limit.",
    },
    cut_by_size: {
      title:
        "A message of {size:bytes} does not get through: the connection ends without a close frame, or falls silent.",
      means:
        "A proxy or a filter has a limit that it does not tell, the server's library gives up; or big packets are lost on the way (a VPN or tunnel with a wrong MTU).[[ {fits:bytes} came through.]]",
      next: "Send less at once, look for a limit at the proxy, and try whether big packets get through.",
    },

    few_sockets: {
      title: "{opened} of {count} sockets opened at once[[; the others: {refusal}]].",
      means: "The server or its proxy limits how many connections one address may have.",
      next: "Raise the limit for one address, or of open files, if your users need more.",
    },
  },
};
