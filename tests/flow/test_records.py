"""What the hospital's record system and webhooks are told of a consultation: once, whole, however often they were down."""
import base64
import datetime
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time

import pytest

from emr import Emr


TOP = pathlib.Path(__file__).resolve().parents[2]


def at(minutes):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def until(what, condition, timeout_s=60):
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {timeout_s} s: {what}")


PATIENT = {
    "identifier": {"system": "urn:oid:2.16.840.1.113883.2.74.1", "value": "015203001234"},
    "name": "Giàng A Pao",
    "birth_date": "1961-03-02",
    "sex": "male",
}


def book(api, **more):
    answer = api.post("/consultations", {"kind": "scheduled", "title": "Hội chẩn tim mạch", "starts_at": at(0), "ends_at": at(30), **more})
    assert answer.status == 201, answer
    return answer.json


def end(api, consultation):
    answer = api.post(f"/consultations/{consultation['id']}/end")
    assert answer.status == 200, answer


def filing(api, consultation, state, timeout_s=60):
    def found():
        items = api.get(f"/consultations/{consultation['id']}/deliveries").json["items"]
        items = [item for item in items if item["kind"] == "fhir" and item["state"] == state]
        return items and items[0]

    return until(f"a filing that is {state}", found, timeout_s)


@pytest.fixture
def emr():
    server = Emr()
    yield server
    server.stop()


def test_records_consultation_is_filed_with_patient_appointment_and_encounter(make_server, emr):
    api = make_server({"emr": {"fhir_base": emr.url}}).api
    site = api.post("/sites", {"kind": "clinic", "name": "TTYT Mù Cang Chải"}).json
    room = api.post("/rooms", {"site_id": site["id"], "name": "Phòng hội chẩn 1"}).json
    consultation = book(api, patient=PATIENT, room_id=room["id"], participants=[{"name": "BS. Lan", "role": "specialist"}])
    end(api, consultation)
    filing(api, consultation, "delivered")
    [patient] = emr.search("Patient")
    assert patient["identifier"][0]["value"] == PATIENT["identifier"]["value"]
    [appointment] = emr.search("Appointment")
    assert appointment["start"] == consultation["starts_at"] and appointment["end"] == consultation["ends_at"]
    [encounter] = emr.search("Encounter")
    assert encounter["class"]["code"] == "VR"
    assert encounter["subject"]["reference"] == f"Patient/{patient['id']}"
    assert encounter["appointment"][0]["reference"] == f"Appointment/{appointment['id']}"
    assert encounter["location"][0]["location"]["display"] == "Phòng hội chẩn 1, TTYT Mù Cang Chải"
    [provenance] = emr.search("Provenance")
    assert {"reference": f"Encounter/{encounter['id']}"} in provenance["target"]


def test_records_sent_twice_changes_nothing(make_server, emr):
    api = make_server({"emr": {"fhir_base": emr.url}}).api
    consultation = book(api, patient=PATIENT)
    end(api, consultation)
    first = filing(api, consultation, "delivered")
    types = ("Patient", "Appointment", "Encounter", "Provenance")
    before = {kind: emr.search(kind) for kind in types}
    assert api.post(f"/deliveries/{first['id']}/retry").status == 200

    def sent_again():
        delivery = api.get(f"/deliveries/{first['id']}").json
        return delivery["state"] == "delivered" and delivery["attempts"] == first["attempts"] + 1

    until("it is sent again", sent_again)
    for kind in types:
        without_meta = [[{key: value for key, value in resource.items() if key != "meta"} for resource in list_]
                        for list_ in (before[kind], emr.search(kind))]
        assert without_meta[0] == without_meta[1]


