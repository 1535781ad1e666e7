"""Two network namespaces with a bad link between them, for tests and by hand.

    with Lab() as lab:                       # near side: lab.near, 10.77.0.1; far side: lab.far, 10.77.0.2
        lab.both(delay=200, loss=10, rate="64k")
        lab.near.run(["ping", "-c1", lab.far.address])
        lab.up(down=1)                        # the cable is out, from near to far

Units as in shaper.h: delay, jitter and queue in ms, loss and reorder in per cent, rate in bit/s with k or M.
"""

import json
import os
import subprocess

LINK = os.environ.get("HOICHAN_LINK", "build/asan/tests/net/link")


class Host:
    """One namespace: a machine at its end of the link."""

    def __init__(self, name, address):
        self.name = name
        self.address = address

    def prefix(self):
        return ["ip", "netns", "exec", self.name]

    def run(self, command, **kwargs):
        return subprocess.run(self.prefix() + command, check=True, **kwargs)

    def popen(self, command, **kwargs):
        return subprocess.Popen(self.prefix() + command, **kwargs)

    def move(self, address):
        """Changes the address, as a laptop does that goes from Wi-Fi to a telephone's network."""
        # The old one goes first: an address of the same network would go with it.
        subprocess.run(["ip", "-n", self.name, "addr", "flush", "dev", "wan"], check=True)
        subprocess.run(["ip", "-n", self.name, "addr", "add", f"{address}/24", "dev", "wan"], check=True)
        subprocess.run(["ip", "-n", self.name, "route", "replace", "default", "dev", "wan"], check=True)
        self.address = address


class Lab:
    def __init__(self, seed=1, network="10.77.0"):
        self.near = Host(f"hc{os.getpid()}n", f"{network}.1")
        self.far = Host(f"hc{os.getpid()}f", f"{network}.2")
        self.seed = seed
        self.link = None

    def __enter__(self):
        for host in (self.near, self.far):
            subprocess.run(["ip", "netns", "add", host.name], check=True)
            subprocess.run(["ip", "-n", host.name, "link", "set", "lo", "up"], check=True)
        self.link = subprocess.Popen(
            [LINK, self.near.name, f"{self.near.address}/24", self.far.name, f"{self.far.address}/24", str(self.seed)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.link.stdout.readline().strip() != "ready":
            self.__exit__(None, None, None)
            raise RuntimeError("the link did not come up: is this root, and is there a /dev/net/tun?")
        return self

    def __exit__(self, *_):
        if self.link:
            self.link.stdin.close()
            self.link.wait(10)
        for host in (self.near, self.far):
            subprocess.run(["ip", "netns", "del", host.name], check=False)

    def _order(self, line):
        self.link.stdin.write(line + "\n")
        self.link.stdin.flush()
        return self.link.stdout.readline()

    @staticmethod
    def _words(values):
        return " ".join(f"{key}={value}" for key, value in values.items())

    def both(self, **values):
        return self._order("both " + self._words(values))

    def up(self, **values):
        return self._order("up " + self._words(values))

    def down(self, **values):
        return self._order("down " + self._words(values))

    def counts(self):
        return json.loads(self._order("counts"))
