"""The media worker's recordings, over its socket as hoichand drives them."""
import base64
import concurrent.futures
import fcntl
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
from worker import PATIENCE_S, Worker  # noqa: E402

PIPE_BYTES = 4096


@pytest.fixture
def worker():
    made = Worker("--log-level", "debug")
    made.request("room.open", room="r")
    yield made
    made.close()


def open_on_a_stalled_disk(worker, recording):
    """A pipe that is full and that nobody reads is the slowest of disks; its end to read from."""
    read_end, write_end = os.pipe()
    fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    os.write(write_end, bytes(PIPE_BYTES))
    worker.request("tap.open", fd=write_end, room="r", recording=recording, segment=0, chain="",
                   key=base64.b64encode(bytes(32)).decode())
    os.close(write_end)
    return read_end


def drain(read_end):
    """All that was written until its writer closed it."""
    with open(read_end, "rb") as file:
        return file.read()[PIPE_BYTES:]


def test_end_of_a_recording_on_a_stalled_disk_holds_nobody_up(worker):
    disk = open_on_a_stalled_disk(worker, "a")
    worker.request("tap.event", recording="a", event={"event": "left", "participant": "p"})
    closing = worker.ask("tap.close", recording="a")
    worker.request("stats")  # the worker goes on meanwhile
    assert not worker.has_answered(closing)
    assert worker.wait_event(0, event="tap.state", state="closed") is None
    written = drain(disk)
    answer = worker.answer(closing)
    assert answer["bytes"] == len(written) and len(answer["chain"]) == 64
    assert worker.wait_event(0, event="tap.state", recording="a", state="closed")["bytes"] == len(written)


def test_next_segment_begins_while_the_last_is_being_closed(worker):
    disks = [open_on_a_stalled_disk(worker, "a")]
    closing = [worker.ask("tap.close", recording="a")]
    disks.append(open_on_a_stalled_disk(worker, "a"))
    closing.append(worker.ask("tap.close", recording="a"))
    with concurrent.futures.ThreadPoolExecutor() as pool:  # one thread writes both, so each waits for the other
        written = list(pool.map(drain, disks))
    assert [worker.answer(number)["bytes"] for number in closing] == [len(data) for data in written]


def test_whoever_attaches_anew_finds_nothing_half_closed(worker):
    """The one before had asked for it to be closed, and died before it was."""
    disk = open_on_a_stalled_disk(worker, "a")
    worker.ask("tap.close", recording="a")
    worker.request("stats")
    worker.detach()
    worker.events.clear()
    worker.attach()
    assert worker.wait_event(0, event="snapshot.end") is None
    written = drain(disk)
    assert worker.wait_event(PATIENCE_S, event="snapshot.end")
    assert worker.wait_event(0, event="snapshot.recording") is None
    assert worker.wait_event(0, event="tap.state", recording="a", state="closed")["bytes"] == len(written)
