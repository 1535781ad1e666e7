"""What a browser, a script and an attacker see of hoichand's HTTP."""
import asyncio
import gzip
import json
import random
import re
import signal
import socket
import ssl
import subprocess
import time

import pytest
import websockets

from hoichand import PASSWORD

LARGE = random.Random(7).randbytes(3_000_000)  # too large to be kept in memory, in either form


@pytest.fixture(scope="module")
def web_root(tmp_path_factory):
    root = tmp_path_factory.mktemp("dist")
    for page in ("join", "kiosk", "admin"):
        (root / page).mkdir()
        (root / page / "index.html").write_text(f"<!doctype html><title>{page}</title>")
    (root / "assets").mkdir()
    script = b"export const answer = 42;\n" * 100
    (root / "assets" / "app-1a2b3c.js").write_bytes(script)
    (root / "assets" / "app-1a2b3c.js.gz").write_bytes(gzip.compress(script))
    (root / "assets" / "app-1a2b3c.js.br").write_bytes(b"this stands for brotli")
    (root / "assets" / "model-4d5e6f.wasm").write_bytes(LARGE)
    (root / "assets" / "model-4d5e6f.wasm.gz").write_bytes(gzip.compress(LARGE))
    return root


@pytest.fixture(scope="module")
def server(web_root):
    from hoichand import Hoichand

    hoichand = Hoichand({"server": {"web_root": web_root, "redirect_listen": "127.0.0.1:0"}})
    try:
        yield hoichand.start()
    finally:
        hoichand.finish()


def curl(server, *arguments):
    return subprocess.run(
        ["curl", "-s", "--max-time", "60", "--cacert", server.state / "tls" / "cert.pem", *arguments],
        check=True, capture_output=True).stdout


# ---- pages ----


def test_root_leads_to_the_panel(server):
    answer = server.api.get("/", raw=True)
    assert answer.status == 302 and answer.headers["location"] == "/admin"


@pytest.mark.parametrize("path,title", [("/admin", "admin"), ("/admin/consultations/abc", "admin"), ("/kiosk", "kiosk"),
                                        ("/join", "join"), ("/join/", "join")])
def test_pages_open_their_application(server, path, title):
    answer = server.api.get(path, raw=True)
    assert answer.status == 200 and f"<title>{title}</title>".encode() in answer.body
    assert answer.headers["cache-control"] == "no-cache" and answer.headers["etag"]


def test_page_headers_are_strict(server):
    headers = server.api.get("/admin", raw=True).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert policy["connect-src"] == f"'self' wss://localhost:{server.port}"
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert "max-age=" in headers["strict-transport-security"]
    assert "camera=(self)" in headers["permissions-policy"] and "geolocation=()" in headers["permissions-policy"]
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-embedder-policy"] == "require-corp"


