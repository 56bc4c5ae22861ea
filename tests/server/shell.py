"""Commands as people type them: each a process of its own, on a data folder."""

import os
import subprocess
from pathlib import Path

from tests.support.installation import PORTAL

SECONDS = 60


class Shell:
    """A person at the keyboard. `settings` are environment variables beside `PORTAL_DATA`."""

    def __init__(self, data: Path, **settings: str) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        self._environment = inherited | {"PORTAL_DATA": str(data)} | settings

    def run(self, *arguments: str | Path, typed: str = "") -> "Outcome":
        """What comes of `portal` with these arguments."""
        done = subprocess.run(
            [PORTAL, *arguments],
            env=self._environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        return Outcome(done.returncode, done.stdout.strip(), done.stderr.strip())

    def start(self, part: str, log: Path | None = None) -> subprocess.Popen[str]:
        """A part that runs on; its log goes to that file, or is thrown away."""
        with (log or Path(os.devnull)).open("w") as lines:
            return subprocess.Popen([PORTAL, part], env=self._environment, stderr=lines, text=True)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """A command that takes its time; what it prints is to be read."""
        return subprocess.Popen(
            [PORTAL, *arguments],
            env=self._environment | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str | Path, typed: str = "") -> str:
        """What a command prints that must succeed; AssertionError with its complaint else."""
        outcome = self.run(*arguments, typed=typed)
        assert outcome.code == 0, outcome.error
        return outcome.output


class Outcome:
    """How a command ended."""

    def __init__(self, code: int, output: str, error: str) -> None:
        self.code, self.output, self.error = code, output, error

    @property
    def complaint(self) -> str:
        """The one line that a refused command says. AssertionError where it succeeded or said more."""
        assert self.code not in {0, None}, self.output
        assert "Traceback" not in self.error, self.error
        [line] = self.error.splitlines()
        return line
