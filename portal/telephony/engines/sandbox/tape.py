"""Records of talks: rendered when the talk is over, handed to the sink as finished files."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from portal.telephony.engine import RecordSink
from portal.telephony.engines.sandbox.voice import write_conversation

log = logging.getLogger(__name__)

Run: TypeAlias = Callable[[Callable[[], None]], object]
"""Runs something, now or in another thread (``executor.submit``)."""


def at_once(work: Callable[[], None]) -> None:
    work()


class Tape:
    """Writes into `folder` (made where missing). A trouble of disk or sink costs the record, never the call."""

    def __init__(self, folder: Path, sink: RecordSink, run: Run = at_once) -> None:
        self._folder = folder
        self._sink = sink
        self._run = run

    def begin(self, account_id: int, api_call_id: str) -> bool:
        """Tell the sink that a record is being made; False where it does not want it."""
        try:
            self._sink.begin(account_id, api_call_id)
        except Exception:
            log.exception("call %s: the record could not be begun", api_call_id)
            return False
        return True

    def close(self, account_id: int, api_call_id: str, seconds: float, done: Callable[[bool], None]) -> None:
        """Render the record of a talk of this length; `done` is told whether the sink has it."""
        self._run(lambda: done(self._hand_over(account_id, api_call_id, seconds)))

    def _hand_over(self, account_id: int, api_call_id: str, seconds: float) -> bool:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{api_call_id}.wav"
            length = write_conversation(path, seconds, seed=api_call_id)
            self._sink.complete(account_id, api_call_id, path, length)
        except Exception:
            log.exception("call %s: the record is lost", api_call_id)
            return False
        return True
