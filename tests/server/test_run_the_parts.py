"""The parts of a real installation: each a process of its own, on either database."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.server.processes import PATIENCE_SECONDS, soon
from tests.server.shell import Shell
from tests.support.postgres import free_port

SECRET = "0123456789abcdef" * 4
PARTS = ("web", "worker", "engine")


@pytest.fixture
def port() -> int:
    """Where the web part is to listen."""
    return free_port()


@pytest.fixture
def shell(tmp_path: Path, new_database: Callable[[], str], port: int) -> Shell:
    """A person at an installation that has its tables and runs nowhere."""
    shell = Shell(tmp_path, PORTAL_DATABASE_URL=new_database(), PORTAL_SECRET_KEY=SECRET, PORTAL_PORT=str(port))
    shell("db", "upgrade")
    return shell


@pytest.fixture
def parts(shell: Shell) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """The three parts, started; whatever of them is left is ended."""
    with ExitStack() as stack:
        started = {part: stack.enter_context(shell.start(part)) for part in PARTS}
        yield started
        for part in started.values():
            part.kill()


def test_each_part_ends_when_it_is_told_to(parts: dict[str, subprocess.Popen[str]], shell: Shell, port: int) -> None:
    soon(lambda: _answers(f"http://127.0.0.1:{port}/readyz"))
    # It has had time to take its switch: web and engine began together.
    assert "is driven by another" in shell.run("engine").complaint

    for part in parts.values():
        part.terminate()

    assert {name: part.wait(PATIENCE_SECONDS) for name, part in parts.items()} == dict.fromkeys(PARTS, 0)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=PATIENCE_SECONDS).status_code == 200
    except requests.ConnectionError:
        return False
