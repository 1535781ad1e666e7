"""From consent to the patient's record: a recorded consultation, its files, who may read them, and where they are filed."""
import asyncio
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import time

import av
import numpy
import pytest

from caller import Caller
from caller import until as soon
from emr import Emr
from test_call import book, gathered, people, run, ticket, worker_pid
from test_operator import ctl

PATIENT = {"identifier": {"system": "urn:oid:2.16.840.1.113883.2.74.1", "value": "015203001234"}, "name": "Giàng A Pao"}


@pytest.fixture(scope="module")
def emr():
    server = Emr()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def server(emr):
    from hoichand import Hoichand

    hoichand = Hoichand({"emr": {"fhir_base": emr.url}})
    try:
        yield hoichand.start()
    finally:
        hoichand.finish()


def consultation_of(caller):
    return next(message for message in caller.heard if message["type"] == "joined")["consultation"]["id"]


async def record(one, two):
    await one.ask(type="record", action="start")
    for caller in (one, two):
        await caller.ask(type="consent", purpose="record", granted=True)
    await soon(lambda: two.recording["state"] == "on", "recording is on")


def eventually(what, condition, timeout_s=120):
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {timeout_s} s: {what}")


def ready(server, consultation):
    seen = []

    def look():
        [recording] = server.api.get(f"/consultations/{consultation}/recordings").json["items"]
        seen.append((recording["state"], recording["progress"], recording.get("error")))
        assert recording["state"] != "failed", recording
        return recording["state"] == "ready" and recording

    try:  # rendering takes what time calls leave over: long, on a busy machine with a sanitizer
        return eventually("the recording is ready", look, 240)
    except AssertionError as fault:
        lines = [line for line in server.log().splitlines() if "render" in line or "records" in line]
        raise AssertionError(f"{fault}: {sorted(set(seen), key=seen.index)}\n" + "\n".join(lines[-20:])) from None


@pytest.fixture(scope="module")
def recorded(server):
    """A call of two, recorded for some seconds, its worker killed in the middle, ended by the admin."""
    told = {}

    async def story():
        one, two = await gathered(server)
        told["id"] = consultation_of(one)
        told["tickets"] = {one.me: one.ticket, two.me: two.ticket}
        server.api.patch(f"/consultations/{told['id']}", {"patient": PATIENT})
        await record(one, two)
        await one.ask(type="chat", text="Bắt đầu nhé")
        await asyncio.sleep(3)
        os.kill(worker_pid(server), signal.SIGKILL)
        await soon(lambda: one.generation == 2 and two.generation == 2, "both renew")
        await soon(lambda: one.perceives(two) and two.perceives(one), "both again")
        await asyncio.sleep(3)
        server.api.post(f"/consultations/{told['id']}/end")
        await soon(lambda: one.ended and two.ended, "both are told that it is over")

    run(story())
    told["recording"] = ready(server, told["id"])
    return told


def test_recorded_call_is_made_into_files_with_its_gap_named(server, recorded):
    recording = recorded["recording"]
    kinds = [file["kind"] for file in recording["files"]]
    assert kinds.count("composed") == 1 and kinds.count("poster") == 1 and kinds.count("manifest") == 1
    assert kinds.count("track") >= 4  # two people's sound and picture
    assert any("worker" in gap["cause"] for gap in recording["gaps"]), recording["gaps"]
    assert all(gap["to_ms"] >= gap["from_ms"] for gap in recording["gaps"])
    sessions = server.api.get(f"/consultations/{recorded['id']}/sessions").json["items"]
    assert {stay["name"] for stay in sessions} == {"BS. 0", "BS. 1"} and all(stay.get("left_at") for stay in sessions)
    consents = server.api.get(f"/consultations/{recorded['id']}/consents").json["items"]
    assert sum(consent["purpose"] == "record" and consent["granted"] for consent in consents) == 2
    chat = server.api.get(f"/consultations/{recorded['id']}/chat").json["items"]
    assert [line["text"] for line in chat] == ["Bắt đầu nhé"]


