"""A captions service, as an operator would write one: joins by its ticket, listens by WHEP, sends what it hears in words.

It knows no language: it writes down the pitch of what it hears, so that a test can tell whom it heard.
"""
import asyncio
import json
import pathlib
import ssl
import sys
import urllib.request

import websockets
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/flow"))
from caller import Ear  # noqa: E402

VOICES = 3


def post(url, ticket, sdp, tls):
    request = urllib.request.Request(url, sdp.encode(), {"Authorization": f"Bearer {ticket}", "Content-Type": "application/sdp"})
    with urllib.request.urlopen(request, context=tls) as answer:
        return answer.read().decode()


async def listen(port, consultation, ticket, tls):
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    for _ in range(VOICES):
        pc.addTransceiver("audio", direction="recvonly")
    await pc.setLocalDescription(await pc.createOffer())
    answer = await asyncio.to_thread(post, f"https://localhost:{port}/whep/{consultation}", ticket, pc.localDescription.sdp, tls)
    await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    ears = {}
    for transceiver in pc.getTransceivers():
        ears[transceiver.mid] = ear = Ear()
        asyncio.ensure_future(ear.run(transceiver.receiver.track))
    return pc, ears


async def write(socket, slots, ears):
    line = 0
    while True:
        await asyncio.sleep(0.5)
        for mid, slot in slots.items():
            ear = ears.get(mid)
            pitch = ear.hertz() if ear and slot.get("participant") else 0
            if pitch:
                line += 1
                await socket.send(json.dumps({"type": "captions.line", "participant": slot["participant"], "line": line,
                                              "text": f"nghe thấy {pitch:.0f} Hz", "final": line % 2 == 0}))


async def main(port, consultation, ticket):
    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    slots = {}
    async with websockets.connect(f"wss://localhost:{port}/ws", ssl=tls, subprotocols=["hoichan.v1"]) as socket:
        await socket.send(json.dumps({"type": "join", "id": 1, "ticket": ticket}))
        pc, ears, writing = None, {}, None
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "joined":
                pc, ears = await listen(port, consultation, ticket, tls)
                writing = asyncio.ensure_future(write(socket, slots, ears))
            elif message["type"] == "slots":
                for slot in message["slots"]:
                    if slots.get(slot["mid"], {}).get("participant") != slot.get("participant") and slot["mid"] in ears:
                        ears[slot["mid"]].samples = ears[slot["mid"]].samples[:0]  # what is left is another's
                    slots[slot["mid"]] = slot
            elif message["type"] in ("chat", "still", "stills", "recording"):
                sys.exit(f"none of a service's business: {message['type']}")
            elif message["type"] == "ended":
                writing.cancel()
                await pc.close()
                print(message["reason"], flush=True)
                return


asyncio.run(main(*sys.argv[1:]))
