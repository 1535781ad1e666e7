"""A room calls in an emergency: exactly once, whoever is called and nobody else, over a restart of the server."""
import concurrent.futures
import contextlib
import json
import signal
import sqlite3
import time
import uuid

import pytest

from test_consultations import refused
from hoichand import PASSWORD
from test_operator import TOP, check
from test_roster import at, doctor

DOCUMENT = json.loads((TOP / "server" / "openapi.json").read_text())


class Room:
    """A consult room with its kiosk."""

    def __init__(self, server, site, name):
        self.room = server.api.post("/rooms", {"site_id": site["id"], "name": name}).json
        device = server.client()
        pairing = device.post("/kiosk/pairings", {}).json
        server.api.post("/kiosks", {"code": pairing["code"], "room_id": self.room["id"]})
        paired = server.client(token=pairing["secret"]).get(f"/kiosk/pairings/{pairing['id']}").json
        self.kiosk, self.id = server.client(token=paired["token"]), paired["kiosk"]["id"]

    def press(self, key=None):
        return self.kiosk.post("/kiosk/emergencies", {"key": key or str(uuid.uuid4())})

    def sees(self):
        return self.kiosk.get("/kiosk").json["emergency"]

    def hang_up(self):
        call = self.sees()
        return call and self.kiosk.delete(f"/kiosk/emergencies/{call['id']}")


@pytest.fixture(scope="module")
def clinic(server):
    return server.api.post("/sites", {"kind": "clinic", "name": "TTYT Mù Cang Chải"}).json


@pytest.fixture(scope="module")
def lan(server):
    return doctor(server, "lan", "Nguyễn Thị Lan", title="BSCKI")


@pytest.fixture(scope="module")
def mai(server):
    return doctor(server, "mai", "Lò Thị Mai")


def ringing(client):
    """As a page asks that nobody touches."""
    return [call["id"] for call in client.get("/emergencies", headers={"X-Unattended": "1"}).json["items"]]


@pytest.fixture
def room(server, clinic, lan, mai):
    room = Room(server, clinic, "Phòng cấp cứu")
    assert ringing(lan) == ringing(mai) == []  # their pages are open
    yield room
    room.hang_up()


@pytest.fixture
def on_call(server, lan, clinic):
    shift = server.api.post("/shifts", {"user_id": lan.id, "site_id": clinic["id"], "specialty": "Tim mạch", "starts_at": at(-1), "ends_at": at(11)}).json
    yield shift
    server.api.delete(f"/shifts/{shift['id']}")


def test_room_calls_who_is_on_call_and_they_come(server, room, lan, mai, on_call):
    answer = room.press()
    check(DOCUMENT, "/api/v1/kiosk/emergencies", "post", answer)
    call = answer.json["emergency"]
    assert answer.status == 201 and call["state"] == "ringing" and not call["arrived"]
    assert call["people"] == [{"name": "BSCKI Nguyễn Thị Lan", "specialty": "Tim mạch", "reachable": True, "state": "ringing"}]
    joining = server.client(token=answer.json["ticket"]).get("/join").json
    assert joining["participant"]["role"] == "kiosk" and joining["consultation"]["kind"] == "emergency"
    check(DOCUMENT, "/api/v1/kiosk", "get", room.kiosk.get("/kiosk"))
    check(DOCUMENT, "/api/v1/emergencies", "get", lan.get("/emergencies"))
    assert ringing(lan) == [call["id"]] and ringing(mai) == []
    refused(mai.post(f"/emergencies/{call['id']}/answer"), 404, "not-found")
    answered = lan.post(f"/emergencies/{call['id']}/answer")
    check(DOCUMENT, "/api/v1/emergencies/{id}/answer", "post", answered)
    assert server.client(token=answered.json["ticket"]).get("/join").json["participant"]["role"] == "host"
    assert ringing(lan) == [] and room.sees()["state"] == "answered"
    assert lan.get(f"/consultations/{call['consultation_id']}").json["title"] == "Hội chẩn cấp cứu – Phòng cấp cứu"


