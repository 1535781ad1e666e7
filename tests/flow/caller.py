"""A participant without a browser: hoichan.v1 over a WebSocket and aiortc for the media.

Everybody sends a picture of one grey and a tone of one pitch, so that whoever sees and hears them can tell who it is.
"""
import asyncio
import fractions
import json
import pathlib

import jsonschema
import numpy
import websockets
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, VideoFrame

RATE = 48000
FRAME_S = 0.02
PATIENCE_S = 60  # a condition that holds costs no more than it takes; one that never does, this
SCHEMA = json.loads((pathlib.Path(__file__).parents[2] / "signaling/protocol.schema.json").read_text())


def validators():
    """By type: what the server may say, by the schema that both ends are tested against."""
    found = {}
    for choice in SCHEMA["$defs"]["ServerMessage"]["oneOf"]:
        definition = SCHEMA["$defs"][choice["$ref"].rsplit("/", 1)[1]]
        found[definition["properties"]["type"]["const"]] = jsonschema.Draft202012Validator(
            {"$defs": SCHEMA["$defs"], **choice})
    return found


VALID = validators()


class Tone(MediaStreamTrack):
    kind = "audio"

    def __init__(self, hertz):
        super().__init__()
        self.hertz, self.at, self.start = hertz, 0, None

    async def recv(self):
        loop = asyncio.get_event_loop()
        if self.start is None:
            self.start = loop.time()
        await asyncio.sleep(max(0, self.start + self.at / RATE - loop.time()))
        times = (numpy.arange(960) + self.at) / RATE
        samples = (numpy.sin(2 * numpy.pi * self.hertz * times) * 12000).astype(numpy.int16)
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self.at, fractions.Fraction(1, RATE)
        self.at += 960
        return frame


class Grey(MediaStreamTrack):
    kind = "video"

    def __init__(self, level):
        super().__init__()
        self.level, self.at, self.start = level, 0, None

    async def recv(self):
        loop = asyncio.get_event_loop()
        if self.start is None:
            self.start = loop.time()
        await asyncio.sleep(max(0, self.start + self.at / 15 - loop.time()))
        picture = numpy.full((180, 320, 3), self.level, numpy.uint8)
        x = (self.at * 8) % 300
        picture[80:100, x:x + 20] = 255 - self.level  # something moves
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = self.at * 6000, fractions.Fraction(1, 90000)
        self.at += 1
        return frame


