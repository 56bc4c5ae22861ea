"""What is published names no machine, no registry and no secret."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

# Written in pieces, since this file is published too.
REGISTRIES = ("pypi." + "org", "pythonhosted." + "org", "npmjs." + "org", "npmjs." + "com", "debian." + "org/debian")
MACHINE_PATHS = ("/wo" + "rk/", "/ro" + "ot/", "/home/" + "user")
KEYS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bghp_\w{36}\b")


def _published() -> list[Path]:
    """Files that git has or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = [ROOT / path for path in listed.split("\0") if path]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8000]]


def _containing(*words: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {word}"
        for path in _published()
        if "vendor" not in path.parts
        for word in words
        if word in path.read_text(encoding="utf-8")
    ]


def test_no_package_registry_is_named() -> None:
    assert not _containing(*REGISTRIES)


def test_no_path_of_somebodys_machine_is_named() -> None:
    assert not _containing(*MACHINE_PATHS)


def test_no_private_key_is_published() -> None:
    assert not [path for path in _published() if KEYS.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_pins_by_hash_and_says_nothing_of_where_from(lock: str) -> None:
    entries = (ROOT / lock).read_text().replace("\\\n", " ").splitlines()
    packages = [line for line in entries if line and not line.lstrip().startswith("#")]

    assert packages
    for package in packages:
        assert re.match(r"[a-z0-9-]+(\[\w+\])?==[\w.]+( ;[^-]+)?\s+--hash=sha256:", package), package
        assert "://" not in package
