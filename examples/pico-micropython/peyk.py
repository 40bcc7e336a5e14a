# A device of a Peyk server: a small WebSocket client (RFC 6455), and above it the messages that Peyk speaks.
# For MicroPython 1.19 and newer; made for the memory of a Pico W.

import binascii
import gc
import hashlib
import json
import os
import random
import struct

try:
    import asyncio
except ImportError:  # MicroPython before 1.21
    import uasyncio as asyncio

MAX_MESSAGE = 8192  # bytes; the server sends boards less than 4 KB
CONNECT_PATIENCE = 20  # seconds for the connection and its handshake
SEND_PATIENCE = 20  # seconds for one message to leave
SILENCE = 60  # seconds without a byte after which the server counts as gone; it pings every 20
LONGEST_PAUSE = 60  # seconds between attempts to connect
REMEMBERED = 32  # commands whose answers are kept, in case that they come twice
WAITING = 20  # commands that may wait for their turn

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Closed(Exception):
    """The connection ended: close code (or HTTP status) and reason."""

    def __init__(self, code, reason=""):
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class WebSocket:
    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        # Two tasks that write at once would mix their bytes.
        self._lock = asyncio.Lock()
        self._broken = False

    @classmethod
    async def open(cls, url, headers, ca_file=""):
        secure, host, port, path = split_url(url)
        if secure:
            context = tls_context(ca_file)
            reader, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=host)
        else:
            reader, writer = await asyncio.open_connection(host, port)
        socket = cls(reader, writer)
        try:
            await socket._handshake(host, port, path, headers)
        except BaseException:
            await socket.hang_up()
            raise
        return socket

    async def _handshake(self, host, port, path, headers):
        key = binascii.b2a_base64(os.urandom(16)).strip().decode()
        lines = [
            "GET %s HTTP/1.1" % path,
            "Host: %s:%d" % (host, port),
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: " + key,
        ]
        lines += ["%s: %s" % each for each in headers.items()]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        await self._writer.drain()
        status = (await self._reader.readline()).decode().strip()
        accept = await self._accept_header()
        if " 101" not in status:
            raise Closed(0, "no WebSocket there, but " + (status or "silence") + ": check SERVER")
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        if accept != binascii.b2a_base64(digest).strip().decode():
            raise Closed(0, "the handshake's answer is not for us: is there a proxy between?")

    async def _accept_header(self):
        accept = ""
        for _ in range(50):
            line = (await self._reader.readline()).decode().strip()
            if not line:
                break
            name, _, value = line.partition(":")
            if name.lower() == "sec-websocket-accept":
                accept = value.strip()
        return accept

    async def send(self, text):
        await self._send(TEXT, text.encode())

    async def _send(self, opcode, data):
        """One whole frame. What a client sends must be masked."""
        size = len(data)
        if size < 126:
            head = struct.pack(">BB", 0x80 | opcode, 0x80 | size)
        else:
            head = struct.pack(">BBH", 0x80 | opcode, 0x80 | 126, size)
        mask = os.urandom(4)
        frame = bytearray(head + mask + data)
        start = len(frame) - size
        for i in range(size):
            frame[start + i] ^= mask[i & 3]
        async with self._lock:
            if self._broken:
                raise OSError("the connection is lost")
            self._broken = True  # until the frame is out as a whole
            self._writer.write(frame)
            await asyncio.wait_for(self._writer.drain(), SEND_PATIENCE)
            self._broken = False

    async def receive(self):
        """The next text. Pings are answered. Raises Closed when the connection has ended."""
        message = b""
        while True:
            final, opcode, data = await self._frame(MAX_MESSAGE - len(message))
            if opcode == PING:
                await self._send(PONG, data)
            elif opcode == CLOSE:
                raise await self._goodbye(data)
            elif opcode != PONG:
                message += data
                if final:
                    return message.decode()

    async def _frame(self, limit):
        first, second = await self._read(2)
        size = second & 127
        if size == 126:
            size = struct.unpack(">H", await self._read(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", await self._read(8))[0]
        if size > limit:
            await self._send(CLOSE, struct.pack(">H", 1009))
            raise Closed(1009, "a message of %d bytes is too big for this board" % size)
        return first & 0x80, first & 15, await self._read(size)

    async def _read(self, size):
        try:
            return await asyncio.wait_for(self._reader.readexactly(size), SILENCE)
        except EOFError:
            raise Closed(1006, "the connection was lost")

    async def _goodbye(self, data):
        code = struct.unpack(">H", data[:2])[0] if len(data) >= 2 else 1005
        try:
            await self._send(CLOSE, data[:2])
        except (OSError, asyncio.TimeoutError):
            pass
        return Closed(code, data[2:].decode())

    async def hang_up(self):
        try:
            self._writer.close()
            await self._writer.wait_closed()
        except OSError:
            pass


def tls_context(ca_file):
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file:
        context.load_verify_locations(ca_file)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def split_url(url):
    """ws://host:port/path -> (secure, host, port, path)"""
    scheme, _, rest = url.partition("://")
    address, _, path = rest.partition("/")
    host, _, port = address.partition(":")
    secure = scheme == "wss"
    return secure, host, int(port or (443 if secure else 80)), "/" + path


class Device:
    """Stays connected to a Peyk server, and runs the commands that come.

    `handlers`: for each type of command a coroutine function. It gets the message, and returns what to tell the
    server: a text or a dict. What it raises is told as an error. `urgent(message)`: this command does not wait for
    those before it, which are dropped. `before_connect()` and `on_connected(device)` are coroutine functions, too.
    """

    def __init__(self, url, token, name, version, handlers, urgent, before_connect, on_connected, ca_file=""):
        self._url = url
        self._ca_file = ca_file
        self._token = token
        self._name = name
        self._version = version
        self._handlers = handlers
        self._urgent = urgent
        self._before_connect = before_connect
        self._on_connected = on_connected
        self._socket = None
        self._attempts = 0
        self._waiting = []
        self._arrived = asyncio.Event()
        # [id, answer]; the answer is None while the command waits or runs.
        self._seen = []

    async def run(self):
        """Does not return."""
        asyncio.create_task(self._work())
        while True:
            try:
                await self._session()
            except Closed as closed:
                print("Closed:", closed.code, closed.reason)
                pause = self._pause(closed.code)
            except asyncio.TimeoutError:
                print("The server does not answer.")
                pause = self._pause(0)
            except (OSError, ValueError) as error:
                print("No connection:", error)
                pause = self._pause(0)
            gc.collect()
            print("Next attempt in %d s." % (pause + 0.5))
            await asyncio.sleep(pause)

    def _pause(self, code):
        """Twice as long each time, and never the same for all boards: they must not come back all at once."""
        if 4000 <= code < 4100:
            # Nothing will be different soon: a wrong token, or another board has this name.
            print(ADVICE.get(code, "The server does not want this board as it is."))
            return LONGEST_PAUSE * jitter()
        self._attempts = min(self._attempts + 1, 7)
        return min(LONGEST_PAUSE, 2 ** (self._attempts - 1)) * jitter()

    async def _session(self):
        await self._before_connect()
        print("Connecting to", self._url)
        headers = {
            "User-Agent": "MicroPython",  # such boards are pinged more often
            "Authorization": "Bearer " + self._token,
        }
        opening = WebSocket.open(self._url, headers, self._ca_file)
        socket = await asyncio.wait_for(opening, CONNECT_PATIENCE)
        self._socket = socket
        try:
            await self.send(
                {
                    "type": "connect",
                    "device": self._name,
                    "version": self._version,
                    "capabilities": ["command_ids"],
                }
            )
            while True:
                await self._receive(await socket.receive())
        finally:
            self._socket = None
            await socket.hang_up()

    async def _receive(self, text):
        try:
            message = json.loads(text)
            kind = message["type"]
        except (ValueError, KeyError, TypeError):
            message, kind = {}, None
        if kind == "ping":
            await self.send({"type": "pong"})
        elif kind == "connection_ack":
            if "device_id" in message:
                self._attempts = 0
                print("Connected as", message["device_id"])
                await self._on_connected(self)
        elif kind == "error":
            print("The server says:", message.get("message"), message.get("hint", ""))
        elif kind in self._handlers or "command_id" in message:
            await self._command(message)
        # Anything else needs no answer. Above all an `ack` must not have one.
        gc.collect()

    async def _command(self, message):
        """A command that comes twice runs once, and is answered as before."""
        command_id = message.get("command_id")
        for known, answer in self._seen:
            if command_id is not None and known == command_id:
                if answer:
                    await self.send(answer)
                return
        entry = [command_id, None]
        self._seen.append(entry)
        del self._seen[:-REMEMBERED]
        if self._urgent(message):
            dropped, self._waiting = self._waiting, []
            await self._run(message, entry)
            for other, its_entry in dropped:
                await self._answer(other, its_entry, "error", "dropped by an urgent command")
        elif len(self._waiting) >= WAITING:
            await self._answer(message, entry, "error", "too many commands wait already")
        else:
            self._waiting.append((message, entry))
            self._arrived.set()

    async def _work(self):
        """Commands run one after the other, while messages are still read."""
        while True:
            while self._waiting:
                await self._run(*self._waiting.pop(0))
            self._arrived.clear()
            await self._arrived.wait()

    async def _run(self, message, entry):
        kind = message.get("type", "unknown")
        handler = self._handlers.get(kind)
        if not handler:
            detail = "this board does not know " + str(kind)
            return await self._answer({"type": "unknown"}, entry, "ignored", detail)
        try:
            status, detail = "success", await handler(message)
        except Exception as error:
            status, detail = "error", str(error) or repr(error)
        await self._answer(message, entry, status, detail)

    async def _answer(self, message, entry, status, detail):
        answer = {"type": "ack", "command_type": message.get("type"), "status": status, "detail": detail}
        if entry[0] is not None:
            answer["command_id"] = entry[0]
        entry[1] = answer
        await self.send(answer)

    async def log(self, message, level="info"):
        """A line for the server's log. Without a connection it is lost."""
        await self.send({"type": "log", "message": message, "level": level})

    async def send(self, message):
        """Without a connection it is lost. The server sends a command again that was not answered."""
        if not self._socket:
            return
        try:
            await self._socket.send(json.dumps(message))
        except (OSError, asyncio.TimeoutError) as error:
            print("Not sent:", repr(error))


ADVICE = {
    4001: "Check TOKEN in config.py.",
    4003: "This token may not enter here: SERVER must end with /ws/pico.",
    4004: "Nothing is at this path: SERVER must end with /ws/pico.",
    4010: "Another board has taken this one's place: give each its own DEVICE, or a token of its own.",
}


def jitter():
    return 0.5 + random.getrandbits(10) / 2048
