"""Stills of a real call reach the hospital's PACS, a real Orthanc: whole, to the right patient, once."""
import asyncio
import base64
import io
import socket
import subprocess
import threading
import time

import av
import numpy
import pytest

from caller import Caller
from caller import until as soon
from emr import Emr
from pacs import Pacs
from test_call import people, run
from test_records import PATIENT, at, until
from test_uploads import TYPE, png

TITLE = "Hội chẩn da liễu"


def jpeg(width=640, height=480):
    """A baseline JPEG as a camera gives it, with colours in it."""
    picture = numpy.zeros((height, width, 3), numpy.uint8)
    picture[:, :, 0], picture[:, :, 1] = numpy.linspace(0, 255, width), 90
    picture[100:200, 100:300] = (20, 200, 240)
    codec = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = width, height, "yuvj420p", "1/25"
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuvj420p")
    return b"".join(bytes(packet) for packet in codec.encode(frame) + codec.encode(None))


@pytest.fixture
def pacs(tmp_path):
    pacs = Pacs(tmp_path)
    yield pacs
    pacs.stop()


def configured(pacs, **more):
    return {"pacs": {"dicomweb": pacs.dicomweb, "login_file": pacs.login, **more}}


def book(server, **more):
    answer = server.api.post("/consultations", {"kind": "scheduled", "title": TITLE, "starts_at": at(0), "ends_at": at(30),
                                                "patient": PATIENT, **more})
    assert answer.status == 201, answer
    return answer.json["id"]


def stills_of(caller):
    found = {}
    for message in caller.heard:
        if message["type"] == "stills":
            found.update({still["id"]: still for still in message["stills"]})
        elif message["type"] == "still":
            found[message["still"]["id"]] = {**found.get(message["still"]["id"], {}), **message["still"]}
    return found


def upload(server, clinic, consultation, still, picture):
    """As the camera's page sends it: one part, resumable."""
    base = f"/consultations/{consultation}/uploads"
    headers = {"Authorization": f"Bearer {clinic.ticket}", "Tus-Resumable": "1.0.0"}
    meta = f"kind {base64.b64encode(b'still').decode()},still {base64.b64encode(still.encode()).decode()}"
    begun = server.client().post(base, headers={**headers, "Upload-Length": str(len(picture)), "Upload-Metadata": meta})
    assert begun.status in (200, 201), begun
    part = server.client().patch(f"{base}/{still}", picture, headers={**headers, "Content-Type": TYPE, "Upload-Offset": "0"})
    assert part.status == 204, part


async def take(server, doctor, clinic, consultation, picture, **more):
    known = set(stills_of(clinic))
    await doctor.ask(type="still", participant=clinic.me, source="camera", **more)
    await soon(lambda: set(stills_of(clinic)) - known, "a still is asked for")
    [still] = set(stills_of(clinic)) - known
    if stills_of(clinic)[still]["state"] == "asking":
        await clinic.ask(type="consent", purpose="photographs", granted=True)
    await soon(lambda: stills_of(clinic)[still]["state"] == "asked", "the seat may take it")
    await clinic.ask(type="still.taken", still=still, width=640, height=480, thumbnail="/9j/4AAQ")
    await asyncio.get_event_loop().run_in_executor(None, upload, server, clinic, consultation, still, picture)
    await soon(lambda: stills_of(doctor)[still]["state"] == "ready", "the picture is there")
    return still


def deliveries(server, consultation, kind="dicom"):
    return [item for item in server.api.get(f"/consultations/{consultation}/deliveries").json["items"] if item["kind"] == kind]


def delivered(server, consultation, count, timeout_s=60):
    def all_there():
        items = deliveries(server, consultation)
        return len(items) == count and all(item["state"] == "delivered" for item in items) and items

    return until(f"{count} stills are delivered", all_there, timeout_s)


def call_with_stills(server, consultation, pictures, mark=False):
    """A doctor and a clinic, stills of these pictures, and the end of it. Their ids."""
    taken = []

    def kept():
        [still] = server.api.get(f"/consultations/{consultation}/files").json["items"]
        return "calibration" in still.get("marks", {}) and len(still["marks"]["marks"]) == 2

    async def story():
        doctor, clinic = people(server, consultation, 2)
        await doctor.join()
        await clinic.join()
        for picture, format in pictures:
            taken.append(await take(server, doctor, clinic, consultation, picture, format=format))
        if mark:
            await doctor.say(type="mark", still=taken[0], mark="m1", kind="arrow", points=[10, 20, 300, 200])
            await doctor.say(type="mark", still=taken[0], mark="m2", kind="ellipse", points=[100, 100, 300, 200], text="bờ không đều")
            await doctor.ask(type="still.scale", still=taken[0], points=[0, 0, 100, 0], length_um=10000, against="ruler")
            await asyncio.get_event_loop().run_in_executor(None, until, "what was drawn is kept", kept)
        await asyncio.get_event_loop().run_in_executor(None, end, server, consultation)

    run(story())
    return taken


