"""Files of a consultation over the API: resumable uploads through a killed server, what is refused, who may read."""
import asyncio
import base64
import concurrent.futures
import datetime
import email.utils
import hashlib
import struct
import zlib

from caller import PATIENCE_S, Caller, until
from test_call import run

TYPE = "application/offset+octet-stream"


def now(hours=0):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def png(size):
    """A picture of 320x240 whose file is `size` bytes long."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 320, 240, 8, 0, 0, 0, 0))
    pixels, end = chunk(b"IDAT", zlib.compress(bytes(241 * 321))), chunk(b"IEND", b"")
    return start + chunk(b"teXt", b"x" * (size - len(start + pixels + end) - 12)) + pixels + end


class Guest:
    """A participant's page: the ticket is all it has."""

    def __init__(self, server, consultation, name="BS. Hà", role="doctor"):
        self.server, self.base = server, f"/consultations/{consultation}/uploads"
        self.ticket = server.api.post(f"/consultations/{consultation}/tickets", {"participant": {"name": name, "role": role}}).json["ticket"]

    def request(self, method, path, body=None, **headers):
        headers = {"Authorization": f"Bearer {self.ticket}", "Tus-Resumable": "1.0.0", **{k.replace("_", "-"): v for k, v in headers.items()}}
        if body is not None:
            headers["Content-Type"] = TYPE
        return self.server.client().request(method, path, body, headers)

    def begin(self, name, size):
        encoded = base64.b64encode(name.encode()).decode()
        return self.request("POST", self.base, Upload_Length=str(size), Upload_Metadata=f"kind Y2hhdA==,filename {encoded}")

    def part(self, upload, offset, data):
        return self.request("PATCH", f"{self.base}/{upload}", data, Upload_Offset=str(offset))

    def head(self, upload):
        return self.request("HEAD", f"{self.base}/{upload}")

    def send(self, name, data, piece=65536):
        begun = self.begin(name, len(data))
        assert begun.status == 201, begun
        upload = begun.json["id"]
        for offset in range(0, len(data), piece):
            answer = self.part(upload, offset, data[offset:offset + piece])
        return upload, answer


def consultation(server):
    return server.api.post("/consultations", {"kind": "scheduled", "title": "Hội chẩn", "starts_at": now(), "ends_at": now(1)}).json["id"]


def test_an_upload_survives_a_killed_server(make_server):
    server = make_server()
    where = consultation(server)
    guest, data = Guest(server, where), png(300_000)
    begun = guest.begin("phim phổi.png", len(data))
    assert begun.status == 201 and begun.headers["location"].endswith(begun.json["id"]), begun
    expires = email.utils.parsedate_to_datetime(begun.headers["upload-expires"])
    assert datetime.timedelta(days=6.9) < expires - datetime.datetime.now(datetime.timezone.utc) < datetime.timedelta(days=7.1)
    upload = begun.json["id"]
    for offset in (0, 65536, 131072):
        answer = guest.part(upload, offset, data[offset:offset + 65536])
        assert answer.status == 204, answer
    assert answer.headers["upload-offset"] == "196608"
    server.kill()
    server.start()
    found = guest.head(upload)
    assert (found.headers["upload-offset"], found.headers["upload-length"]) == ("196608", "300000"), found.headers
    assert guest.part(upload, 131072, data[131072:]).status == 409  # what is there already is not taken again
    answer = guest.part(upload, 196608, data[196608:])
    assert answer.status == 204, answer
    other = Guest(server, where, "BS. Sơn", "specialist")
    read = other.request("GET", f"{guest.base}/{upload}/content")
    assert read.status == 200 and read.headers["content-type"] == "image/png"
    assert hashlib.sha256(read.body).digest() == hashlib.sha256(data).digest()
    assert read.headers["content-disposition"] == "attachment; filename*=UTF-8''phim%20ph%E1%BB%95i.png"
    listed = server.api.get(f"/consultations/{where}/files").json["items"][0]
    assert listed["state"] == "ready" and listed["name"] == "phim phổi.png" and listed["participant_name"] == "BS. Hà"
    assert listed["sha256"] == hashlib.sha256(data).hexdigest() and listed["width"] == 320
    assert server.api.get(f"/consultations/{where}/files/{upload}/content").body == data
    readers = [row["actor"].split(":")[0] for row in server.api.get("/audit").json["items"] if row["action"] == "file.read"]
    assert sorted(readers) == ["participant", "user"]
    on_disk = [path.read_bytes() for path in (server.state / "files").rglob("*") if path.is_file()]
    assert on_disk and all(b"IHDR" not in text and data[1000:1100] not in text for text in on_disk)
    assert all(path.stat().st_mode & 0o77 == 0 for path in (server.state / "files").rglob("*"))


