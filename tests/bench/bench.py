"""Side by side, in one run: this server, Debian's Janus videoroom, and the floor.

Server and load pinned to a core each at real-time priority (what else runs on the machine then takes neither from them),
AEAD_AES_128_GCM, 1 Mbit/s video with Opus; medians of PAIRS runs in turn. It never passes or fails by time; it fails when
media arrives damaged. With --write the table and the plot of README.md are made anew.
"""

import argparse
import json
import os
import pathlib
import platform
import socket
import statistics
import subprocess
import sys
import time

import report
from hoichan import Hoichan
from janus import Janus, cpu_seconds, rss_kib
from load import Load
from recorded import Recorded

SERVER_CORE, LOAD_CORE = 0, 1
VIDEO_BPS = 1000000
SETTLE_S = 5
FLOOR_SLICES = 12
SLICE_S = 0.25  # a virtual machine is slowed by its host for such moments, one in seven here: no server's doing
SHAPES = ["fan", "rooms", "recorded", "highest"]
# Of the way up: a level is held when nearly all arrives, nothing is lost and the slowest packets are not late.
LEVELS_BPS = (1000000, 2000000, 3000000, 4500000, 6500000, 9000000, 12000000, 16000000, 21000000)
TRIES = 6  # of two seconds each
HALVINGS = 2  # of the step at which it was lost
HELD_SHARE, HELD_LOSS, HELD_P99_US = 0.97, 0.001, 50000


def own_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # asks the routing table, sends nothing
        return probe.getsockname()[0]


def fan_out(server, load, viewers):
    server.publish(load, 0, 1, VIDEO_BPS)
    load.wait_connected()
    for viewer in range(1, viewers + 1):
        server.subscribe(load, viewer, 1, 0)


def rooms_of_two(server, load, rooms):
    people = {2 * room + side: room + 1 for room in range(rooms) for side in (0, 1)}
    if hasattr(server, "pair_up"):
        server.pair_up(people)
    for person, room in people.items():
        server.publish(load, person, room, VIDEO_BPS)
    load.wait_connected()
    for person, room in people.items():
        server.subscribe(load, 2000 + person, room, person ^ 1)


def put_first(pids):
    """Without the right to do so the machine had better be quiet."""
    for pid in pids:
        subprocess.run(["chrt", "-a", "-r", "-p", "5", str(pid)], stderr=subprocess.DEVNULL)


def measure_slices(server, load, count):
    load.tell(cmd="measure", seconds=SLICE_S, slices=count)
    cpu = cpu_seconds(server.pids)
    for _ in range(count):
        result = load.answer()
        before, cpu = cpu, cpu_seconds(server.pids)
        if result["corrupt"] or result["undecrypted"]:
            raise SystemExit(f"{server.name}: {result['corrupt']} payloads were damaged, {result['undecrypted']} not decrypted")
        result["cpu_share"] = (cpu - before) / result["seconds"]
        result["cpu_us"] = (cpu - before) * 1e6 / max(1, result["received"])
        yield result


def measure(server, load, seconds):
    """What was counted, of all of it; what was timed, of the slice in the middle."""
    slices = list(measure_slices(server, load, max(1, round(seconds / SLICE_S))))
    result = {name: sum(each[name] for each in slices) for name in ("seconds", "sent", "received", "lost")}
    for name in ("cpu_us", "cpu_share"):
        result[name] = statistics.median(each[name] for each in slices)
    result["delay_us"] = {part: statistics.median(each["delay_us"][part] for each in slices)
                          for part in slices[0]["delay_us"]}
    result["packets_s"] = result["received"] / result["seconds"]
    result["loss"] = result["lost"] / max(1, result["lost"] + result["received"])
    return result


class Run:
    """A server with its load, up and settled."""

    def __init__(self, make, shape, size, build):
        self.server = make()
        self.load = Load(build, LOAD_CORE)
        try:
            self.idle_kib = rss_kib(self.server.pids)
            put_first(self.server.pids + [self.load.process.pid])
            shape(self.server, self.load, size)
            self.load.wait_connected(60)
            if hasattr(self.server, "record"):
                self.server.record()
            time.sleep(SETTLE_S)  # estimates rise, key frames come
        except BaseException:
            self.close()
            raise

    def close(self):
        self.load.close()
        self.server.stop()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def figures(self, seconds):
        state = self.load.ask(cmd="connected")
        result = measure(self.server, self.load, seconds)
        result["idle_kib"] = self.idle_kib
        result["participant_kib"] = (rss_kib(self.server.pids) - self.idle_kib) / state["of"]
        result["connected"], result["of"] = state["connected"], state["of"]
        result["join_ms"] = statistics.median(state["join_us"]) / 1000 if state["join_us"] else None
        return result


def holds(run, bps, viewers):
    """Packets a second at that rate of the picture, 0 when the server never keeps up: estimates rise in steps, seconds apart."""
    run.load.tell(cmd="rate", id=0, video_bps=bps)
    time.sleep(3)
    tries = (try_to_hold(run, bps, viewers) for _ in range(TRIES))
    return next((packets_s for packets_s in tries if packets_s), 0)


