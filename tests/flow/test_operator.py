"""What an operator does: hoichanctl, the API's description, the backup."""
import json
import subprocess

import jsonschema
import pytest

from hoichand import BUILD, TOP


def ctl(server, *arguments, status=0):
    ended = subprocess.run([BUILD / "hoichanctl", "--config", server.config_path, *arguments], capture_output=True,
                           text=True, timeout=60)
    assert ended.returncode == status, ended.stderr
    return ended.stdout if status == 0 else ended.stderr


def test_ctl_status(server):
    out = ctl(server, "status")
    assert "ready" in out and "worker 0: running" in out and "deliveries: 0 waiting, 0 failed" in out


def test_ctl_admins_and_passwords(server):
    made = ctl(server, "users", "add-admin", "truong.khoa")
    password = made.split("password")[1].split()[0]
    assert server.client().sign_in("truong.khoa", password).json["must_change_password"] is True
    assert "truong.khoa" in ctl(server, "users", "list")
    again = ctl(server, "users", "reset", "truong.khoa").split("password")[1].split()[0]
    assert server.client().sign_in("truong.khoa", password).status == 401
    assert server.client().sign_in("truong.khoa", again).status == 200
    assert "no user" in ctl(server, "users", "reset", "nobody", status=1)
    assert "username" in ctl(server, "users", "add-admin", "Không Hợp Lệ", status=1)


def test_ctl_verify(server):
    assert "intact" in ctl(server, "verify")


def test_ctl_backup_and_restore(make_server, tmp_path):
    server, folder = make_server(), tmp_path / "disk" / "hoichan"
    patient = server.api.post("/patients", {"name": "Giàng A Pao", "identifier": {"system": "urn:x", "value": "1"}})
    assert patient.status == 201, patient
    for _ in range(2):  # the second night writes over the first
        assert "database, keys, certificate, recordings and files" in ctl(server, "backup", folder)
    assert [path.name for path in (server.state / "backups").iterdir()] == []
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.rglob("*"))
    assert "stop it first" in ctl(server, "restore", folder, status=1)
    server.stop()
    assert "move" in ctl(server, "restore", folder, status=1)  # nothing is written over
    server.state.rename(tmp_path / "old")
    assert "no keys/master.key" in ctl(server, "restore", tmp_path / "disk", status=1)
    assert "as it was" in ctl(server, "restore", folder)
    server.start()
    assert server.api.get(f"/patients/{patient.json['id']}").json["name"] == "Giàng A Pao"
    assert "intact" in ctl(server, "verify")


def test_ctl_backup_without_room_says_so(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert "cannot be made" in ctl(server, "backup", tmp_path / "file" / "folder", status=1)
    assert not list((server.state / "backups").iterdir())


def test_ctl_drain(server):
    assert "takes no new rooms" in ctl(server, "drain", "0")
    assert "Not found" in ctl(server, "drain", "7", status=1)


def test_ctl_without_a_server(make_server):
    server = make_server()
    server.stop()
    assert "no running hoichand" in ctl(server, "status", status=1)
    assert not (server.state / "ctl.json").exists()


def test_ctl_access_is_private(server):
    assert (server.state / "ctl.json").stat().st_mode & 0o077 == 0
    assert "token" not in server.log()


@pytest.fixture(scope="module")
def document(server):
    answer = server.client().get("/openapi.json")
    assert answer.status == 200 and answer.json == json.loads((TOP / "server" / "openapi.json").read_text())
    return answer.json


def check(document, path, method, answer):
    """Holds an answer against what the document says of it."""
    responses = document["paths"][path][method]["responses"]
    response = responses.get(str(answer.status), responses["default"])
    if "$ref" in response:
        response = document["components"]["responses"]["Problem"]
    kind = answer.headers["content-type"].split(";")[0]
    schema = response["content"][kind]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(answer.json)


def test_answers_are_as_described(server, document):
    api = server.api
    site = api.post("/sites", {"kind": "clinic", "name": "Trạm y tế Sơn Kỳ"})
    room = api.post("/rooms", {"site_id": site.json["id"], "name": "Phòng hội chẩn"})
    booked = api.post("/consultations", {
        "title": "Hội chẩn da liễu", "starts_at": "2031-01-02T03:00:00Z", "ends_at": "2031-01-02T04:00:00Z",
        "room_id": room.json["id"], "participants": [{"name": "BS. Lan", "role": "specialist"}],
        "patient": {"identifier": {"system": "https://his.example/mrn", "value": "BN-1"}, "name": "Trần Thị Mai",
                    "birth_date": "1980-01-31", "sex": "female"}})
    one = f"/consultations/{booked.json['id']}"
    for path, method, answer in [
        ("/sites", "post", site), ("/rooms", "post", room), ("/consultations", "post", booked),
        ("/consultations", "post", api.post("/consultations", {"title": 1})),
        ("/consultations", "post", api.post("/consultations", {
            "title": "Trùng", "starts_at": "2031-01-02T03:30:00Z", "ends_at": "2031-01-02T04:30:00Z",
            "room_id": room.json["id"]})),
        ("/consultations/{id}", "get", api.get(one)),
        ("/consultations/{id}/tickets", "post",
         api.post(one + "/tickets", {"participant": {"name": "BS. Minh", "role": "doctor"}})),
        ("/consultations", "get", api.get("/consultations")), ("/sites", "get", api.get("/sites")),
        ("/rooms", "get", api.get("/rooms")), ("/patients", "get", api.get("/patients")),
        ("/users", "get", api.get("/users")), ("/tokens", "get", api.get("/tokens")),
        ("/status", "get", api.get("/status")), ("/audit", "get", api.get("/audit")),
        ("/audit/verify", "get", api.get("/audit/verify")), ("/session", "get", api.get("/session")),
        ("/deliveries", "get", api.get("/deliveries")), ("/recordings", "get", api.get("/recordings")),
        ("/kiosks", "get", api.get("/kiosks")), ("/webhooks", "get", api.get("/webhooks")),
        ("/users", "get", server.client().get("/users")),
        ("/kiosk/pairings", "post", server.client().post("/kiosk/pairings", {})),
    ]:
        try:
            check(document, "/api/v1" + path, method, answer)
        except (jsonschema.ValidationError, KeyError) as error:
            pytest.fail(f"{method} {path} answered {answer}: {error}")