def test_records_patient_known_to_the_emr_is_not_made_again(make_server, emr):
    api = make_server({"emr": {"fhir_base": emr.url}}).api
    known = emr.request("POST", "Patient", {"resourceType": "Patient", "identifier": [PATIENT["identifier"]], "name": [{"text": "GIÀNG A PAO"}]})
    for _ in range(2):
        consultation = book(api, patient=PATIENT)
        end(api, consultation)
        filing(api, consultation, "delivered")
    [patient] = emr.search("Patient")
    assert patient["id"] == known["id"] and patient["name"] == known["name"]
    assert len(emr.search("Encounter")) == 2


def test_records_emr_that_was_down_is_told_when_it_is_back(make_server):
    emr = Emr()
    api = make_server({"emr": {"fhir_base": emr.url}}).api
    emr.stop()
    consultation = book(api, patient=PATIENT)
    end(api, consultation)
    delivery = until("a failed try", lambda: next(
        (item for item in api.get("/deliveries").json["items"] if item["attempts"] >= 1 and item["state"] == "waiting"), None))
    assert delivery["last_error"] and delivery["next_attempt_at"]
    try:
        emr.start()
        filing(api, consultation, "delivered")
        assert len(emr.search("Encounter")) == 1
    finally:
        emr.stop()


def test_records_survive_a_crash_of_the_server(make_server, emr):
    server = make_server({"emr": {"fhir_base": emr.url}})
    emr.rule(down=True)
    consultation = book(server.api, patient=PATIENT)
    end(server.api, consultation)
    server.kill()
    emr.rule()
    server.start()
    filing(server.api, consultation, "delivered")
    assert len(emr.search("Encounter")) == 1


@pytest.mark.parametrize("rule,words", [({"refuse": "Encounter"}, "no Encounter here"), ({"entries": True}, "not this one")])
def test_records_what_the_emr_refuses_is_shown_and_can_be_sent_again(make_server, emr, rule, words):
    api = make_server({"emr": {"fhir_base": emr.url}}).api
    emr.rule(**rule)
    consultation = book(api, patient=PATIENT)
    end(api, consultation)
    failed = filing(api, consultation, "failed")
    assert words in failed["last_error"]
    assert api.get("/status").json["deliveries"]["failed"] == 1
    emr.rule()
    api.post(f"/deliveries/{failed['id']}/retry")
    filing(api, consultation, "delivered")
    assert len(emr.search("Encounter")) == 1


def test_records_token_of_the_emr_is_sent(make_server, tmp_path):
    emr = Emr(token="secret of the hospital")
    (tmp_path / "token").write_text("secret of the hospital\n")
    try:
        api = make_server({"emr": {"fhir_base": emr.url, "fhir_token_file": tmp_path / "token"}}).api
        consultation = book(api)
        end(api, consultation)
        filing(api, consultation, "delivered")
    finally:
        emr.stop()


def test_records_without_an_emr_nothing_waits(make_server):
    api = make_server().api
    consultation = book(api, patient=PATIENT)
    end(api, consultation)
    time.sleep(1.5)
    assert api.get(f"/consultations/{consultation['id']}/deliveries").json["items"] == []
    assert api.get("/status").json["emr_configured"] is False


def test_records_cancelled_consultation_is_not_filed(make_server, emr):
    api = make_server({"emr": {"fhir_base": emr.url}}).api
    consultation = book(api, patient=PATIENT)
    assert api.post(f"/consultations/{consultation['id']}/cancel", {"reason": "bão"}).status == 200
    time.sleep(1.5)
    assert api.get(f"/consultations/{consultation['id']}/deliveries").json["items"] == []


# ---- webhooks ----


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((dict(self.headers.items()), body))
        status = self.server.answers.pop(0) if self.server.answers else 204
        self.send_response(status)
        if status == 302:
            self.send_header("location", "/elsewhere")
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def receiver():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.got, server.answers = [], []
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def header(message, name):
    return next(value for key, value in message[0].items() if key.lower() == name)


