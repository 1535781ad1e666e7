"""Tens of thousands of joins, leaves, reloads, renegotiations, lost sockets and half-open connections against a real server, with
one call that goes on through it all; at the end there must be as much of everything as at the beginning.

    soak.py --build build/release --time 5m
    soak.py --build build/asan --time 45s

After a first eighth, which warms caches up, it is counted what there is: objects, timers, descriptors, memory. After the rest
it is counted again. Objects must be as many, to one; timers and descriptors may differ by a few, as connections are kept
for a while; memory may have grown by the tolerance below, once, however long it ran. While they come and go memory is looked at
too: in the last third it must be what it was in the first. Leaks fail it besides, under ASan.
"""
import argparse
import asyncio
import json
import os
import pathlib
import re
import statistics
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "flow"), str(TESTS / "bench")]
options = argparse.ArgumentParser()
options.add_argument("--build", default="build/release")
options.add_argument("--time", default="5m", help="45s, 5m, 8h")
options.add_argument("--people", type=int, default=40)
OPTIONS = options.parse_args()
os.environ["HOICHAN_BUILD"] = OPTIONS.build

from hoichand import Hoichand, SANITIZER  # noqa: E402
from load import Load  # noqa: E402
from people import Crowd, Http, no_checks  # noqa: E402

EACH_ROOM = 4
LOG_MAX = 64 * 1024 * 1024
TOLERANCE = {"timers": 4, "descriptors": 4}
SANITIZED = "asan" in OPTIONS.build
MEMORY_MIB = 32 if SANITIZED else 4  # a sanitizer keeps freed memory for a while
DRIFT_MIB = 2                        # from the first third to the last, of what is no sanitized build
LOOK_EVERY_S = 5
PATIENCE_S = 150                     # who vanished is waited for 60 s, after its media are known to be dead


def seconds_of(text):
    number, unit = re.fullmatch(r"(\d+)([smh])", text).groups()
    return int(number) * {"s": 1, "m": 60, "h": 3600}[unit]


def book(server, hours):
    form, now = "%Y-%m-%dT%H:%M:%SZ", time.time()  # looked at once: a second later it would be longer than a day, and refused
    answer = server.api.post("/consultations", {
        "kind": "scheduled", "title": "soak", "starts_at": time.strftime(form, time.gmtime(now)),
        "ends_at": time.strftime(form, time.gmtime(now + hours * 3600))})
    assert answer.status == 201, answer
    return answer.json["id"]


def ticket(server, room, role):
    return server.api.post(f"/consultations/{room}/tickets", {"participant": {"name": "…", "role": role}}).json["ticket"]


