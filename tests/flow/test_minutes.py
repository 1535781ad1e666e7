"""The minutes of a consultation: who may read, write and sign them, what a signature is for, and where they are filed."""
import base64
import hashlib
import json
import sqlite3
import subprocess

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from caller import Caller, until as seen_until
from test_call import run
from test_records import PATIENT, at, emr, filing, receiver, until  # noqa: F401

WORDS = "mùa đông không lạnh"
REASON = "Nam 64 tuổi, đau ngực 3 ngày.\nCó cần chuyển viện không?"
ADDENDUM = {"kind": "correction", "reason": "Kết quả men tim lần hai về sau khi ký.", "text": "Men tim lần hai bình thường; không chuyển viện."}
DOCTORS = [("BS. Lan", "specialist"), ("BS. Mai", "doctor")]


def account(server, username):
    made = server.api.post("/users", {"username": username, "name": f"BS. {username}", "role": "doctor"}).json
    doctor = server.client()
    doctor.sign_in(username, made["one_time_password"])
    doctor.put("/session/password", {"current": made["one_time_password"], "new": WORDS})
    doctor.sign_in(username, WORDS)
    return doctor, made["id"]


class Doctor:
    """Somebody at the minutes of one consultation: signed in, or by a ticket."""

    def __init__(self, client, consultation, **headers):
        self.client, self.path, self.headers = client, f"/consultations/{consultation}/minutes", headers

    def get(self, under="", **headers):
        return self.client.get(self.path + under, headers={**self.headers, **headers})

    def write(self, version, **text):
        return self.client.put(self.path, text, headers={**self.headers, "If-Match": f'"{version}"'})

    def sign(self, version):
        return self.client.post(f"{self.path}/signature", headers={**self.headers, "If-Match": f'"{version}"'})

    def addend(self, number, **more):
        return self.client.put(f"{self.path}/addenda/{number}", {**ADDENDUM, **more}, headers=self.headers)

    def withdraw(self, version):
        return self.client.delete(f"{self.path}/signature", headers={**self.headers, "If-Match": f'"{version}"'})


def book(server, people=DOCTORS, **more):
    answer = server.api.post("/consultations", {
        "kind": "scheduled", "title": "Hội chẩn tim mạch", "starts_at": at(0), "ends_at": at(30), "reason": REASON, "patient": PATIENT,
        "participants": [{"name": name, "role": role} for name, role in people], **more})
    assert answer.status == 201, answer
    return answer.json


def guest(server, consultation, name):
    person = next(person for person in consultation["participants"] if person["name"] == name)
    ticket = server.api.post(f"/consultations/{consultation['id']}/tickets", {"participant_id": person["id"]}).json["ticket"]
    return Doctor(server.client(), consultation["id"], Authorization=f"Bearer {ticket}")


def both(server, consultation):
    return guest(server, consultation, "BS. Lan"), guest(server, consultation, "BS. Mai")


def ids(consultation, *names):
    known = {person["name"]: person["id"] for person in consultation["participants"]}
    return [known[name] for name in names]


def whole(consultation):
    chair, secretary = ids(consultation, "BS. Lan", "BS. Mai")
    return {"record_number": "24.01873", "department": "Nội tim mạch, buồng 3, giường 12", "treated_since": "2026-11-20", "diagnosis": "Theo dõi hội chứng vành cấp",
            "summary": "Đau ngực 3 ngày.", "discussion": "Men tim tăng.", "conclusion": "Chuyển viện trong ngày.", "treatment": "Kháng đông, theo dõi điện tâm đồ.", "chair": chair, "secretary": secretary,
            "questions": [{"id": "q1", "question": "Có cần chuyển viện không?", "conclusion": "Có."}]}


def signed_by_both(server, consultation):
    lan, mai = both(server, consultation)
    assert mai.write(0, **whole(consultation)).status == 200
    assert server.api.post(f"/consultations/{consultation['id']}/end").status == 200
    assert mai.sign(1).json["state"] == "locked"
    answer = lan.sign(2)
    assert answer.status == 200 and answer.json["state"] == "signed", answer
    return lan, mai, answer.json


def statement(server, jws):
    """What the server said, checked with its published key as a stranger would."""
    [key] = server.client().get("/minutes-keys").json["keys"]
    decode = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))  # noqa: E731
    header, payload, signature = jws.split(".")
    assert json.loads(decode(header)) == {"alg": "EdDSA", "kid": key["kid"]}
    Ed25519PublicKey.from_public_bytes(decode(key["x"])).verify(decode(signature), f"{header}.{payload}".encode())
    return json.loads(decode(payload))


