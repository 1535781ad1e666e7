"""The load generator as Python sees it: orders out, answers in, one JSON object a line."""

import json
import subprocess
import time


class Load:
    def __init__(self, build, core):
        self.process = subprocess.Popen(["taskset", "-c", str(core), f"{build}/tests/bench/load"], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def tell(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def ask(self, **order):
        self.tell(**order)
        return self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the load generator ended with {self.process.wait()}")
        return json.loads(line)

    def wait_connected(self, seconds=20):
        """Until all endpoints have keys; the last state in any case."""
        end = time.monotonic() + seconds
        while True:
            state = self.ask(cmd="connected")
            if state["connected"] == state["of"] or time.monotonic() > end:
                return state
            time.sleep(0.1)

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
