"""The main job through the API, on both databases: places, bookings, tickets, kiosks, and what wrong input is answered."""
import concurrent.futures
import datetime
import os
import pathlib
import subprocess

import pytest

from hoichand import Hoichand
from test_records import PATIENT

TOP = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request):
    config = {}
    if request.param == "postgresql":
        url = subprocess.run([TOP / "tests/postgres.sh", str(os.getpid())], check=True, capture_output=True, text=True).stdout
        config = {"store": {"url": url.strip()}}
    hoichand = Hoichand(config)
    try:
        yield hoichand.start()
    finally:
        hoichand.finish()


@pytest.fixture(scope="module")
def place(server):
    """A clinic with its room, below a province."""
    province = server.api.post("/sites", {"kind": "province", "name": "Yên Bái"}).json
    site = server.api.post("/sites", {"kind": "clinic", "name": "TTYT Mù Cang Chải", "parent_id": province["id"]}).json
    room = server.api.post("/rooms", {"site_id": site["id"], "name": "Phòng hội chẩn 1"}).json
    return {"province": province, "site": site, "room": room}


_day = 0


def times(start_minutes=0, length_minutes=30, offset="Z"):
    """Each test books on a day of its own, so that they stand in nobody's way."""
    begin = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(days=_day, minutes=start_minutes)
    end = begin + datetime.timedelta(minutes=length_minutes)
    return {"starts_at": begin.strftime("%Y-%m-%dT%H:%M:%S") + offset, "ends_at": end.strftime("%Y-%m-%dT%H:%M:%S") + offset}


@pytest.fixture(autouse=True)
def another_day():
    global _day
    _day += 1


def book(server, **more):
    return server.api.post("/consultations", {"title": "Hội chẩn", **times(), **more})


def refused(answer, status, code):
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem["code"] == code and problem["title"] and problem["detail"] and problem["action"]
    return problem


# ---- booking ----


def test_booking_needs_no_more_than_title_and_times(server):
    answer = server.api.post("/consultations", {"kind": "scheduled", "title": "Hội chẩn", **times()})
    assert answer.status == 201
    assert answer.headers["location"] == f"/api/v1/consultations/{answer.json['id']}"
    assert answer.json["state"] == "booked" and answer.json["participants"] == []


def test_booking_shows_where_and_for_whom(server, place):
    patient = {"identifier": {"system": "urn:x", "value": "77"}, "name": "Lò Thị Mây", "birth_date": "1980-02-29", "sex": "female"}
    consultation = book(server, room_id=place["room"]["id"], patient=patient, participants=[{"name": "BS. Lan", "role": "specialist"}]).json
    assert consultation["room"]["name"] == "Phòng hội chẩn 1" and consultation["site"]["name"] == "TTYT Mù Cang Chải"
    assert consultation["patient"]["name"] == "Lò Thị Mây"
    again = book(server, patient_id=consultation["patient"]["id"])
    assert again.json["patient"] == consultation["patient"]
    found = server.api.get("/consultations?q=lo+thi+may").json["items"]
    assert {item["id"] for item in found} == {consultation["id"], again.json["id"]}


def test_booking_times_with_an_offset_are_understood(server):
    begin = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(days=_day)
    local = begin.astimezone(datetime.timezone(datetime.timedelta(hours=7)))
    answer = server.api.post("/consultations", {
        "title": "x", "starts_at": local.isoformat(), "ends_at": (local + datetime.timedelta(hours=1)).isoformat()})
    assert answer.json["starts_at"] == begin.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("change,field,reason", [
    ({"title": ""}, "title", "required"),
    ({"title": "x" * 201}, "title", "too-long"),
    ({"title": 7}, "title", "not-text"),
    ({"kind": "party"}, "kind", "not-a-choice"),
    ({"waiting_room": "yes"}, "waiting_room", "not-a-boolean"),
    ({"starts_at": "tomorrow"}, "starts_at", "not-a-time"),
    ({"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-01-01T01:00:00Z"}, "starts_at", "in-the-past"),
    ({"participants": "BS. Lan"}, "participants", "not-a-list"),
    ({"participants": [{"name": "X", "role": "king"}]}, "participants.0.role", "not-a-choice"),
    ({"participants": [{"name": "X", "role": "doctor"}] * 33}, "participants", "too-many"),
    ({"patient": {"name": "X"}}, "patient.identifier", "required"),
    ({"patient": {"name": "X", "identifier": {"system": "s", "value": "v"}, "birth_date": "1981-02-29"}}, "patient.birth_date", "not-a-date"),
])
def test_booking_wrong_fields_are_named(server, change, field, reason):
    problem = refused(book(server, **change), 422, "validation")
    assert (field, reason) in [(error["field"], error["code"]) for error in problem["errors"]]
    assert all(error["message"] for error in problem["errors"])


