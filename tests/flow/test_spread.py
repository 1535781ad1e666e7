"""A room that has outgrown its worker: viewers live at another one and are fed over relays."""
import asyncio
import os
import signal
import sys

import pytest

from caller import Caller, goes_on_whole, until
from hoichand import BUILD, TOP
from test_call import Encoder, book, people, run, ticket

sys.path.append(str(TOP / "tests/bench"))
from load import Load  # noqa: E402


@pytest.fixture
def spread(make_server):
    """Two workers, and room for two people of a room on each before watchers go elsewhere."""
    return make_server({"media": {"workers": 2, "room_share": 2}})


async def watch(server, consultation, count):
    watchers = []
    for n in range(count):
        watcher = Encoder(server, consultation, ticket(server, consultation, f"Học viên {n}", "observer"), "whep")
        watcher.pc.addTransceiver("audio", direction="recvonly")
        watcher.pc.addTransceiver("video", direction="recvonly")
        await watcher.start()
        watchers.append(watcher)
    return watchers


def perceives(watcher, caller):
    sound, picture = watcher.ears["audio"], watcher.ears["video"]
    return bool(picture.level is not None and abs(picture.level - caller.grey) < 12
                and abs(sound.hertz() - caller.hertz) < 15)


def rooms_by_worker(server):
    return [worker["rooms"] for worker in server.api.get("/status").json["workers"]]


async def teaching(server, viewers=3):
    consultation = book(server)
    lecturer = people(server, consultation, 1)[0]
    await lecturer.join()
    watchers = await watch(server, consultation, viewers)
    for watcher in watchers:
        await until(lambda: perceives(watcher, lecturer), "a watcher sees and hears the lecturer")
    return consultation, lecturer, watchers


async def gone(watchers):
    for watcher in watchers:
        await watcher.stop()


def test_watchers_at_another_worker_see_and_hear(spread):
    async def story():
        consultation, lecturer, watchers = await teaching(spread)
        try:
            assert sorted(rooms_by_worker(spread)) == [1, 1]
            silent = Caller(spread, ticket(spread, consultation, "Quan sát", "observer"))
            silent.hertz = 0
            await silent.join()
            await until(lambda: silent.perceives(lecturer), "one who comes by the page too")
        finally:
            await gone(watchers)
    run(story())


def test_who_publishes_is_seen_by_all_wherever_they_live(spread):
    async def story():
        consultation, lecturer, watchers = await teaching(spread)
        try:
            doctor = Caller(spread, ticket(spread, consultation, "BS. Lan"), 660, 150)
            await doctor.join()
            await until(lambda: doctor.perceives(lecturer) and lecturer.perceives(doctor), "the two of them")
            await lecturer.leave()
            for watcher in watchers:
                await until(lambda: perceives(watcher, doctor), "now the watchers see the doctor")
        finally:
            await gone(watchers)
    run(story())


def test_restarted_server_leaves_watchers_elsewhere_in_peace(spread):
    async def story():
        consultation, lecturer, watchers = await teaching(spread)
        try:
            since = asyncio.get_event_loop().time()
            spread.process.kill()
            spread.process.wait()
            await asyncio.get_event_loop().run_in_executor(None, spread.start)
            assert (await lecturer.resume())["media"] == "keep"
            await asyncio.sleep(1)
            for watcher in watchers:
                await goes_on_whole(watcher.ears["audio"], since)
            doctor = Caller(spread, ticket(spread, consultation, "BS. Lan"), 660, 150)
            await doctor.join()
            await lecturer.leave()
            for watcher in watchers:
                await until(lambda: perceives(watcher, doctor), "who came afterwards is carried on too")
        finally:
            await gone(watchers)
    run(story())


def test_what_nobody_watches_is_carried_no_longer(spread):
    async def story():
        consultation, lecturer, watchers = await teaching(spread)
        carried = lambda: spread.api.get("/status").json["objects"]["carried"]  # noqa: E731
        try:
            assert carried() == 2  # a voice and a picture, once, however many watch
            for watcher in watchers[1:]:
                await watcher.stop()
            await until(lambda: not carried(), "it is carried on to nobody any more")
            since = asyncio.get_event_loop().time()
            await goes_on_whole(watchers[0].ears["audio"], since)  # who lives with the lecturer
            again = (await watch(spread, consultation, 1))[0]
            watchers[1:] = [again]
            await until(lambda: perceives(again, lecturer), "who comes after that is shown it again")
            assert carried() == 2
        finally:
            await gone(watchers)
    run(story())