class Ear:
    """What arrives in one slot: when, and what it looks or sounds like."""

    def __init__(self):
        self.came, self.level, self.samples = [], None, numpy.zeros(0)  # came: when, and its place in the sender's time, both in s

    async def run(self, track):
        try:
            while True:
                frame = await track.recv()
                self.came.append((asyncio.get_event_loop().time(), float(frame.pts * frame.time_base)))
                if track.kind == "video":
                    self.level = float(numpy.median(frame.to_ndarray(format="gray")))
                else:
                    heard = frame.to_ndarray().reshape(-1)[::len(frame.layout.channels)]
                    self.samples = numpy.concatenate([self.samples, heard])[-RATE // 2:]
        except MediaStreamError:
            pass

    def hertz(self):
        if len(self.samples) < 4096 or numpy.abs(self.samples).max() < 500:
            return 0
        spectrum = numpy.abs(numpy.fft.rfft(self.samples * numpy.hanning(len(self.samples))))
        return float(numpy.argmax(spectrum) * RATE / len(self.samples))

    def missed_s(self, since):
        """Seconds of sound that never came, of what the sender said after `since`: by the places of what did come, so that a busy
        machine, which only delays, counts for nothing."""
        places = [place for _, place in self.came]
        first = max(0, sum(time < since for time, _ in self.came) - 1)  # the last before, for what is missing just after
        return sum(max(0, later - place - FRAME_S) for place, later in zip(places[first:], places[first + 1:]))


class Refused(Exception):
    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code, self.error = error["code"], error


class Caller:
    everybody = []  # who was made in this story, to be sent home whatever comes of it

    def __init__(self, server, ticket, hertz=440, grey=80, slots=3):
        self.server, self.ticket, self.hertz, self.grey, self.slot_count = server, ticket, hertz, grey, slots
        self.generation, self.next_id = 0, 0
        self.fault = self.pc = self.socket = self.reader = self.token = self.recording = self.speaker = self.ended = None
        self.participants, self.slots, self.ears, self.heard, self.waiting = {}, {}, {}, [], {}
        self.tasks = []
        Caller.everybody.append(self)

    # ---- the socket ----

    async def connect(self):
        self.socket = await websockets.connect(
            f"wss://localhost:{self.server.port}/ws", ssl=self.server.tls, subprotocols=["hoichan.v1"],
            max_size=2**20, ping_interval=None)
        self.reader = asyncio.ensure_future(self._read(self.socket))

    async def _read(self, socket):
        try:
            async for text in socket:
                self._take(json.loads(text))
        except websockets.ConnectionClosed:
            pass
        except jsonschema.ValidationError as error:
            self.fault = error
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(ConnectionError("socket closed"))

    def _take(self, message):
        self.heard.append(message)
        kind = message["type"]
        VALID[kind].validate(message)
        if kind == "participant":
            self.participants[message["participant"]["id"]] = message["participant"]
        elif kind == "gone":
            self.participants.pop(message["participant"], None)
        elif kind in ("slots", "answer"):
            self.slots.update({slot["mid"]: slot for slot in message["slots"]})
        elif kind == "recording":
            self.recording = message["recording"]
        elif kind == "speaker":
            self.speaker = message["participant"]
        elif kind == "ended":
            self.ended = message["reason"]
        elif kind == "renew":
            self.tasks.append(asyncio.ensure_future(self.offer()))
        future = self.waiting.pop(message.get("id"), None)
        if future and not future.done():
            if kind == "error":
                future.set_exception(Refused(message))
            else:
                future.set_result(message)

    async def say(self, **message):
        await self.socket.send(json.dumps(message))

    async def ask(self, **message):
        self.next_id += 1
        future = self.waiting[self.next_id] = asyncio.get_event_loop().create_future()
        await self.say(id=self.next_id, **message)
        return await asyncio.wait_for(future, PATIENCE_S)

    def count(self, kind):
        return sum(message["type"] == kind for message in self.heard)

    # ---- in and out ----

    def _joined(self, joined):
        self.me, self.token, self.recording = joined["me"], joined["token"], joined["recording"]
        self.participants = {p["id"]: p for p in joined["participants"]}
        return joined

    async def join(self, media=True):
        await self.connect()
        joined = self._joined(await self.ask(type="join", ticket=self.ticket, language="en"))
        if media and not joined.get("waiting"):
            await self.offer()
        return joined

    async def drop(self):
        """The line to the server is cut; media goes on."""
        self.reader.cancel()
        transport = self.socket.transport
        transport.abort()

    async def resume(self):
        await self.connect()
        return self._joined(await self.ask(type="resume", token=self.token))

    async def offer(self):
        if self.pc:
            await self.pc.close()
        self.generation += 1
        self.ears, self.slots = {}, {}
        self.pc = pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        pc.addTransceiver(Tone(self.hertz), direction="sendonly")
        pc.addTransceiver(Grey(self.grey), direction="sendonly")
        for _ in range(self.slot_count):
            pc.addTransceiver("audio", direction="recvonly")
            pc.addTransceiver("video", direction="recvonly")
        self.prepare(pc)
        await pc.setLocalDescription(await pc.createOffer())
        answer = await self.ask(
            type="offer", generation=self.generation, sdp=pc.localDescription.sdp,
            tracks=[{"mid": "0", "source": "microphone"}, {"mid": "1", "source": "camera"}])
        await pc.setRemoteDescription(RTCSessionDescription(await self.way(answer["sdp"]), "answer"))
        for transceiver in pc.getTransceivers()[2:]:
            ear = self.ears[transceiver.mid] = Ear()
            self.tasks.append(asyncio.ensure_future(ear.run(transceiver.receiver.track)))
        return answer

    def prepare(self, pc):
        """For who wants something else of the connection, before it is offered …"""

    async def way(self, sdp):
        """… and of the way to the server that the answer tells."""
        return sdp

    async def leave(self):
        for task in self.tasks:
            task.cancel()
        if self.pc:
            await self.pc.close()
        if self.socket:
            await self.socket.close()
        if self.reader:
            self.reader.cancel()

    @classmethod
    async def send_home(cls):
        faults = [caller.fault for caller in cls.everybody if caller.fault]
        while cls.everybody:
            await cls.everybody.pop().leave()
        assert not faults, faults[0]

    # ---- what reaches me ----

    def ear(self, participant, kind):
        for mid, slot in self.slots.items():
            if slot.get("participant") == participant and slot["kind"] == kind:
                return self.ears.get(mid)
        return None

    def perceives(self, other):
        """Sees the other's grey and hears the other's tone."""
        eye, ear = self.ear(other.me, "video"), self.ear(other.me, "audio")
        return bool(eye and ear and eye.level is not None and abs(eye.level - other.grey) < 12
                    and abs(ear.hertz() - other.hertz) < 15)


async def until(condition, what, seconds=PATIENCE_S):
    """Waits for a condition; the result is how long it took."""
    loop = asyncio.get_event_loop()
    start, pause = loop.time(), 0.02
    while not condition():
        assert loop.time() - start < seconds, f"not within {seconds} s: {what}"
        await asyncio.sleep(pause)
        pause = min(0.25, pause * 1.2)  # who is asked may be busy with what is waited for
    return loop.time() - start


async def goes_on_whole(ear, since):
    """Sound still comes, and none of it is missing since then."""
    now = len(ear.came)
    await until(lambda: len(ear.came) > now + 25, "sound goes on")
    assert ear.missed_s(since) < 0.3, f"{ear.missed_s(since):.2f} s of sound are missing"