def test_who_leaves_out_the_first_byte_is_audited_all_the_same(make_server):
    server = make_server()
    where = consultation(server)
    guest, other = Guest(server, where), Guest(server, where, "BS. Sơn", "specialist")
    upload, _ = guest.send("a.png", png(5000))

    def reads():
        return [row for row in server.api.get(f"/consultations/{where}/audit").json["items"] if row["action"] == "file.read"]

    for expected, reader, text in ((1, other, "bytes=1-"), (1, other, "bytes=2000-2999"), (2, other, "bytes=0-"), (3, guest, "bytes=-4999")):
        assert reader.request("GET", f"{guest.base}/{upload}/content", Range=text).status == 206
        assert len(reads()) == expected, text


def test_a_thumbnail_was_read_unaudited(make_server):
    server = make_server()
    where = consultation(server)
    clinic, doctor, taken = Guest(server, where), Guest(server, where, "BS. Sơn", "specialist"), []

    async def story():
        seat, asking = Caller(server, clinic.ticket), Caller(server, doctor.ticket)
        for caller in (seat, asking):
            await caller.join()
        await asking.ask(type="still", participant=seat.me, source="camera")
        await until(lambda: seat.count("still"), "a still is asked for")
        await seat.ask(type="consent", purpose="photographs", granted=True)
        asked = lambda: [m["still"]["id"] for m in seat.heard if m["type"] == "still" and m["still"]["state"] == "asked"]  # noqa: E731
        await until(asked, "the seat may take it")
        await seat.ask(type="still.taken", still=asked()[0], width=640, height=480, thumbnail="/9j/4AAQ")
        taken.extend(asked())

    run(story())
    [still] = taken
    for read in (doctor.request("GET", f"{doctor.base}/{still}/thumbnail"), server.api.get(f"/consultations/{where}/files/{still}/thumbnail")):
        assert read.status == 200 and read.body == base64.b64decode("/9j/4AAQ"), read
    seen = [(row["actor"].split(":")[0], row["object"]) for row in server.api.get(f"/consultations/{where}/audit").json["items"] if row["action"] == "file.thumbnail"]
    assert sorted(seen) == [("participant", f"file:{still}"), ("user", f"file:{still}")]


def test_what_is_no_allowed_file_is_refused(make_server):
    server = make_server({"files": {"max_mib": 1, "scan_command": "sh -c '! grep -q EICAR'"}})
    guest = Guest(server, consultation(server))
    upload, answer = guest.send("bao-cao.pdf", b"MZ\x90\x00 a program" * 20)
    assert answer.status == 422 and answer.json["code"] == "file-type" and answer.json["action"]
    upload, answer = guest.send("bao-cao.pdf", b"%PDF-1.7\nEICAR")
    assert answer.status == 422 and answer.json["code"] == "file-infected"
    assert guest.request("GET", f"{guest.base}/{upload}/content").status == 409
    assert guest.begin("to.png", 1024 * 1024 + 1).status == 413
    assert guest.begin("", 10).status == 400
    upload = guest.begin("a.png", 100_000).json["id"]
    assert guest.part(upload, 0, b"crumbs").status == 400
    assert guest.part(upload, 0, b"x" * 100_001).status == 413