@pytest.mark.parametrize("start,length,field,reason", [
    (-60, 30, "starts_at", "in-the-past"), (0, 0, "ends_at", "end-before-start"), (0, -30, "ends_at", "end-before-start"),
    (0, 24 * 60 + 1, "ends_at", "too-far-apart")])
def test_booking_wrong_times_are_named(server, start, length, field, reason):
    global _day
    _day, keep = 0, _day
    try:
        problem = refused(server.api.post("/consultations", {"title": "x", **times(start, length)}), 422, "validation")
    finally:
        _day = keep
    assert problem["errors"][0]["field"] == field and problem["errors"][0]["code"] == reason


def test_booking_unknown_room_and_patient(server):
    problem = refused(book(server, room_id="nowhere"), 422, "unknown-room")
    assert problem["title"] == "Không có phòng này"
    english = server.client(language="en")
    english.sign_in()
    assert english.post("/consultations", {"title": "x", **times(), "room_id": "nowhere"}).json["title"] == "No such room"
    refused(book(server, patient_id="nobody"), 422, "unknown-patient")


def test_booking_conflict_says_with_what_and_when_it_is_free(server, place):
    first = book(server, room_id=place["room"]["id"]).json
    problem = refused(server.api.post("/consultations", {"title": "y", **times(10, 30), "room_id": place["room"]["id"]}), 409, "conflict")
    assert problem["conflicts"][0]["consultation_id"] == first["id"] and problem["conflicts"][0]["kind"] == "room"
    assert problem["next_free"] == first["ends_at"]
    later = datetime.datetime.fromisoformat(problem["next_free"].replace("Z", "+00:00")) + datetime.timedelta(minutes=30)
    answer = server.api.post("/consultations", {
        "title": "y", "starts_at": problem["next_free"], "ends_at": later.strftime("%Y-%m-%dT%H:%M:%SZ"), "room_id": place["room"]["id"]})
    assert answer.status == 201


def test_booking_can_be_moved_and_people_exchanged(server, place):
    consultation = book(server, room_id=place["room"]["id"], participants=[{"name": "BS. Lan", "role": "doctor"}, {"name": "BS. Mai", "role": "doctor"}]).json
    lan = consultation["participants"][0]
    moved = times(120)
    changed = server.api.patch(f"/consultations/{consultation['id']}", {
        **moved, "room_id": None, "participants": [{"id": lan["id"], "name": "BS. Lan", "role": "host"}, {"name": "BS. Cường", "role": "doctor"}]})
    assert changed.status == 200, changed
    assert "room" not in changed.json and changed.json["starts_at"] == moved["starts_at"]
    people = {person["name"]: person for person in changed.json["participants"]}
    assert set(people) == {"BS. Lan", "BS. Cường"} and people["BS. Lan"]["id"] == lan["id"] and people["BS. Lan"]["role"] == "host"
    refused(server.api.patch("/consultations/nothing", {"title": "x"}), 404, "not-found")


def test_booking_waiting_room_is_kept_by_a_change_of_something_else(server):
    consultation = book(server, waiting_room=True).json
    assert consultation["waiting_room"] is True
    assert server.api.patch(f"/consultations/{consultation['id']}", {"title": "Khác"}).json["waiting_room"] is True
    assert server.api.patch(f"/consultations/{consultation['id']}", {"waiting_room": False}).json["waiting_room"] is False