# ---- writing ----


def test_minutes_begin_with_what_the_booking_says(server):
    consultation = book(server)
    lan, _ = both(server, consultation)
    minutes = lan.get().json
    assert (minutes["version"], minutes["state"]) == (0, "empty")
    assert minutes["text"]["summary"] == "Nam 64 tuổi, đau ngực 3 ngày."
    assert [q["question"] for q in minutes["text"]["questions"]] == ["Có cần chuyển viện không?"]
    assert [minutes["text"][part] for part in ("chair", "secretary")] == ids(consultation, "BS. Lan", "BS. Mai")


def test_minutes_of_two_who_write_at_once_lose_nothing(server):
    consultation = book(server)
    lan, mai = both(server, consultation)
    assert mai.write(0, summary="Đau ngực.").json["version"] == 1
    late = lan.write(0, summary="Khó thở.")
    assert late.status == 412 and late.json["code"] == "minutes-changed"
    assert late.json["minutes"]["text"]["summary"] == "Đau ngực." and late.json["minutes"]["written_by"] == "BS. Mai"
    assert lan.write(1, summary="Đau ngực, khó thở.").json["version"] == 2
    assert mai.get().json["text"]["summary"] == "Đau ngực, khó thở."
    assert lan.client.put(lan.path, {}, headers=lan.headers).status == 428


def test_minutes_who_goes_on_looking_is_told_only_what_is_new(server):
    consultation = book(server)
    lan, mai = both(server, consultation)
    seen = lan.get().headers["etag"]
    assert lan.get(**{"If-None-Match": seen}).status == 304
    mai.write(0, summary="Mới.")
    assert lan.get(**{"If-None-Match": seen}).json["text"]["summary"] == "Mới."
    audit = [row["action"] for row in server.api.get(f"/consultations/{consultation['id']}/audit").json["items"] if row["action"].startswith("minutes")]
    assert audit == ["minutes.write", "minutes.read"]


def test_minutes_who_goes_on_looking_sees_a_doctor_who_came_later_and_what_the_booking_asks_since(server):
    consultation = book(server)
    lan, _ = both(server, consultation)
    seen = lan.get().headers["etag"]
    server.api.post(f"/consultations/{consultation['id']}/tickets", {"participant": {"name": "BS. Cúc", "role": "doctor"}})
    came = lan.get(**{"If-None-Match": seen})
    assert [doctor["name"] for doctor in came.json["doctors"]] == ["BS. Lan", "BS. Mai", "BS. Cúc"]
    server.api.patch(f"/consultations/{consultation['id']}", {"reason": "Có cần mổ không?"})
    asked = lan.get(**{"If-None-Match": came.headers["etag"]})
    assert [q["question"] for q in asked.json["text"]["questions"]] == ["Có cần mổ không?"]
    assert lan.get(**{"If-None-Match": asked.headers["etag"]}).status == 304


def test_minutes_who_goes_on_looking_sees_who_came_and_left(server):
    consultation = book(server)
    lan, mai = both(server, consultation)

    async def comes_and_goes():
        seen = None

        def told(what):
            """Of who goes on looking: whether something new came, and whether it is that."""
            nonlocal seen
            answer = lan.get(**({"If-None-Match": seen} if seen else {}))
            seen = answer.headers["etag"]
            return answer.status == 200 and what([stay for person in answer.json["content"]["people"] for stay in person["stays"]])

        assert told(lambda stays: not stays)
        caller = Caller(server, mai.headers["Authorization"].removeprefix("Bearer "))
        await caller.join()
        await seen_until(lambda: told(lambda stays: stays and "left_at" not in stays[0]), "the stay that began")
        await caller.say(type="leave")
        await seen_until(lambda: told(lambda stays: "left_at" in stays[0]), "the stay that ended")

    run(comes_and_goes())


def test_minutes_read_under_a_name_that_the_server_never_gave_is_audited(server):
    consultation = book(server)
    lan, mai = both(server, consultation)
    for seen in ('"0..not-ended"', '"7.."', mai.get().headers["etag"]):
        assert lan.get(**{"If-None-Match": seen}).status == 200
    audit = [row["action"] for row in server.api.get(f"/consultations/{consultation['id']}/audit").json["items"]]
    assert audit.count("minutes.read") == 4