def rooms_for(server, people, hours):
    return {book_: [ticket(server, book_, "doctor") for _ in range(EACH_ROOM)]
            for book_ in (book(server, hours) for _ in range(people // EACH_ROOM))}


# ---- what there is ----

def process(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {"descriptors": len(os.listdir(f"/proc/{pid}/fd")), "kib": int(re.search(r"VmRSS:\s+(\d+)", status).group(1))}


def present(server):
    body = server.api.get("/status").json
    found = {"objects": body["objects"], "hoichand": process(server.process.pid)}
    for worker in body["workers"]:
        found[f"worker {worker['worker']}"] = {
            **process(worker["pid"]), "rooms": worker["open_rooms"], "transports": worker["transports"],
            "timers": worker["timers"]}
    return found


def counted(found):
    """Without what may differ a little."""
    return {name: {key: value for key, value in part.items() if key not in ("descriptors", "kib", "timers")}
            for name, part in found.items()}


async def settle(server, wanted):
    """Until all who vanished have been given up; the last look in any case."""
    end = time.monotonic() + PATIENCE_S
    while True:
        await asyncio.sleep(1)
        found = await asyncio.to_thread(present, server)
        if counted(found) == wanted or time.monotonic() > end:
            await asyncio.sleep(6)  # the workers' figures are asked for every five seconds
            return await asyncio.to_thread(present, server)


def differences(before, after):
    wrong = []
    for name, part in before.items():
        for key, value in part.items():
            now = after[name][key]
            allowed = value + MEMORY_MIB * 1024 if key == "kib" else value + TOLERANCE.get(key, 0)
            if now > allowed or (key not in ("kib", *TOLERANCE) and now != value):
                wrong.append(f"{name}: {key} was {value}, is {now}")
    return wrong


def thirds(samples):
    """Of each process the median memory in the first and in the last third, in KiB."""
    third = len(samples) // 3
    return {name: [statistics.median(sample[name] for sample in part) for part in (samples[:third], samples[-third:])]
            for name in samples[0]}


def drift(samples):
    """What has grown while as many came as went; a short run, or a sanitizer's memory, says nothing."""
    if len(samples) < 30 or SANITIZED:
        return []
    wrong = []
    for name, (first, last) in thirds(samples).items():
        print(f"{name:>10} {'in thirds':<12} {first:>9.0f} {last:>9.0f}")
        if last > first + DRIFT_MIB * 1024:
            wrong.append(f"{name}: {first:.0f} KiB in the first third, {last:.0f} in the last")
    return wrong


def table(before, after):
    for name, part in before.items():
        for key, value in part.items():
            print(f"{name:>10} {key:<12} {value:>9} {after[name][key]:>9}")


# ---- the call that goes on ----

async def steady_call(server, load):
    http, room = Http(server.port, server.tls), book(server, 24)
    for number, (way, cmd, role) in enumerate((("whip", "publish", "doctor"), ("whep", "subscribe", "observer"))):
        offer = load.ask(cmd=cmd, id=number, video_bps=300000)["offer"]
        status, _, answer = await http.request("POST", f"/{way}/{room}", offer, content_type="application/sdp",
                                               authorization=f"Bearer {ticket(server, room, role)}")
        assert status == 201, (status, answer)
        load.tell(cmd="answer", id=number, sdp=answer)
    http.close()
    state = load.wait_connected(20)
    assert state["connected"] == 2, state
    while server.api.get("/status").json["workers"][0].get("transports") != 2:  # told every five seconds
        await asyncio.sleep(0.5)


async def trim_log(server):
    """A night's log would fill the disk, and the memory of whoever reads it at the end."""
    while True:
        await asyncio.sleep(20)
        if server.log_path.stat().st_size > LOG_MAX and not SANITIZER.search(server.log()):
            os.truncate(server.log_path, 0)


async def watch_memory(server, samples):
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        found = await asyncio.to_thread(present, server)
        samples.append({name: part["kib"] for name, part in found.items() if "kib" in part})


async def churn(server, crowd, seconds, samples):
    """In rooms of their own. Of a short run they are ended, in a long one everybody is waited for who vanished."""
    rooms = rooms_for(server, OPTIONS.people, 24)
    beside = [asyncio.ensure_future(trim_log(server)), asyncio.ensure_future(watch_memory(server, samples))]
    await crowd.churn(seconds, rooms)
    for task in beside:
        task.cancel()
    for room in rooms if seconds < 120 else []:
        assert server.api.post(f"/consultations/{room}/end").status < 300


async def soak(server, load, steady, seconds):
    crowd, samples = Crowd(server, load), []
    await steady_call(server, steady)
    empty = counted(await asyncio.to_thread(present, server))
    await churn(server, crowd, seconds / 8, [])
    before = await settle(server, empty)
    steady.ask(cmd="tally")
    steady.tell(cmd="measure", seconds=seconds)
    crowd.count.clear()
    began = time.monotonic()
    await churn(server, crowd, seconds * 7 / 8, samples)
    after = await settle(server, empty)
    steady_result = json.loads(steady.process.stdout.readline())
    table(before, after)
    print(f"in {time.monotonic() - began:.0f} s:", ", ".join(f"{n} {what}" for what, n in crowd.count.most_common()))
    print("the call that went on:", {key: steady_result[key] for key in ("received", "lost", "retransmitted", "corrupt", "undecrypted")})
    wrong = differences(before, after) + drift(samples)
    missing = steady_result["lost"] - steady_result["retransmitted"]
    if missing > 0 or steady_result["corrupt"] or steady_result["received"] < 50 * seconds:
        wrong.append(f"the call that went on misses {missing} packets: {steady_result}")
    tally = load.ask(cmd="tally")
    if tally["corrupt"]:
        wrong.append(f"{tally['corrupt']} payloads were damaged")
    if crowd.count["connected"] < crowd.count["joins"] / 4 or crowd.count["with media"] < crowd.count["joins"] / 50:
        wrong.append(f"hardly anybody was connected or had media: {crowd.count}")
    return wrong


def main():
    seconds = seconds_of(OPTIONS.time)
    os.environ["ASAN_OPTIONS"] = "quarantine_size_mb=4"  # else what is freed counts as memory
    server = Hoichand({"admission": {"cpu_percent": 0}})
    cores = f"0-{os.cpu_count() - 1}"
    load = steady = None
    try:
        server.start()
        no_checks(server.tls)
        load, steady = Load(OPTIONS.build, cores), Load(OPTIONS.build, cores)
        wrong = asyncio.run(soak(server, load, steady, seconds))
    finally:
        for generator in (load, steady):
            if generator:
                generator.close()
        server.finish()
    for line in wrong:
        print("soak:", line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
