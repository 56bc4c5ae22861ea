"""Processes as the system lists them, and waiting for what they do."""

import subprocess
import time
from collections.abc import Callable
from typing import Any

PATIENCE_SECONDS = 90


def soon(look: Callable[[], Any]) -> Any:
    """What `look` sees, as soon as it is something; AssertionError if it stays nothing."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (seen := look()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return seen


def children(parent: int) -> list[int]:
    """The living children of a process."""
    return [process for process, of, state in _listed() if of == parent and not state.startswith("Z")]


def tree(parent: int) -> list[int]:
    """The living processes below one, itself left out."""
    return [process for child in children(parent) for process in (child, *tree(child))]


def are_gone(processes: list[int]) -> bool:
    """Whether none of them lives."""
    return not {process for process, _of, state in _listed() if not state.startswith("Z")} & set(processes)


def _listed() -> list[tuple[int, int, str]]:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [(int(process), int(parent), state) for process, parent, state in rows]
