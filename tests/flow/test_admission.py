"""Who is let in when the server is nearly full, or about to be serviced, and what those who are not are told."""
import asyncio

import os
import signal

import pytest

from caller import Caller, Refused, until
from test_call import book, gathered, people, run, ticket, whole
from test_operator import ctl

OFFER = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"  # never looked at: the gate comes first


@pytest.fixture
def small(make_server):
    """Room for four: new consultations up to the second, people of running ones to the third, emergencies to the fourth."""
    return make_server({"admission": {"worker_people": 4, "reserve_percent": 50}})


async def refusal(server, consultation, role="doctor"):
    with pytest.raises(Refused) as refused:
        await Caller(server, ticket(server, consultation, "Người tới sau", role)).join()
    return refused.value.error


def whip(server, consultation, way="whip"):
    return server.client().post(f"/{way}/{consultation}", OFFER.encode(), raw=True, headers={
        "Content-Type": "application/sdp", "Authorization": f"Bearer {ticket(server, consultation, 'Máy', 'doctor')}"})


def make_emergency(server, consultation):
    assert server.api.patch(f"/consultations/{consultation}", {"kind": "emergency"}).status == 200


def metric(server, name):
    text = server.client().get("/metrics", raw=True).body.decode()
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " "))


def test_full_worker_refuses_new_consultations_before_the_running_one_suffers(small):
    async def story():
        one, two = await gathered(small)
        since = asyncio.get_event_loop().time()
        running = next(m for m in one.heard if m["type"] == "joined")["consultation"]["id"]
        other = book(small)
        error = await refusal(small, other)
        assert error["code"] == "at_capacity" and error["fatal"] and 10 <= error["retry_after_s"] <= 20
        assert "tries again by itself" in error["action"]
        for way in ("whip", "whep"):
            answer = whip(small, other, way)
            assert answer.status == 503 and answer.headers["content-type"].startswith("application/problem+json"), answer
            assert answer.json["code"] == "at-capacity" and answer.json["action"]
            assert int(answer.headers["retry-after"]) == answer.json["retry_after_s"] >= 10
        third = Caller(small, ticket(small, running, "BS. Ba"), 880, 180)
        await third.join()  # belongs to what is running
        assert (await refusal(small, running))["code"] == "at_capacity"
        await whole(one, two, since)
        again = Caller(small, two.ticket, 660, 120)
        await again.join()  # a reload of one who was in
        await until(lambda: one.perceives(again) and one.perceives(third), "the reloaded and the third")
        out = ctl(small, "status")
        assert "new consultations NO" in out and "people to running ones NO" in out and "emergencies yes" in out
        assert metric(small, 'hoichan_admission_refused_total{reason="at_capacity"}') == 4
        assert metric(small, 'hoichan_admission_open{kind="emergency"}') == 1
        make_emergency(small, other)
        urgent = Caller(small, ticket(small, other, "BS. Cấp cứu"))
        await urgent.join()
        assert (await refusal(small, other))["code"] == "at_capacity"
        await urgent.say(type="leave")
        await third.say(type="leave")
        await again.say(type="leave")
        await until(lambda: again.ended == "left", "left")
        fourth = Caller(small, ticket(small, book(small), "BS. Bốn"))
        await fourth.join()  # there is room again
    run(story())


def test_busy_core_closes_the_gate_and_the_call_goes_on_whole(make_server):
    # A call of two takes more than a tenth of the limit, which closes the gate, and less than half of it, which would keep the second out.
    server = make_server({"admission": {"cpu_percent": 15, "reserve_percent": 90}})

    async def story():
        one, two = await gathered(server)
        loop = asyncio.get_event_loop()
        await until(lambda: not server.api.get("/status").json["admission"]["open"]["new"], "the gate closes")
        since = loop.time()
        assert (await refusal(server, book(server)))["code"] == "at_capacity"
        await asyncio.sleep(2)
        await whole(one, two, since)
    run(story())


def test_drained_server_keeps_what_runs_and_opens_nothing(make_server):
    server = make_server()

    async def story():
        one, two = await gathered(server)
        running = next(m for m in one.heard if m["type"] == "joined")["consultation"]["id"]
        out = ctl(server, "drain")
        assert "opens no new consultation" in out and "left: 1 rooms, 2 people" in out
        ready = server.client().get("/readyz", raw=True)
        assert ready.status == 503 and ready.json["code"] == "draining" and ready.headers["retry-after"]
        assert (await refusal(server, book(server)))["code"] == "draining"
        assert whip(server, book(server)).json["code"] == "draining"
        since = asyncio.get_event_loop().time()
        third = Caller(server, ticket(server, running, "BS. Ba"), 880, 180)
        await third.join()
        await until(lambda: one.perceives(third), "who belongs to what runs still comes")
        await whole(one, two, since)
        out = ctl(server, "status")
        assert "draining: opens no new consultation" in out and "worker 0: draining" in out and "3 people" in out
        server.process.kill()  # a drain outlasts the control process
        server.process.wait()
        await asyncio.get_event_loop().run_in_executor(None, lambda: server.start(wait=False))
        await until(lambda: server.client().get("/readyz", raw=True).json["code"] == "draining", "it drains as before")
        assert (await one.resume())["media"] == "keep"
        assert "takes new rooms again" in ctl(server, "undrain")
        assert server.client().get("/readyz", raw=True).status == 200
        await Caller(server, ticket(server, book(server), "BS. Mới")).join()
    run(story())


def test_drained_worker_is_left_by_what_comes_new(make_server):
    server = make_server({"media": {"workers": 2}})

    async def story():
        drained = ctl(server, "drain", "0")
        assert "worker 0 takes no new rooms" in drained and "left: 0 rooms, 0 people" in drained
        assert server.client().get("/readyz", raw=True).status == 200
        for n in range(3):
            await Caller(server, ticket(server, book(server), f"BS. {n}")).join()
        assert [worker["rooms"] for worker in server.api.get("/status").json["workers"]] == [0, 3]
        pid = server.api.get("/status").json["workers"][0]["pid"]
        os.kill(pid, signal.SIGKILL)
        worker = lambda: server.api.get("/status").json["workers"][0]  # noqa: E731
        await until(lambda: worker()["pid"] not in (0, pid) and worker()["state"] != "starting", "another in its place")
        assert worker()["state"] == "draining"  # its successor too
        ctl(server, "undrain", "0")
        await Caller(server, ticket(server, book(server), "BS. Mới")).join()
        assert [worker["rooms"] for worker in server.api.get("/status").json["workers"]] == [1, 3]
    run(story())


def test_problem_is_told_in_vietnamese_too(small):
    async def story():
        await gathered(small)
        other = book(small)
        caller = Caller(small, ticket(small, other, "BS. Lan"))
        await caller.connect()
        with pytest.raises(Refused) as refused:
            await caller.ask(type="join", ticket=caller.ticket, language="vi")
        assert "Máy chủ đang phục vụ gần hết sức" in refused.value.error["message"]
        assert whip(small, other).json["title"] == "Máy chủ đang phục vụ gần hết sức"
    run(story())
