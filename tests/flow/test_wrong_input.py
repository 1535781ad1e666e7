"""What goes in wrong gets a clear error that says what to do, in the language of whoever sent it."""
import asyncio
import base64
import hmac
import json
import time

import pytest
import websockets

from test_call import book, ticket

SDP = {"Content-Type": "application/sdp"}
BROKEN = {
    "nothing of it": "v=0\r\nthis is no SDP\r\n",
    "cut short": "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
    "a control character": "v=0\r\no=- 1 1 IN IP4 \x01\r\n" * 50,
}


def in_words(told, language):
    """`told` has what happened and what to do, as sentences in this language, and nothing of ours inside."""
    message = told.get("detail") or told["message"]
    for text in (message, told["action"]):
        assert text[0].isupper() and text.rstrip()[-1] in ".)", text
        assert not any(word in text for word in ("undefined", "null", "errno", told["code"])), text
        vietnamese = any(ord(letter) > 0x1e9f for letter in text)
        assert vietnamese == (language == "vi"), text


def post(server, path, body, token=None, language="vi", **headers):
    return server.client(token=token, language=language).request("POST", path, body, headers=headers, raw=True)


async def socket_says(server, language, *messages):
    async with websockets.connect(f"wss://localhost:{server.port}/ws", ssl=server.tls, subprotocols=["hoichan.v1"],
                                  extra_headers={"Accept-Language": language}) as socket:
        for message in messages:
            await socket.send(json.dumps(message))
            heard = {}
            while heard.get("id") != message["id"] and heard.get("type") != "error":
                heard = json.loads(await asyncio.wait_for(socket.recv(), 60))
        return heard


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("bad", ["x", "no.good.ticket", "eyJhbGciOiJub25lIn0.e30."])
def test_bad_ticket(server, language, bad):
    error = asyncio.run(socket_says(server, language, {"type": "join", "id": 1, "ticket": bad}))
    assert error["fatal"] is True
    in_words(error, language)
    consultation = book(server)
    answer = post(server, f"/whip/{consultation}", b"v=0\r\n", token=bad, language=language, **SDP)
    assert (answer.status, answer.json["code"]) == (401, "ticket-invalid")
    in_words(answer.json, language)
    answer = server.client(token=bad, language=language).get("/join")
    assert (answer.status, answer.json["code"]) == (401, "ticket-invalid")
    in_words(answer.json, language)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("how", BROKEN)
def test_broken_sdp(server, language, how):
    consultation = book(server)
    whom = ticket(server, consultation, "BS. Lan")
    error = asyncio.run(socket_says(server, language, {"type": "join", "id": 1, "ticket": whom, "language": language},
                                    {"type": "offer", "id": 2, "generation": 1, "sdp": BROKEN[how], "tracks": []}))
    assert error["code"] in ("bad_sdp", "unsupported") and error["id"] == 2 and not error.get("fatal")
    in_words(error, language)
    answer = post(server, f"/whip/{consultation}", BROKEN[how].encode(), token=whom, language=language, **SDP)
    assert answer.status in (400, 406, 422) and answer.headers["content-type"] == "application/problem+json", answer
    in_words(answer.json, language)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_ten_megabytes(server, language):
    consultation = book(server)
    whom = ticket(server, consultation, "BS. Lan")
    huge = "x" * 10_000_000
    error = asyncio.run(socket_says(server, language, {"type": "join", "id": 1, "ticket": huge}))
    assert error["code"] == "too_large"
    in_words(error, language)
    for path, headers in ((f"/whip/{consultation}", SDP), ("/api/v1/session", {"Content-Type": "application/json"})):
        answer = post(server, path, huge.encode(), token=whom if "whip" in path else None, language=language, **headers)
        assert (answer.status, answer.json["code"]) == (413, "too-large")
        in_words(answer.json, language)
    assert server.client().request("GET", "/readyz", raw=True).status == 200


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("change, code", [
    ({"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-01-01T01:00:00Z"}, "validation"),
    ({"room_id": "nowhere"}, "unknown-room"),
    ({"starts_at": "tomorrow"}, "validation"),
])
def test_impossible_booking(server, language, change, code):
    form = {"kind": "scheduled", "title": "Hội chẩn", "starts_at": "2099-01-01T00:00:00Z", "ends_at": "2099-01-01T01:00:00Z"}
    client = server.client(language=language)
    client.cookie, client.csrf = server.api.cookie, server.api.csrf
    answer = client.post("/consultations", form | change)
    assert (answer.status, answer.json["code"]) == (422, code), answer
    in_words(answer.json, language)
    for error in answer.json.get("errors", []):
        assert error["field"] in change and error["message"][0].isupper(), error


def encoded(part):
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def a_minute_later(server, ticket_text):
    """A ticket of one minute as it is after that minute: its time is put back, and it is signed again with the server's own key."""
    head, claims, _ = ticket_text.encode().split(b".")
    told = json.loads(base64.urlsafe_b64decode(claims + b"=="))
    assert 0 < told["exp"] - time.time() <= 61, told
    told["exp"] -= 61
    signed = head + b"." + encoded(json.dumps(told).encode())
    return (signed + b"." + encoded(hmac.digest((server.state / "keys/ticket.key").read_bytes(), signed, "sha256"))).decode()


def test_expired_ticket(server):
    consultation = book(server)
    answer = server.api.post(f"/consultations/{consultation}/tickets",
                             {"participant": {"name": "BS. Lan", "role": "doctor"}, "expires_in_s": 60})
    assert answer.status == 201, answer
    old = a_minute_later(server, answer.json["ticket"])
    for language in ("vi", "en"):
        error = asyncio.run(socket_says(server, language, {"type": "join", "id": 1, "ticket": old}))
        assert error["code"] == "ticket_expired" and error["fatal"] is True
        in_words(error, language)
        answer = post(server, f"/whip/{consultation}", b"v=0\r\n", token=old, language=language, **SDP)
        assert (answer.status, answer.json["code"]) == (401, "ticket-expired")
        in_words(answer.json, language)
