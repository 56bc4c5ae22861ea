"""`python -m tests.bench.asterisk TREE`: how soon the first phone rings, at few calls a second and at fifty.

Asterisk, the engine, the callers and the phones all share the machine. TREE is the folder that `make test-asterisk`
unpacks its programs into.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from flask import Flask

from portal.app import create_app
from portal.kernel.clock import now
from portal.kernel.config import load_settings
from portal.kernel.readiness import upgrade_database
from tests.bench import machine
from tests.bench.asterisk import office, sipp
from tests.bench.asterisk.reading import Round, read_round
from tests.bench.sites import durable_postgresql
from tests.support.installation import PORTAL
from tests.telephony.asterisk.real.pbx import PASSWORD, Asterisk
from tests.telephony.asterisk.real.phones import free_port

_PATIENCE = 60.0
_ROUNDS = ((5, 300), (20, 800), (50, 2000))
"""Calls a second, and how many."""
_DATABASES = ("sqlite", "postgresql")


def main() -> None:
    """Prints each round's figures as soon as it is over, on SQLite and then on PostgreSQL."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.asterisk")
    parser.add_argument("tree", type=Path)
    parser.add_argument("--share", type=float, default=1.0, help="of the calls: to try the bench itself")
    parser.add_argument("--rate", type=int, choices=[rate for rate, _calls in _ROUNDS], help="this one alone")
    parser.add_argument("--database", choices=_DATABASES, help="this one alone")
    asked = parser.parse_args()
    _say(machine.describe(["Asterisk, sipp and the engine on the same cores"]))
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        if asked.database != "postgresql":
            _measure("SQLite", "", Path(folder) / "sqlite", asked)
        if asked.database != "sqlite":
            with durable_postgresql() as server:
                url = server.address.create_database("switch")
                _measure("PostgreSQL", url, Path(folder) / "postgresql", asked)
    _say(f"load at the end {machine.load():.1f}")


def _measure(name: str, database: str, folder: Path, asked: argparse.Namespace) -> None:
    tree = asked.tree.absolute()
    (folder / "data").mkdir(parents=True)
    outside, phones = free_port(), free_port()
    asterisk = Asterisk(tree, folder / "asterisk", (), outside, more_phones=office.sections(phones))
    environment = {
        "PORTAL_DATA": str(folder / "data"),
        "PORTAL_DATABASE_URL": database,
        "PORTAL_SECRET_KEY": secrets.token_hex(32),
        "PORTAL_LOG_LEVEL": "error",
        "PORTAL_ENGINE": "asterisk",
        "PORTAL_ASTERISK_URL": asterisk.url,
        "PORTAL_ASTERISK_PASSWORD": PASSWORD,
    }
    app = create_app(load_settings(environment), "command")
    upgrade_database(app)
    numbers = office.furnish(app)
    asterisk.start()
    engine = subprocess.Popen([PORTAL, "engine"], env={"PATH": os.environ["PATH"], **environment})
    try:
        with sipp.phones(tree / "run" / "sipp", folder, phones):
            _wait(lambda: asterisk.ari("applications"))
            line = partial(sipp.call, tree / "run" / "sipp", folder, (outside, asterisk.sip_port), numbers)
            for rate, calls in [each for each in _ROUNDS if asked.rate in (None, each[0])]:
                title, parties = f"{name}, {rate} calls a second", (engine.pid, asterisk.pid)
                _round(title, app, line, parties, rate, round(calls * asked.share))
    finally:
        engine.terminate()
        engine.wait()
        asterisk.stop()


def _round(title: str, app: Flask, call: Callable[..., int], parties: tuple[int, int], rate: int, calls: int) -> None:
    began, before = now(), _spent(*parties)
    unanswered = call(calls=calls, rate=rate)
    found = _settled(app, began, calls)
    deciding, writing, switching = (
        (after - then) / max(1, found.calls) * 1000 for after, then in zip(_spent(*parties), before, strict=True)
    )
    lines = [
        f"  callers who heard nobody: {unanswered}",
        f"  processor a call: {deciding:.1f} ms for deciding, {writing:.1f} for writing it, Asterisk {switching:.1f}",
    ]
    _say("\n".join([f"{title}, load {machine.load():.1f}", *found.lines(), *lines]))


def _spent(engine: int, asterisk: int) -> tuple[float, float, float]:
    """Seconds of processor of the engine that decides, of its scribe, of Asterisk: other work hardly changes them."""
    (scribe,) = Path(f"/proc/{engine}/task/{engine}/children").read_text().split()
    deciding, writing, switching = (_processor_seconds(each) for each in (engine, int(scribe), asterisk))
    return deciding, writing, switching


def _processor_seconds(process: int) -> float:
    """What a process has used so far."""
    after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def _settled(app: Flask, began: datetime, calls: int) -> Round:
    """The round's calls, once each is there and has its end: they are written behind the switch."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        found = read_round(app, began)
        if (found.calls >= calls and not found.open) or time.monotonic() >= deadline:
            return found
        time.sleep(1)


def _wait(look: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not look():
        assert time.monotonic() < deadline, "the engine does not connect"
        time.sleep(0.1)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


main()