def other_worker(server, consultation):
    """The process id of the worker that is not the room's own."""
    status = server.api.get("/status").json
    home = next(live["worker"] for live in status["live"] if live["consultation"] == consultation)
    return next(worker["pid"] for worker in status["workers"] if worker["worker"] != home)


def test_other_worker_dies_and_its_people_come_back(spread):
    async def story():
        consultation, lecturer, watchers = await teaching(spread, 2)
        silent = Caller(spread, ticket(spread, consultation, "Quan sát", "observer"))
        try:
            await silent.join()
            await until(lambda: silent.perceives(lecturer), "the observer, elsewhere")
            since = asyncio.get_event_loop().time()
            os.kill(other_worker(spread, consultation), signal.SIGKILL)
            await until(lambda: silent.generation == 2, "renew is said")
            await until(lambda: silent.perceives(lecturer), "seen again")
            assert lecturer.generation == 1
            await goes_on_whole(watchers[0].ears["audio"], since)  # who lives with the lecturer
        finally:
            await gone(watchers)
    run(story())


# ---- layers: a publisher with three of them, natively, because aiortc sends one ----

LECTURER, AT_HOME, ELSEWHERE = range(3)  # endpoints of the load generator


def over_http(server, load, consultation, number, way, who, **order):
    offer = load.ask(id=number, **order)["offer"]
    answer = server.client().post(f"/{way}/{consultation}", offer.encode(), raw=True, headers={
        "Content-Type": "application/sdp", "Authorization": f"Bearer {ticket(server, consultation, *who)}"})
    assert answer.status == 201, answer
    load.tell(cmd="answer", id=number, sdp=answer.body.decode())


async def look_on(server, load, consultation):
    """An observer by the page's protocol, whose media are an endpoint of the load generator."""
    viewer = Caller(server, ticket(server, consultation, "Quan sát", "observer"))
    await viewer.join(media=False)
    offer = load.ask(cmd="subscribe", id=ELSEWHERE)["offer"]
    answer = await viewer.ask(type="offer", generation=1, sdp=offer, tracks=[])
    load.tell(cmd="answer", id=ELSEWHERE, sdp=answer["sdp"])
    return viewer


class Crossing:
    """How much crosses to other workers, of how much comes to this one: by each new answer of the server's statistics."""

    def __init__(self, server):
        self.server, self.last, self.share = server, None, None

    def look(self):
        workers = self.server.api.get("/status").json["workers"]
        now = [sum(worker.get(field, 0) for worker in workers) for field in ("relayed_bytes", "rx_bytes")]
        if self.last is None or now[1] > self.last[1]:
            self.share = (now[0] - self.last[0]) / (now[1] - self.last[1]) if self.last else None
            self.last = now
        return self.share if self.share is not None else -1


def test_layers_that_nobody_there_shows_do_not_cross(spread):
    async def story():
        load, consultation, crossing = Load(BUILD, f"0-{os.cpu_count() - 1}"), book(spread), Crossing(spread)
        try:
            over_http(spread, load, consultation, LECTURER, "whip", ("Giảng viên",), cmd="publish", video_bps=420000, layers=3)
            over_http(spread, load, consultation, AT_HOME, "whep", ("Học viên", "observer"), cmd="subscribe")
            viewer = await look_on(spread, load, consultation)
            lecturer = next(p["id"] for p in viewer.participants.values() if p["name"] == "Giảng viên")
            height = lambda: [slot.get("height") for slot in viewer.slots.values()  # noqa: E731
                              if slot["kind"] == "video" and slot["state"] == "live"]

            async def show(width, tall):
                await viewer.say(type="view", items=[{"participant": lecturer, "source": "camera", "width": width, "height": tall}])
                await until(lambda: height() == [tall], f"a picture {tall} high")

            await show(320, 180)
            assert sorted(rooms_by_worker(spread)) == [1, 1]
            await until(lambda: 0 < crossing.look() < 0.2, "the smallest layer and the voice are all that crosses")
            assert height() == [180]
            await show(1280, 720)
            await until(lambda: crossing.look() > 0.6, "the largest crosses too")
            await show(320, 180)
            await until(lambda: 0 < crossing.look() < 0.2, "and no more, when it is small again")
            tally = load.ask(cmd="tally")
            assert tally["received"] and not tally["corrupt"] and not tally["undecrypted"], tally
        finally:
            load.close()
    run(story())