def test_who_only_listens_is_signed_out_after_an_hour_but_for_who_is_on_call(server, lan, mai, on_call):
    ago = int((time.time() - 3500) * 1e6)
    with contextlib.closing(sqlite3.connect(server.state / "hoichan.db", timeout=30)) as store:
        with store:
            store.execute("UPDATE sessions SET last_seen_at = ? WHERE user_id IN (?, ?)", (ago, lan.id, mai.id))
        assert ringing(lan) == ringing(mai) == []
        assert set(store.execute("SELECT last_seen_at FROM sessions WHERE user_id IN (?, ?)", (lan.id, mai.id))) == {(ago,)}
        with store:
            store.execute("UPDATE sessions SET last_seen_at = last_seen_at - 200000000 WHERE user_id IN (?, ?)", (lan.id, mai.id))
    assert ringing(lan) == []
    refused(mai.get("/emergencies", headers={"X-Unattended": "1"}), 401, "not-signed-in")
    for username, client in (("lan", lan), ("mai", mai)):
        assert client.sign_in(username, PASSWORD).status == 200


def test_a_page_that_nobody_touches_is_signed_out_after_an_hour(server, mai):
    seen = lambda: store.execute("SELECT MAX(last_seen_at) FROM sessions WHERE user_id = ?", (mai.id,)).fetchone()[0]  # noqa: E731
    ago = int((time.time() - 3500) * 1e6)
    with contextlib.closing(sqlite3.connect(server.state / "hoichan.db", timeout=30)) as store:
        with store:
            store.execute("UPDATE sessions SET last_seen_at = ? WHERE user_id = ?", (ago, mai.id))
        assert mai.get("/consultations", headers={"X-Unattended": "1"}).status == 200 and seen() == ago
        assert mai.get("/consultations").status == 200 and seen() > ago
        with store:
            store.execute("UPDATE sessions SET last_seen_at = ? WHERE user_id = ?", (ago - 200_000_000, mai.id))
    refused(mai.get("/consultations", headers={"X-Unattended": "1"}), 401, "not-signed-in")
    assert mai.sign_in("mai", PASSWORD).status == 200


def test_one_press_is_one_call_and_so_are_several(server, room, on_call):
    key = str(uuid.uuid4())
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(room.press, [key] * 8 + [None] * 4))
    assert {answer.status for answer in answers} == {200, 201} and [answer.status for answer in answers].count(201) == 1
    assert len({answer.json["emergency"]["id"] for answer in answers}) == 1
    held = server.api.get(f"/consultations?room_id={room.room['id']}").json["items"]
    assert [(one["kind"], sorted(person["role"] for person in one["participants"])) for one in held] == [("emergency", ["kiosk", "specialist"])]


def test_nobody_on_call_is_said_and_everybody_called(server, room, lan, mai):
    call = room.press().json["emergency"]
    assert call["people"] == [] and call["wave"] == 2
    assert ringing(lan) == ringing(mai) == ringing(server.api) == [call["id"]]


def test_that_nobody_is_left_to_hear_it_is_said(server, room, lan, mai, on_call):
    call = room.press().json["emergency"]
    assert call["heard"] == 1  # half a minute is for who is on call
    lan.post(f"/emergencies/{call['id']}/decline")
    assert ringing(mai) == ringing(server.api) == [call["id"]] and room.sees()["heard"] == 2
    for client in (mai, server.api):
        assert client.post(f"/emergencies/{call['id']}/decline").status == 204
    assert (room.sees()["state"], room.sees()["heard"]) == ("ringing", 0)


def test_declined_goes_to_the_next(server, room, lan, mai, on_call):
    call = room.press().json["emergency"]
    assert lan.post(f"/emergencies/{call['id']}/decline").status == 204
    assert ringing(lan) == [] and ringing(mai) == [call["id"]]
    assert room.sees()["people"][0]["state"] == "declined"


def test_a_restart_of_the_server_loses_no_call(server, room, lan, on_call):
    key = str(uuid.uuid4())
    call = room.press(key).json["emergency"]
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.start()
    assert ringing(lan) == [call["id"]]
    again = room.press(key)  # its answer had not come
    assert again.status == 200 and again.json["emergency"]["id"] == call["id"]
    assert lan.post(f"/emergencies/{call['id']}/answer").status == 200
    assert room.sees()["state"] == "answered"