def test_booking_is_changed_however_many_came_by_ticket(make_server):
    server = make_server({"captions": {"allow": 1}})
    consultation = book(server, participants=[{"name": "BS. Lan", "role": "host"}]).json["id"]
    for name, role in [("Phụ đề", "captions")] + [(f"SV {i}", "observer") for i in range(40)]:
        assert server.api.post(f"/consultations/{consultation}/tickets", {"participant": {"name": name, "role": role}}).status == 201
    changed = server.api.patch(f"/consultations/{consultation}", {"title": "Khác"})
    assert changed.status == 200 and changed.json["title"] == "Khác" and len(changed.json["participants"]) == 42
    captions = next(person for person in changed.json["participants"] if person["role"] == "captions")
    people = [{"name": "BS. Mai", "role": "host"}, {key: captions[key] for key in ("id", "name", "role")}]
    changed = server.api.patch(f"/consultations/{consultation}", {"participants": people})
    assert changed.status == 200 and {person["role"] for person in changed.json["participants"]} == {"host", "captions"}


def test_booking_reason_is_read_by_its_doctors_alone_and_that_is_audited(server):
    reason = "Nốt sắc tố ở lưng, to dần 6 tháng.\nXin ý kiến có cần sinh thiết."
    consultation = book(server, reason=reason, patient=PATIENT).json
    id = consultation["id"]
    assert consultation["reason"] == reason
    assert server.api.patch(f"/consultations/{id}", {"title": "Khác"}).json["reason"] == reason

    def read_as(role):
        ticket = server.api.post(f"/consultations/{id}/tickets", {"participant": {"name": role, "role": role}}).json["ticket"]
        return server.client().get(f"/consultations/{id}/referral", headers={"Authorization": f"Bearer {ticket}"})

    for role in ("patient", "observer", "interpreter"):
        refused(read_as(role), 403, "not-allowed")
    refused(server.client().get(f"/consultations/{id}/referral"), 401, "ticket-invalid")
    read = read_as("specialist")
    assert read.status == 200 and read.json["reason"] == reason and read.json["patient"]["name"] == PATIENT["name"]
    assert "identifier" not in read.json["patient"]
    actions = [row["action"] for row in server.api.get("/audit").json["items"]]
    assert actions.count("referral.read") == 1
    refused(server.api.patch(f"/consultations/{id}", {"reason": "a\u0007"}), 422, "validation")
    assert reason.split("\n")[0] not in server.log()


def test_ticket_gives_the_role_of_today_not_of_the_day_it_was_made(server):
    booked = book(server, reason="Đau ngực", participants=[{"name": "BS. Lan", "role": "doctor"}]).json
    person = booked["participants"][0]
    ticket = server.api.post(f"/consultations/{booked['id']}/tickets", {"participant_id": person["id"]}).json["ticket"]
    paths = [f"/consultations/{booked['id']}/{part}" for part in ("referral", "minutes")]
    read = lambda path: server.client().get(path, headers={"Authorization": f"Bearer {ticket}"})  # noqa: E731
    assert [read(path).status for path in paths] == [200, 200]
    people = [{"id": person["id"], "name": "BS. Lan", "role": "observer"}]
    assert server.api.patch(f"/consultations/{booked['id']}", {"participants": people}).status == 200
    for path in paths:
        refused(read(path), 403, "not-allowed")


def test_booking_cancelled_and_ended_are_over(server):
    one, two = book(server).json["id"], book(server).json["id"]
    assert server.api.post(f"/consultations/{one}/cancel", {"reason": "bão"}).json["cancel_reason"] == "bão"
    assert server.api.post(f"/consultations/{two}/end").json["state"] == "ended"
    for over in (one, two):
        refused(server.api.patch(f"/consultations/{over}", {"title": "x"}), 409, "wrong-state")
        refused(server.api.post(f"/consultations/{over}/tickets", {"participant": {"name": "X", "role": "host"}}), 409, "wrong-state")
    assert server.api.post(f"/consultations/{one}/cancel", {}).status == 200  # said twice is said once
    refused(server.api.post(f"/consultations/{one}/end"), 409, "wrong-state")


