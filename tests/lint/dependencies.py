"""The dependency rule: server -> signaling -> media/ipc.h; media includes nothing of the other two; applications of the
web import shared, never one another. Prints each breach and fails."""

import pathlib
import re
import sys

# What a folder may include of the others.
ALLOWED = {
    "media": re.compile(r"^media/"),
    "signaling": re.compile(r"^(signaling/|media/ipc\.h$)"),
    "server": re.compile(r"^(server/|signaling/|media/(ipc|vault|journal\w*)\.h$)"),
}
APPLICATIONS = ("doctor", "kiosk", "admin")


def c_breaches():
    for folder, allowed in ALLOWED.items():
        for path in sorted(pathlib.Path(folder).rglob("*.[ch]")):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
                if not found:
                    continue
                name = found.group(1)
                if not pathlib.Path(name).exists():
                    name = str((path.parent / name))
                if not allowed.match(name):
                    yield f"{path}:{number}: {folder} must not include {name}"


def web_breaches():
    for application in APPLICATIONS:
        for path in sorted(pathlib.Path("web", application).rglob("*.ts*")):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                found = re.search(r"""from\s+['"](\.[^'"]+)['"]""", line)
                if not found:
                    continue
                target = (path.parent / found.group(1)).resolve()
                for other in APPLICATIONS:
                    if other != application and target.is_relative_to(pathlib.Path("web", other).resolve()):
                        yield f"{path}:{number}: {application} must not import {other}"


breaches = [*c_breaches(), *web_breaches()]
print("\n".join(breaches) or "dependency rule: kept")
sys.exit(1 if breaches else 0)
