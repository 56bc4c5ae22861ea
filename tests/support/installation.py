"""A whole installation as its owner runs it: `portal demo` as a process tree of its own, and commands beside it."""

import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

PORTAL = Path(sys.executable).with_name("portal")
READY_SECONDS = 60
END_SECONDS = 20


class Installation:
    """One data folder. `start` brings the demo up on a free port; `run` gives a command on the same installation.

    As a context manager it is started at once and ended with one Ctrl-C.
    """

    def __init__(self, data: Path, *options: str, **settings: str) -> None:
        self.data = data
        self._options = options
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        self._environment = inherited | {"PORTAL_DATA": str(data), "PORTAL_DEMO_PASSWORD": self.password} | settings
        self._process: subprocess.Popen[str] | None = None
        self.output: list[str] = []
        """Lines that the demo printed, its log among them."""
        self.url = ""
        """Where it answers, once it has started."""

    password = "correct horse battery staple"

    def start(self) -> None:
        """Start the demo; return when it says that it answers. AssertionError with its output if it does not."""
        self._process = subprocess.Popen(
            [PORTAL, "demo", "--port", "0", *self._options],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        ready: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(self._process, ready), name="demo-output", daemon=True).start()
        try:
            self.url = ready.get(timeout=READY_SECONDS)
        except queue.Empty:
            self.kill()
        assert self.url, "the demo did not say that it is ready:\n" + "".join(self.output)

    @property
    def pid(self) -> int:
        """The process that the others are children of."""
        assert self._process is not None, "it was not started"
        return self._process.pid

    def run(self, *arguments: str) -> str:
        """What `portal` with these arguments prints; AssertionError with its complaint if it fails."""
        done = subprocess.run([PORTAL, *arguments], env=self._environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def stop(self) -> int:
        """End it as a person does, with one Ctrl-C; its exit code."""
        assert self._process is not None, "it was not started"
        # A terminal tells the whole group.
        os.killpg(self._process.pid, signal.SIGINT)
        try:
            return self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("one Ctrl-C did not end the demo:\n" + "".join(self.output)) from None

    def kill(self) -> None:
        """End it as a power cut does: every process at once."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(END_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()

    def _read(self, process: subprocess.Popen[str], ready: queue.SimpleQueue[str]) -> None:
        assert process.stdout is not None, "it is a pipe"
        for line in process.stdout:
            self.output.append(line)
            if line.startswith("Ready: "):
                ready.put(line.removeprefix("Ready: ").strip())
        process.stdout.close()
        # It has ended; who still waits for it need not.
        ready.put("")