def test_patients_are_paged_by_name_and_none_is_left_out(server):
    names = ["Phạm Trang An", "Phạm Trang An", "Phạm Trang Bình", "Phạm Trang Đức", "Phạm Trang An", "Lê Trang Anh", "Phạm Trang Yến"]
    for number, name in enumerate(names):
        made = server.api.post("/patients", {"name": name, "sex": "female", "identifier": {"system": "urn:trang", "value": f"trang-{number}"}})
        assert made.status == 201, made
    seen, cursor = [], ""
    while cursor is not None:
        page = server.api.get(f"/patients?q=trang-&limit=2&cursor={cursor}").json
        assert len(page["items"]) <= 2
        seen += [(patient["name"], patient["id"]) for patient in page["items"]]
        cursor = page.get("next")
    assert [name for name, _ in seen] == ["Lê Trang Anh"] + ["Phạm Trang An"] * 3 + ["Phạm Trang Bình", "Phạm Trang Đức", "Phạm Trang Yến"]
    assert len({patient for _, patient in seen}) == len(names)
    assert [p["name"] for p in server.api.get("/patients?q=trang-3").json["items"]] == ["Phạm Trang Đức"]
    assert server.api.get("/patients?q=trang-&cursor=nobody").json["items"] == []


def test_list_is_paged_without_loss_or_repetition(server):
    ids = [book(server, title=f"Trang {n}").json["id"] for n in range(7)]
    seen, cursor = [], ""
    while cursor is not None:
        page = server.api.get(f"/consultations?q=trang&limit=3&cursor={cursor}").json
        seen += [item["id"] for item in page["items"]]
        cursor = page.get("next")
    assert sorted(seen) == sorted(ids) and len(seen) == 7
    window = times()
    within = server.api.get(f"/consultations?from={window['starts_at']}&to={window['ends_at']}&q=trang").json["items"]
    assert len(within) == 7
    refused(server.api.get("/consultations?from=yesterday"), 422, "validation")


# ---- who may ----


def account(server, username, name):
    made = server.api.post("/users", {"username": username, "name": name, "role": "doctor"}).json
    own = server.client()
    own.sign_in(username, made["one_time_password"])
    own.put("/session/password", {"current": made["one_time_password"], "new": "mùa đông không lạnh"})
    own.sign_in(username, "mùa đông không lạnh")
    return made, own


def test_doctor_sees_and_does_only_what_is_theirs(server):
    made, doctor = account(server, "lan", "BS. Lan")
    mine = book(server, participants=[{"name": "BS. Lan", "role": "doctor", "user_id": made["id"]}]).json
    other = server.api.post("/consultations", {"title": "x", **times(60)}).json
    assert [item["id"] for item in doctor.get("/consultations").json["items"]] == [mine["id"]]
    for path in ("", "/consents", "/sessions", "/chat", "/recordings", "/deliveries"):
        assert doctor.get(f"/consultations/{mine['id']}{path}").status == 200
        refused(doctor.get(f"/consultations/{other['id']}{path}"), 404, "not-found")
    assert doctor.post(f"/consultations/{mine['id']}/tickets", {"participant": {"name": "BS. Mai", "role": "doctor"}}).status == 201
    refused(doctor.post(f"/consultations/{other['id']}/tickets", {"participant": {"name": "X", "role": "host"}}), 404, "not-found")
    refused(doctor.post("/consultations", {"title": "x", **times()}), 403, "not-allowed")
    conflict = refused(book(server, participants=[{"name": "BS. Lan", "role": "doctor", "user_id": made["id"]}]), 409, "conflict")
    assert conflict["conflicts"][0]["kind"] == "person"


