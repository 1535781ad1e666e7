"""The hospital's PACS for flow tests: a real Orthanc with its DICOMweb plugin.

    pacs = Pacs(tmp_path)     # a place for its storage; start() when it is wanted
    pacs.dicomweb             # for [pacs] dicomweb
    pacs.login                # a file for [pacs] login_file
    pacs.instances()          # what it holds: the main tags of each object
    pacs.stop(); pacs.start() # down and up again at the same address, with what it had
"""
import base64
import json
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request

PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
USER, PASSWORD = "hoichan", "khoá kho ảnh"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Pacs:
    def __init__(self, folder):
        self.folder, self.port, self.process = pathlib.Path(folder), free_port(), None
        self.login = self.folder / "pacs-login"
        self.login.write_text(f"{USER}:{PASSWORD}\n")
        (self.folder / "orthanc.json").write_text(json.dumps({
            "StorageDirectory": str(self.folder / "storage"), "IndexDirectory": str(self.folder / "storage"),
            "HttpPort": self.port, "DicomServerEnabled": False, "RemoteAccessAllowed": False,
            "AuthenticationEnabled": True, "RegisteredUsers": {USER: PASSWORD},
            "Plugins": [PLUGIN], "DicomWeb": {"Enable": True, "Root": "/dicom-web/"}}))

    @property
    def dicomweb(self):
        return f"http://127.0.0.1:{self.port}/dicom-web/"

    def start(self):
        with open(self.folder / "orthanc.log", "ab") as log:
            self.process = subprocess.Popen(["Orthanc", self.folder / "orthanc.json"], stdout=log, stderr=log)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                self.get("/system")
                return self
            except (urllib.error.URLError, ConnectionError):
                assert self.process.poll() is None, "Orthanc does not start:\n" + (self.folder / "orthanc.log").read_text()[-4000:]
                time.sleep(0.1)
        raise AssertionError("Orthanc does not answer")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=60)
            self.process = None

    def get(self, path, raw=False):
        token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Authorization": f"Basic {token}"})
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read() if raw else json.load(response)

    def ids(self):
        return self.get("/instances")

    def instances(self):
        return [self.get(f"/instances/{id}/simplified-tags") for id in self.ids()]

    def file(self, id):
        """The object as it would be handed on."""
        return self.get(f"/instances/{id}/file", raw=True)
