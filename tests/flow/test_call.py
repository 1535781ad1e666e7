"""Calls over the real server and its real worker, with aiortc for people."""
import asyncio
import datetime
import os
import pathlib
import signal

import pytest

from hoichand import figure

from aiortc import RTCPeerConnection, RTCSessionDescription

from caller import Caller, Ear, Grey, Refused, Tone, goes_on_whole, until


def book(server, minutes=30, **more):
    start = datetime.datetime.now(datetime.timezone.utc)
    end = start + datetime.timedelta(minutes=minutes)
    form = "%Y-%m-%dT%H:%M:%SZ"
    answer = server.api.post("/consultations", {"kind": "scheduled", "title": "Hội chẩn thử", "starts_at": start.strftime(form),
                                                "ends_at": end.strftime(form), **more})
    assert answer.status == 201, answer
    return answer.json["id"]


def ticket(server, consultation, name, role="doctor"):
    answer = server.api.post(f"/consultations/{consultation}/tickets", {"participant": {"name": name, "role": role}})
    assert answer.status == 201, answer
    return answer.json["ticket"]


def people(server, consultation, count=2):
    voices = [(440, 60), (660, 120), (880, 180)]
    return [Caller(server, ticket(server, consultation, f"BS. {n}", "host" if n == 0 else "doctor"), *voices[n])
            for n in range(count)]


async def gathered(server, count=2):
    callers = people(server, book(server), count)
    for caller in callers:
        await caller.join()
    for caller in callers:
        for other in callers:
            if other is not caller:
                await until(lambda: caller.perceives(other), f"{caller.me} perceives {other.me}")
    return callers


def run(story):
    async def told():
        try:
            await asyncio.wait_for(story, 240)
        finally:
            await Caller.send_home()

    asyncio.run(told())


def test_two_see_and_hear_each_other_and_a_third(server):
    async def story():
        callers = await gathered(server, 2)
        third = Caller(server, ticket(server, book(server), "x"))  # another room: must not leak in
        consultation = next(m for m in callers[0].heard if m["type"] == "joined")["consultation"]["id"]
        third.ticket = ticket(server, consultation, "BS. Ba")
        third.hertz, third.grey = 880, 180
        await third.join()
        await until(lambda: all(c.perceives(third) and third.perceives(c) for c in callers), "the third is there")
    run(story())


def test_lost_socket_leaves_media_untouched(server):
    async def story():
        one, two = await gathered(server)
        since = asyncio.get_event_loop().time()
        await one.drop()
        await until(lambda: two.participants[one.me].get("away"), "away is told")
        await asyncio.sleep(3)
        joined = await one.resume()
        assert joined["media"] == "keep"
        await whole(one, two, since)
        await until(lambda: not two.participants[one.me].get("away"), "back is told")
    run(story())


class Hasty(Caller):
    """Whose second offer goes right behind the resume, on the same new socket."""
    async def ask(self, **message):
        if message["type"] == "offer" and self.generation > 1:
            await self.connect()
            self.resumed = asyncio.ensure_future(super().ask(type="resume", token=self.token))
            await asyncio.sleep(0)
        return await super().ask(**message)


async def comes_first(server, kind):
    """One of that kind, then another, who perceive each other."""
    consultation = book(server)
    one, two = kind(server, ticket(server, consultation, "BS. Một")), Caller(server, ticket(server, consultation, "BS. Hai"), 880, 180)
    for caller in (one, two):
        await caller.join()
    await until(lambda: one.perceives(two) and two.perceives(one), "both")
    return one, two


def test_an_offer_right_behind_the_resume_waits_for_it(server):
    async def story():
        one, two = await comes_first(server, Hasty)
        await one.drop()
        assert (await one.offer())["generation"] == 2
        assert (await one.resumed)["type"] == "joined"
        await until(lambda: one.perceives(two) and two.perceives(one), "both again")
    run(story())


class Eager(Caller):
    """Whose first offer goes right behind the join."""
    async def join(self):
        await self.connect()
        self.joins = asyncio.ensure_future(self.ask(type="join", ticket=self.ticket, language="en"))
        await asyncio.sleep(0)
        offered = asyncio.ensure_future(self.offer())
        joined = self._joined(await self.joins)
        if not joined.get("waiting"):
            assert (await offered)["generation"] == 1
        else:
            with pytest.raises(Refused) as refused:
                await offered
            assert refused.value.code == "not_allowed"
        return joined


def test_an_offer_right_behind_the_join_waits_for_it(server):
    run(comes_first(server, Eager))


def test_an_offer_right_behind_the_join_of_who_waits_outside_is_refused_and_does_no_harm(server):
    async def story():
        consultation = book(server, waiting_room=True)
        host, outside = Caller(server, ticket(server, consultation, "BS. Hà", "host")), Eager(server, ticket(server, consultation, "Pao", "patient"), 880, 180)
        await host.join()
        assert (await outside.join())["waiting"]
        await host.ask(type="moderate", action="admit", participant=outside.me)
        await until(lambda: outside.count("admitted"), "let in")
        await outside.offer()
        await until(lambda: host.perceives(outside) and outside.perceives(host), "both")
    run(story())


