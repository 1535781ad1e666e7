"""The laboratory itself: what is asked of a link is what its two ends see, by datagrams between two namespaces."""

import json
import subprocess
import sys

import pytest

from lab import Lab

ECHO = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("0.0.0.0", 9999)); print("up", flush=True)
while True:
    data, peer = s.recvfrom(2048); s.sendto(data, peer)
"""
PING = """
import json, socket, sys, time
count, gap, size = int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.001); s.connect((sys.argv[1], 9999))
sent, trips, start = {}, [], time.monotonic()
def drain():
    try:
        while True:
            data = s.recv(2048); trips.append(time.monotonic() - sent[int(data[:8])])
    except (TimeoutError, OSError):
        pass
for i in range(count):
    sent[i] = time.monotonic(); s.send(b"%08d" % i + b"x" * (size - 8))
    while time.monotonic() < start + (i + 1) * gap:
        drain()
end = time.monotonic() + 1.5
while time.monotonic() < end:
    drain()
trips.sort()
print(json.dumps({"got": len(trips), "median_ms": 1000 * trips[len(trips) // 2] if trips else None}))
"""


@pytest.fixture
def lab():
    with Lab() as made:
        echo = made.far.popen([sys.executable, "-c", ECHO], stdout=subprocess.PIPE, text=True)
        assert echo.stdout.readline().strip() == "up"
        yield made
        echo.kill()
        echo.wait()


def ping(lab, count=200, gap=0.005, size=100):
    done = lab.near.run([sys.executable, "-c", PING, lab.far.address, str(count), str(gap), str(size)],
                        stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def test_a_plain_link_loses_nothing(lab):
    assert ping(lab)["got"] == 200


def test_delay_is_felt_both_ways(lab):
    lab.both(delay=100)
    assert 200 <= ping(lab)["median_ms"] < 260


def test_loss_is_the_share_asked_for(lab):
    lab.both(loss=10)
    got = ping(lab, count=600)["got"]
    assert 600 * 0.74 < got < 600 * 0.88  # 0.9 each way


def test_a_narrow_link_lets_its_rate_through(lab):
    lab.up(rate="200k", queue=100)
    counts = lab.counts()["up"]["delivered"]
    ping(lab, count=400, gap=0.005, size=500)  # 845 kbit/s offered for two seconds
    passed = lab.counts()["up"]["delivered"] - counts
    assert 60 < passed < 140  # 528 bytes each with headers: about 47 a second, and the queue


def test_an_outage_cuts_and_ends(lab):
    lab.both(down=1)
    assert ping(lab, count=20)["got"] == 0
    lab.both(down=0)
    assert ping(lab, count=20)["got"] == 20


def test_udp_can_be_blocked_alone(lab):
    lab.both(block_udp=1)
    assert ping(lab, count=20)["got"] == 0


def test_a_host_moves_to_another_address(lab):
    lab.near.move("10.77.0.9")
    assert ping(lab, count=20)["got"] == 20
