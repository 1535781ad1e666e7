"""The real hoichand under test: its own state directory, free ports, a client for its API, and its log.

    def test_something(server):              # one for the module
        booked = server.api.post("/consultations", {...}).json

    def test_other(make_server):             # one of one's own, with configuration
        server = make_server({"emr": {"fhir_base": "http://127.0.0.1:1"}})

At the end it is stopped with SIGTERM; the test fails when it does not end well, or when a sanitizer said anything.
"""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / os.environ.get("HOICHAN_BUILD", "build/asan")
PASSWORD = "correct horse battery"
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|UndefinedBehaviorSanitizer|ThreadSanitizer|error G(Lib|Object)")


FIGURES = []


def figure(text):
    """A measurement that no test fails by, for the end of the report."""
    FIGURES.append(text)


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # lower-case names; repeated ones joined with ", "
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:400]!r}>"


class Client:
    """Speaks to the API as a browser (cookie and CSRF token) or as software (bearer token)."""

    def __init__(self, server, token=None, language=None):
        self.server, self.token, self.language = server, token, language
        self.cookie = self.csrf = None

    def request(self, method, path, body=None, headers=None, raw=False):
        """`path` below /api/v1 unless `raw`; `body` is sent as JSON unless it is bytes."""
        send = {"Host": f"localhost:{self.server.port}"}
        if self.language:
            send["Accept-Language"] = self.language
        if self.token:
            send["Authorization"] = f"Bearer {self.token}"
        if self.cookie:
            send["Cookie"] = self.cookie
        if self.csrf and method not in ("GET", "HEAD"):
            send["X-CSRF-Token"] = self.csrf
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            send["Content-Type"] = "application/json"
        send.update({name: value for name, value in (headers or {}).items() if value is not None})
        for name in [name for name, value in (headers or {}).items() if value is None]:
            send.pop(name, None)
        connection = http.client.HTTPSConnection("localhost", self.server.port, context=self.server.tls, timeout=60)
        try:
            connection.request(method, path if raw else "/api/v1" + path, body, send)
            response = connection.getresponse()
            answer_headers = {}
            for name, value in response.getheaders():
                name = name.lower()
                answer_headers[name] = f"{answer_headers[name]}, {value}" if name in answer_headers else value
            return Answer(response.status, answer_headers, response.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, body, **more)

    def put(self, path, body=None, **more):
        return self.request("PUT", path, body, **more)

    def patch(self, path, body=None, **more):
        return self.request("PATCH", path, body, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)

    def sign_in(self, username="admin", password=PASSWORD):
        answer = self.post("/session", {"username": username, "password": password})
        if answer.status == 200:
            self.cookie = answer.headers["set-cookie"].split(";")[0]
            self.csrf = answer.json["csrf"]
        return answer


class Hoichand:
    def __init__(self, config=None, folder=None):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="hoichan-test-"))
        self.state = self.folder / "state"
        self.log_path = self.folder / "log"
        self.config_path = self.folder / "hoichan.ini"
        (self.folder / "password").write_text(PASSWORD + "\n")
        self.config = {
            "server": {
                "listen": "127.0.0.1:0",
                "redirect_listen": "",
                "state_dir": self.state,
                "admin_password_file": self.folder / "password",
                "log_level": "debug",
            },
            "media": {"port": 0, "workers": 1, "announce": "127.0.0.1", "bind": "127.0.0.1"},
            "admission": {"cpu_percent": 0},  # a worker with sanitizers, on a machine that may be busy
        }
        for section, keys in (config or {}).items():
            self.config.setdefault(section, {}).update(keys)
        self.process = self.port = self.tls = self.api = None

    def start(self, wait=True):
        """Starts it, on the port it had before if it had one; returns when it is ready to take a call."""
        if self.port:
            self.config["server"]["listen"] = f"127.0.0.1:{self.port}"
        lines = []
        for section, keys in self.config.items():
            lines.append(f"[{section}]")
            lines += [f"{key} = {value}" for key, value in keys.items()]
        self.config_path.write_text("\n".join(lines) + "\n")
        before = self.log_path.stat().st_size if self.log_path.exists() else 0
        asan = f"detect_leaks=1:abort_on_error=0:{os.environ.get('ASAN_OPTIONS', '')}"
        environment = dict(os.environ, ASAN_OPTIONS=asan, UBSAN_OPTIONS="print_stacktrace=1",
                           LSAN_OPTIONS=f"suppressions={TOP}/tests/lsan.supp")
        with open(self.log_path, "ab") as log, open(self.folder / "out", "ab") as out:
            self.process = subprocess.Popen(
                [BUILD / "hoichand", "--config", self.config_path], stdout=out, stderr=log, env=environment)
        self._wait_for(lambda: re.search(r"event=started port=(\d+)", self.log(before)), "does not start")
        self.port = int(re.search(r"event=started port=(\d+)", self.log(before)).group(1))
        self.tls = ssl.create_default_context(cafile=self.state / "tls" / "cert.pem")
        if wait:
            self._wait_for(lambda: self.client().request("GET", "/readyz", raw=True).status == 200, "is not ready")
        old, self.api = self.api, self.client()
        if old and old.cookie:
            self.api.cookie, self.api.csrf = old.cookie, old.csrf
        elif wait:
            signed_in = self.api.sign_in()
            assert signed_in.status == 200, signed_in
        return self

    def client(self, token=None, language=None):
        return Client(self, token, language)

    @property
    def url(self):
        return f"https://localhost:{self.port}"

    def log(self, start=0):
        with open(self.log_path, "rb") as file:
            file.seek(start)
            return file.read().decode(errors="replace")

    def stop(self):
        """In order, as an operator does. Fails when it does not come to an end or ends badly."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60)
        self.process = None
        assert status == 0, f"hoichand ended with {status}\n{self.log()[-6000:]}"

    def kill(self):
        """As a crash does: the workers live on."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def cpu_s(self):
        """Processor time of the control process so far, of threads that have ended too."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def workers(self):
        """The process ids of the media workers that use this state directory."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"hoichan-media" in line and str(self.state).encode() in line:
                found.append(int(entry.name))
        return sorted(found)

    def finish(self):
        """Ends whatever is left, and says what sanitizers said."""
        problem = None
        try:
            if self.process and self.process.poll() is None:
                self.stop()
            elif self.process and self.process.returncode:
                problem = f"hoichand ended by itself with {self.process.returncode}"
        except (AssertionError, subprocess.TimeoutExpired) as error:
            problem = str(error)
            if self.process:
                self.kill()
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)
        log = self.log() if self.log_path.exists() else ""
        found = SANITIZER.search(log)
        if found:
            problem = "a sanitizer reports:\n" + log[max(0, found.start() - 500):found.start() + 6000]
        if not problem:
            shutil.rmtree(self.folder, ignore_errors=True)
        assert not problem, f"{problem}\n(everything is in {self.folder})"

    def _wait_for(self, condition, complaint, timeout_s=60):
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            try:
                if condition():
                    return
            except OSError:
                pass
            assert self.process.poll() is None, f"hoichand ended with {self.process.returncode}\n{self.log()}"
            time.sleep(0.05)
        raise AssertionError(f"hoichand {complaint}\n{self.log()[-6000:]}")