def test_hung_up_it_rings_no_more(server, room, lan, on_call, clinic):
    call = room.press().json["emergency"]
    other = Room(server, clinic, "Phòng khác")
    refused(other.kiosk.delete(f"/kiosk/emergencies/{call['id']}"), 404, "not-found")
    assert room.hang_up().status == 204 and room.sees() is None
    assert ringing(lan) == []
    refused(lan.post(f"/emergencies/{call['id']}/answer"), 409, "emergency-over")
    assert server.api.get(f"/consultations/{call['consultation_id']}").json["state"] == "ended"


def test_only_a_room_calls_and_only_people_answer(server, room, on_call):
    refused(server.client().post("/kiosk/emergencies", {"key": "a"}), 401, "kiosk-token-invalid")
    refused(server.client(token="guess").post("/kiosk/emergencies", {"key": "a"}), 401, "kiosk-token-invalid")
    assert refused(room.kiosk.post("/kiosk/emergencies", {"key": "no spaces"}), 422, "validation")["errors"][0]["field"] == "key"
    refused(server.client().get("/emergencies"), 401, "not-signed-in")
    software = server.client(token=server.api.post("/tokens", {"name": "HIS"}).json["token"])
    call = room.press().json["emergency"]
    assert ringing(software) == []
    for deed in ("answer", "decline"):
        refused(software.post(f"/emergencies/{call['id']}/{deed}"), 403, "not-allowed")
        refused(server.api.post(f"/emergencies/none/{deed}"), 404, "not-found")


def test_each_deed_is_audited(server, room, lan, on_call):
    call = room.press().json["emergency"]
    lan.post(f"/emergencies/{call['id']}/decline")
    lan.post(f"/emergencies/{call['id']}/answer")
    room.hang_up()
    done = [(entry["actor"], entry["action"]) for entry in server.api.get(f"/consultations/{call['consultation_id']}/audit").json["items"]]
    person = f"user:{lan.id}"
    assert sorted(done) == sorted([(f"kiosk:{room.id}", "emergency.call"), (person, "emergency.decline"), (person, "emergency.answer"),
                                   (f"kiosk:{room.id}", "emergency.hang-up")])


def test_the_number_to_phone_is_the_one_for_emergencies(make_server):
    server = make_server({"kiosk": {"help_phone": "1900 1111", "emergency_phone": "115"}})
    room = Room(server, server.api.post("/sites", {"kind": "clinic", "name": "Trạm"}).json, "Phòng")
    view = room.kiosk.get("/kiosk").json
    assert (view["help_phone"], view["emergency_phone"], view["emergency"]) == ("1900 1111", "115", None)


PATIENT = {"identifier": {"system": "urn:x", "value": "77"}, "name": "Lò Thị Mây", "sex": "female"}


def test_the_record_waits_for_the_patient_and_no_longer(make_server):
    server = make_server({"emr": {"fhir_base": "http://127.0.0.1:9"}})  # nobody there: what is filed waits
    room = Room(server, server.api.post("/sites", {"kind": "clinic", "name": "Trạm"}).json, "Phòng")
    lan, mai = doctor(server, "lan", "Nguyễn Thị Lan"), doctor(server, "mai", "Lò Thị Mai")
    server.api.post("/shifts", {"user_id": lan.id, "starts_at": at(-1), "ends_at": at(11)})
    call = room.press().json["emergency"]
    one = f"/consultations/{call['consultation_id']}"
    lan.post(f"/emergencies/{call['id']}/answer")
    assert lan.post(one + "/end").json["state"] == "ended"
    filed = lambda: [delivery["event"] for delivery in server.api.get(one + "/deliveries").json["items"]]
    assert filed() == [] and lan.get(one + "/minutes").json["obstacle"] == "patient"
    refused(mai.put(one + "/patient", {"patient": PATIENT}), 404, "not-found")
    refused(lan.put(one + "/patient", {}), 422, "validation")
    refused(server.api.put(one + "/patient", {"patient_id": "nobody"}), 422, "unknown-patient")
    assert lan.put(one + "/patient", {"patient": PATIENT}).status == 204
    assert server.api.get(one).json["patient"]["name"] == "Lò Thị Mây"
    assert filed() == ["record.filed"] and "obstacle" not in lan.get(one + "/minutes").json
    refused(lan.put(one + "/patient", {"patient": {**PATIENT, "name": "Ai khác"}}), 409, "wrong-state")
    assert [entry["actor"] for entry in server.api.get(one + "/audit").json["items"] if entry["action"] == "consultation.patient"] == [f"user:{lan.id}"]
