"""A NAT in front of a peer: forwards between it and a worker, can forget its mapping, and knows somebody who listens in."""
import asyncio
import re


def is_media(data):
    return 128 <= data[0] < 192


class Inside(asyncio.DatagramProtocol):
    """Where the peer sends to."""

    def __init__(self, nat):
        self.nat = nat

    def datagram_received(self, data, address):
        self.nat.peer = address
        self.nat.leaves(data)


class Outside(asyncio.DatagramProtocol):
    """One mapping, as the worker sees it."""

    def __init__(self, nat):
        self.nat = nat

    def datagram_received(self, data, address):
        self.nat.comes(data)


class Elsewhere(asyncio.DatagramProtocol):
    """An address that is not the peer's."""

    def __init__(self):
        self.came = 0  # of media

    def datagram_received(self, data, address):
        self.came += is_media(data)


class Nat:
    def __init__(self):
        self.peer = self.outside = self.worker = None
        self.checks = True  # whether STUN gets through
        self.holds = False  # whether the peer's media are held back
        self.copied_first = False  # whether they come from elsewhere before they come from here
        self.media = []  # of the peer, as they came through
        self.check = None  # the peer's last
        self.held = None  # the last that did not
        self.came = 0  # media for the peer

    async def open(self, worker):
        """In front of whoever sends to `port`, towards the `worker`'s address."""
        self.worker = worker
        loop = asyncio.get_running_loop()
        self.inside, _ = await loop.create_datagram_endpoint(lambda: Inside(self), local_addr=("127.0.0.1", 0))
        self.elsewhere, self.listener = await loop.create_datagram_endpoint(
            Elsewhere, local_addr=("127.0.0.1", 0), remote_addr=worker)
        self.port = self.inside.get_extra_info("sockname")[1]
        await self.rebind()

    async def rebind(self):
        """Another port from now on, as a NAT that has forgotten."""
        old = self.outside
        self.outside, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Outside(self), local_addr=("127.0.0.1", 0), remote_addr=self.worker)
        if old:
            old.close()

    def leaves(self, data):
        if is_media(data):
            if self.holds:
                self.held = data
                return
            self.media = [*self.media[-99:], data]
            if self.copied_first:
                self.elsewhere.sendto(data)
                asyncio.get_running_loop().call_later(0.005, self.outside.sendto, data)
            else:
                self.outside.sendto(data)
        elif self.checks or data[0] >= 4:
            if data[0] < 4:
                self.check = data
            self.outside.sendto(data)

    def comes(self, data):
        self.came += is_media(data)
        if self.peer and (self.checks or data[0] >= 4):
            self.inside.sendto(data, self.peer)

    async def stand_before(self, sdp):
        """An answer whose one candidate is this NAT."""
        port = int(re.search(r"^a=candidate:\S+ 1 udp \d+ \S+ (\d+)", sdp, re.M | re.I)[1])
        await self.open(("127.0.0.1", port))
        lines = [line for line in sdp.splitlines() if not line.startswith("a=candidate:")]
        mine = f"a=candidate:1 1 udp 2130706431 127.0.0.1 {self.port} typ host"
        return "\r\n".join(line for old in lines for line in ([old, mine] if old.startswith("a=mid:") else [old])) + "\r\n"

    def close(self):
        for one in (self.inside, self.outside, self.elsewhere):
            one.close()