@pytest.mark.parametrize("wrong,field", [
    ({"summary": "x" * 8001}, "summary"),
    ({"conclusion": "a\x07b"}, "conclusion"),
    ({"questions": [{"id": "q"}] * 21}, "questions"),
    ({"questions": ["q"]}, "questions[0].id"),
    ({"questions": [{"id": "q", "conclusion": 7}]}, "questions[0].conclusion"),
    ({"chair": "../x"}, "chair"),
    ({"department": "x" * 201}, "department"),
    ({"treated_since": "20/11/2026"}, "treated_since"),
])
def test_minutes_take_nothing_that_is_too_long_or_no_text(server, wrong, field):
    lan, _ = both(server, book(server))
    answer = lan.write(0, **wrong)
    assert answer.status == 422 and answer.json["errors"][0]["field"] == field, answer


def test_minutes_are_for_the_doctors_of_the_consultation(server):
    consultation = book(server, [*DOCTORS, ("Ông Pao", "patient"), ("Sinh viên", "observer")])
    lan, mai = both(server, consultation)
    for name in ("Ông Pao", "Sinh viên"):
        other = guest(server, consultation, name)
        for answer in (other.get(), other.write(0, summary="x"), other.sign(0), other.get("/content")):
            assert answer.status == 403, answer
    stranger = Doctor(server.client(), consultation["id"])
    assert stranger.get().status == 401 and stranger.write(0).status == 401
    elsewhere = guest(server, book(server), "BS. Lan")
    elsewhere.path = lan.path
    assert elsewhere.get().json["code"] == "ticket-invalid"
    admin = Doctor(server.api, consultation["id"])
    assert "me" not in admin.get().json
    assert admin.write(0, summary="x").status == 403 and admin.sign(0).status == 403
    doctor, _ = account(server, "thu")
    assert Doctor(doctor, consultation["id"]).get().status == 404
    signers = ids(consultation, "BS. Lan", "BS. Mai", "Ông Pao")
    for chair, secretary in ((signers[1], None), (signers[0], signers[0]), (signers[0], signers[2])):
        answer = mai.write(0, chair=chair, **({"secretary": secretary} if secretary else {}))
        assert answer.status == 422 and answer.json["code"] == "minutes-signers", answer


# ---- signing ----


def test_minutes_are_signed_when_it_is_over_and_they_are_whole(server):
    consultation = book(server)
    lan, mai = both(server, consultation)
    text = whole(consultation)
    mai.write(0, **text)
    assert lan.get().json["obstacle"] == "not-ended"
    assert lan.sign(1).json["code"] == "minutes-not-yet"
    server.api.post(f"/consultations/{consultation['id']}/end")
    mai.write(1, **{**text, "questions": [{"id": "q1", "question": "Có cần chuyển viện không?"}]})
    assert lan.sign(2).json["code"] == "minutes-incomplete"
    mai.write(2, **text)
    assert lan.sign(2).json["code"] == "minutes-changed"  # nobody signs what they have not seen
    assert lan.sign(3).status == 200


def test_minutes_lock_with_a_signature_and_open_when_it_is_taken_back(server):
    consultation = book(server)
    lan, mai = both(server, consultation)
    mai.write(0, **whole(consultation))
    server.api.post(f"/consultations/{consultation['id']}/end")
    locked = lan.sign(1).json
    assert locked["state"] == "locked" and [s["part"] for s in locked["signatures"]] == ["chair"]
    assert mai.write(2, summary="x").json["code"] == "minutes-locked"
    assert mai.withdraw(2).status == 403
    opened = lan.withdraw(2).json
    assert opened["state"] == "draft" and opened["signatures"] == [] and "sha256" not in opened
    assert mai.write(3, **{**whole(consultation), "summary": "Sửa lại."}).status == 200
    assert lan.sign(4).status == 200
    final = mai.sign(5).json
    assert final["state"] == "signed" and final["content"]["summary"] == "Sửa lại."
    for answer in (lan.withdraw(6), mai.write(6, summary="x"), lan.sign(6)):
        assert answer.status == 409 and answer.json["code"] == "minutes-locked"


def test_minutes_are_signed_by_a_new_link_when_the_first_has_expired(server):
    consultation = book(server, [*DOCTORS, ("Ông Pao", "patient")])
    _, mai = both(server, consultation)
    mai.write(0, **whole(consultation))
    server.api.post(f"/consultations/{consultation['id']}/end")
    mai.sign(1)
    later = guest(server, consultation, "BS. Lan")
    assert later.sign(2).json["state"] == "signed"
    assert later.addend(1).status == 200
    [pao] = ids(consultation, "Ông Pao")
    for nobody in ({"participant_id": pao}, {"participant": {"name": "BS. Khác", "role": "specialist"}}):
        answer = server.api.post(f"/consultations/{consultation['id']}/tickets", nobody)
        assert answer.status == 409 and answer.json["code"] == "wrong-state", answer


