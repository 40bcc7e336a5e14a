"""Four checks of a Peyk server, from the outside: does WebSocket work, and if not, why?

    pip install websockets requests
    python3 test_websocket.py [http://localhost:8000] [TOKEN]

1. the HTTP server answers, 2. its own health report is "ok", 3. a socket opens without a token and answers a ping,
4. with a TOKEN of staff, the dispatchers' map opens. Exit code 0: all that was checked is well.

Each socket is asked something: a server may complete the handshake and refuse afterwards, with a close code that
says why. Works with websockets 10 and newer.
"""

import asyncio
import json
import sys
from urllib.parse import quote

import requests
import websockets

TIMEOUT = 5  # seconds
# What a close code means for whoever runs this. All codes: docs/faults.md.
ADVICE = {
    1006: "The connection was cut without a word: a proxy between? It must pass Upgrade and Connection on.",
    4001: "The token is missing, wrong or expired: log in again.",
    4003: "This account is no staff; the map is for staff. `peyk user role --email E --role staff` changes that.",
}


class Failed(Exception):
    """What is wrong, and what to do."""


def http_server(base):
    try:
        answer = requests.get(base + "/health", timeout=TIMEOUT)
    except requests.RequestException as error:
        raise Failed(f"nothing answers at {base}: {type(error).__name__}. Does the server run, and on this port?")
    if answer.status_code >= 500:
        raise Failed(f"the server answers with {answer.status_code}")
    return f"{base} answers"


def health(base):
    try:
        report = requests.get(base + "/api/websocket/health/", timeout=TIMEOUT).json()
    except (requests.RequestException, ValueError) as error:
        raise Failed(f"no health report: {type(error).__name__}")
    if report.get("status") != "ok":
        advice = "; ".join(report.get("recommendations", [])) or "no recommendation"
        raise Failed(f"status {report.get('status')}: {advice}")
    return f"status ok, server {report.get('server_type')}, websocket_routing {report.get('websocket_routing')}"


async def ask(url):
    """Opens a socket and waits for the answer to a ping. Returns the types of what came before."""
    async with websockets.connect(url, open_timeout=TIMEOUT) as socket:
        await socket.send(json.dumps({"type": "ping"}))
        before = []
        while True:
            frame = json.loads(await asyncio.wait_for(socket.recv(), TIMEOUT))
            if frame["type"] == "pong":
                return before
            before.append(frame["type"])


def socket(base, path, token=None):
    url = "ws" + base[len("http"):] + path + (f"?token={quote(token)}" if token else "")
    try:
        before = asyncio.run(ask(url))
    except websockets.exceptions.ConnectionClosed as closed:
        code = closed.rcvd.code if closed.rcvd else 1006
        reason = closed.rcvd.reason if closed.rcvd else ""
        raise Failed(f"{path} closed with {code} {reason}. {ADVICE.get(code, 'See docs/faults.md.')}")
    except (OSError, asyncio.TimeoutError, websockets.exceptions.WebSocketException) as error:
        raise Failed(f"{path} did not open: {type(error).__name__} {error}")
    return f"{path} is open" + (f", {' and '.join(before)} came" if before else "") + ", ping is answered"


def main():
    base = (sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000").rstrip("/")
    token = sys.argv[2] if len(sys.argv) > 2 else None
    checks = [
        ("HTTP server", lambda: http_server(base)),
        ("WebSocket configuration", lambda: health(base)),
        ("Basic WebSocket connection", lambda: socket(base, "/ws/test/")),
    ]
    if token:
        checks.append(("Authorised WebSocket connection", lambda: socket(base, "/ws/dispatch-map/", token)))
    failed = 0
    for number, (name, check) in enumerate(checks, 1):
        try:
            print(f"✅ OK      {number}. {name}: {check()}")
        except Failed as reason:
            failed += 1
            print(f"❌ FAILED  {number}. {name}: {reason}")
    if not token:
        print("–  SKIPPED 4. Authorised WebSocket connection: no token was given")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
