"""Debian's Janus videoroom as a peer to measure against: its own configuration, pinned to a core, over its Unix socket."""

import json
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

LIBRARY = "/usr/lib/x86_64-linux-gnu/janus"

CONFIG = """general: {{ configs_folder = "{dir}" plugins_folder = "{library}/plugins" transports_folder = "{library}/transports"
  debug_level = 2 log_to_stdout = true admin_secret = "x" session_timeout = 0 {event_loops} }}
nat: {{ ice_lite = true ice_tcp = false nice_debug = false full_trickle = false ice_enforce_list = "{address}" }}
media: {{ rtp_port_range = "40000-60000" }}
plugins: {{ disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so,libjanus_echotest.so" }}
transports: {{ disable = "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_rabbitmq.so,libjanus_websockets.so" }}
events: {{ broadcast = false }}
loggers: {{ }}
"""


class Janus:
    name = "janus"

    def __init__(self, core, address, event_loops=None):
        self.dir = tempfile.TemporaryDirectory()
        path = pathlib.Path(self.dir.name)
        loops = f"event_loops = {event_loops}" if event_loops else ""
        (path / "janus.jcfg").write_text(
            CONFIG.format(dir=path, library=LIBRARY, event_loops=loops, address=address))
        (path / "janus.transport.pfunix.jcfg").write_text(
            f'general: {{ enabled = true json = "compact" path = "{path}/janus.sock" type = "SOCK_SEQPACKET" }}\n')
        (path / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")
        self._start(path, core)
        self.pids = [self.process.pid]
        self.waiting = []
        self.count = 0
        self.feeds = {}
        self.rooms = set()
        self.handles = {}
        self.session = self._ask(janus="create")["data"]["id"]

    def _start(self, path, core):
        """Started on all cores and pinned afterwards: on one core it now and then finds no transport and ends at once."""
        for _ in range(5):
            self.process = subprocess.Popen(["janus", "-F", str(path), "-C", f"{path}/janus.jcfg"],
                                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if self._connect(path / "janus.sock"):
                subprocess.run(["taskset", "-a", "-p", "-c", str(core), str(self.process.pid)], check=True,
                               stdout=subprocess.DEVNULL)
                return
            self.process.kill()
            self.process.wait()
            time.sleep(1)
        raise RuntimeError("Janus did not open its socket")

    def _connect(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for _ in range(50):
            if self.process.poll() is not None:
                return False
            try:
                self.socket.connect(str(path))
                return True
            except OSError:
                time.sleep(0.1)
        return False

    def _send(self, **message):
        self.count += 1
        message["transaction"] = str(self.count)
        self.socket.send(json.dumps(message).encode())
        return message["transaction"]

    def _receive(self, transaction, kinds):
        while True:
            answer = json.loads(self.socket.recv(1 << 20))
            if answer.get("transaction") == transaction and answer["janus"] in kinds:
                return answer

    def _ask(self, **message):
        answer = self._receive(self._send(**message), ("success", "error"))
        if answer["janus"] == "error":
            raise RuntimeError(answer["error"])
        return answer

    def _attach(self):
        return self._ask(janus="attach", session_id=self.session, plugin="janus.plugin.videoroom")["data"]["id"]

    def _message(self, handle, body, jsep=None, kinds=("event",)):
        message = {"janus": "message", "session_id": self.session, "handle_id": handle, "body": body}
        if jsep:
            message["jsep"] = jsep
        answer = self._receive(self._send(**message), kinds + ("error",))
        data = answer.get("plugindata", {}).get("data", {})
        if answer["janus"] == "error" or "error" in data:
            raise RuntimeError(answer)
        return answer

    def open_room(self, room):
        if room in self.rooms:
            return
        self.rooms.add(room)
        self._message(self._attach(), {"request": "create", "room": room, "publishers": 1000, "videocodec": "vp8",
                                       "audiocodec": "opus", "bitrate": 0}, kinds=("success",))

    def publish(self, load, number, room, video_bps):
        self.open_room(room)
        handle = self.handles[number] = self._attach()
        joined = self._message(handle, {"request": "join", "ptype": "publisher", "room": room})
        offer = load.ask(cmd="publish", id=number, video_bps=video_bps)["offer"]
        answer = self._message(handle, {"request": "publish"}, {"type": "offer", "sdp": offer})
        self._no_more_candidates(handle)
        load.tell(cmd="answer", id=number, sdp=answer["jsep"]["sdp"])
        self.feeds[number] = joined["plugindata"]["data"]["id"]
        self._wait_feed(room, self.feeds[number])

    def _no_more_candidates(self, handle):
        self._receive(self._send(janus="trickle", session_id=self.session, handle_id=handle,
                                 candidate={"completed": True}), ("ack", "success"))

    def _wait_feed(self, room, feed):
        """Janus knows a feed only once its peer connection is up."""
        handle = self._attach()
        for _ in range(300):
            listed = self._message(handle, {"request": "listparticipants", "room": room}, kinds=("success",))
            if any(p["id"] == feed and p["publisher"] for p in listed["plugindata"]["data"]["participants"]):
                return
            time.sleep(0.05)
        raise RuntimeError("Janus never saw the publisher")

    def subscribe(self, load, number, room, publisher):
        handle = self.handles[number] = self._attach()
        offered = self._message(handle, {"request": "join", "ptype": "subscriber", "room": room,
                                         "streams": [{"feed": self.feeds[publisher]}]})
        answer = load.ask(cmd="subscribe", id=number, offer=offered["jsep"]["sdp"])["answer"]
        self._message(handle, {"request": "start"}, {"type": "answer", "sdp": answer})
        self._no_more_candidates(handle)
        load.tell(cmd="go", id=number)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()  # it can hang on SIGTERM
            self.process.wait()
        self.dir.cleanup()


def rss_kib(pids):
    total = 0
    for pid in pids:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                total += int(line.split()[1])
    return total


def cpu_seconds(pids):
    """To the nanosecond: utime and stime count ticks, and who wakes up in step with the timer escapes them."""
    return sum(int(task.read_text().split()[0]) for pid in pids
               for task in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
