"""The media worker's transports against an independent WebRTC implementation (aiortc)."""
import asyncio
import os
import select
import signal
import socket
import subprocess
import sys
import time

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

sys.path.insert(0, os.path.dirname(__file__))
from caller import until  # noqa: E402
from nat import Nat  # noqa: E402
from worker import PATIENCE_S, Worker, WorkerError, answer_of, remote_of  # noqa: E402


def has_rooms(worker):
    """The routing side wants a room to be open first."""
    try:
        worker.request("room.open", room="r")
        return True
    except WorkerError as error:
        assert error.code == "unsupported"
        return False


@pytest.fixture
def worker():
    made = Worker("--log-level", "debug")
    has_rooms(made)
    yield made
    made.close()


async def connect(worker, name, protocols=("udp",), video=True):
    opened = worker.request("transport.open", room="r", transport=name)
    peer = RTCPeerConnection()
    peer.addTrack(AudioStreamTrack())
    if video:
        peer.addTrack(VideoStreamTrack())
    await peer.setLocalDescription(await peer.createOffer())
    offer = peer.localDescription.sdp
    worker.request("transport.remote", transport=name, **remote_of(offer))
    answer = answer_of(offer, opened, opened["fingerprint"], protocols)
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await until(lambda: peer.connectionState == "connected" or said(worker, transport=name, state="failed"), "an end of connecting")
    return peer


def said(worker, **fields):
    worker.poll()
    return worker.wait_event(0, event="transport.state", **fields)


async def sends(peer, packets):
    """Lets the peer send so many packets more: a busy machine takes longer for them."""
    async def sent():
        reports = [await sender.getStats() for sender in peer.getSenders()]
        return sum(stats.packetsSent for report in reports for stats in report.values() if stats.type == "outbound-rtp")
    end = time.monotonic() + PATIENCE_S
    wanted = await sent() + packets
    while await sent() < wanted:
        assert time.monotonic() < end, "it does not send"
        await asyncio.sleep(0.05)


def test_aiortc_connects_and_its_media_is_decrypted(worker):
    async def run():
        peer = await connect(worker, "a")
        assert peer.connectionState == "connected", worker.text()
        await sends(peer, 120)
        worker.request("transport.close", transport="a", reason="left")
        await peer.close()

    asyncio.run(run())
    assert worker.states("a") == ["connecting", "connected", "closed"]
    counters = worker.counters("a")
    assert counters["rx"] > 80 and counters["rx_dropped"] == 0
    assert worker.stop() == 0, worker.text()


def test_wrong_fingerprint_is_refused(worker):
    async def run():
        opened = worker.request("transport.open", room="r", transport="a")
        peer = RTCPeerConnection()
        peer.addTrack(AudioStreamTrack())
        await peer.setLocalDescription(await peer.createOffer())
        offer = peer.localDescription.sdp
        remote = remote_of(offer)
        remote["fingerprints"] = [opened["fingerprint"]]
        worker.request("transport.remote", transport="a", **remote)
        await peer.setRemoteDescription(RTCSessionDescription(answer_of(offer, opened, opened["fingerprint"]), "answer"))
        await until(lambda: said(worker, transport="a", state="failed"), "it fails")
        await peer.close()

    asyncio.run(run())
    assert said(worker, transport="a", state="failed")["reason"] == "fingerprint"


def test_worker_outlives_the_one_that_attached(worker):
    async def run():
        peer = await connect(worker, "a", video=False)
        worker.detach()
        await sends(peer, 100)
        hello = worker.attach()
        assert hello["ok"]
        snapshot = worker.wait_event(PATIENCE_S, event="snapshot.transport", transport="a")
        assert snapshot["state"] == "connected" and snapshot["path"] == {"protocol": "udp", "family": 4}
        assert worker.wait_event(PATIENCE_S, event="snapshot.end")
        worker.request("transport.close", transport="a", reason="left")
        await peer.close()

    asyncio.run(run())
    assert worker.counters("a")["rx"] > 80
    assert worker.stop() == 0


def test_peer_that_dies_is_noticed(worker):
    async def run():
        peer = await connect(worker, "a", video=False)
        for sender in peer.getSenders():
            transport = sender.transport.transport
            await transport._connection.close()  # the network goes, nobody says goodbye
        await asyncio.sleep(0)
        event = await asyncio.to_thread(worker.wait_event, PATIENCE_S, event="transport.state", transport="a",
                                        state="disconnected")
        assert event and event["reason"] == "silent"
        await peer.close()

    asyncio.run(run())


def test_a_newer_control_peer_takes_over(worker):
    first = worker.socket
    worker.attach()
    first.settimeout(PATIENCE_S)
    while first.recv(200000):
        pass
    with pytest.raises(WorkerError) as error:
        worker.request("transport.close", transport="nobody")
    assert error.value.code == "not_found"
    first.close()


def test_a_snapshot_larger_than_the_socket_arrives_whole(worker):
    for i in range(300):
        worker.request("transport.open", room="r", transport=f"t{i}", app={"filler": "x" * 2000})
    worker.events.clear()
    worker.attach()
    assert worker.wait_event(PATIENCE_S, event="snapshot.end")
    seen = [e for e in worker.events if e["event"] == "snapshot.transport"]
    assert {e["transport"] for e in seen} == {f"t{i}" for i in range(300)}
    assert all(e["app"]["filler"] == "x" * 2000 and e["ufrag"] and e["candidates"] for e in seen)


