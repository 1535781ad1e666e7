import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from hoichand import FIGURES, Hoichand  # noqa: E402


# Killed half-way it takes its servers with it, as it does for Ctrl-C.
signal.signal(signal.SIGTERM, lambda *_: pytest.exit("killed", 2))


@pytest.fixture(scope="module")
def server():
    """A running hoichand with its admin signed in as `server.api`, shared by the tests of a module."""
    hoichand = Hoichand()
    try:
        yield hoichand.start()
    finally:
        hoichand.finish()


@pytest.fixture
def make_server():
    """Starts hoichands of one's own: make_server({"section": {"key": value}}, start=True)."""
    made = []

    def make(config=None, start=True):
        made.append(Hoichand(config))
        return made[-1].start() if start else made[-1]

    yield make
    for hoichand in made:
        hoichand.finish()


def pytest_sessionfinish(session):
    """One of several side by side hands what it measured to the one that prints."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = FIGURES


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    FIGURES.extend(getattr(node, "workeroutput", {}).get("figures", []))


def pytest_terminal_summary(terminalreporter):
    for text in FIGURES:
        terminalreporter.write_line("measured: " + text)
