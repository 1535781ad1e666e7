"""One media worker on its own, driven over its socket as hoichand would (media/ipc.h). No hoichand needed."""
import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE_S = 60  # an answer that comes costs no more than it takes


class WorkerError(Exception):
    def __init__(self, answer):
        super().__init__(f"{answer.get('code')}: {answer.get('message')}")
        self.code = answer.get("code")


class Worker:
    """Starts hoichan-media on a free port; requests are methods' arguments, events are kept until asked for."""

    def __init__(self, *options, mode=os.environ.get("MODE", "asan"), descriptors=None):
        self.directory = tempfile.TemporaryDirectory(prefix="hoichan-worker-")
        os.chmod(self.directory.name, 0o755)
        self.path = os.path.join(self.directory.name, "0.sock")
        self.log_path = os.path.join(self.directory.name, "log")
        self.log = open(self.log_path, "wb")
        program = ROOT / "build" / mode / "hoichan-media"
        limit = ["prlimit", f"--nofile={descriptors}"] if descriptors else []
        self.process = subprocess.Popen([*limit, program, "--socket", self.path, "--port", "0", *options], stderr=self.log)
        self.count = 0
        self.events = []
        self.answers = {}  # to what was asked, by number, until they are taken
        self.socket = None
        self.attach()

    def attach(self):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                self.socket.connect(self.path)
                break
            except OSError:
                self.socket.close()
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError("worker does not listen:\n" + self.text()) from None
                time.sleep(0.05)
        self.hello = self.request("hello", proto=1)
        return self.hello

    def detach(self):
        self.socket.close()

    def request(self, op, fd=None, **fields):
        return self.answer(self.ask(op, fd, **fields), op)

    def ask(self, op, fd=None, **fields):
        """Does not wait for the answer; its number."""
        self.count += 1
        message = [json.dumps({"id": self.count, "op": op, **fields}).encode()]
        if fd is None:
            self.socket.send(message[0])
        else:
            socket.send_fds(self.socket, message, [fd])
        return self.count

    def answer(self, number, op=""):
        while number not in self.answers:
            message = self._receive(PATIENCE_S)
            if message is None:
                raise RuntimeError("no answer to " + op + "\n" + self.text())
            self._keep(message)
        answer = self.answers.pop(number)
        if not answer["ok"]:
            raise WorkerError(answer)
        return answer

    def has_answered(self, number):
        self.poll()
        return number in self.answers

    def _keep(self, message):
        if "event" in message:
            self.events.append(message)
        else:
            self.answers[message["id"]] = message

    def _receive(self, timeout):
        if not select.select([self.socket], [], [], timeout)[0]:
            return None
        data = self.socket.recv(200000)
        if not data:
            raise RuntimeError("worker closed its socket\n" + self.text())
        return json.loads(data)

    def poll(self):
        """Takes in what waits."""
        while select.select([self.socket], [], [], 0)[0]:
            self._keep(self._receive(0))

    def wait_event(self, timeout, **fields):
        """The first event, past or to come, with these fields; None when it does not come in time."""
        deadline = time.monotonic() + timeout
        seen = 0
        while True:
            for event in self.events[seen:]:
                if all(event.get(key) == value for key, value in fields.items()):
                    return event
            seen = len(self.events)
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            message = self._receive(left)
            if message:
                self._keep(message)

    def states(self, transport):
        self.poll()
        return [e["state"] for e in self.events if e.get("event") == "transport.state" and e["transport"] == transport]

    def text(self):
        self.log.flush()
        return pathlib.Path(self.log_path).read_text()

    def counters(self, transport):
        """What the worker's log says of a closed transport."""
        found = re.search(rf"\[{transport}\] closed (.*)", self.text())
        return {k: int(v) for k, v in (pair.split("=") for pair in found[1].split())} if found else None

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        """Ends it as hoichand's supervisor would; the result is its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.socket.close()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.socket.close()
        self.log.close()
        self.directory.cleanup()


def remote_of(sdp):
    """What transport.remote wants to know of a browser's offer."""
    def first(name):
        return re.search(rf"^a={name}:(\S+)", sdp, re.M)[1]
    prints = re.findall(r"^a=fingerprint:(\S+) (\S+)", sdp, re.M)
    return {"ufrag": first("ice-ufrag"), "pwd": first("ice-pwd"), "setup": "actpass",
            "fingerprints": [{"alg": a, "value": v} for a, v in sorted(set(prints))]}


def candidate_line(c):
    tcp = " tcptype " + c["tcptype"] if "tcptype" in c else ""
    return (f"a=candidate:{c['foundation']} {c['component']} {c['protocol']} {c['priority']} {c['ip']} {c['port']} "
            f"typ {c['type']}{tcp}")


def answer_of(offer, description, fingerprint, protocols=("udp", "tcp")):
    """An ICE-lite, DTLS-passive answer that takes whatever is offered, with the first codec of each line."""
    candidates = [candidate_line(c) for c in description["candidates"] if c["protocol"] in protocols]
    session, *media = re.split(r"(?=^m=)", offer.replace("\r\n", "\n"), flags=re.M)
    mids = re.findall(r"^a=mid:(\S+)", offer, re.M)
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite", "a=group:BUNDLE " + " ".join(mids)]
    for part in media:
        kind, _, proto, *formats = part.split("\n")[0][2:].split()
        keep = formats[:1]
        direction = {"sendrecv": "recvonly", "sendonly": "recvonly", "recvonly": "inactive"}
        offered = re.search(r"^a=(sendrecv|sendonly|recvonly)", part, re.M)
        lines += [f"m={kind} 9 {proto} {' '.join(keep)}", "c=IN IP4 0.0.0.0", "a=rtcp-mux",
                  "a=" + direction[offered[1] if offered else "sendrecv"],
                  "a=mid:" + re.search(r"^a=mid:(\S+)", part, re.M)[1],
                  "a=ice-ufrag:" + description["ufrag"], "a=ice-pwd:" + description["pwd"],
                  f"a=fingerprint:{fingerprint['alg']} {fingerprint['value']}", "a=setup:passive"]
        for attribute in re.findall(rf"^a=((?:rtpmap|fmtp|rtcp-fb):{keep[0]} .*)", part, re.M):
            lines.append("a=" + attribute)
        lines += candidates + ["a=end-of-candidates"]
    return "\r\n".join(lines) + "\r\n"