def test_assets_are_compressed_and_kept_for_ever(server):
    path = "/assets/app-1a2b3c.js"
    plain = server.api.get(path, raw=True)
    assert "immutable" in plain.headers["cache-control"] and plain.headers["vary"] == "accept-encoding"
    zipped = server.api.get(path, raw=True, headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["content-encoding"] == "gzip" and gzip.decompress(zipped.body) == plain.body
    brotli = server.api.get(path, raw=True, headers={"Accept-Encoding": "gzip, br;q=0.9"})
    assert brotli.headers["content-encoding"] == "br"
    refused = server.api.get(path, raw=True, headers={"Accept-Encoding": "br;q=0, gzip;q=0"})
    assert "content-encoding" not in refused.headers
    again = server.api.get(path, raw=True, headers={"If-None-Match": plain.headers["etag"]})
    assert again.status == 304 and again.body == b""


def test_each_coding_of_an_asset_has_a_tag_of_its_own(server):
    def load(coding, **more):
        return server.api.get("/assets/app-1a2b3c.js", raw=True, headers={"Accept-Encoding": coding, **more})

    tags = {coding: load(coding).headers["etag"] for coding in ("identity", "gzip", "br")}
    assert len(set(tags.values())) == 3 and not any(tag.startswith("W/") for tag in tags.values())
    for coding, tag in tags.items():
        assert load(coding, **{"If-None-Match": tag}).status == 304
        assert load("gzip" if coding != "gzip" else "br", **{"If-None-Match": tag}).status == 200


def test_large_assets_come_whole_to_many_at_once(server, tmp_path):
    path = "/assets/model-4d5e6f.wasm"
    for flag in ("--http2", "--http1.1"):
        assert curl(server, flag, server.url + path) == LARGE
        assert gzip.decompress(curl(server, flag, "-H", "Accept-Encoding: gzip", server.url + path)) == LARGE
    curl(server, "-Z", *[part for i in range(8) for part in ("-o", tmp_path / str(i), server.url + path)])
    assert all((tmp_path / str(i)).read_bytes() == LARGE for i in range(8))
    head = server.api.request("HEAD", path, raw=True)
    assert head.body == b"" and int(head.headers["content-length"]) == len(LARGE)
    again = server.api.get(path, raw=True, headers={"If-None-Match": head.headers["etag"]})
    assert again.status == 304 and again.body == b""
    assert server.api.get(path, raw=True, headers={"Range": "bytes=0-9"}).status == 200  # as the small ones: no ranges


def test_large_asset_that_is_replaced_is_served_as_it_was_until_the_reload(server, web_root):
    def load():
        return server.api.get("/assets/model-4d5e6f.wasm", raw=True)

    before = load()
    new = web_root / "new"
    new.write_bytes(LARGE[::-1])
    new.replace(web_root / "assets" / "model-4d5e6f.wasm")
    assert load().body == LARGE
    server.process.send_signal(signal.SIGHUP)
    server._wait_for(lambda: load().body == LARGE[::-1], "does not find the new file")
    assert load().headers["etag"] != before.headers["etag"]


def test_nothing_outside_the_web_root_is_served(server):
    for path in ("/../state/hoichan.db", "/assets/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/%00"):
        assert server.api.get(path, raw=True).status in (400, 403, 404)


def test_head_has_no_body(server):
    answer = server.api.request("HEAD", "/admin", raw=True)
    assert answer.status == 200 and answer.body == b"" and int(answer.headers["content-length"]) > 0


def test_http2_and_http1(server):
    for flag, version in (("--http2", b"2"), ("--http1.1", b"1.1")):
        assert curl(server, flag, "-o", "/dev/null", "-w", "%{http_version}", server.url + "/admin") == version


def test_h2_requests_run_side_by_side(server):
    urls = [server.url + "/assets/app-1a2b3c.js"] * 30 + [server.url + "/api/v1/session"] * 30
    out = curl(server, "--http2", "-Z", "--parallel-max", "60", "-o", "/dev/null", "-w", "%{http_code}\n",
               *[part for url in urls for part in ("-o", "/dev/null", url)])
    assert sorted(out.split()) == [b"200"] * 30 + [b"401"] * 30


def test_plain_http_is_sent_on_to_https(server):
    """Also when somebody types http:// and the port of HTTPS."""
    out = curl(server, "-i", f"http://127.0.0.1:{server.port}/join?a=1&b=x%26y").decode()
    assert out.startswith("HTTP/1.1 308")
    assert f"location: https://127.0.0.1:{server.port}/join?a=1&b=x%26y" in out


# ---- errors ----


def test_problems_are_told_in_the_readers_language(server):
    vietnamese = server.client().get("/nowhere")
    assert vietnamese.status == 404 and vietnamese.headers["content-type"] == "application/problem+json"
    assert vietnamese.json["title"] == "Không tìm thấy" and vietnamese.json["action"]
    english = server.client(language="en-GB,en;q=0.9,vi;q=0.5").get("/nowhere")
    assert english.json["title"] == "Not found" and english.headers["content-language"] == "en"
    assert english.json["code"] == "not-found" and english.json["type"] == "/problems/not-found"


def test_wrong_method_names_the_right_ones(server):
    answer = server.api.put("/tokens", {})
    assert answer.status == 405 and answer.headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("body,status,code", [
    (b"{", 400, "bad-json"), (b"[]", 400, "bad-json"), (b'"x"', 400, "bad-json"), (b'{"a":1,"a":2}', 400, "bad-json"),
    (b"\xff\xfe", 400, "bad-json"), (b"[" * 5000, 400, "bad-json"), (b"x" * (1024 * 1024 + 1), 413, "too-large"),
])
def test_bad_bodies(server, body, status, code):
    for client in (server.api, server.client()):
        answer = client.post("/session", body, headers={"Content-Type": "application/json"})
        assert answer.status == status and answer.json["code"] == code and answer.json["action"]


def test_body_of_another_type(server):
    answer = server.api.post("/tokens", b"name=x", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 415 and answer.json["code"] == "unsupported-media-type"


def test_http2_body_without_length(server):
    """Legal in HTTP/2; the end of the stream ends the body."""
    out = curl(server, "--http2", "-X", "POST", "-H", "content-type: application/json", "-H", "content-length:",
               "-d", "{", server.url + "/api/v1/session")
    assert json.loads(out)["code"] == "bad-json"


def test_http1_chunked_body_is_refused_clearly(server):
    out = curl(server, "--http1.1", "-H", "transfer-encoding: chunked", "-H", "content-type: application/json",
               "-d", "{}", server.url + "/api/v1/session")
    assert json.loads(out)["code"] == "length-required"


def test_broken_requests_do_no_harm(server):
    for junk in (b"\x16\x03\x01\x00\x05hello", b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 100, b"\x16\x03\x01\xff\xff",
                 b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as plain:
            plain.sendall(junk)
            plain.shutdown(socket.SHUT_WR)
            plain.recv(1000)
        context = ssl.create_default_context(cafile=server.state / "tls" / "cert.pem")
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as raw:
            with context.wrap_socket(raw, server_hostname="localhost") as secure:
                secure.sendall(junk)
                secure.settimeout(1)
                try:
                    secure.recv(1000)
                except (TimeoutError, ssl.SSLError, ConnectionError):
                    pass
    assert server.api.get("/healthz", raw=True).status == 200


def test_requests_sent_ahead_do_no_harm(server):
    """Over HTTP/1.1: several requests before the first answer. A second POST sent ahead once hit freed memory."""
    get = f"GET /readyz HTTP/1.1\r\nHost: localhost:{server.port}\r\n\r\n".encode()
    body = b'{"name":"x"}'
    post = (f"POST /api/v1/tokens HTTP/1.1\r\nHost: localhost:{server.port}\r\nCookie: {server.api.cookie}\r\n"
            f"X-CSRF-Token: {server.api.csrf}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body
    for pieces in ([get * 3], [post * 3], [post + get], [get + post], [get, get, post, get], [post, post, get]):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as raw:
            with server.tls.wrap_socket(raw, server_hostname="localhost") as secure:
                secure.settimeout(1)
                try:
                    for piece in pieces:
                        secure.sendall(piece)
                        time.sleep(0.001)
                    while secure.recv(4000):
                        pass
                except (TimeoutError, ssl.SSLError, ConnectionError):
                    pass
    assert server.api.get("/users").status == 200


# ---- signing in ----


def test_session_cookie_and_body(server):
    client = server.client()
    answer = client.sign_in()
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-hoichan=")
    for attribute in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert attribute in cookie
    assert answer.json["user"]["username"] == "admin" and answer.json["must_change_password"] is False
    assert client.get("/session").json["csrf"] == client.csrf
    assert client.delete("/session").status == 204
    assert client.get("/session").status == 401


def test_writes_need_the_csrf_token(server):
    for flag in ("--http1.1", "--http2"):
        for token, status in ((None, b"403"), ("x" * 43, b"403"), (server.api.csrf, b"201")):
            header = ["-H", f"x-csrf-token: {token}"] if token else []
            assert curl(server, flag, "-o", "/dev/null", "-w", "%{http_code}", "-H", f"cookie: {server.api.cookie}",
                        "-H", "content-type: application/json", "-d", '{"name":"x"}', *header,
                        server.url + "/api/v1/tokens") == status


def test_writes_from_other_origins_are_refused(server):
    answer = server.api.post("/tokens", {"name": "x"}, headers={"Origin": "https://evil.example"})
    assert answer.status == 403 and answer.json["code"] == "csrf"
    answer = server.client().post("/session", {"username": "admin", "password": PASSWORD},
                                  headers={"Origin": "https://evil.example"})
    assert answer.status == 403
    assert server.api.post("/tokens", {"name": "x"}, headers={"Origin": server.url}).status == 201


def test_everything_but_the_door_needs_a_key(server):
    for path in ("/users", "/tokens", "/status", "/consultations", "/rooms"):
        assert server.client().get(path).status == 401
        assert server.client(token="wrong").get(path).json["code"] == "token-invalid"


def test_software_uses_tokens(server):
    made = server.api.post("/tokens", {"name": "his"}).json
    software = server.client(token=made["token"])
    assert software.get("/users").status == 200
    assert software.get("/session").status == 403  # tokens are nobody's session
    listed = server.api.get("/tokens").json["items"]
    assert made["id"] in [token["id"] for token in listed] and "token" not in listed[0]
    assert server.api.delete(f"/tokens/{made['id']}").status == 204
    assert software.get("/users").status == 401


def test_guessing_is_slowed_down_alike_for_known_and_unknown(make_server):
    server = make_server()
    for username in ("admin", "nobody.here"):
        answers = [server.client().post("/session", {"username": username, "password": "guess"}) for _ in range(7)]
        assert [answer.status for answer in answers] == [401] * 5 + [429] * 2
        assert int(answers[-1].headers["retry-after"]) >= 1 and answers[-1].json["code"] == "too-many-attempts"
        right = server.client().post("/session", {"username": username, "password": PASSWORD})
        assert right.status == 429  # a right guess is not told either


def test_unknown_users_take_as_long_as_known_ones(make_server):
    server = make_server()
    spent = {}
    for username in ("admin", "nobody.here"):
        before = server.cpu_s()
        for _ in range(4):
            server.client().post("/session", {"username": username, "password": "guess"})
        spent[username] = server.cpu_s() - before  # not the clock's time: the machine may be busy
    assert 0.5 < spent["admin"] / spent["nobody.here"] < 2, spent


def test_first_password_is_shown_once_and_must_be_changed(make_server):
    server = make_server(start=False)
    server.config["server"]["admin_password_file"] = ""
    server.start(wait=False)
    printed = re.search(r"password +(\S{4}-\S{4}-\S{4}-\S{4})", (server.folder / "out").read_text()).group(1)
    client = server.client()
    assert client.sign_in(password=printed).json["must_change_password"] is True
    assert client.get("/users").json["code"] == "password-change-required"
    too_short = client.put("/session/password", {"current": printed, "new": "short"})
    assert too_short.status == 422 and too_short.json["errors"][0]["field"] == "new"
    assert client.put("/session/password", {"current": printed, "new": printed}).status == 422
    assert client.put("/session/password", {"current": "wrong", "new": PASSWORD}).json["code"] == "wrong-password"
    assert client.put("/session/password", {"current": printed, "new": PASSWORD}).status == 204
    assert client.get("/users").status == 200
    server.kill()
    server.start(wait=False)
    assert (server.folder / "out").read_text().count(printed) == 1
    assert server.client().sign_in().status == 200


def test_doctors_see_no_administration(server):
    made = server.api.post("/users", {"username": "bs.lan", "name": "Bác sĩ Lan", "role": "doctor"}).json
    doctor = server.client()
    assert doctor.sign_in("bs.lan", made["one_time_password"]).json["must_change_password"] is True
    assert doctor.put("/session/password", {"current": made["one_time_password"], "new": "một câu dễ nhớ"}).status == 204
    assert doctor.get("/users").json["code"] == "not-allowed"
    assert doctor.get("/consultations").status == 200
    assert doctor.put("/session", {"language": "en"}).json["user"]["language"] == "en"
    assert doctor.get("/users").json["title"] == "You may not do this"
    assert server.api.patch(f"/users/{made['id']}", {"active": False}).status == 200
    assert doctor.get("/consultations").status == 401  # at once


def test_the_last_admin_stays(server):
    admin = server.api.get("/session").json["user"]["id"]
    for answer in (server.api.patch(f"/users/{admin}", {"active": False}),
                   server.api.patch(f"/users/{admin}", {"role": "doctor"}), server.api.delete(f"/users/{admin}")):
        assert answer.status == 409 and answer.json["code"] == "last-admin"


# ---- WebSocket ----


def connect(server, path="/ws", **more):
    more.setdefault("subprotocols", ["hoichan.v1"])
    return websockets.connect(f"wss://localhost:{server.port}{path}", ssl=server.tls, max_size=None, **more)


def test_websocket_speaks_the_protocol(server):
    async def talk():
        async with connect(server) as socket_:
            assert socket_.subprotocol == "hoichan.v1"
            await socket_.send(json.dumps({"type": "ping", "id": 1}))
            answer = json.loads(await asyncio.wait_for(socket_.recv(), 60))
            assert answer["type"] in ("pong", "error")
    asyncio.run(talk())


@pytest.mark.parametrize("path,subprotocols", [("/ws", None), ("/ws", ["other"]), ("/elsewhere", ["hoichan.v1"])])
def test_websocket_elsewhere_is_refused(server, path, subprotocols):
    async def talk():
        with pytest.raises((websockets.WebSocketException, ConnectionError, EOFError)):
            async with connect(server, path, subprotocols=subprotocols, open_timeout=60) as socket_:
                await asyncio.wait_for(socket_.recv(), 60)
    asyncio.run(talk())


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_websocket_takes_messages_of_any_allowed_size(server, compression):
    """Offers of browsers are up to 140 kB; later messages may be compressed with what earlier ones held."""
    async def talk():
        async with connect(server, compression=compression) as socket_:
            assert [extension.name for extension in socket_.extensions] == (["permessage-deflate"] if compression else [])
            for size in (5000, 20_000, 140_000, 250_000, 250_000):
                noise = "".join(random.Random(size).choices("abcdefghijklmnopqrstuvwxyz0123456789=: ", k=size))
                await socket_.send(json.dumps({"type": "join", "id": 1, "ticket": noise}))
                assert json.loads(await asyncio.wait_for(socket_.recv(), 60))["type"] == "error"
    asyncio.run(talk())


def test_websocket_garbage_for_compression_is_closed(server):
    async def talk():
        async with connect(server) as socket_:
            socket_.transport.write(b"\xc1\xfe\x01\x2c" + bytes(4) + b"\xff" * 300)  # FIN, RSV1, text
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await asyncio.wait_for(socket_.recv(), 60)
            assert closed.value.code == 1007
    asyncio.run(talk())


@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("size", [600_000, 10_000_000])
def test_websocket_large_message_gets_a_clear_error(server, compression, size):
    async def talk():
        async with connect(server, compression=compression, extra_headers={"Accept-Language": "en"}) as socket_:
            await socket_.send(json.dumps({"type": "join", "id": 1, "ticket": "x" * size}))
            error = json.loads(await asyncio.wait_for(socket_.recv(), 60))
            assert error["type"] == "error" and error["code"] == "too_large" and error["fatal"] is True
            assert "larger" in error["message"] and error["action"]
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await asyncio.wait_for(socket_.recv(), 60)
            assert closed.value.code == 1009
    asyncio.run(talk())


def test_websocket_that_falls_silent_is_let_go(server):
    """A peer that answers no ping is let go, though not before it could have answered one."""
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    context = ssl.create_default_context(cafile=server.state / "tls" / "cert.pem")
    with context.wrap_socket(raw, server_hostname="localhost") as secure:
        secure.sendall((f"GET /ws HTTP/1.1\r\nHost: localhost:{server.port}\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                        "Sec-WebSocket-Protocol: hoichan.v1\r\n\r\n").encode())
        begun = time.monotonic()
        secure.settimeout(60)
        assert b"101" in secure.recv(4000)
        try:
            while secure.recv(4000):
                pass
        except (ConnectionError, ssl.SSLError):
            pass
        assert time.monotonic() - begun > 5


# ---- the process ----


def test_metrics_and_health(server):
    assert server.client().get("/healthz", raw=True).status == 200
    assert server.client().get("/readyz", raw=True).status == 200
    metrics = server.client().get("/metrics", raw=True)
    assert metrics.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    text = metrics.body.decode()
    assert text.endswith("# EOF\n") and 'hoichan_worker_up{worker="0"} 1' in text


def test_new_certificate_is_taken_up_without_a_restart(make_server):
    server = make_server()
    certificate = server.state / "tls" / "cert.pem"
    before = ssl.get_server_certificate(("127.0.0.1", server.port))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", "/CN=localhost", "-keyout", server.state / "tls" / "key.pem", "-out", certificate],
                   check=True, capture_output=True)
    server.process.send_signal(signal.SIGHUP)
    server._wait_for(lambda: "event=reloaded" in server.log(), "does not reload")
    assert ssl.get_server_certificate(("127.0.0.1", server.port)) == certificate.read_text() != before
    shown = subprocess.run(["openssl", "s_client", "-alpn", "h2", "-connect", f"127.0.0.1:{server.port}"], input=b"",
                           capture_output=True).stdout.decode()
    assert certificate.read_text().strip() in shown


def come_again(server, options=0):
    """Whether a second TLS 1.2 connection goes on with the session of the first."""
    context = ssl.create_default_context(cafile=server.state / "tls" / "cert.pem")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.options |= options
    session = None
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", server.port)) as plain:
            with context.wrap_socket(plain, server_hostname="localhost", session=session) as tls:
                session, reused = tls.session, tls.session_reused
    return reused


def test_tls_sessions_are_kept_by_the_client_alone(server):
    assert come_again(server)  # it has a ticket
    assert not come_again(server, ssl.OP_NO_TICKET)  # it has none, and nobody else remembers


def test_workers_outlive_a_crash_and_a_dead_one_comes_back(make_server):
    server = make_server()
    first = server.workers()
    assert len(first) == 1
    server.kill()
    assert server.workers() == first
    server.start()
    assert server.workers() == first and server.api.get("/status").json["workers"][0]["pid"] == first[0]
    subprocess.run(["kill", "-9", str(first[0])], check=True)
    server._wait_for(lambda: server.workers() and server.workers() != first, "does not start a new worker")
    server._wait_for(lambda: server.client().get("/readyz", raw=True).status == 200, "is not ready again")


def test_orderly_stop_ends_the_workers(make_server):
    server = make_server()
    assert server.workers()
    server.stop()
    assert not server.workers()


@pytest.mark.parametrize("line,words", [
    ("[server]\nlisten = nowhere", [":2:", "address:port"]),
    ("[server]\nlissten = 0.0.0.0:1", [":2:", "unknown key", '"listen"']),
    ("[servr]\n", [":1:", "unknown section", "[server]"]),
    ("[media]\nport = 70000", [":2:", "whole number"]),
])
def test_wrong_configuration_is_refused_with_its_line(tmp_path, line, words):
    from hoichand import BUILD

    path = tmp_path / "hoichan.ini"
    path.write_text(line)
    ended = subprocess.run([BUILD / "hoichand", "--config", path], capture_output=True, text=True)
    assert ended.returncode == 2
    for word in words:
        assert word in ended.stderr
