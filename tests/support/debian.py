"""Programs that tests drive and a machine may lack: Debian's packages, installed where that is possible."""

import os
import shutil
import subprocess


class MissingProgramError(RuntimeError):
    """A program is not here and could not be installed; the message says how to get it."""


def install(package: str) -> None:
    """Install Debian's `package`, as root on a machine with apt-get.

    Raises MissingProgramError where that is not possible or did not work: a test run without the program fails, it
    does not skip.
    """
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise MissingProgramError(f"{package} is missing. On Debian and Ubuntu: sudo apt-get install {package}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", package]):
        done = subprocess.run(
            ["apt-get", "--quiet", *command], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise MissingProgramError(f"apt-get {' '.join(command)} failed:\n{done.stdout}{done.stderr}")