def test_recorded_file_is_read_whole_and_in_parts(server, recorded, tmp_path):
    recording = recorded["recording"]
    composed = next(file for file in recording["files"] if file["kind"] == "composed")
    path = f"/recordings/{recording['id']}/files/{composed['name']}"
    whole = server.api.get(path)
    assert whole.headers["content-type"] == composed["type"] and len(whole.body) == composed["size"]
    assert hashlib.sha256(whole.body).hexdigest() == composed["sha256"]
    part = server.api.get(path, headers={"Range": "bytes=1000-1999"})
    assert part.status == 206 and part.body == whole.body[1000:2000]
    assert part.headers["content-range"] == f"bytes 1000-1999/{composed['size']}"
    assert server.api.get(path, headers={"Range": f"bytes={composed['size']}-"}).status == 416
    (tmp_path / "composed.webm").write_bytes(whole.body)
    probe = json.loads(subprocess.run(
        ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", tmp_path / "composed.webm"],
        check=True, capture_output=True).stdout)
    assert sorted(stream["codec_type"] for stream in probe["streams"]) == ["audio", "video"]
    assert float(probe["format"]["duration"]) > 5
    assert abs(float(probe["format"]["duration"]) - composed["duration_ms"] / 1000) < 0.5


def test_recorded_film_says_what_it_is_and_what_happened_when(server, recorded, tmp_path):
    """And its log and the names of its files do not."""
    recording = recorded["recording"]
    (tmp_path / "composed.webm").write_bytes(server.api.get(f"/recordings/{recording['id']}/files/composed.webm").body)
    probe = json.loads(subprocess.run(
        ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-show_chapters", "-of", "json", tmp_path / "composed.webm"],
        check=True, capture_output=True).stdout)
    booked = server.api.get(f"/consultations/{recorded['id']}").json
    tags = {name.lower(): text for name, text in probe["format"]["tags"].items()}
    assert tags["title"] == booked["title"] and len(tags["date"]) == 10, tags
    assert {stream["tags"]["language"] for stream in probe["streams"]} == {"vie"}
    chapters = [chapter["tags"]["title"] for chapter in probe["chapters"]]
    assert chapters[0] == "Bắt đầu ghi hình", chapters
    assert not any("vào phòng" in chapter for chapter in chapters), "who was there did not come"
    assert all(abs(float(one["end_time"]) - float(two["start_time"])) < 0.01
               for one, two in zip(probe["chapters"], probe["chapters"][1:]))
    for name in ("BS. 0", "BS. 1", PATIENT["name"], booked["title"]):
        assert name not in server.log() and not any(name in file["name"] for file in recording["files"])


def test_recorded_files_are_for_admins_and_every_look_is_audited(server, recorded):
    recording = recorded["recording"]
    path = f"/recordings/{recording['id']}/files/{recording['files'][0]['name']}"
    assert server.client().get(path).status == 401
    entries = server.api.get(f"/consultations/{recorded['id']}/audit").json["items"]
    before = sum(entry["action"] == "recording.read" for entry in entries)
    server.api.get(path)
    entries = server.api.get(f"/consultations/{recorded['id']}/audit").json["items"]
    assert sum(entry["action"] == "recording.read" for entry in entries) == before + 1
    for name in ("..%2F..%2Fkeys%2Fmaster.key", "0.hcj", "nothing.webm"):
        assert server.api.get(f"/recordings/{recording['id']}/files/{name}").status == 404


def test_recorded_nothing_lies_open_on_the_disk(server, recorded):
    folder = server.state / "recordings" / recorded["recording"]["id"]
    for file in folder.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
        data = file.read_bytes()
        # long enough that no cipher text has them by chance: four bytes stood in one, once
        for plain in (b"\x42\x82\x84webm", b"matroska", b"\x89PNG\r\n\x1a\n", b"\x00\x10JFIF\x00", b'"participant"'):
            assert plain not in data, (file, plain)


