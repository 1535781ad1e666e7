"""Side by side, in one run: this server, Debian's Janus videoroom, and the floor.

Server and load pinned to a core each, AEAD_AES_128_GCM, 1 Mbit/s video with Opus; medians of PAIRS runs in turn. It
never passes or fails by time; it fails when media arrives damaged.
"""

import argparse
import json
import socket
import statistics
import subprocess
import time

from hoichan import Hoichan
from janus import Janus, cpu_seconds, rss_kib
from load import Load

SERVER_CORE, LOAD_CORE = 0, 1


def own_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # asks the routing table, sends nothing
        return probe.getsockname()[0]


def fan_out(server, load, viewers, video_bps):
    server.publish(load, 0, 1, video_bps)
    load.wait_connected()
    for viewer in range(1, viewers + 1):
        server.subscribe(load, viewer, 1, 0)


def rooms_of_two(server, load, rooms, video_bps):
    people = {2 * room + side: room + 1 for room in range(rooms) for side in (0, 1)}
    if hasattr(server, "pair_up"):
        server.pair_up(people)
    for person, room in people.items():
        server.publish(load, person, room, video_bps)
    load.wait_connected()
    for person, room in people.items():
        other = person ^ 1
        server.subscribe(load, 2000 + person, room, other)


def run_once(make, shape, size, seconds, video_bps, build):
    server = make()
    load = Load(build, LOAD_CORE)
    try:
        idle = rss_kib(server.pids)
        shape(server, load, size, video_bps)
        state = load.wait_connected(60)
        time.sleep(5)  # estimates rise, key frames come
        state = load.ask(cmd="connected")
        cpu = cpu_seconds(server.pids)
        result = load.ask(cmd="measure", seconds=seconds)
        result["cpu_us"] = (cpu_seconds(server.pids) - cpu) * 1e6 / max(1, result["received"])
        result["idle_kib"] = idle
        result["participant_kib"] = (rss_kib(server.pids) - idle) / state["of"]
        result["connected"], result["of"] = state["connected"], state["of"]
        result["join_ms"] = statistics.median(state["join_us"]) / 1000 if state["join_us"] else None
    finally:
        load.close()
        server.stop()
    if result["corrupt"]:
        raise SystemExit(f"{server.name}: {result['corrupt']} payloads were damaged")
    return result


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def row(name, runs):
    delays = [statistics.median(run["delay_us"][key] for run in runs) / 1000 for key in ("p50", "p95", "p99")]
    lost = sum(run["lost"] for run in runs) / max(1, sum(run["lost"] + run["received"] for run in runs))
    return (f"| {name} | {median(runs, 'cpu_us'):.2f} | {delays[0]:.1f} / {delays[1]:.1f} / {delays[2]:.1f} | {lost:.2%} | "
            f"{median(runs, 'received') / median(runs, 'seconds'):.0f} | {median(runs, 'participant_kib'):.0f} | "
            f"{median(runs, 'join_ms'):.0f} | {runs[-1]['connected']}/{runs[-1]['of']} |")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", default="build/release")
    options.add_argument("--pairs", type=int, default=3)
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--viewers", type=int, default=200)
    options.add_argument("--rooms", type=int, default=25)
    options.add_argument("--only", choices=["hoichan", "janus"])
    options = options.parse_args()
    address = own_address()
    makers = {"hoichan": lambda: Hoichan(SERVER_CORE, address, options.build),
              "janus": lambda: Janus(SERVER_CORE, address, event_loops=1)}
    if options.only:
        makers = {options.only: makers[options.only]}
    for title, shape, size, receivers in ((f"one sender to {options.viewers}", fan_out, options.viewers, options.viewers),
                                          (f"{options.rooms} rooms of two", rooms_of_two, options.rooms, 1)):
        runs = {name: [] for name in makers}
        for _ in range(options.pairs):
            for name, make in makers.items():
                runs[name].append(run_once(make, shape, size, options.seconds, 1000000, options.build))
        floor = json.loads(subprocess.run(["taskset", "-c", str(SERVER_CORE), f"{options.build}/tests/bench/floor",
                                           str(receivers), "3"], check=True, stdout=subprocess.PIPE).stdout)
        print(f"\n## {title} ({time.strftime('%Y-%m-%d')}, medians of {options.pairs})\n")
        print("| server | CPU µs/packet | delay p50/p95/p99 ms | lost | packets/s | KiB/participant | first packet ms | connected |")
        print("|---|---|---|---|---|---|---|---|")
        for name in makers:
            print(row(name, runs[name]), flush=True)
        print(f"| floor | {floor['us_per_packet']:.2f} | | | | | | |", flush=True)


main()