def end(server, consultation):
    assert server.api.post(f"/consultations/{consultation}/end").status == 200


def valid(tmp_path, data):
    """As two strangers judge it: DICOM's reference reader, and a validator of the standard's tables."""
    path = tmp_path / "object.dcm"
    path.write_bytes(data)
    assert "yes" in subprocess.run(["dcmftest", path], capture_output=True, text=True).stdout
    said = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True)
    errors = [line for line in (said.stdout + said.stderr).splitlines() if line.startswith("Error")]
    assert not errors, "\n".join(errors)


def test_a_still_arrives_in_the_pacs_once_though_it_was_down(make_server, pacs, tmp_path):
    server = make_server(configured(pacs))
    consultation = book(server)
    picture, lossless = jpeg(), png(20_000)
    call_with_stills(server, consultation, [(picture, "jpeg"), (lossless, "png")])
    waiting = until("a try that failed", lambda: [d for d in deliveries(server, consultation) if d["attempts"] and d.get("last_error")])
    assert waiting[0]["state"] == "waiting" and server.api.get("/status").json["deliveries"]["waiting"] == 2
    pacs.start()
    delivered(server, consultation, 2)
    one, two = sorted(pacs.instances(), key=lambda tags: int(tags["InstanceNumber"]))
    assert one["PatientID"] == PATIENT["identifier"]["value"] and one["PatientName"] == PATIENT["name"]
    assert one["PatientBirthDate"] == "19610302" and one["PatientSex"] == "M"
    assert one["StudyDescription"] == TITLE and one["Modality"] == "XC"
    assert one["StudyInstanceUID"] == two["StudyInstanceUID"] and one["SeriesInstanceUID"] == two["SeriesInstanceUID"]
    assert one["SOPClassUID"] == "1.2.840.10008.5.1.4.1.1.77.1.4" and (one["Rows"], one["Columns"]) == ("480", "640")
    files = [pacs.file(id) for id in pacs.ids()]
    assert sum(picture in data for data in files) == 1  # byte for byte what the camera gave
    for data in files:
        valid(tmp_path, data)
    for id in pacs.ids():  # it decodes to what was in front of the camera
        seen = av.open(io.BytesIO(pacs.get(f"/instances/{id}/preview", raw=True))).decode(video=0)
        assert next(seen).width in (640, 320)
    rows = [row for row in server.api.get("/audit").json["items"] if row["action"] == "still.file"]
    assert len(rows) == 2 and PATIENT["name"] not in server.log() and PATIENT["identifier"]["value"] not in server.log()


class Silent:
    """Stands before the PACS and passes on what is said to it; its answers it keeps, until told to let them through."""

    def __init__(self, pacs):
        self.open, self.pacs = threading.Event(), pacs
        self.server = socket.create_server(("127.0.0.1", 0))
        self.dicomweb = f"http://127.0.0.1:{self.server.getsockname()[1]}/dicom-web"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.server.accept()
                behind = socket.create_connection(("127.0.0.1", self.pacs.port))
            except OSError:
                return
            threading.Thread(target=self.pass_on, args=(client, behind), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(behind, client, self.open), daemon=True).start()

    def pass_on(self, source, target, gate=None):
        try:
            while data := source.recv(65536):
                if gate:
                    gate.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def stop(self):
        self.open.set()
        self.server.close()


def test_a_still_is_in_the_pacs_once_though_the_server_died_before_it_could_note_it(make_server, pacs):
    pacs.start()
    silent = Silent(pacs)
    server = make_server(configured(pacs, dicomweb=silent.dicomweb))
    consultation = book(server)
    call_with_stills(server, consultation, [(jpeg(), "jpeg")])
    until("the PACS has it", pacs.ids)
    assert deliveries(server, consultation)[0]["state"] == "delivering"
    server.kill()
    silent.open.set()
    server.start()
    [delivery] = delivered(server, consultation, 1)
    assert delivery["attempts"] == 2 and len(pacs.ids()) == 1
    assert server.api.post(f"/deliveries/{delivery['id']}/retry").status == 200  # and once more, by hand
    until("it is sent again", lambda: [d for d in deliveries(server, consultation) if (d["attempts"], d["state"]) == (3, "delivered")])
    assert len(pacs.ids()) == 1
    silent.stop()


