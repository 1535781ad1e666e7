"""One who speaks to 500 who watch, over two workers of this server, with a payload check of every packet.

Each worker has a core, and shares it with the load generator; the picture's rate is one that a machine of two cores carries
with both on it. Nothing may be missing; it fails when something was damaged or not everybody is connected.
"""

import argparse
import json
import sys
import time

from bench import own_address, put_first
from hoichan import Hoichan
from janus import cpu_seconds
from load import Load


def join_all(server, load, viewers, bps):
    server.publish(load, 0, 1, bps)
    load.wait_connected()
    began = time.monotonic()
    for viewer in range(1, viewers + 1):
        server.subscribe(load, viewer, 1, 0)
    state = load.wait_connected(60)
    print(f"{state['connected']} of {state['of']} connected {time.monotonic() - began:.1f} s after the first came", flush=True)
    return state["connected"] == viewers + 1


def measure(server, load, viewers, seconds):
    before = [cpu_seconds([pid]) for pid in server.pids]
    result = load.ask(cmd="measure", seconds=seconds)
    shares = [(cpu_seconds([pid]) - then) / result["seconds"] for pid, then in zip(server.pids, before)]
    missing = max(0, result["lost"] - result["retransmitted"])
    for worker, share in zip(server.workers(), shares):
        print(f"worker {worker['worker']}: {worker['people']} people, {share:.0%} of a core")
    each = sum(shares) * result["seconds"] * 1e6 / max(1, result["received"])
    print(f"{result['received'] / result['seconds']:.0f} packets/s of {result['sent'] * viewers / result['seconds']:.0f}, "
          f"{missing} missing ({result['lost']} lost, {result['retransmitted']} sent again), "
          f"delay p50 {result['delay_us']['p50'] / 1000:.1f} p99 {result['delay_us']['p99'] / 1000:.1f} ms, "
          f"{each:.2f} us/packet; the load generator {result['own_cpu']:.0%} of a core")
    return result["corrupt"] == 0 and result["undecrypted"] == 0


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", default="build/release")
    options.add_argument("--viewers", type=int, default=500)
    options.add_argument("--bps", type=int, default=300000)
    options.add_argument("--seconds", type=float, default=10)
    options = options.parse_args()
    server = Hoichan(0, own_address(), options.build, workers=2)
    load = Load(options.build, "0,1")
    try:
        put_first(server.pids + [load.process.pid])
        print(json.dumps({"viewers": options.viewers, "bps": options.bps}))
        good = join_all(server, load, options.viewers, options.bps)
        time.sleep(6)  # estimates rise, key frames come, figures are told every five seconds
        good &= measure(server, load, options.viewers, options.seconds)
    finally:
        load.close()
        server.stop()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
