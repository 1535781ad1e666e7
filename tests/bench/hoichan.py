"""This server as the bench sees it: release build, worker pinned to a core, WHIP and WHEP for everybody."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import tempfile
import time

PASSWORD = "mot-mat-khau-de-do"


def free_ports(count):
    """Different ones: all are held until the last is known."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


class Hoichan:
    name = "hoichan"

    def __init__(self, core, address, build="build/release", workers=1):
        """Worker n is pinned to the n-th core from `core`."""
        self.dir = tempfile.TemporaryDirectory()
        path = pathlib.Path(self.dir.name)
        self.port, media_port = free_ports(2)
        (path / "password").write_text(PASSWORD)
        (path / "hoichan.ini").write_text(
            f"[server]\nlisten=127.0.0.1:{self.port}\nredirect_listen=\nstate_dir={path}/state\n"
            f"admin_password_file={path}/password\n[media]\nport={media_port}\nworkers={workers}\nannounce={address}\n"
            f"[admission]\ncpu_percent=0\n[store]\nurl=sqlite:{path}/hoichan.db\n")
        self.process = subprocess.Popen([f"{build}/hoichand", "--config", f"{path}/hoichan.ini"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # its own certificate, on loopback
        self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context)
        self._wait_ready()
        self.pids = self._worker_pids()
        for number, pid in enumerate(self.pids):
            subprocess.run(["taskset", "-a", "-p", "-c", str((core + number) % os.cpu_count()), str(pid)], check=True,
                           stdout=subprocess.DEVNULL)
        self._sign_in()
        self.rooms = {}
        self.tickets = {}

    def _request(self, method, path, body=None, headers=None, text=False):
        headers = {**getattr(self, "headers", {}), **(headers or {})}
        if body is not None and not text:
            headers["content-type"] = "application/json"
            body = json.dumps(body)
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        data = answer.read().decode()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {data}")
        self.last = answer
        return data if text else json.loads(data or "null")

    def _wait_ready(self):
        for _ in range(200):
            try:
                self._request("GET", "/readyz", text=True)
                return
            except (OSError, RuntimeError, http.client.HTTPException):
                self.connection.close()
                time.sleep(0.1)
        raise RuntimeError("hoichand did not become ready")

    def _worker_pids(self):
        children = subprocess.run(["pgrep", "-P", str(self.process.pid), "-f", "hoichan-media"], text=True, check=True,
                                  stdout=subprocess.PIPE).stdout.split()
        return [int(child) for child in children]

    def workers(self):
        """As its status has them."""
        return self._request("GET", "/api/v1/status")["workers"]

    def _sign_in(self):
        session = self._request("POST", "/api/v1/session", {"username": "admin", "password": PASSWORD})
        self.headers = {"cookie": self.last.getheader("set-cookie").split(";")[0], "x-csrf-token": session["csrf"]}

    def _room(self, room):
        if room not in self.rooms:
            form = "%Y-%m-%dT%H:%M:%SZ"
            self.rooms[room] = self._request("POST", "/api/v1/consultations", {
                "kind": "teaching", "title": "bench", "starts_at": time.strftime(form, time.gmtime()),
                "ends_at": time.strftime(form, time.gmtime(time.time() + 3600))})["id"]
        return self.rooms[room]

    def _ticket(self, room, role):
        return self._request("POST", f"/api/v1/consultations/{self._room(room)}/tickets",
                             {"participant": {"name": "bench", "role": role}})["ticket"]

    def _exchange(self, load, number, way, room, ticket, offer):
        answer = self._request("POST", f"/{way}/{self._room(room)}", offer, text=True,
                               headers={"content-type": "application/sdp", "authorization": f"Bearer {ticket}"})
        load.tell(cmd="answer", id=number, sdp=answer)

    def publish(self, load, number, room, video_bps):
        ticket = self.tickets[number] = self._ticket(room, "doctor")
        offer = load.ask(cmd="publish", id=number, video_bps=video_bps)["offer"]
        self._exchange(load, number, "whip", room, ticket, offer)

    def subscribe(self, load, number, room, publisher):
        """Who watches `publisher`: in a room of two the other's ticket is its own, so that nobody gets himself."""
        mine = [n for n, r in self._owners.items() if r == room and n != publisher] if hasattr(self, "_owners") else []
        ticket = self.tickets[mine[0]] if mine else self._ticket(room, "observer")
        offer = load.ask(cmd="subscribe", id=number)["offer"]
        self._exchange(load, number, "whep", room, ticket, offer)

    def pair_up(self, owners):
        """Rooms of two: `owners` maps a publisher's number to its room."""
        self._owners = owners

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.dir.cleanup()
