"""People who come and go in every way there is, for as long as they are told to: WHIP, WHEP, pages, and half of a connection."""
import asyncio
import json
import random
import re
import ssl
from collections import Counter

import websockets

VIDEO_BPS = 120000
RESTART = "a=ice-ufrag:{0}\r\na=ice-pwd:{0}{0}{0}{0}{0}{0}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"


class Http:
    """One kept connection of HTTP/1.1, opened again when the server closed it."""

    def __init__(self, port, tls):
        self.port, self.tls, self.writer = port, tls, None

    async def request(self, method, path, body="", **headers):
        if not self.writer:
            self.reader, self.writer = await asyncio.open_connection("localhost", self.port, ssl=self.tls)
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        data = body.encode()
        try:
            self.writer.write(f"{method} {path} HTTP/1.1\r\nHost: localhost:{self.port}\r\nContent-Length: {len(data)}\r\n"
                              f"{head}\r\n".encode() + data)
            return await self._answer()
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return 0, {}, ""

    async def _answer(self):
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) if ": " in line else (line, "") for line in lines[1:] if line)
        body = await self.reader.readexactly(int(fields.get("content-length", 0)))
        return int(lines[0].split()[1]), fields, body.decode()

    def close(self):
        if self.writer:
            self.writer.transport.abort()
        self.writer = None