def test_account_gives_no_links_to_more_than_it_may_itself(server):
    accounts = {role: account(server, f"{role}-links", role) for role in ("host", "doctor", "observer")}
    booked = book(server, participants=[{"name": role, "role": role, "user_id": made["id"]} for role, (made, _) in accounts.items()]).json
    places = {person["role"]: person["id"] for person in booked["participants"]}
    places["patient"] = server.api.post(f"/consultations/{booked['id']}/tickets", {"participant": {"name": "Bà Sua", "role": "patient"}}).json["participant_id"]
    allowed = {"host": {"new host", "new doctor", "new patient", "host", "doctor", "observer", "patient"},
               "doctor": {"new doctor", "new patient", "doctor", "observer", "patient"},
               "observer": {"observer"}}
    for who, (_, own) in accounts.items():
        for what in allowed["host"]:
            role = what.removeprefix("new ")
            body = {"participant": {"name": "X", "role": role}} if what != role else {"participant_id": places[role]}
            answer = own.post(f"/consultations/{booked['id']}/tickets", body)
            assert answer.status == (201 if what in allowed[who] else 403), (who, what, answer)
    own = accounts["observer"][1]
    refused(own.put(f"/consultations/{booked['id']}/patient", {"patient": PATIENT}), 403, "not-allowed")
    refused(own.post(f"/consultations/{booked['id']}/end"), 403, "not-allowed")
    assert accounts["doctor"][1].put(f"/consultations/{booked['id']}/patient", {"patient": PATIENT}).status == 204
    assert accounts["doctor"][1].post(f"/consultations/{booked['id']}/end").json["state"] == "ended"


def test_sign_in_beside_other_writers_does_not_fail(server):
    """Each writes a row of the audit log: whoever is too slow tries again."""
    where = book(server).json["id"]

    def write(i):
        if i % 2:
            return server.client().sign_in().status
        return server.api.post(f"/consultations/{where}/tickets", {"participant": {"name": "X", "role": "doctor"}}).status

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(write, range(64)))
    assert {200, 201} <= statuses <= {200, 201, 503}  # 503: more passwords at once than are looked at
    assert server.api.get("/audit/verify").json["intact"]


# ---- tickets ----


def test_ticket_opens_the_pre_join_page(server, place):
    consultation = book(server, room_id=place["room"]["id"], participants=[{"name": "BS. Lan", "role": "specialist"}]).json
    one = server.api.post(f"/consultations/{consultation['id']}/tickets", {"participant": {"name": "BS. Mai", "role": "host"}})
    assert one.status == 201 and one.json["url"] == f"{server.url}/join#{one.json['ticket']}"
    two = server.api.post(f"/consultations/{consultation['id']}/tickets", {"participant_id": consultation["participants"][0]["id"]}).json
    assert two["participant_id"] == consultation["participants"][0]["id"]
    join = server.client(token=one.json["ticket"]).get("/join").json
    assert join["participant"]["name"] == "BS. Mai" and join["participant"]["role"] == "host"
    assert join["consultation"]["title"] == "Hội chẩn" and join["present"] == 0
    assert "patient" not in join["consultation"]


def test_ticket_that_is_bad_or_old_is_refused(server):
    consultation = book(server).json
    ticket = server.api.post(f"/consultations/{consultation['id']}/tickets", {"participant": {"name": "X", "role": "host"}}).json["ticket"]
    head, body, signature = ticket.split(".")
    for bad in ("", "x", ticket[:-2], f"{head}.{body[:-1]}A.{signature}", "a" * 5000):
        refused(server.client(token=bad or None).get("/join"), 401, "ticket-invalid")
    refused(server.api.post(f"/consultations/{consultation['id']}/tickets", {"participant": {"name": "X", "role": "host"}, "expires_in_s": 1}), 422, "validation")


# ---- kiosks ----


