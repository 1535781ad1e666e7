"""This server while it records every consultation: what the journal adds."""

import asyncio
import json
import pathlib
import ssl
import threading
import time

import websockets

from hoichan import Hoichan


class Host:
    """Somebody without media who starts the recording of a consultation and agrees to it."""

    def __init__(self, port, ticket):
        self.port, self.ticket = port, ticket

    async def ask(self, **message):
        await self.socket.send(json.dumps({"id": 1, **message}))
        while True:
            answer = json.loads(await self.socket.recv())
            if answer.get("id") == 1:
                if answer["type"] == "error":
                    raise RuntimeError(answer["message"])
                return answer

    async def start(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # its own certificate, on loopback
        self.socket = await websockets.connect(f"wss://127.0.0.1:{self.port}/ws", ssl=context, subprotocols=["hoichan.v1"])
        joined = await self.ask(type="join", ticket=self.ticket, language="en")
        await self.ask(type="record", action="start")
        await self.ask(type="consent", purpose="record", granted=True)
        return [person["id"] for person in joined["participants"] if person["id"] != joined["me"]]


class Recorded(Hoichan):
    name = "hoichan, recording"

    def __init__(self, *where):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.hosts = []
        super().__init__(*where)

    def record(self):
        """Everybody who publishes is on the record; encoders cannot be asked, so the admin agrees for them."""
        for room in list(self.rooms):
            host = Host(self.port, self._ticket(room, "host"))
            self.hosts.append(host)
            for person in asyncio.run_coroutine_threadsafe(host.start(), self.loop).result(20):
                self._request("POST", f"/api/v1/consultations/{self._room(room)}/participants/{person}/consents",
                              {"granted": True})
        before = self._journal_bytes()
        time.sleep(2)
        if self._journal_bytes() <= before:
            raise RuntimeError("nothing is being recorded")

    def _journal_bytes(self):
        return sum(path.stat().st_size for path in (pathlib.Path(self.dir.name) / "state/recordings").rglob("*") if path.is_file())

    def stop(self):
        for host in self.hosts:
            asyncio.run_coroutine_threadsafe(host.socket.close(), self.loop).result(20)
        self.loop.call_soon_threadsafe(self.loop.stop)
        super().stop()