def test_minutes_signature_covers_every_byte(server):
    lan, _, minutes = signed_by_both(server, book(server))
    content = lan.get("/content").body
    assert json.loads(content) == minutes["content"]
    assert minutes["content"]["recording"] == {"state": "none", "files": []} and minutes["content"]["stills"] == []
    assert minutes["content"]["patient"]["name"] == PATIENT["name"]
    said = [statement(server, signature["jws"]) for signature in minutes["signatures"]]
    assert [(s["part"], s["name"], s["method"]) for s in said] == [("chair", "BS. Lan", "ticket"), ("secretary", "BS. Mai", "ticket")]
    assert {s["sha256"] for s in said} == {hashlib.sha256(content).hexdigest()} == {minutes["sha256"]}
    header, payload, signature = minutes["signatures"][0]["jws"].split(".")
    with pytest.raises(InvalidSignature):
        statement(server, ".".join([header, payload[:-2] + ("A" if payload[-2] != "A" else "B") + payload[-1], signature]))


def test_minutes_are_signed_by_account_in_the_panel(server):
    lan, lan_id = account(server, "lan")
    consultation = book(server, participants=[{"name": "BS. Lan", "role": "host", "user_id": lan_id}])
    chair = Doctor(lan, consultation["id"])
    assert chair.get().json["me"] == consultation["participants"][0]["id"]
    chair.write(0, conclusion="Theo dõi tại chỗ.", chair=consultation["participants"][0]["id"])
    server.api.post(f"/consultations/{consultation['id']}/end")
    minutes = chair.sign(1).json  # nobody else to sign
    assert minutes["state"] == "signed" and minutes["signatures"][0]["method"] == "account"
    without_token = lan.put(chair.path, {}, headers={"If-Match": '"2"', "X-CSRF-Token": None})
    assert without_token.status == 403 and without_token.json["code"] == "csrf"


def test_minutes_changed_in_the_store_no_longer_fit_their_signature(make_server):
    server = make_server()
    lan, _, minutes = signed_by_both(server, book(server))
    database = next(server.state.glob("*.db"))
    server.stop()
    with sqlite3.connect(database) as store:
        changed = store.execute("UPDATE minutes SET content = replace(content, 'Chuyển viện trong ngày', 'Chuyển viện tuần sau')").rowcount
    assert changed == 1
    server.start()
    assert statement(server, minutes["signatures"][0]["jws"])["sha256"] != hashlib.sha256(lan.get("/content").body).hexdigest()


# ---- on paper, and in the record ----


def printed(pdf, folder):
    (folder / "minutes.pdf").write_bytes(pdf)
    return subprocess.run(["pdftotext", "-layout", folder / "minutes.pdf", "-"], check=True, capture_output=True, text=True).stdout


def test_minutes_are_printed_with_people_signatures_and_hash(server, tmp_path):
    consultation = book(server)
    lan, mai = both(server, consultation)
    mai.write(0, **{**whole(consultation), "discussion": "Men tim tăng gấp ba, ST chênh lên ở V1–V4. " * 160})
    server.api.post(f"/consultations/{consultation['id']}/end")
    assert lan.get("/pdf").status == 404  # not before all have signed
    lan.sign(1)
    minutes = mai.sign(2).json
    pdf = lan.get("/pdf")
    assert pdf.status == 200 and pdf.headers["content-type"] == "application/pdf"
    text = printed(pdf.body, tmp_path)
    for words in ("BIÊN BẢN HỘI CHẨN", PATIENT["name"], "02/03/1961 (65 tuổi)", "24.01873", "giường 12", "20/11/2026", "hội chứng vành cấp", "Hướng điều trị tiếp", "Kháng đông", "Có cần chuyển viện không?", "Chuyển viện trong ngày.", "CHỦ TỌA", "THƯ KÝ", "BS. Mai",
                  "không được ghi âm, ghi hình", minutes["sha256"][:16], "2/"):
        assert words in text, words
    assert text.count("ST chênh lên") == 160  # over the pages' ends, too
    assert Doctor(server.api, consultation["id"]).get("/pdf").body == pdf.body  # made once