def try_to_hold(run, bps, viewers):
    result = measure(run.server, run.load, 2)
    wanted = result["sent"] * viewers
    held = (result["received"] >= HELD_SHARE * wanted and result["loss"] <= HELD_LOSS and
            result["delay_us"]["p99"] <= HELD_P99_US)
    print(f"  {run.server.name}: {bps / 1e6:.2f} Mbit/s, {result['packets_s']:.0f} packets/s of "
          f"{wanted / result['seconds']:.0f}, p99 {result['delay_us']['p99'] / 1000:.1f} ms, "
          f"core {result['cpu_share']:.0%}{'' if held else ', not held'}", file=sys.stderr, flush=True)
    return result["packets_s"] if held else 0


def highest_load(make, viewers, build):
    """The publisher's picture grows until the server no longer keeps up, and then the step is halved."""
    most, good_bps, bad_bps = 0, 0, None
    with Run(make, fan_out, viewers, build) as run:
        for bps in LEVELS_BPS:
            packets_s = holds(run, bps, viewers)
            if not packets_s:
                bad_bps = bps
                break
            most, good_bps = packets_s, bps
        for _ in range(HALVINGS if good_bps and bad_bps else 0):
            holds(run, good_bps, viewers)  # what the failed level left in queues is gone after it
            middle_bps = (good_bps + bad_bps) // 2
            packets_s = holds(run, middle_bps, viewers)
            if packets_s:
                most, good_bps = packets_s, middle_bps
            else:
                bad_bps = middle_bps
    return most


def highest_loads(options, makers):
    runs = {name: [] for name in makers}
    for _ in range(options.pairs):
        for name, make in makers.items():
            runs[name].append(highest_load(make, options.viewers, options.build))
    return {name: {"packets_s": statistics.median(of)} for name, of in runs.items()}


def floor(build, receivers):
    def once():
        command = ["taskset", "-c", str(SERVER_CORE), f"{build}/tests/bench/floor", str(receivers), str(SLICE_S)]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["us_per_packet"]

    return statistics.median(once() for _ in range(FLOOR_SLICES))


def bare(build, publishers, receivers, seconds):
    command = [f"{build}/tests/bench/bare", str(publishers), str(receivers), str(seconds)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["us_per_packet"]


def bench_shape(options, makers, title, shape, size, publishers, receivers):
    runs = {name: [] for name in makers}
    barest = []
    for _ in range(options.pairs):
        for name, make in makers.items():
            with Run(make, shape, size, options.build) as run:
                runs[name].append(run.figures(options.seconds))
        barest.append(bare(options.build, publishers, receivers, options.seconds))
    result = {"title": title, "floor_us": floor(options.build, receivers), "bare_us": statistics.median(barest),
              "servers": {name: report.medians(of) for name, of in runs.items()}}
    print(report.table(result), flush=True)
    return result


def read_options():
    options = argparse.ArgumentParser()
    options.add_argument("--build", default="build/release")
    options.add_argument("--pairs", type=int, default=3)
    options.add_argument("--seconds", type=float, default=4)
    options.add_argument("--viewers", type=int, default=200)
    options.add_argument("--rooms", type=int, default=25)
    options.add_argument("--only", choices=["hoichan", "janus"])
    options.add_argument("--shape", choices=SHAPES, nargs="+", default=SHAPES, help="those parts alone")
    options.add_argument("--write", action="store_true", help="make the README's table and plot anew")
    return options.parse_args()


def main():
    options = read_options()
    address = own_address()
    makers = {"hoichan": lambda: Hoichan(SERVER_CORE, address, options.build),
              "janus": lambda: Janus(SERVER_CORE, address, event_loops=1)}
    if options.only:
        makers = {options.only: makers[options.only]}
    results = {"date": time.strftime("%Y-%m-%d"), "pairs": options.pairs, "shapes": [],
               "machine": f"{os.cpu_count()} cores, Linux {platform.release().split('-')[0]}",
               "others": os.getloadavg()[0]}
    if "fan" in options.shape:
        results["shapes"].append(bench_shape(options, makers, f"one sender to {options.viewers}", fan_out, options.viewers,
                                             1, options.viewers))
    if "rooms" in options.shape:
        results["shapes"].append(bench_shape(options, makers, f"{options.rooms} rooms of two", rooms_of_two, options.rooms,
                                             2 * options.rooms, 1))
    if "recorded" in options.shape and "hoichan" in makers:
        both = {"hoichan": makers["hoichan"], Recorded.name: lambda: Recorded(SERVER_CORE, address, options.build)}
        results["shapes"].append(bench_shape(options, both, f"{options.rooms} rooms of two, not recorded and recorded",
                                             rooms_of_two, options.rooms, 2 * options.rooms, 1))
    if "highest" in options.shape:
        results["highest"] = highest_loads(options, makers)
        print(report.highest(results["highest"]))
    if options.write:
        report.write(results, pathlib.Path(__file__).parent)


if __name__ == "__main__":
    main()