def test_recorded_film_is_read_at_another_server_from_a_backup(server, recorded, make_server, tmp_path):
    composed = next(file for file in recorded["recording"]["files"] if file["kind"] == "composed")
    other = make_server()
    other.stop()
    other.api = None  # whoever was signed in there is not in the backup
    shutil.rmtree(other.state)
    ctl(server, "backup", tmp_path / "backup")
    ctl(other, "restore", tmp_path / "backup")
    other.start()
    film = other.api.get(f"/recordings/{recorded['recording']['id']}/files/{composed['name']}")
    assert film.status == 200 and hashlib.sha256(film.body).hexdigest() == composed["sha256"]


def test_recorded_consultation_is_filed_once_with_its_document(server, recorded, emr):
    def delivered():
        items = server.api.get(f"/consultations/{recorded['id']}/deliveries").json["items"]
        return items and all(item["state"] == "delivered" for item in items) and items

    deliveries = eventually("the filing is delivered", delivered)
    assert len(deliveries) == 1, deliveries
    [document] = emr.search("DocumentReference")
    composed = next(file for file in recorded["recording"]["files"] if file["kind"] == "composed")
    attachment = document["content"][0]["attachment"]
    assert attachment["size"] == composed["size"] and attachment["contentType"] == composed["type"]
    assert attachment["url"].endswith(f"/api/v1/recordings/{recorded['recording']['id']}/files/{composed['name']}")
    whole = server.api.get(f"/recordings/{recorded['recording']['id']}/files/{composed['name']}").body
    assert base64.b64decode(attachment["hash"]) == hashlib.sha1(whole).digest()
    assert document["subject"]["reference"].startswith("Patient/")
    assert {consent["status"] for consent in emr.search("Consent")} == {"active"} and len(emr.search("Consent")) == 2
    [encounter] = emr.search("Encounter")
    assert encounter["status"] == "finished" and encounter["period"]["end"] > encounter["period"]["start"]
    assert [entry["status"] for entry in encounter["statusHistory"]] == ["arrived", "in-progress"]


def test_recorded_minutes_are_signed_over_the_hash_of_the_film(server, recorded, emr):
    path = f"/consultations/{recorded['id']}/minutes"
    chair, secretary = recorded["tickets"]

    def ask(who, method, under="", body=None, version=0):
        headers = {"Authorization": f"Bearer {recorded['tickets'][who]}", "If-Match": f'"{version}"'}
        answer = server.client().request(method, path + under, body, headers)
        assert answer.status == 200, answer
        return answer.json

    ask(secretary, "PUT", body={"conclusion": "Theo dõi tại chỗ.", "chair": chair, "secretary": secretary})
    ask(chair, "POST", "/signature", version=1)
    content = ask(secretary, "POST", "/signature", version=2)["content"]
    assert content["recording"]["state"] == "made"
    hashes = {file["name"]: file["sha256"] for file in content["recording"]["files"]}
    assert hashes == {file["name"]: file["sha256"] for file in recorded["recording"]["files"] if file["kind"] in ("composed", "manifest")}
    assert {person["name"] for person in content["people"]} == {"BS. 0", "BS. 1"}
    assert all(stay["joined_at"] <= stay["left_at"] for person in content["people"] for stay in person["stays"])

    def filed():
        return [one for one in emr.search("DocumentReference") if one["type"]["coding"][0]["code"] == "11488-4"]

    [note] = eventually("the minutes are filed", filed)
    assert recorded["id"] in note["id"]


def downloaded(server, recording, file, folder):
    path = folder / file["name"]
    path.write_bytes(server.api.get(f"/recordings/{recording['id']}/files/{file['name']}").body)
    return path


