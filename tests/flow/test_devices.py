"""Exam devices and encoders: participants without a page, their consent and their going."""
import asyncio
import concurrent.futures
import os
import pathlib
import signal

from caller import Caller, Grey, Tone, until
from test_call import Encoder, book, run, start_gst, ticket, worker_pid
from test_recorded import ready


def device(server, consultation, name="Máy soi da"):
    camera = Encoder(server, consultation, ticket(server, consultation, name, "kiosk"), "whip")
    camera.pc.addTransceiver(Tone(550), direction="sendonly")
    camera.pc.addTransceiver(Grey(150), direction="sendonly")
    camera.hertz, camera.grey = 550, 150
    return camera


async def beside(server, consultation):
    """A host in the call, and a device that she perceives."""
    host = Caller(server, ticket(server, consultation, "BS. Lan", "host"))
    await host.join()
    camera = device(server, consultation)
    await camera.start()
    await until(lambda: len(host.participants) == 2, "the device is in")
    camera.me = next(p for p in host.participants if p != host.me)
    await until(lambda: host.perceives(camera), "the host perceives the device")
    return host, camera


def words(host):
    return {c["participant"]: c["granted"] for c in host.recording.get("consents", [])}


def test_device_is_recorded_when_somebody_agrees_for_it(server):
    async def story():
        consultation = book(server)
        host, camera = await beside(server, consultation)
        try:
            path = f"/consultations/{consultation}/participants/{{}}/consents"
            early = server.api.post(path.format(camera.me), {"granted": True})
            assert (early.status, early.json["code"]) == (409, "not-asked")
            await host.ask(type="record", action="start")
            await host.ask(type="consent", purpose="record", granted=True)
            await until(lambda: host.recording["state"] == "on", "the device holds nobody up")
            assert words(host) == {host.me: True}
            assert server.client().post(path.format(camera.me), {"granted": True}).status == 401
            own = server.api.post(path.format(host.me), {"granted": True})
            assert (own.status, own.json["code"]) == (409, "own-word")
            assert server.api.post(path.format("nobody"), {"granted": True}).status == 404
            assert server.api.post(path.format(camera.me), {"granted": "yes"}).status == 422
            await host.ask(type="consent", purpose="record", granted=True, participant=camera.me)
            await until(lambda: words(host) == {host.me: True, camera.me: True}, "the host agreed for it")
            await asyncio.sleep(2)
            answer = server.api.post(path.format(camera.me), {"granted": False})
            assert answer.status == 204, answer
            await until(lambda: words(host) == {host.me: True, camera.me: False}, "the admin took it back")
            assert host.recording["state"] == "on"
            await host.ask(type="record", action="stop")
            ledger = [(entry["participant_id"], entry["granted"], entry.get("said_by"))
                      for entry in server.api.get(f"/consultations/{consultation}/consents").json["items"]]
            assert ledger == [(host.me, True, None), (camera.me, True, "BS. Lan"), (camera.me, False, "Quản trị")], ledger
        finally:
            await camera.stop()
        recording = await asyncio.get_event_loop().run_in_executor(None, lambda: ready(server, consultation))
        assert {track["participant"] for track in recording["tracks"]} == {"BS. Lan", "Máy soi da"}, recording["tracks"]
    run(story())


def test_device_that_vanishes_is_away_and_then_gone(server):
    async def story():
        consultation = book(server)
        host = Caller(server, ticket(server, consultation, "BS. Lan", "host"))
        await host.join()
        encoder = await start_gst(server, consultation)
        await until(lambda: len(host.participants) == 2, "the device is in")
        [name] = [p for p in host.participants if p != host.me]
        await until(lambda: host.participants[name].get("connection") == "good", "it is connected")
        encoder.kill()  # no farewell
        await encoder.wait()
        gone = asyncio.get_event_loop().time()
        await until(lambda: host.participants.get(name, {}).get("away"), "told as away")
        away_s = asyncio.get_event_loop().time() - gone
        await until(lambda: name not in host.participants, "gone")
        print(f"away after {away_s:.1f} s, gone after {asyncio.get_event_loop().time() - gone:.1f} s")
    run(story())


OFFER = pathlib.Path(__file__).parents[1] / "vectors" / "sdp" / "chromium-whep.sdp"


def test_device_whose_worker_dies_before_it_answers_is_told_when_to_come_again(make_server):
    server = make_server()
    consultation = book(server)
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {ticket(server, consultation, 'Giao ban', 'observer')}"}

    def offer():
        return server.client().post(f"/whep/{consultation}", OFFER.read_bytes(), raw=True, headers=headers)

    pid = worker_pid(server)
    os.kill(pid, signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waits = pool.submit(offer)
        server._wait_for(lambda: f"call room={consultation} worker=" in server.log(), "does not ask the worker")
        os.kill(pid, signal.SIGKILL)
        answer = waits.result()
    assert answer.status == 503 and answer.json["code"] == "busy" and int(answer.headers["retry-after"]) > 0, answer
    server._wait_for(lambda: offer().status == 201, "does not take the offer again")