def test_minutes_are_filed_once_though_the_emr_was_down_and_the_server_killed(make_server, emr):
    server = make_server({"emr": {"fhir_base": emr.url}})
    consultation = book(server)
    lan, mai = both(server, consultation)
    mai.write(0, **whole(consultation))
    server.api.post(f"/consultations/{consultation['id']}/end")
    filing(server.api, consultation, "delivered")
    assert emr.search("DocumentReference") == []
    emr.rule(down=True)
    lan.sign(1)
    minutes = mai.sign(2).json
    assert minutes["filing"]["state"] != "delivered"
    server.kill()
    emr.rule()
    server.start()
    until("the minutes are filed", lambda: lan.get().json["filing"]["state"] == "delivered")
    [document] = emr.search("DocumentReference")
    assert document["type"]["coding"][0] == {"system": "http://loinc.org", "code": "11488-4", "display": "Consult note"}
    pdf, signed = [content["attachment"] for content in document["content"]]
    data = base64.b64decode(pdf["data"])
    assert data == lan.get("/pdf").body and pdf["size"] == len(data)
    assert base64.b64decode(pdf["hash"]) == hashlib.sha1(data).digest()
    content = base64.b64decode(signed["data"])
    [provenance] = [one for one in emr.search("Provenance") if one["id"].endswith("-minutes")]
    assert provenance["target"] == [{"reference": f"DocumentReference/{document['id']}"}]
    for signature in provenance["signature"]:
        said = statement(server, base64.b64decode(signature["data"]).decode())
        assert said["sha256"] == hashlib.sha256(content).hexdigest() and said["name"] == signature["who"]["display"]


# ---- addenda ----


def test_minutes_addendum_is_signed_beside_minutes_that_do_not_change(server):
    lan, mai, before = signed_by_both(server, book(server))
    content, pdf = lan.get("/content").body, lan.get("/pdf").body
    assert mai.addend(1).status == 200
    minutes = lan.addend(2, kind="supplement", text="Hẹn khám lại sau 7 ngày.").json
    assert lan.get("/content").body == content and lan.get("/pdf").body == pdf and minutes["sha256"] == before["sha256"]
    first, second = minutes["addenda"]
    assert (first["author"]["name"], first["part"], first["reason"]) == ("BS. Mai", "secretary", ADDENDUM["reason"])
    assert first["minutes_sha256"] == second["minutes_sha256"] == minutes["sha256"]
    assert "previous_sha256" not in first and second["previous_sha256"] == first["sha256"]
    for addendum in (first, second):
        signed = lan.get(f"/addenda/{addendum['number']}/content").body
        assert json.loads(signed)["text"] == addendum["text"]
        said = statement(server, addendum["jws"])
        assert said["sha256"] == addendum["sha256"] == hashlib.sha256(signed).hexdigest()
        assert (said["addendum"], said["name"]) == (addendum["number"], addendum["author"]["name"])


def test_minutes_addendum_sent_twice_is_written_once_and_never_over_another(server):
    consultation = book(server)
    lan, mai, minutes = signed_by_both(server, consultation)
    assert mai.addend(1).status == 200
    again = mai.addend(1)  # the answer was lost on the way
    assert again.status == 200 and len(again.json["addenda"]) == 1
    for late in (lan.addend(1), mai.addend(1, text="Khác."), mai.addend(3)):
        assert late.status == 412 and late.json["code"] == "minutes-changed", late
        assert [one["author"]["name"] for one in late.json["minutes"]["addenda"]] == ["BS. Mai"]
    seen = lan.get().headers["etag"]
    assert lan.addend(2).status == 200
    assert len(lan.get(**{"If-None-Match": seen}).json["addenda"]) == 2
    audit = [row["action"] for row in server.api.get(f"/consultations/{consultation['id']}/audit").json["items"]]
    assert audit.count("minutes.addendum") == 2


def test_minutes_addendum_is_for_who_signed_and_only_once_all_have(server):
    consultation = book(server, [*DOCTORS, ("BS. Thu", "doctor"), ("Ông Pao", "patient")])
    lan, mai = both(server, consultation)
    thu, pao = guest(server, consultation, "BS. Thu"), guest(server, consultation, "Ông Pao")
    mai.write(0, **whole(consultation))
    server.api.post(f"/consultations/{consultation['id']}/end")
    assert lan.addend(1).json["code"] == "minutes-not-signed"
    lan.sign(1)
    assert lan.addend(1).json["code"] == "minutes-not-signed"
    mai.sign(2)
    for other in (thu, pao, Doctor(server.api, consultation["id"])):
        assert other.addend(1).status == 403, other
    assert Doctor(server.client(), consultation["id"]).addend(1).status == 401
    assert lan.addend(1).status == 200
    assert len(thu.get().json["addenda"]) == 1 and thu.get("/addenda/1/pdf").status == 200
    assert pao.get("/addenda/1/content").status == 403
    for none in ("/addenda/2/content", "/addenda/2/pdf", "/addenda/0/pdf", "/addenda/x/content"):
        assert thu.get(none).status == 404, none