def heard_in(path, hertz):
    """For each quarter of a second of a file's sound: is that tone in it?"""
    with av.open(str(path)) as file:
        sound = numpy.concatenate([frame.to_ndarray().astype(float).mean(axis=0) if frame.format.is_planar else
                                   frame.to_ndarray().astype(float).reshape(-1, 2).mean(axis=1) for frame in file.decode(audio=0)])
    sound = sound / max(numpy.abs(sound).max(), 1e-9)
    quarters = sound[:len(sound) // 12000 * 12000].reshape(-1, 12000)
    wave = numpy.exp(-2j * numpy.pi * hertz * numpy.arange(12000) / 48000) * numpy.hanning(12000)
    return numpy.abs(quarters @ wave) / 12000 > 0.01


def goes_on(quarters):
    """Heard from end to end. A caller here that waits for its processor leaves a quarter of a second out now and then."""
    return quarters.mean() > 0.8


def share_of_grey(path, level, at_s):
    """How much of the picture at that second is as grey as somebody's camera."""
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            if frame.time >= at_s:
                break
    return float((numpy.abs(frame.to_ndarray(format="gray").astype(int) - level) < 10).mean())


@pytest.fixture(scope="module")
def withdrawn(server):
    """Three are recorded: an interpreter speaks apart for a while, then the doctor takes consent back; it goes on without."""
    told = {}

    async def story():
        told["id"] = book(server)
        host, doctor, interpreter = callers = people(server, told["id"], 3)
        interpreter.ticket = ticket(server, told["id"], "Phiên dịch", "interpreter")
        for caller in callers:
            await caller.join()
        await soon(lambda: host.perceives(doctor) and host.perceives(interpreter), "all are there")
        await host.ask(type="record", action="start")
        for caller in callers:
            await caller.ask(type="consent", purpose="record", granted=True)
        await soon(lambda: host.recording["state"] == "on", "recording is on")
        await asyncio.sleep(2.5)
        apart = lambda: host.participants[interpreter.me].get("speaks") == "interpreter"  # noqa: E731
        now = asyncio.get_event_loop().time
        said = now()
        await interpreter.say(type="state", speaks="interpreter")
        await soon(apart, "the interpreter speaks apart")
        began = now()
        await asyncio.sleep(3)
        least_s = now() - began
        await interpreter.say(type="state", speaks="floor")
        await soon(lambda: not apart(), "the interpreter is on the floor again")
        told["apart_s"] = least_s, now() - said  # at least, and at most
        await asyncio.sleep(2.5)
        await doctor.ask(type="consent", purpose="record", granted=False)
        await soon(lambda: {c["participant"]: c["granted"] for c in host.recording["consents"]}[doctor.me] is False, "the host is told")
        assert host.recording["state"] == "on" and host.perceives(doctor)  # in the call nothing has changed
        await asyncio.sleep(5)
        server.api.post(f"/consultations/{told['id']}/end")
        await soon(lambda: all(caller.ended for caller in callers), "over")

    run(story())
    told["recording"] = ready(server, told["id"])
    return told


def test_recorded_withdrawal_cuts_at_once_and_is_in_the_ledger(server, emr, withdrawn, tmp_path):
    recording = withdrawn["recording"]
    mine = [track for track in recording["tracks"] if track["participant"] == "BS. 1"]
    gaps = [gap for gap in recording["gaps"] if gap["cause"] == "withdrawn-consent"]  # a busy sender may have paused before
    assert len(mine) == 2 and {gap["track"] for gap in gaps} == {track["track"] for track in mine}, recording
    composed = next(file for file in recording["files"] if file["kind"] == "composed")
    assert all(gap["to_ms"] > composed["duration_ms"] - 500 for gap in gaps)
    cut_ms = max(gap["from_ms"] for gap in gaps)
    for track in mine:  # the journal has nothing of theirs from then on
        file = next(file for file in recording["files"] if file["name"] == track["file"])
        assert file["duration_ms"] <= cut_ms + 100, (file, cut_ms)
    film = downloaded(server, recording, composed, tmp_path)
    doctor = heard_in(film, 660)
    cut = cut_ms // 250 + 2
    assert goes_on(doctor[4:cut - 4]) and not doctor[cut:].any(), (cut, "".join(".x"[int(heard)] for heard in doctor))
    assert goes_on(heard_in(film, 440)[4:-4])  # the host goes on to the end
    assert share_of_grey(film, 120, cut_ms / 2000) > 0.05
    assert share_of_grey(film, 120, composed["duration_ms"] / 1000 - 0.5) < 0.01
    ledger = [(row["purpose"], row["granted"]) for row in server.api.get(f"/consultations/{withdrawn['id']}/consents").json["items"]
              if row["name"] == "BS. 1"]
    assert ledger == [("record", True), ("record", False)]
    eventually("it is filed", lambda: [d for d in server.api.get(f"/consultations/{withdrawn['id']}/deliveries").json["items"]
                                       if d["state"] == "delivered"])
    words = {consent["performer"][0]["display"]: consent["status"] for consent in emr.search("Consent?_count=100")
             if withdrawn["id"] in consent["id"]}
    assert words["BS. 1"] == "inactive" and words["BS. 0"] == "active", words


def test_recorded_interpreters_channel_is_not_in_the_film(server, withdrawn, tmp_path):
    recording = withdrawn["recording"]
    composed = next(file for file in recording["files"] if file["kind"] == "composed")
    heard = heard_in(downloaded(server, recording, composed, tmp_path), 880)
    silent = "".join("." if quarter else "s" for quarter in heard).strip("s").split(".")
    least_s, most_s = withdrawn["apart_s"]
    assert least_s - 0.8 < max(map(len, silent)) / 4 < most_s + 2, (least_s, most_s, heard)  # that time, and only that
    own = next(track for track in recording["tracks"] if track["participant"] == "Phiên dịch" and track["kind"] == "audio")
    file = next(file for file in recording["files"] if file["name"] == own["file"])
    assert goes_on(heard_in(downloaded(server, recording, file, tmp_path), 880)[4:-4])  # it has a track of its own


def test_recorded_rendering_goes_on_after_a_crash(make_server, emr):
    server = make_server({"emr": {"fhir_base": emr.url}})
    told = {}

    async def story():
        one, two = await gathered(server)
        told["id"] = consultation_of(one)
        await record(one, two)
        await asyncio.sleep(2)
        server.api.post(f"/consultations/{told['id']}/end")
        await soon(lambda: one.ended and two.ended, "over")

    run(story())

    def rendering():
        [recording] = server.api.get(f"/consultations/{told['id']}/recordings").json["items"]
        return recording["state"] in ("rendering", "ready")

    eventually("it renders", rendering)
    server.kill()
    server.start()
    ready(server, told["id"])
    eventually("it is filed", lambda: [
        item for item in server.api.get(f"/consultations/{told['id']}/deliveries").json["items"] if item["state"] == "delivered"])
    assert len([item for item in emr.search("DocumentReference") if told["id"] in json.dumps(item)]) == 1


def renderer_of(server, recording):
    """The process that makes this recording's files, among the server's own children."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if recording.encode() in (process / "cmdline").read_bytes() and f"\nPPid:\t{server.process.pid}\n" in (process / "status").read_text():
                return int(process.name)
    return None


def test_recorded_a_rendering_that_hung_held_all_that_came_after(make_server, emr):
    server = make_server({"emr": {"fhir_base": emr.url}, "recording": {"render_silence_s": 15}})
    told = []

    async def story():
        one, two = await gathered(server)
        told.append(consultation_of(one))
        await record(one, two)
        await asyncio.sleep(4)
        server.api.post(f"/consultations/{told[-1]}/end")
        await soon(lambda: one.ended and two.ended, "over")

    def recording(consultation):
        [found] = server.api.get(f"/consultations/{consultation}/recordings").json["items"]
        return found

    run(story())
    hung = recording(told[0])["id"]
    os.kill(eventually("it renders", lambda: renderer_of(server, hung)), signal.SIGSTOP)
    run(story())
    ready(server, told[1])
    failed = recording(told[0])
    assert failed["state"] == "rendering" and "no progress for 15 s" in failed["error"], failed
    assert f"recording={hung} event=render_stalled silent_s=15" in server.log() and renderer_of(server, hung) is None
    assert "hoichan_renderings_stalled_total 1" in server.client().request("GET", "/metrics", raw=True).body.decode()
    with contextlib.closing(sqlite3.connect(server.state / "hoichan.db", timeout=30)) as store, store:
        store.execute("UPDATE recordings SET next_attempt_at = 0 WHERE id = ?", (hung,))  # "later" has come
    ready(server, told[0])