def test_kiosk_is_paired_shows_its_room_and_joins(server, place):
    device = server.client()
    pairing = device.post("/kiosk/pairings", {}).json
    secret = server.client(token=pairing["secret"])
    assert secret.get(f"/kiosk/pairings/{pairing['id']}").json == {"state": "waiting"}
    refused(server.client(token="guess").get(f"/kiosk/pairings/{pairing['id']}"), 404, "unknown-code")
    refused(server.api.post("/kiosks", {"code": "000000", "room_id": place["room"]["id"]}), 404, "unknown-code")
    kiosk = server.api.post("/kiosks", {"code": pairing["code"].lower(), "room_id": place["room"]["id"], "name": "Máy 1"})
    assert kiosk.status == 201 and kiosk.json["room"]["name"] == "Phòng hội chẩn 1"
    refused(server.api.post("/kiosks", {"code": pairing["code"], "room_id": place["room"]["id"]}), 404, "unknown-code")
    paired = secret.get(f"/kiosk/pairings/{pairing['id']}").json
    assert paired["state"] == "paired" and paired["kiosk"]["id"] == kiosk.json["id"]
    again = secret.get(f"/kiosk/pairings/{pairing['id']}").json  # the answer was lost on the way
    own = server.client(token=again["token"])
    global _day
    _day = 0
    begin = times(60)
    consultation = server.api.post("/consultations", {
        "title": "Hội chẩn", **begin, "room_id": place["room"]["id"], "reason": "Theo dõi lao phổi",
        "participants": [{"name": "Giàng A Pao", "role": "patient"}],
        "patient": {"identifier": {"system": "s", "value": "v"}, "name": "Giàng A Pao"}}).json
    elsewhere = server.api.post("/consultations", {"title": "x", **begin}).json
    view = own.get("/kiosk").json
    assert view["next"]["id"] == consultation["id"] and [item["id"] for item in view["today"]] == [consultation["id"]]
    shown = own.get("/kiosk").body.decode()  # the screen stands in the open
    assert "Giàng A Pao" not in shown and "lao phổi" not in shown
    given = own.post("/kiosk/tickets", {"consultation_id": consultation["id"]}).json
    ticket = given["ticket"]
    assert given["ice_servers"] == server.client(token=ticket).get("/join").json["ice_servers"]
    assert server.client(token=ticket).get("/join").json["participant"]["role"] == "kiosk"
    own.post("/kiosk/tickets", {"consultation_id": consultation["id"]})
    people = server.api.get(f"/consultations/{consultation['id']}").json["participants"]
    assert [person["role"] for person in people] == ["patient", "kiosk"]
    refused(own.post("/kiosk/tickets", {"consultation_id": elsewhere["id"]}), 404, "not-found")
    assert server.api.get("/kiosks").json["items"][0]["online"] is True
    assert server.api.delete(f"/kiosks/{kiosk.json['id']}").status == 204
    refused(own.get("/kiosk"), 401, "kiosk-token-invalid")
    refused(own.post("/kiosk/tickets", {"consultation_id": consultation["id"]}), 401, "kiosk-token-invalid")


def test_kiosk_pairings_are_slowed_down(server):
    device = server.client()
    answers = [device.post("/kiosk/pairings", {}).status for _ in range(32)]
    assert 429 in answers
    assert int(device.post("/kiosk/pairings", {}).headers["retry-after"]) > 0


# ---- places ----


def test_places_form_a_tree_and_stay_while_used(server, place):
    refused(server.api.delete(f"/sites/{place['province']['id']}"), 409, "in-use")
    problem = refused(server.api.patch(f"/sites/{place['province']['id']}", {"parent_id": place["site"]["id"]}), 422, "validation")
    assert problem["errors"][0]["code"] == "cycle"
    top = server.api.patch(f"/sites/{place['site']['id']}", {"parent_id": None}).json
    assert "parent_id" not in top
    spare = server.api.post("/rooms", {"site_id": place["site"]["id"], "name": "Kho"}).json
    assert server.api.delete(f"/rooms/{spare['id']}").status == 204
    refused(server.api.get(f"/rooms/{spare['id']}"), 404, "not-found")
    problem = refused(server.api.post("/rooms", {"site_id": "nowhere", "name": "x"}), 422, "validation")
    assert problem["errors"][0]["field"] == "site_id"


def test_patients_are_known_by_identifier(server):
    patient = {"identifier": {"system": "urn:bhyt", "value": "GD4799"}, "name": "Vàng Thị Sua", "sex": "female"}
    made = server.api.post("/patients", patient).json
    refused(server.api.post("/patients", patient), 409, "name-taken")
    assert server.api.patch(f"/patients/{made['id']}", {"birth_date": "1990-01-01"}).json["birth_date"] == "1990-01-01"
    assert [item["id"] for item in server.api.get("/patients?q=gd4799").json["items"]] == [made["id"]]


def test_everything_done_is_in_the_audit_log(server):
    consultation = book(server).json
    server.api.post(f"/consultations/{consultation['id']}/cancel", {})
    actions = [entry["action"] for entry in server.api.get(f"/consultations/{consultation['id']}/audit").json["items"]]
    assert actions == ["consultation.cancel", "consultation.book"]
    page = server.api.get("/audit?limit=1").json
    assert page["items"][0]["actor"].startswith("user:") and page["next"]