def test_malformed_requests_are_answered(worker):
    for text in (b"", b"{", b"[]", b"null", b'{"op":"hello"}', b'{"id":"x","op":"hello"}', b"\xff\xfe", b'{"id":1}'):
        if text:
            worker.socket.send(text)
            answer = worker._receive(PATIENCE_S)
            while "event" in answer:
                answer = worker._receive(PATIENCE_S)
            assert answer["ok"] is False and answer["code"] == "bad_request"
    with pytest.raises(WorkerError):
        worker.request("transport.open", room="r", transport="../etc")
    worker.request("transport.open", room="r", transport="a")
    with pytest.raises(WorkerError) as error:
        worker.request("transport.open", room="r", transport="a")
    assert error.value.code == "exists"


def test_garbage_on_the_ports_costs_nothing_but_a_look(worker):
    port = worker.hello["port"]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for i in range(2000):
        udp.sendto(os.urandom(i % 200), ("127.0.0.1", port))
    streams = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
    for stream in streams:
        try:
            stream.send(os.urandom(100))
        except OSError:
            pass
    worker.request("transport.open", room="r", transport="a")
    for stream in streams:
        stream.close()
    udp.close()
    assert worker.stop() == 0, worker.text()


def test_waiting_for_a_core_that_others_have_is_told(worker):
    """By what it uses of its core a worker that is kept from it looks idle."""
    core = {min(os.sched_getaffinity(0))}
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as other:
        try:
            for pid in (other.pid, worker.process.pid):
                os.sched_setaffinity(pid, core)
            os.sched_setscheduler(worker.process.pid, os.SCHED_IDLE, os.sched_param(0))
            deadline = time.monotonic() + PATIENCE_S
            while not any(event.get("waiting_permille") for event in worker.events):
                assert time.monotonic() < deadline, worker.events
                time.sleep(0.2)
                worker.poll()
        finally:
            other.kill()


@pytest.mark.parametrize("options", [("--bind", "0.0.0.0"), ("--bind", "127.0.0.1", "--announce", "127.0.0.1")])
def test_ipv4_only(options):
    worker = Worker(*options)
    try:
        has_rooms(worker)
        opened = worker.request("transport.open", room="r", transport="x")
        assert opened["candidates"] and all(":" not in c["ip"] for c in opened["candidates"])
        if "0.0.0.0" in options:
            async def run():
                peer = await connect(worker, "a", video=False)
                assert peer.connectionState == "connected", worker.text()
                await peer.close()
            asyncio.run(run())
        assert worker.stop() == 0, worker.text()
    finally:
        worker.close()


def test_a_nat_that_rebinds_is_followed_before_it_is_checked():
    worker = Worker("--announce", "127.0.0.1")
    try:
        has_rooms(worker)

        async def run():
            nat = Nat()
            opened = worker.request("transport.open", room="r", transport="a")
            peer = RTCPeerConnection()
            peer.addTrack(AudioStreamTrack())
            await peer.setLocalDescription(await peer.createOffer())
            worker.request("transport.remote", transport="a", **remote_of(peer.localDescription.sdp))
            answer = answer_of(peer.localDescription.sdp, opened, opened["fingerprint"], ("udp",))
            await peer.setRemoteDescription(RTCSessionDescription(await nat.stand_before(answer), "answer"))
            await until(lambda: peer.connectionState == "connected", "it connects")
            await sends(peer, 50)
            nat.checks = False
            await nat.rebind()
            moved = await asyncio.to_thread(worker.wait_event, PATIENCE_S, event="transport.state", transport="a", reason="moved")
            assert moved and moved["state"] == "connected", worker.text()
            nat.checks = True
            await sends(peer, 90)
            assert peer.connectionState == "connected"
            worker.request("transport.close", transport="a", reason="left")
            await peer.close()
            nat.close()

        asyncio.run(run())
        assert worker.counters("a")["rx"] > 130
        assert "disconnected" not in worker.states("a")
        assert "why=followed" in worker.text()
    finally:
        worker.close()


def refused(streams, count):
    """The `count` of them that the worker has closed: it says nothing, so what can be read is the end."""
    closed = set()
    while len(closed) < count:
        quiet = [stream for stream in streams if stream not in closed]
        told, _, _ = select.select(quiet, [], [], PATIENCE_S)
        assert told, "all are held"
        closed.update(told)
    return closed


def test_one_address_holds_few_connections_without_proving_anything(worker):
    port = worker.hello["port"]
    streams = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    worker.request("hello", proto=1)
    assert refused(streams, 4) == set(streams[-4:])
    for stream in streams:
        stream.close()


def test_a_worker_without_descriptors_does_not_ask_again_and_again_who_waits():
    worker = Worker(descriptors=40)
    try:
        port = worker.hello["port"]
        waiting = [socket.create_connection(("127.0.0.1", port), source_address=(f"127.0.1.{n}", 0)) for n in range(1, 50)]
        deadline = time.monotonic() + PATIENCE_S
        while "out of descriptors" not in worker.text():
            assert time.monotonic() < deadline, worker.text()
            time.sleep(0.05)
        before = worker.cpu_s()
        time.sleep(2)
        assert worker.cpu_s() - before < 1
        for stream in waiting:
            stream.close()
        worker.detach()
        worker.attach()
        streams = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        refused(streams, 4)
        for stream in streams:
            stream.close()
    finally:
        worker.close()


def test_sigterm_ends_in_order(worker):
    worker.request("transport.open", room="r", transport="a")
    worker.process.send_signal(signal.SIGTERM)
    assert worker.wait_event(PATIENCE_S, event="transport.state", transport="a", state="closed")
    assert worker.process.wait(PATIENCE_S) == 0
