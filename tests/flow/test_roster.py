"""The on-call roster through the API: who may keep it, what is refused, what a reader sees."""
import datetime

import pytest

from hoichand import PASSWORD
from test_consultations import refused

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def at(hours):
    return (NOW + datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def doctor(server, username, name, **more):
    """A doctor with an account, signed in."""
    made = server.api.post("/users", {"username": username, "name": name, "role": "doctor", **more}).json
    client = server.client()
    client.sign_in(username, made["one_time_password"])
    client.put("/session/password", {"current": made["one_time_password"], "new": PASSWORD})
    assert client.sign_in(username, PASSWORD).status == 200
    client.id = made["id"]
    return client


@pytest.fixture(scope="module")
def lan(server):
    return doctor(server, "lan", "Nguyễn Thị Lan", title="BSCKI")


@pytest.fixture(scope="module")
def clinic(server):
    return server.api.post("/sites", {"kind": "clinic", "name": "TTYT Mù Cang Chải"}).json


@pytest.fixture
def shift(server, lan, clinic):
    answer = server.api.post("/shifts", {"user_id": lan.id, "site_id": clinic["id"], "specialty": "Tim mạch", "starts_at": at(-1), "ends_at": at(11)})
    assert answer.status == 201
    yield answer.json
    server.api.delete(f"/shifts/{answer.json['id']}")


def test_roster_is_kept_by_admins_and_read_by_all_staff(server, lan, clinic, shift):
    assert shift == {"id": shift["id"], "user_id": lan.id, "user_name": "Nguyễn Thị Lan", "user_title": "BSCKI", "site_id": clinic["id"],
                     "site_name": "TTYT Mù Cang Chải", "specialty": "Tim mạch", "starts_at": at(-1), "ends_at": at(11)}
    assert lan.get("/shifts").json["items"] == [shift]
    refused(server.client().get("/shifts"), 401, "not-signed-in")
    body = {"user_id": lan.id, "starts_at": at(0), "ends_at": at(1)}
    refused(lan.post("/shifts", body), 403, "not-allowed")
    refused(lan.patch(f"/shifts/{shift['id']}", {"ends_at": at(12)}), 403, "not-allowed")
    refused(lan.delete(f"/shifts/{shift['id']}"), 403, "not-allowed")


def test_roster_of_a_time_is_what_touches_it(server, shift):
    listed = lambda hours_from, hours_to: [one["id"] for one in server.api.get(f"/shifts?from={at(hours_from)}&to={at(hours_to)}").json["items"]]
    assert listed(0, 1) == [shift["id"]] and listed(10, 20) == [shift["id"]]
    assert listed(11, 20) == [] and listed(-5, -1) == []
    assert refused(server.api.get("/shifts?from=tomorrow"), 422, "validation")["errors"][0]["field"] == "from"


def test_two_may_be_on_call_at_once(server, lan, shift):
    other = server.api.post("/shifts", {"user_id": lan.id, "starts_at": at(0), "ends_at": at(12)})
    assert other.status == 201 and "site_id" not in other.json
    assert [one["id"] for one in server.api.get("/shifts").json["items"]] == [shift["id"], other.json["id"]]
    first = server.api.get("/shifts?limit=1").json
    assert first["next"] == shift["id"] and server.api.get(f"/shifts?cursor={first['next']}").json["items"] == [other.json]
    assert server.api.delete(f"/shifts/{other.json['id']}").status == 204
    refused(server.api.delete(f"/shifts/{other.json['id']}"), 404, "not-found")


@pytest.mark.parametrize("change,field,reason", [
    ({"user_id": None}, "user_id", "required"),
    ({"user_id": "nobody"}, "user_id", "unknown"),
    ({"site_id": "nowhere"}, "site_id", "unknown"),
    ({"specialty": "x" * 81}, "specialty", "too-long"),
    ({"starts_at": "now"}, "starts_at", "not-a-time"),
    ({"ends_at": at(-1)}, "ends_at", "end-before-start"),
    ({"ends_at": at(31 * 24 + 1)}, "ends_at", "shift-too-long"),
])
def test_roster_names_what_is_wrong(server, lan, shift, change, field, reason):
    body = {"user_id": lan.id, "starts_at": at(0), "ends_at": at(1)}
    for answer in (server.api.post("/shifts", {**body, **change}), server.api.patch(f"/shifts/{shift['id']}", {**body, **change})):
        problem = refused(answer, 422, "validation")
        assert [(error["field"], error["code"]) for error in problem["errors"]] == [(field, reason)]


def test_roster_changes_are_audited_and_keep_the_rest(server, shift):
    changed = server.api.patch(f"/shifts/{shift['id']}", {"ends_at": at(20), "site_id": None}).json
    assert changed == {**{key: value for key, value in shift.items() if not key.startswith("site_")}, "ends_at": at(20)}
    refused(server.api.patch("/shifts/none", {"ends_at": at(20)}), 404, "not-found")
    done = [entry["action"] for entry in server.api.get("/audit").json["items"] if entry.get("object") == f"shift:{shift['id']}"]
    assert done == ["shift.change", "shift.create"]


def test_who_has_left_is_on_call_no_more(server, shift):
    gone = doctor(server, "gone", "Lê Văn Đi")
    theirs = server.api.post("/shifts", {"user_id": gone.id, "starts_at": at(0), "ends_at": at(1)}).json
    server.api.patch(f"/users/{gone.id}", {"active": False})
    assert theirs["id"] not in [one["id"] for one in server.api.get("/shifts").json["items"]]
    assert server.api.delete(f"/users/{gone.id}").status == 204