@pytest.fixture
def emr():
    emr = Emr()
    yield emr
    emr.stop()


def test_what_is_drawn_on_a_still_lies_beside_it_in_the_pacs_and_the_record_says_where(make_server, pacs, emr, tmp_path):
    pacs.start()
    server = make_server({**configured(pacs), "emr": {"fhir_base": emr.url}})
    consultation = book(server)
    call_with_stills(server, consultation, [(jpeg(), "jpeg")], mark=True)
    delivered(server, consultation, 1)
    objects = {tags["Modality"]: (id, tags) for id, tags in zip(pacs.ids(), pacs.instances())}
    assert set(objects) == {"XC", "PR"}
    (id, marks), (_, picture) = objects["PR"], objects["XC"]
    valid(tmp_path, pacs.file(id))
    assert marks["StudyInstanceUID"] == picture["StudyInstanceUID"] and marks["PatientID"] == picture["PatientID"]
    [series] = marks["ReferencedSeriesSequence"]
    assert series["SeriesInstanceUID"] == picture["SeriesInstanceUID"]
    assert series["ReferencedImageSequence"][0]["ReferencedSOPInstanceUID"] == picture["SOPInstanceUID"]
    texts = [mark["TextObjectSequence"][0]["UnformattedTextValue"] for mark in marks["GraphicAnnotationSequence"]]
    assert texts == ["BS. 0", "bờ không đều – BS. 0", "10,0 mm – BS. 0"]
    assert marks["GraphicAnnotationSequence"][1]["GraphicObjectSequence"][0]["GraphicType"] == "ELLIPSE"
    assert marks["DisplayedAreaSelectionSequence"][0]["PresentationPixelSpacing"] == "0.100000\\0.100000"
    until("the record is filed", lambda: [d for d in deliveries(server, consultation, "fhir") if d["state"] == "delivered"])
    [study] = emr.search("ImagingStudy")
    assert study["identifier"][0]["value"] == f"urn:oid:{picture['StudyInstanceUID']}"
    [series] = study["series"]
    assert (series["uid"], series["instance"][0]["uid"]) == (picture["SeriesInstanceUID"], picture["SOPInstanceUID"])


def test_a_stroke_just_before_the_end_goes_with_its_still_which_is_sent_once(make_server, pacs):
    pacs.start()
    server = make_server(configured(pacs))
    consultation = book(server)

    async def story():
        doctor, clinic = people(server, consultation, 2)
        await doctor.join()
        await clinic.join()
        still = await take(server, doctor, clinic, consultation, jpeg())
        await doctor.say(type="mark", still=still, mark="m1", kind="arrow", points=[10, 20, 300, 200])
        await soon(lambda: any(message["type"] == "mark" for message in clinic.heard), "the other sees it")
        await asyncio.get_event_loop().run_in_executor(None, end, server, consultation)

    run(story())
    [delivery] = delivered(server, consultation, 1)
    assert delivery["attempts"] == 1
    assert sorted(tags["Modality"] for tags in pacs.instances()) == ["PR", "XC"]


def test_what_the_pacs_does_not_take_is_shown_and_can_be_sent_again(make_server, pacs):
    pacs.start()
    pacs.login.write_text("hoichan:sai\n")
    server = make_server(configured(pacs))
    consultation = book(server)
    call_with_stills(server, consultation, [(jpeg(), "jpeg")])
    [refused] = until("a refusal", lambda: [d for d in deliveries(server, consultation) if d.get("last_error")])
    assert "401" in refused["last_error"]
    pacs.login.write_text(f"hoichan:{'khoá kho ảnh'}\n")
    server.api.post(f"/deliveries/{refused['id']}/retry")
    delivered(server, consultation, 1)


def test_without_a_patient_there_is_nobody_to_file_a_still_under(make_server, pacs):
    pacs.start()
    server = make_server(configured(pacs))
    consultation = book(server, patient=None)
    call_with_stills(server, consultation, [(jpeg(), "jpeg")])
    time.sleep(1.5)
    assert not deliveries(server, consultation) and not pacs.ids()