def test_a_scanner_that_hangs_holds_up_its_files_alone(make_server, tmp_path):
    go = tmp_path / "go"
    server = make_server({"files": {"scan_command": f"sh -c 'cat > /dev/null; until [ -e {go} ]; do sleep 0.1; done'"}})
    where, data, count = consultation(server), png(5000), 8
    guests = [Guest(server, where, f"BS. {i}") for i in range(count)]
    uploads = [guest.begin("a.png", len(data)).json["id"] for guest in guests]
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        parts = [pool.submit(guest.part, upload, 0, data) for guest, upload in zip(guests, uploads)]
        answered = concurrent.futures.wait(parts[:], timeout=PATIENCE_S, return_when=concurrent.futures.FIRST_COMPLETED).done
        assert answered and {(part.result().status, part.result().json["code"]) for part in answered} == {(503, "busy")}
        assert server.api.get("/session").status == 200
        go.touch()
    assert {part.result().status for part in parts} == {204, 503}
    for guest, upload in zip(guests, uploads):  # they ask again, as a page does
        assert guest.request("GET", f"{guest.base}/{upload}").json["state"] == "ready"


def test_only_those_of_the_consultation_have_its_files(make_server):
    server = make_server()
    where = consultation(server)
    guest, data = Guest(server, where), png(5000)
    upload, answer = guest.send("a.png", data)
    assert answer.status == 204
    stranger = Guest(server, consultation(server))
    assert stranger.request("GET", f"{guest.base}/{upload}/content").status == 401
    assert stranger.request("GET", f"{stranger.base}/{upload}/content").status == 404
    assert server.client().get(f"{guest.base}/{upload}/content").status == 401
    other = Guest(server, where, "BS. Sơn")
    begun = guest.begin("b.png", 5000).json["id"]
    assert other.part(begun, 0, data).status == 404  # somebody else's upload
    watcher = Guest(server, where, "Sinh viên", "observer")
    assert watcher.begin("c.png", 5000).status == 403
    assert guest.request("PATCH", f"{guest.base}/{begun}", data, Upload_Offset="0", Tus_Resumable="0.2").status == 412


def test_who_was_removed_gets_nothing_more_of_the_room(make_server):
    server = make_server()
    where = consultation(server)
    doctor, guest = Guest(server, where, "BS. Hà", "host"), Guest(server, where, "Anh Páo", "observer")
    upload, _ = doctor.send("a.png", png(5000))
    path = f"{doctor.base}/{upload}/content"

    async def story():
        ask = lambda method, *arguments: asyncio.get_event_loop().run_in_executor(None, method, *arguments)  # noqa: E731
        host, other = Caller(server, doctor.ticket), Caller(server, guest.ticket)
        await host.join()
        await other.join()
        assert (await ask(guest.request, "GET", path)).status == 200
        await host.ask(type="moderate", action="remove", participant=other.me)
        for answer in (await ask(guest.request, "GET", path), await ask(guest.begin, "b.png", 5000)):
            assert (answer.status, answer.json["code"]) == (403, "removed"), answer
        assert (await ask(doctor.request, "GET", path)).status == 200

    run(story())


def test_who_waits_outside_gets_nothing_of_the_room(make_server):
    server = make_server()
    where = server.api.post("/consultations", {"kind": "scheduled", "title": "Hội chẩn", "starts_at": now(), "ends_at": now(1),
                                               "waiting_room": True}).json["id"]
    doctor, patient = Guest(server, where, "BS. Hà", "host"), Guest(server, where, "Giàng A Pao", "patient")
    upload, _ = doctor.send("a.png", png(5000))
    path = f"{doctor.base}/{upload}/content"
    for early in (patient.begin("b.png", 5000), patient.request("GET", path)):  # not even at the door
        assert (early.status, early.json["code"]) == (409, "waiting"), early

    async def story():
        ask = lambda method, *arguments: asyncio.get_event_loop().run_in_executor(None, method, *arguments)  # noqa: E731
        host, outside = Caller(server, doctor.ticket), Caller(server, patient.ticket)
        await host.join()
        assert (await outside.join()).get("waiting")
        for answer in (await ask(patient.request, "GET", path), await ask(patient.request, "GET", path.replace("content", "thumbnail")),
                       await ask(patient.begin, "b.png", 5000)):
            assert (answer.status, answer.json["code"]) == (409, "waiting") and "phòng chờ" in answer.json["title"], answer
        await host.ask(type="moderate", action="admit", participant=outside.me)
        await until(lambda: outside.count("admitted"), "let in")
        assert (await ask(patient.request, "GET", path)).status == 200
        await outside.offer()
        await until(lambda: outside.perceives(host), "in the room")
        assert (await ask(patient.begin, "b.png", 5000)).status == 201

    run(story())
