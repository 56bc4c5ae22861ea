"""Programs that the tests drive and a machine may lack: Debian's packages, installed where that is possible."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

LOCK = Path(tempfile.gettempdir()) / "portal-tests-apt.lock"


class MissingProgramError(RuntimeError):
    """A program is not here and could not be installed; the message says how to get it."""


def install(*packages: str) -> None:
    """Install Debian's `packages`, as root on a machine with apt-get.

    Raises MissingProgramError where that is not possible or did not work: a test run without the program fails, it
    does not skip.
    """
    names = " ".join(packages)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise MissingProgramError(f"{names} is missing. On Debian and Ubuntu: sudo apt-get install {names}")
    # Two processes of one test run may miss the same program; the second finds it installed.
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", *packages)


def _apt_get(*arguments: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "--quiet", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise MissingProgramError(f"apt-get {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
