"""A device of a Peyk server, in Python: what a Pico does, on a computer.

    pip install websockets
    PEYK_SERVER=ws://192.168.1.10:8000 PEYK_TOKEN=... python3 pico_client.py

Works with websockets 10 and newer. It connects, acknowledges commands, answers pings, and comes back whenever the
connection is lost. Change `run_command`; the rest can stay.
"""

import asyncio
import inspect
import json
import os
import random
import urllib.error
import urllib.request
from collections import OrderedDict

import websockets

SERVER = os.environ.get("PEYK_SERVER", "ws://localhost:8000").rstrip("/")
DEVICE = os.environ.get("PEYK_DEVICE", "python-client")
VERSION = "1.0.0"
LONGEST_PAUSE = 60  # seconds between attempts
REMEMBERED = 100  # answers kept, in case that a command comes twice

# What a close code means for this program. All codes: docs/faults.md.
ADVICE = {
    1012: "The server restarts.",
    4001: "The token is wrong, or was ended. Set PEYK_TOKEN to a token of this server: `peyk device add` gives one.",
    4003: "This token may not enter here.",
    4004: "Nothing is at this path: PEYK_SERVER is ws://host:port, without a path.",
    4010: "Another program with the same name connected. Give each its own PEYK_DEVICE, or a token of its own.",
    4102: "Too many connections come from this address.",
    4103: "Too many new connections in a short time.",
    4203: "The server heard nothing for a long time: are pings answered?",
}

# Version 14 renamed the parameter.
HEADERS = "extra_headers"
if "additional_headers" in inspect.signature(websockets.connect.__init__).parameters:
    HEADERS = "additional_headers"


class Refused(Exception):
    """Coming back soon would change nothing."""


def find_token():
    """From the environment, else from the server, which gives it to this machine or while a pairing window is open."""
    token = os.environ.get("PEYK_TOKEN", "").strip()
    if token:
        return token
    url = SERVER.replace("ws", "http", 1) + "/public/tokens"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["pico_tokens"][0]
    except urllib.error.HTTPError as error:
        raise Refused(f"{url} answers {error.code}: {explanation(error)}") from None


def explanation(error):
    """The server's own words say how to get a token."""
    try:
        problem = json.load(error)
        return " ".join(str(problem[key]) for key in ("detail", "hint") if key in problem)
    except ValueError:
        return "set PEYK_TOKEN."


class PicoClient:
    def __init__(self, run_command):
        self.run_command = run_command
        self.socket = None
        self.answers = OrderedDict()
        self.failures = 0

    async def run(self):
        """Stays connected. Does not return."""
        while True:
            try:
                await self.session()
            except Refused as refused:
                print(f"Refused: {refused}")
                self.failures = 99
            except websockets.exceptions.ConnectionClosed as closed:
                self.explain(closed)
            except (OSError, asyncio.TimeoutError, websockets.exceptions.WebSocketException) as error:
                print(f"No connection to {SERVER}: {error or type(error).__name__}")
            self.socket = None
            await asyncio.sleep(self.pause())

    def explain(self, closed):
        frame = getattr(closed, "rcvd", None)
        code, reason = (frame.code, frame.reason) if frame else (1006, "the connection was lost")
        print(f"Closed with {code}: {reason}")
        if code in ADVICE:
            print(ADVICE[code])
        if 4000 <= code < 4100:
            self.failures = 99

    def pause(self):
        """Twice as long each time; the jitter keeps many devices from coming back all at once."""
        longest = min(LONGEST_PAUSE, 2 ** min(self.failures, 10))
        self.failures += 1
        pause = longest * random.uniform(0.5, 1)
        print(f"Next attempt in {pause:.1f} s.")
        return pause

    async def session(self):
        token = await asyncio.get_running_loop().run_in_executor(None, find_token)
        headers = {HEADERS: {"Authorization": f"Bearer {token}"}}
        async with websockets.connect(f"{SERVER}/ws/pico", open_timeout=15, **headers) as self.socket:
            await self.send(type="connect", device=DEVICE, version=VERSION, capabilities=["command_ids"])
            # `recv` raises when the connection ends, whoever ended it; a `for` would not always say why.
            while True:
                await self.receive(json.loads(await self.socket.recv()))

    async def receive(self, message):
        kind = message.get("type")
        if kind == "ping":
            await self.send(type="pong")
        elif kind == "connection_ack":
            if "device_id" in message:
                self.failures = 0
                print(f"Connected to {SERVER} as {message['device_id']}")
                await self.log("connected")
        elif kind == "error":
            print(f"The server says: {message.get('message')}")
        elif "command_id" in message:
            await self.command(message)
        # Anything else needs no answer. Above all an `ack` must not have one.

    async def command(self, message):
        """A command that comes twice, because the connection broke before its answer, runs once."""
        command_id = message["command_id"]
        if command_id not in self.answers:
            print(f"Command: {message}")
            try:
                status, detail = "success", await self.run_command(message)
            except Exception as error:
                status, detail = "error", str(error) or type(error).__name__
            self.answers[command_id] = {"status": status, "detail": detail}
            while len(self.answers) > REMEMBERED:
                self.answers.popitem(last=False)
        answer = self.answers[command_id]
        await self.send(type="ack", command_id=command_id, command_type=message.get("type"), **answer)

    async def log(self, message, level="info"):
        """A line for the server's log of this device."""
        await self.send(type="log", message=message, level=level)

    async def send(self, **message):
        await self.socket.send(json.dumps(message, ensure_ascii=False))


async def run_command(message):
    """Do here what your device does. Return what to tell the server; raise what went wrong."""
    kind = message.get("type")
    if kind in ("servo", "servo_smooth"):
        command = message["command"]
        return f"X={command['servo1']}°, Y={command['servo2']}°"
    if kind == "action":
        return f"did {message['command']['action']}"
    if kind == "status":
        return {"python": websockets.__name__, "pid": os.getpid()}
    raise ValueError(f"this program does not know {kind}")


if __name__ == "__main__":
    try:
        asyncio.run(PicoClient(run_command).run())
    except KeyboardInterrupt:
        print("Good-bye.")