def test_reload_is_back(server):
    async def story():
        one, two = await gathered(server)
        again = Caller(server, one.ticket, one.hertz, one.grey)
        start = asyncio.get_event_loop().time()
        await again.join()
        await until(lambda: again.perceives(two) and two.perceives(again), "both again")
        figure(f"a reloaded page was back after {asyncio.get_event_loop().time() - start:.2f} s")  # half a second is the ear's own memory
        await until(lambda: any(m.get("code") == "replaced" for m in one.heard), "the old window is told")
    run(story())


def test_wrong_tickets_are_told_in_words(server):
    async def story():
        caller = Caller(server, "no.good.ticket")
        with pytest.raises(Refused) as refused:
            await caller.join()
        assert refused.value.code == "ticket_invalid"
        assert refused.value.error["action"]
    run(story())


def test_who_has_nothing_to_say_stays(server):
    async def story():
        listening, silent = people(server, book(server))
        await listening.join()
        await silent.join(media=False)  # lives by its pongs alone
        await asyncio.sleep(18)  # longer than one that answers no ping is waited for
        for caller in (listening, silent):
            assert not caller.reader.done(), "the server has dropped the socket"
            await caller.ask(type="chat", text="vẫn đang nghe")
    run(story())


async def whole(one, two, since):
    """Neither has missed anything of the other's voice since then."""
    for caller, other in ((one, two), (two, one)):
        await goes_on_whole(caller.ear(other.me, "audio"), since)


def worker_pid(server):
    return server.api.get("/status").json["workers"][0]["pid"]


def test_killed_worker_is_replaced(server):
    async def story():
        one, two = await gathered(server)
        os.kill(worker_pid(server), signal.SIGKILL)
        start = asyncio.get_event_loop().time()
        await until(lambda: one.count("renew") and two.count("renew"), "renew is said")
        await until(lambda: one.generation == 2 and two.generation == 2, "new offers")
        await until(lambda: one.perceives(two) and two.perceives(one), "both again")
        took = asyncio.get_event_loop().time() - start
        figure(f"calls of a killed worker were back after {took:.2f} s")
        assert one.ended is None and two.ended is None
    run(story())


def test_restarted_server_leaves_no_gap(make_server):
    server = make_server()

    async def story():
        one, two = await gathered(server)
        since = asyncio.get_event_loop().time()
        pid = worker_pid(server)
        server.process.kill()
        server.process.wait()
        await asyncio.sleep(1)
        await asyncio.get_event_loop().run_in_executor(None, server.start)
        assert worker_pid(server) == pid
        for caller in (one, two):
            joined = await caller.resume()
            assert joined["media"] == "keep"
            assert {p["name"] for p in joined["participants"]} >= {"BS. 0", "BS. 1"}
        await whole(one, two, since)
        await two.ask(type="chat", text="vẫn nghe rõ")
        await until(lambda: one.count("chat"), "chat arrives")
    run(story())


def test_recording_needs_everybodys_word(server):
    async def story():
        one, two = await gathered(server)
        await one.ask(type="record", action="start")
        await until(lambda: two.recording["state"] == "asking", "asking")
        await one.ask(type="consent", purpose="record", granted=True)
        assert one.recording["state"] == "asking"
        await two.ask(type="consent", purpose="record", granted=True)
        await until(lambda: two.recording["state"] == "on", "on")
        await asyncio.sleep(2)
        os.kill(worker_pid(server), signal.SIGKILL)
        await until(lambda: one.generation == 2 and two.generation == 2, "both renew")
        await until(lambda: one.perceives(two) and two.perceives(one), "both again")
        assert one.recording["state"] == "on"
        await one.ask(type="record", action="stop")
        await until(lambda: two.recording["state"] == "off", "off")
    run(story())


def test_recording_goes_on_over_a_restart(make_server):
    server = make_server()

    async def story():
        one, two = await gathered(server)
        consultation = next(m for m in one.heard if m["type"] == "joined")["consultation"]["id"]
        await one.ask(type="record", action="start")
        for caller in (one, two):
            await caller.ask(type="consent", purpose="record", granted=True)
        await until(lambda: two.recording["state"] == "on", "on")
        server.process.kill()
        server.process.wait()
        await asyncio.get_event_loop().run_in_executor(None, server.start)
        for caller in (one, two):
            assert (await caller.resume())["media"] == "keep"
            assert caller.recording["state"] == "on"
            assert [c["granted"] for c in caller.recording["consents"]] == [True, True]
        await two.ask(type="record", action="stop")
        await until(lambda: one.recording["state"] == "off", "off")
        recordings = server.api.get(f"/consultations/{consultation}/recordings").json["items"]
        assert len(recordings) == 1  # one recording, and in one segment: the worker never stopped
        assert len(list((server.state / "recordings" / recordings[0]["id"]).glob("*.hcj"))) == 1
    run(story())


