"""A machine that is set up and looked after by the commands of docs/operating.md, as they stand there.

The system's folders become folders of the test, its users nobody, and systemd the process of the test: everything else
that a shell block of the guide says is done by a shell.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from fnmatch import fnmatch
from itertools import groupby
from pathlib import Path

from tests.server.processes import PATIENCE_SECONDS
from tests.support.installation import PORTAL
from tests.support.postgres import free_port

GUIDE = Path(__file__).parents[2] / "docs" / "operating.md"
PLACES = ("/etc/portal", "/etc/systemd/system", "/usr/local/bin", "/srv/portal", "/opt/portal", "/var/backups")
PASSWORD = "correct horse battery staple"
"""Typed where a command asks for one."""
BUILT_IN = """set -eu
adduser() { :; }
chown() { :; }
install() { mkdir -p "${@: -1}"; }
"""
"""What needs root's rights or accounts that are not there."""
RUN_AS = """#!/bin/sh
shift 3
exec "$@"
"""


def chapter(title: str) -> list[tuple[str, str]]:
    """The blocks under a heading of the guide: language and text."""
    text = GUIDE.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)


class Machine:
    """One machine. Below `folder` stand the guide's places; `settings` go to the end of its file of settings."""

    def __init__(self, folder: Path, backups: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self._backups = backups
        self._parts: dict[str, subprocess.Popen[bytes]] = {}
        for place in PLACES:
            self.at(place).mkdir(parents=True, exist_ok=True)
        (self.at("/opt/portal") / ".venv").symlink_to(PORTAL.parents[1])
        runuser = self.at("/usr/local/bin") / "runuser"
        runuser.write_text(RUN_AS)
        runuser.chmod(0o755)
        self._settings = settings | {"PORTAL_PORT": str(self.port)}

    def set_up(self) -> None:
        """The guide's first chapter up to the command `portal`: nothing has been asked of it yet."""
        for language, text in chapter("One machine"):
            if text.startswith("portal "):
                return
            if "PORTAL_DATA=" in text and language == "ini":
                file = self.at("/etc/portal") / "env"
                own = "".join(f"{name}='{value}'\n" for name, value in self._settings.items())
                file.write_text(self._placed(text) + own)
            elif language == "sh":
                self.type(text)

    def start(self) -> None:
        """What is left of that chapter: tables, an operator, and the parts, until it answers."""
        self.type(next(text for _language, text in chapter("One machine") if text.startswith("portal ")))

    def type(self, commands: str) -> str:
        """What a block of commands prints; AssertionError with its complaint where one fails."""
        printed = ""
        for is_systemd, lines in groupby(commands.splitlines(), lambda line: line.startswith("systemctl ")):
            if is_systemd:
                for line in lines:
                    self._systemctl(*shlex.split(line)[1:])
            else:
                printed += self._shell("\n".join(lines))
        return printed

    def at(self, place: str) -> Path:
        """Where a folder of the guide is in this test."""
        return self._backups if place == "/var/backups" else self.folder / place.lstrip("/")

    def stop(self, part: str = "*") -> None:
        """Ends what runs, or one part of it."""
        self._systemctl("stop", f"portal@{part}")

    def environment(self) -> dict[str, str]:
        """The settings as its units get them."""
        lines = (self.at("/etc/portal") / "env").read_text().splitlines()
        return {name: value.strip("'") for name, _equals, value in (line.partition("=") for line in lines)}

    def _shell(self, script: str) -> str:
        done = subprocess.run(
            ["bash", "-c", BUILT_IN + self._placed(script)],
            env=self._surroundings(),
            cwd=self.folder,
            input=f"{PASSWORD}\n{PASSWORD}\n",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _surroundings(self) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        return plain | {"PATH": f"{self.at('/usr/local/bin')}:{os.environ['PATH']}"}

    def _placed(self, text: str) -> str:
        for place in PLACES:
            text = text.replace(place, str(self.at(place)))
        return text.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")

    def _systemctl(self, verb: str, *units: str) -> None:
        if verb == "stop":
            ending = {unit: part for unit, part in self._parts.items() if fnmatch(unit, units[0])}
            for part in ending.values():
                part.terminate()
            codes = {unit: part.wait(PATIENCE_SECONDS) for unit, part in ending.items()}
            self._parts = {unit: part for unit, part in self._parts.items() if unit not in ending}
            # A part that is told before it has begun ends by the signal itself.
            assert set(codes.values()) <= {0, -signal.SIGTERM}, codes
        elif verb in {"start", "enable"}:
            for unit in units:
                if unit != "--now":
                    command = [str(self.at("/usr/local/bin") / "portal"), unit.removeprefix("portal@")]
                    self._parts[unit] = subprocess.Popen(
                        command, cwd=self.folder, env=self._surroundings(), stderr=subprocess.DEVNULL
                    )