@pytest.mark.parametrize("wrong,field", [({"text": "x" * 8001}, "text"), ({"reason": ""}, "reason"), ({"kind": "erasure"}, "kind"), ({"text": None}, "text")])
def test_minutes_addendum_takes_nothing_that_is_too_long_or_missing(server, wrong, field):
    lan, _, _ = signed_by_both(server, book(server))
    answer = lan.addend(1, **wrong)
    assert answer.status == 422 and answer.json["errors"][0]["field"] == field, answer


def test_minutes_are_handed_out_with_their_addenda(server, tmp_path):
    consultation = book(server)
    lan, mai, minutes = signed_by_both(server, consultation)
    assert lan.get("/print").body == lan.get("/pdf").body
    mai.addend(1)
    text = printed(lan.get("/print").body, tmp_path)
    for words in ("BIÊN BẢN HỘI CHẨN", "Kèm 1 bổ sung", "Chuyển viện trong ngày.", "Bổ sung biên bản số 1", "Đính chính", ADDENDUM["reason"][:20], "không chuyển viện"):
        assert words in text, words
    alone = printed(lan.get("/addenda/1/pdf").body, tmp_path)
    for words in ("BỔ SUNG BIÊN BẢN HỘI CHẨN SỐ 1", PATIENT["name"], "Hội chẩn tim mạch", "BS. Mai", "THƯ KÝ", minutes["sha256"][:16]):
        assert words in alone, words


def filed(document):
    return [base64.b64decode(content["attachment"]["data"]) for content in document["content"]]


def test_minutes_addendum_is_filed_once_though_the_emr_was_down_and_the_server_killed(make_server, emr):
    server = make_server({"emr": {"fhir_base": emr.url}})
    consultation = book(server)
    lan, mai, _ = signed_by_both(server, consultation)
    until("the minutes are filed", lambda: lan.get().json["filing"]["state"] == "delivered")
    [minutes] = emr.search("DocumentReference")
    emr.rule(down=True)
    assert mai.addend(1).json["filing"]["state"] != "delivered"
    server.kill()
    emr.rule()
    server.start()
    until("the addendum is filed", lambda: lan.get().json["filing"]["state"] == "delivered")
    documents = {one["id"]: one for one in emr.search("DocumentReference")}
    assert len(documents) == 2
    still, addendum = documents.pop(minutes["id"]), documents.popitem()[1]
    assert filed(still) == filed(minutes) and still["status"] == "current"
    assert addendum["relatesTo"] == [{"code": "appends", "target": {"reference": f"DocumentReference/{minutes['id']}"}}]
    pdf, signed = filed(addendum)
    assert pdf == lan.get("/addenda/1/pdf").body and signed == lan.get("/addenda/1/content").body
    [provenance] = [one for one in emr.search("Provenance") if one["id"].endswith("-addendum-1")]
    said = statement(server, base64.b64decode(provenance["signature"][0]["data"]).decode())
    assert said["sha256"] == hashlib.sha256(signed).hexdigest() and said["name"] == "BS. Mai"


def test_minutes_filed_later_are_told_to_webhooks_each_time(make_server, emr, receiver):
    server = make_server({"emr": {"fhir_base": emr.url}})
    consultation = book(server)
    server.api.post("/webhooks", {"url": receiver.url, "events": ["record.filed"]})

    def filed_and_told():
        items = server.api.get(f"/consultations/{consultation['id']}/deliveries").json["items"]
        filings = [item for item in items if item["kind"] == "fhir"]
        done = filings and all(item["state"] == "delivered" for item in items)
        return done and len(receiver.got) == len(filings) and len(filings)

    lan, mai, _ = signed_by_both(server, consultation)
    before = until("the minutes are filed and told", filed_and_told)
    assert mai.addend(1).status == 200
    until("the addendum is filed and told", lambda: filed_and_told() == before + 1)
    assert {json.loads(body)["data"]["consultation_id"] for _, body in receiver.got} == {consultation["id"]}