class Encoder:
    """WHIP or WHEP: one POST, media, one DELETE."""

    def __init__(self, server, consultation, bearer, endpoint):
        self.client, self.path = server.client(token=bearer), f"/{endpoint}/{consultation}"
        self.pc, self.ears, self.tasks = RTCPeerConnection(), {}, []

    async def request(self, method, path, body=None, **headers):
        loop = asyncio.get_event_loop()
        return await loop.run_in_executor(
            None, lambda: self.client.request(method, path, body, headers=headers, raw=True))

    async def start(self):
        await self.pc.setLocalDescription(await self.pc.createOffer())
        answer = await self.request("POST", self.path, self.pc.localDescription.sdp.encode(),
                                    **{"Content-Type": "application/sdp"})
        assert answer.status == 201, answer
        assert answer.headers["content-type"] == "application/sdp"
        self.location, self.etag = answer.headers["location"], answer.headers["etag"]
        await self.pc.setRemoteDescription(RTCSessionDescription(answer.body.decode(), "answer"))
        for transceiver in self.pc.getTransceivers():
            if transceiver.direction == "recvonly":
                ear = self.ears[transceiver.kind] = Ear()
                self.tasks.append(asyncio.ensure_future(ear.run(transceiver.receiver.track)))

    async def stop(self):
        for task in self.tasks:
            task.cancel()
        await self.pc.close()


def test_whip_is_seen_by_whep_and_by_callers(server):
    async def story():
        consultation = book(server)
        camera_ticket = ticket(server, consultation, "Máy soi da", "kiosk")
        camera = Encoder(server, consultation, camera_ticket, "whip")
        camera.pc.addTransceiver(Tone(550), direction="sendonly")
        camera.pc.addTransceiver(Grey(150), direction="sendonly")
        watcher = Encoder(server, consultation, ticket(server, consultation, "Giao ban", "observer"), "whep")
        watcher.pc.addTransceiver("audio", direction="recvonly")
        watcher.pc.addTransceiver("video", direction="recvonly")
        own = Encoder(server, consultation, camera_ticket, "whep")  # the same ticket: the same participant
        own.pc.addTransceiver("video", direction="recvonly")
        try:
            await camera.start()
            await watcher.start()
            await own.start()
            sound, picture = watcher.ears["audio"], watcher.ears["video"]
            await until(lambda: picture.level and abs(picture.level - 150) < 12, "the picture")
            await until(lambda: abs(sound.hertz() - 550) < 15, "the tone")
            doctor = Caller(server, ticket(server, consultation, "BS. Lan"))
            joined = await doctor.join()
            assert len(joined["participants"]) == 3  # the camera, its own monitor being the same, the watcher, herself
            camera.me, camera.hertz, camera.grey = next(p["id"] for p in joined["participants"] if p["tracks"]), 550, 150
            await until(lambda: doctor.perceives(camera), "the doctor sees the camera")
            assert own.ears["video"].level is None or abs(own.ears["video"].level - doctor.grey) < 12  # never itself
            stale = await camera.request("PATCH", camera.location, b"m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n",
                                         **{"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": '"stale"'})
            assert stale.status == 412
            trickle = await camera.request("PATCH", camera.location, b"m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n",
                                           **{"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": camera.etag})
            assert trickle.status == 204
            thief = Encoder(server, consultation, ticket(server, consultation, "x"), "whip")
            assert (await thief.request("DELETE", camera.location)).status == 404
            await thief.stop()
            assert (await camera.request("DELETE", camera.location)).status == 200
            await until(lambda: not doctor.participants[camera.me]["tracks"], "the camera is gone")
            assert (await camera.request("DELETE", camera.location)).status == 404
        finally:
            for encoder in (camera, watcher, own):
                await encoder.stop()
    run(story())


async def start_gst(server, consultation, codec="vp8"):
    """GStreamer's webrtcbin over WHIP, in a process of its own: grey 150, a tone of 550 Hz."""
    encoder = await asyncio.create_subprocess_exec(
        "/usr/bin/python3", str(pathlib.Path(__file__).parent / "encoder_gst.py"),
        f"https://localhost:{server.port}/whip/{consultation}", ticket(server, consultation, "Máy siêu âm", "kiosk"),
        str(server.state / "tls/cert.pem"), "150", "550", codec,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    assert await asyncio.wait_for(encoder.stdout.readline(), 60) == b"answered\n"
    return encoder


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_gstreamer_encoder_is_seen_and_heard(server, codec):
    async def story():
        consultation = book(server)
        doctor = Caller(server, ticket(server, consultation, "BS. Lan"))
        await doctor.join()
        encoder = await start_gst(server, consultation, codec)
        try:
            await until(lambda: any(p["tracks"] for p in doctor.participants.values() if p["id"] != doctor.me), "it is in")
            other = Caller(server, "")
            other.me = next(p["id"] for p in doctor.participants.values() if p["id"] != doctor.me)
            other.hertz, other.grey = 550, 150
            await until(lambda: doctor.perceives(other), "seen and heard")
        finally:
            encoder.stdin.close()
            await asyncio.wait_for(encoder.wait(), 60)
        await until(lambda: other.me not in doctor.participants, "it has left")
    run(story())