def signed_by(message, secret):
    """As standardwebhooks.com tells receivers to check."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{header(message, 'webhook-id')}.{header(message, 'webhook-timestamp')}.".encode() + message[1]
    expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return expected in header(message, "webhook-signature").split(" ")


def test_webhooks_tell_the_events_that_were_asked_for(make_server, receiver):
    api = make_server().api
    hook = api.post("/webhooks", {"url": receiver.url, "events": ["consultation.booked", "consultation.ended"]}).json
    consultation = book(api)
    end(api, consultation)
    until("two messages", lambda: len(receiver.got) == 2)
    events = {json.loads(body)["type"]: json.loads(body) for _, body in receiver.got}
    assert set(events) == {"consultation.booked", "consultation.ended"}
    assert events["consultation.ended"]["data"] == {"consultation_id": consultation["id"]}
    assert all(signed_by(message, hook["secret"]) for message in receiver.got)
    assert "secret" not in api.get(f"/webhooks/{hook['id']}").json


def test_webhooks_try_again_with_the_same_id(make_server, receiver):
    api = make_server().api
    receiver.answers += [500, 302]
    hook = api.post("/webhooks", {"url": receiver.url, "events": ["consultation.booked"]}).json
    book(api)
    until("the third try", lambda: len(receiver.got) == 3)
    assert len({header(message, "webhook-id") for message in receiver.got}) == 1
    assert all(signed_by(message, hook["secret"]) for message in receiver.got)


def test_webhooks_sign_with_both_secrets_while_they_change(make_server, receiver):
    api = make_server().api
    hook = api.post("/webhooks", {"url": receiver.url, "events": ["consultation.booked"]}).json
    changed = api.post(f"/webhooks/{hook['id']}/secret").json
    assert changed["secret"] != hook["secret"]
    book(api)
    [message] = until("a message", lambda: list(receiver.got))
    assert signed_by(message, hook["secret"]) and signed_by(message, changed["secret"])


def test_webhooks_hear_when_the_record_is_filed(make_server, receiver, emr):
    api = make_server({"emr": {"fhir_base": emr.url}}).api
    api.post("/webhooks", {"url": receiver.url, "events": ["record.filed"]})
    consultation = book(api)
    end(api, consultation)
    [message] = until("a message", lambda: list(receiver.got))
    assert json.loads(message[1])["data"]["consultation_id"] == consultation["id"]


def test_webhooks_wait_for_no_emr_that_does_not_answer(make_server, receiver):
    with socket.create_server(("127.0.0.1", 0), backlog=16) as silent:
        api = make_server({"emr": {"fhir_base": f"http://127.0.0.1:{silent.getsockname()[1]}", "timeout_s": 300}}).api
        api.post("/webhooks", {"url": receiver.url, "events": ["consultation.booked"]})
        filed = [book(api, patient=PATIENT) for _ in range(3)]
        until("the bookings are told", lambda: len(receiver.got) == len(filed))
        for consultation in filed:
            end(api, consultation)
        until("as many are being filed as may", lambda: len(api.get("/deliveries?state=delivering").json["items"]) == 2)
        late = book(api)
        until("the next booking is told", lambda: late["id"] in {json.loads(body)["data"]["consultation_id"] for _, body in receiver.got})


def test_webhooks_two_nodes_send_each_message_once(make_server, receiver):
    url = subprocess.run([TOP / "tests/postgres.sh", str(os.getpid())], check=True, capture_output=True, text=True).stdout.strip()
    one = make_server({"store": {"url": url}})
    two = make_server({"store": {"url": url}}, start=False)
    shutil.copytree(one.state / "keys", two.state / "keys")  # nodes share their keys
    two.start()
    one.api.post("/webhooks", {"url": receiver.url, "events": ["consultation.booked"]})
    count = 30
    for n in range(count):
        book((one, two)[n % 2].api)
    until("all are delivered", lambda: len(one.api.get("/deliveries?state=delivered&limit=100").json["items"]) == count)
    assert len(receiver.got) == count
    assert len({header(message, "webhook-id") for message in receiver.got}) == count
    assert {item["attempts"] for item in two.api.get("/deliveries?limit=100").json["items"]} == {1}
