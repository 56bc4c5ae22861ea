"""Asterisk, baresip and sipp in a folder of their own: fetched from Debian, unpacked, never installed.

Nothing of the machine changes and nobody need be root: the programs run by the folder's own loader and libraries.
`python -m tests.telephony.asterisk.real.tree FOLDER` makes the folder where it is not there yet.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SUITE = "forky"
"""The Debian suite that has Asterisk 22; stable ones have none."""

_PACKAGES = [
    "asterisk",
    "asterisk-modules",
    "libbsd0",
    "libc6",
    "libcap2",
    "libcrypt1",
    "libedit2",
    "libgcc-s1",
    "libgsm1",
    "libjansson4",
    "libmd0",
    "libsqlite3-0",
    "libssl3t64",
    "libstdc++6",
    "libsystemd0",
    "libtinfo6",
    "liburiparser1",
    "libuuid1",
    "libxml2-16",
    "libxslt1.1",
    "libzstd1",
    "zlib1g",
    "sip-tester",
    "baresip-core",
    "libdbus-1-3",
    "libgsl28",
    "libgslcblas0",
    "libncursesw6",
    "libpcap0.8t64",
    "libpugixml1v5",
    "libre1",
    "librem1",
    "libsctp1",
]
_WHOLE = ("asterisk", "sip-tester", "baresip-core")
_PROGRAMS = ("usr/sbin/asterisk", "usr/bin/sipp", "usr/bin/baresip")
_WAITS_SECONDS = 240
_STARTER = """#!/bin/sh
T=$(cd "$(dirname "$0")/.." && pwd)
exec "$T/usr/lib64/ld-linux-x86-64.so.2" --library-path "$T/usr/lib/x86_64-linux-gnu:$T/usr/lib" "$T/{program}" "$@"
"""
_APT = """Dir "{root}/";
Dir::State::status "{root}/var/lib/dpkg/status";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Log "{root}";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Acquire::Check-Valid-Until "false";
Acquire::Check-Date "false";
Acquire::Retries "2";
Debug::NoLocking "true";
"""


class NotToBeHad(RuntimeError):
    """There is no Asterisk to test with; the message says why."""


def make_tree(folder: Path) -> Path:
    """The folder with the programs in `run/`. Raises `NotToBeHad`."""
    if not (folder / "run" / "asterisk").exists():
        with tempfile.TemporaryDirectory(prefix="asterisk-") as work:
            debs = _download(Path(work))
            fresh = folder.with_name(f"{folder.name}.new-{os.getpid()}")
            for deb in debs:
                subprocess.run(["dpkg-deb", "-x", deb, fresh], check=True)
            _write_starters(fresh)
            folder.parent.mkdir(parents=True, exist_ok=True)
            fresh.rename(folder)
    return folder


def _download(work: Path) -> list[Path]:
    """The packages; all that they depend on where the short list no longer fits the suite. Signatures are checked."""
    environ = _private_apt(work)
    _apt(environ, work, "update")
    try:
        _apt(environ, work, "download", *_PACKAGES)
    except NotToBeHad:
        _apt(environ, work, "-y", "--download-only", "install", *_WHOLE)
    return sorted([*work.glob("*.deb"), *(work / "var/cache/apt/archives").glob("*.deb")])


def _private_apt(work: Path) -> dict[str, str]:
    for folder in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d", "var/lib/dpkg"):
        (work / folder).mkdir(parents=True)
    for folder in ("var/lib/apt/lists/partial", "var/cache/apt/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "var/lib/dpkg/status").touch()
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (work / "etc/apt/sources.list").write_text(f"deb [signed-by={keys}] {_mirror()} {SUITE} main\n")
    (work / "apt.conf").write_text(_APT.format(root=work))
    return {**os.environ, "APT_CONFIG": str(work / "apt.conf"), "LC_ALL": "C"}


def _mirror() -> str:
    """The archive that this machine's own apt uses."""
    try:
        listed = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        raise NotToBeHad("this machine has no apt: the tests with a real Asterisk need Debian or Ubuntu") from None
    found = next((each for each in listed if each.rstrip("/").endswith("/debian")), None)
    if found is None:
        raise NotToBeHad("apt has no source of Debian's archive")
    return found


def _apt(environ: dict[str, str], work: Path, *words: str) -> None:
    try:
        done = subprocess.run(
            ["apt-get", *words],
            env=environ,
            cwd=work,
            capture_output=True,
            text=True,
            timeout=_WAITS_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotToBeHad(f"apt-get {words[0]} of {SUITE} had no answer within {_WAITS_SECONDS} s") from None
    if done.returncode != 0:
        # A mirror's name is nobody's business.
        said = [line for line in done.stderr.splitlines() if "://" not in line]
        raise NotToBeHad(f"apt-get {words[0]} of {SUITE} failed: {' '.join(said[-3:])}")


def _write_starters(tree: Path) -> None:
    (tree / "run").mkdir()
    for program in _PROGRAMS:
        starter = tree / "run" / Path(program).name
        starter.write_text(_STARTER.format(program=program))
        starter.chmod(0o755)


if __name__ == "__main__":
    try:
        make_tree(Path(sys.argv[1]).absolute())
    except NotToBeHad as error:
        sys.exit(f"No Asterisk could be had: {error}.")