class Person:
    """Has a ticket for one room, and one endpoint of the load generator."""

    def __init__(self, crowd, number, room, ticket):
        self.crowd, self.number, self.room, self.ticket = crowd, number, room, ticket
        self.http = Http(crowd.server.port, crowd.server.tls)
        self.random = random.Random(number)
        self.socket = self.token = None
        self.generation = self.asked = 0

    async def live(self):
        ways = [self.encoder, self.watcher, self.page, self.page, self.never_comes, self.half_open]
        while self.crowd.going_on():
            try:
                await self.random.choice(ways)()
            except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, websockets.WebSocketException) as error:
                self.crowd.count[f"trouble: {type(error).__name__}"] += 1
            await asyncio.sleep(self.random.uniform(0, 0.2))
        self.close_endpoint()
        self.http.close()
        if self.socket:
            self.socket.transport.abort()

    def stay(self):
        return asyncio.sleep(self.random.choice([0.05, 0.3, 0.6, 1.5]))

    def chance(self, share):
        return self.random.random() < share

    # ---- media ----

    def offer(self, publishes):
        self.close_endpoint()
        load = self.crowd.load
        if publishes:
            return load.ask(cmd="publish", id=self.number, video_bps=VIDEO_BPS)["offer"]
        return load.ask(cmd="subscribe", id=self.number)["offer"]

    def answer(self, sdp):
        self.crowd.count["joins"] += 1
        self.crowd.learn_port(sdp)
        self.crowd.load.tell(cmd="answer", id=self.number, sdp=sdp)

    def close_endpoint(self):
        closed = self.crowd.load.ask(cmd="close", id=self.number)
        self.crowd.count["connected"] += closed["connected"]
        self.crowd.count["with media"] += closed["received"]

    # ---- WHIP and WHEP ----

    async def post(self, way, offer):
        status, headers, body = await self.http.request("POST", f"/{way}/{self.room}", offer, content_type="application/sdp",
                                                        authorization=f"Bearer {self.ticket}")
        if status != 201:
            self.crowd.count[f"{way}: {status}"] += 1
            return None
        self.answer(body)
        return headers["location"]

    async def device(self, way, publishes):
        where = await self.post(way, self.offer(publishes))
        if not where:
            return
        await self.stay()
        if self.chance(0.2):
            where = await self.post(way, self.offer(publishes)) or where
            self.crowd.count["reloads"] += 1
            await self.stay()
        if self.chance(0.2):
            await self.http.request("PATCH", where, RESTART.format(f"u{self.random.randrange(10**6):06}"), if_match="*",
                                    content_type="application/trickle-ice-sdpfrag", authorization=f"Bearer {self.ticket}")
            self.crowd.count["ICE restarts"] += 1
        if self.chance(0.6):
            await self.http.request("DELETE", where, authorization=f"Bearer {self.ticket}")
            self.crowd.count["leaves"] += 1
        else:
            self.crowd.count["vanished"] += 1
        self.close_endpoint()

    async def encoder(self):
        await self.device("whip", True)

    async def watcher(self):
        await self.device("whep", False)

    async def never_comes(self):
        """Asks for a transport and sends nothing to it."""
        await self.post("whep", self.offer(False))
        self.close_endpoint()

    # ---- pages ----

    async def connect(self):
        self.socket = await websockets.connect(
            f"wss://localhost:{self.crowd.server.port}/ws", ssl=self.crowd.server.tls, subprotocols=["hoichan.v1"],
            max_size=2**20, max_queue=None, ping_interval=None, compression=None)

    async def ask(self, **message):
        self.asked += 1
        await self.socket.send(json.dumps({"id": self.asked, **message}))
        while True:
            answer = json.loads(await asyncio.wait_for(self.socket.recv(), 20))
            if answer.get("id") == self.asked or answer["type"] == "error":
                self.token = answer.get("token", self.token)
                return answer

    async def negotiate(self, again=False):
        if not again:
            self.generation += 1
            self.sdp = self.offer(True)
        answer = await self.ask(type="offer", generation=self.generation, sdp=self.sdp,
                                tracks=[{"mid": "0", "source": "microphone"}, {"mid": "1", "source": "camera"}])
        if answer["type"] == "answer" and not again:
            self.answer(answer["sdp"])

    async def enter(self):
        await self.connect()
        self.generation = 0
        if (await self.ask(type="join", ticket=self.ticket))["type"] == "joined":
            await self.negotiate()

    def cut(self):
        self.socket.transport.abort()
        self.crowd.count["lost sockets"] += 1

    async def page(self):
        await self.enter()
        for _ in range(self.random.randrange(4)):
            await self.stay()
            await self.random.choice([self.line_breaks, self.reload, self.renegotiate, self.renew, self.speak])()
        if self.chance(0.6):
            await self.socket.send('{"type":"leave"}')
            await self.socket.close()
            self.crowd.count["leaves"] += 1
        else:
            self.cut()
        self.close_endpoint()

    async def line_breaks(self):
        self.cut()
        await self.connect()
        await self.ask(type="resume", token=self.token)

    async def reload(self):
        self.cut()
        self.close_endpoint()
        await self.enter()
        self.crowd.count["reloads"] += 1

    async def renegotiate(self):
        await self.negotiate(again=True)
        self.crowd.count["renegotiations"] += 1

    async def renew(self):
        await self.negotiate()
        self.crowd.count["renegotiations"] += 1

    async def speak(self):
        await self.ask(type="chat", text="…")

    # ---- half of a connection ----

    async def half_open(self):
        self.crowd.count["half-open"] += 1
        kind = self.random.randrange(4)
        port = self.crowd.media_port if kind == 0 and self.crowd.media_port else self.crowd.server.port
        _, writer = await asyncio.open_connection("localhost", port, ssl=self.crowd.server.tls if kind > 1 else None)
        if kind == 1:
            writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")  # the beginning of a ClientHello
        elif kind == 2:
            writer.write(b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{")
        elif kind == 3:
            writer.write(b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
                         b"Sec-WebSocket-Protocol: hoichan.v1\r\n\r\n")
        await self.stay()
        writer.transport.abort()


class Crowd:
    """All of them, and what they did."""

    def __init__(self, server, load):
        self.server, self.load = server, load
        self.count, self.media_port, self.until = Counter(), None, 0

    def going_on(self):
        return asyncio.get_running_loop().time() < self.until

    def learn_port(self, sdp):
        found = re.search(r"a=candidate:\S+ 1 udp \d+ \S+ (\d+)", sdp, re.IGNORECASE)
        self.media_port = int(found.group(1)) if found else self.media_port

    async def churn(self, seconds, rooms):
        """`rooms`: consultation → tickets."""
        self.until = asyncio.get_running_loop().time() + seconds
        tickets = [(room, ticket) for room, of_room in rooms.items() for ticket in of_room]
        people = [Person(self, number, *where) for number, where in enumerate(tickets)]
        await asyncio.gather(*(person.live() for person in people))


def no_checks(tls):
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    return tls
