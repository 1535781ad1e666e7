"""What strangers throw at the server while a call goes on: nothing of the call may be missing, and what it costs is printed.

The call is two native endpoints that check every payload (tests/bench/load). A flood is as fast as a sanitized build can be asked
to bear; what a packet of it costs is printed in µs, for whoever wants to know what a release build would bear.
"""
import json
import os
import pathlib
import re
import resource
import socket
import ssl
import struct
import sys
import threading
import time
import zlib

import pytest

from hoichand import BUILD, TOP, figure
from test_call import book, ticket

sys.path.append(str(TOP / "tests/bench"))
from load import Load  # noqa: E402

PER_SECOND = 4000
SECONDS = 4


class Running:
    """A call of one who speaks and one who watches, and where the server's media port is."""

    def __init__(self, server):
        self.server, self.load = server, Load(BUILD, f"0-{os.cpu_count() - 1}")
        room = book(server)
        for number, (way, cmd, role) in enumerate((("whip", "publish", "doctor"), ("whep", "subscribe", "observer"))):
            offer = self.load.ask(cmd=cmd, id=number, video_bps=300000)["offer"]
            if cmd == "publish":
                self.ssrc = int(re.search(r"a=ssrc:(\d+)", offer).group(1))
            answer = server.client().post(f"/{way}/{room}", offer.encode(), raw=True, headers={
                "Content-Type": "application/sdp", "Authorization": f"Bearer {ticket(server, room, 'An', role)}"})
            assert answer.status == 201, answer
            sdp = answer.body.decode()
            self.load.tell(cmd="answer", id=number, sdp=sdp)
        self.port = int(re.search(r"a=candidate:\S+ 1 udp \d+ \S+ (\d+)", sdp, re.IGNORECASE).group(1))
        self.ufrag = re.search(r"a=ice-ufrag:(\S+)", sdp).group(1)
        self.load.wait_connected()
        time.sleep(2)
        self.quiet = self.watch("nothing", lambda: 0)

    def cpu_s(self):
        pids = [self.server.process.pid, *self.server.workers()]
        return [sum(int(task.read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
                for pid in pids]

    def watch(self, what, flood):
        """The call while `flood` is on (it returns how many it threw); the shares of a core of hoichand and the worker."""
        before, thrown = self.cpu_s(), []
        thrower = threading.Thread(target=lambda: thrown.append(flood()))
        thrower.start()
        result = self.load.ask(cmd="measure", seconds=SECONDS)
        shares = [(now - then) / result["seconds"] for now, then in zip(self.cpu_s(), before)]
        thrower.join()
        assert thrown, f"{what}: could not be thrown"
        extra = sum(shares) - sum(self.quiet) if hasattr(self, "quiet") else 0
        each = f", {max(0, extra) * result['seconds'] * 1e6 / thrown[0]:.1f} µs each" if thrown[0] else ""
        figure(f"{what}: {thrown[0]} thrown, hoichand {shares[0]:.1%}, worker {shares[1]:.1%} of a core{each}")
        assert result["corrupt"] == 0 and result["undecrypted"] == 0, (what, result)
        assert result["lost"] <= result["retransmitted"], (what, result)
        assert result["received"] > 0.9 * result["sent"] > 0, (what, result)
        return shares

    def throw(self, what, datagrams):
        """Each from a socket of its own turn, so that there are many strangers."""
        def flood():
            sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(64)]
            end, count = time.monotonic() + SECONDS, 0
            while time.monotonic() < end:
                for _ in range(PER_SECOND // 100):
                    sockets[count % 64].sendto(datagrams[count % len(datagrams)], ("127.0.0.1", self.port))
                    count += 1
                time.sleep(0.01)
            for one in sockets:
                one.close()
            return count
        self.watch(what, flood)


@pytest.fixture(scope="module")
def running(server):
    call = Running(server)
    yield call
    call.load.close()


def stun(attributes):
    body = b"".join(struct.pack("!HH", kind, len(value)) + value + b"\0" * (-len(value) % 4) for kind, value in attributes)
    head = struct.pack("!HHI", 0x0001, len(body) + 8, 0x2112A442) + os.urandom(12)
    crc = zlib.crc32(head + body) ^ 0x5354554E
    return head + body + struct.pack("!HHI", 0x8028, 4, crc)


def client_hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    try:
        tls.wrap_bio(incoming, outgoing).do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outgoing.read()[9:]  # its body, in a DTLS record and handshake header
    message = b"\x01" + len(hello).to_bytes(3, "big") + b"\0\0" + b"\0\0\0" + len(hello).to_bytes(3, "big") + b"\xfe\xfd" + hello[2:]
    return b"\x16\xfe\xfd" + b"\0" * 8 + struct.pack("!H", len(message)) + message


def test_garbage(running):
    running.throw("garbage", [bytes([first]) + os.urandom(size) for first in range(256) for size in (0, 3, 40, 1400)])


def test_stun_of_strangers(running):
    mine = running.ufrag.encode()
    running.throw("STUN without credentials", [
        stun([]), stun([(0x0006, b"unknown:me")]), stun([(0x0006, mine + b":me")]),
        stun([(0x0006, mine + b":me"), (0x0008, os.urandom(20))]), stun([(0x0006, b"x" * 512), (0x0008, os.urandom(20))])])


def test_dtls_hellos(running):
    hello = client_hello()
    running.throw("DTLS ClientHello", [hello, hello[:60], hello[:13] + os.urandom(200)])


def test_rtp_of_strangers(running):
    running.throw("RTP and RTCP", [struct.pack("!BBHII", first, kind, n, n, n * 77) + os.urandom(200)
                                   for n in range(64) for first, kind in ((0x80, 96), (0x90, 111), (0x81, 201), (0x8F, 205))])


def test_rtp_that_claims_to_be_a_peers(running):
    """Each might be a peer's whose address has changed: opened in vain so many times a second, and no more."""
    running.throw("RTP and RTCP of a peer's SSRC", [
        *[struct.pack("!BBHII", 0x80, 96, n, n, running.ssrc) + os.urandom(1000) for n in range(64)],
        *[struct.pack("!BBHI", 0x81, kind, n, running.ssrc) + os.urandom(60) for n in range(8) for kind in (201, 205)]])


def test_half_open_connections(running):
    def flood():
        sockets = []
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            port = running.port if len(sockets) % 2 else running.server.port
            try:
                sockets.append(socket.create_connection(("127.0.0.1", port), timeout=2))
                sockets[-1].sendall([b"\x16\x03\x01\x02", b"\x00", b"GET / HT", b"\x00\x05abc"][len(sockets) % 4])
            except OSError:
                pass  # closed at once: there are enough from this address
            time.sleep(0.01)
        for one in sockets:
            one.close()
        return len(sockets)
    running.watch("half-open TCP", flood)


def test_idle_connection_is_closed(running):
    """Who connects to the media port over TCP and proves nothing is not kept."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as idle:
        began = time.monotonic()
        assert idle.recv(1) == b""
        figure(f"an idle connection to the media port was closed after {time.monotonic() - began:.1f} s")


def test_a_server_without_descriptors_does_not_ask_again_and_again_who_waits(make_server):
    server = make_server()
    pid = server.process.pid
    few = len(os.listdir(f"/proc/{pid}/fd")) + 4
    usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (few, usual[1]))
    waiting = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    server._wait_for(lambda: "event=out_of_descriptors" in server.log(), "does not run out")
    before = server.cpu_s()
    time.sleep(2)
    assert server.cpu_s() - before < 1
    resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)
    for one in waiting:
        one.close()
    assert server.client().get("/healthz", raw=True).status == 200


def junk_once(server, n):
    """Bytes without TLS, a broken request, a WebSocket that talks nonsense."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as plain:
        if n % 3 == 0:
            plain.sendall(os.urandom(400))
            return
        with server.tls.wrap_socket(plain, server_hostname="localhost") as secure:
            if n % 3 == 1:
                secure.sendall(b"GET /\xff\xfe" + os.urandom(300) + b"\r\n\r\n")
                return
            secure.sendall(b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: hoichan.v1\r\n\r\n")
            secure.recv(1000)
            for text in (json.dumps({"type": "join", "id": 1, "ticket": "x" * 900}).encode(), os.urandom(50), b"{" * 120):
                secure.sendall(b"\x81" + bytes([0x80 | 126]) + struct.pack("!H", len(text)) + b"\0\0\0\0" + text)


def test_junk_over_http(running):
    def flood():
        count, end = 0, time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                junk_once(running.server, count)
            except OSError:
                pass  # it hung up, as it should
            count += 1
        return count
    running.watch("HTTP and WebSocket junk", flood)
    assert running.server.client().get("/healthz", raw=True).status == 200
    workers = running.server.api.get("/status").json["workers"]
    assert [worker["starts"] for worker in workers] == [1]
