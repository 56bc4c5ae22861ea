"""Records: fetched from Asterisk once, handed to the sink, deleted there when the sink has them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import structlog

from portal.telephony.engine import RecordSink
from portal.telephony.engines.asterisk.ari import Ari, AriAway, AriRefused, part
from portal.telephony.errors import SinkClosed

log = structlog.get_logger(__name__)

_DOWNLOAD_SECONDS = 300.0
_HEADER = 44
_BYTES_PER_SECOND = 16_000
"""What Asterisk's `wav` has: 16 bits, 8 kHz, one side."""


class RecordKeeper:
    """Brings finished records over. A trouble of network, disk or sink leaves it where it is, for a later try."""

    def __init__(self, ari: Ari, folder: Path, sink: RecordSink, run: Callable[[Callable[[], None]], object]) -> None:
        self._ari = ari
        self._folder = folder
        self._sink = sink
        self._run = run

    def begin(self, account_id: int, api_call_id: str) -> None:
        """The talk is being recorded."""
        self._sink.begin(account_id, api_call_id)

    def keep(self, account_id: int, api_call_id: str, name: str, done: Callable[[bool], None]) -> None:
        """Fetch it, in a thread of its own; `done` is told there whether the sink has it."""
        self._run(lambda: done(self._keep(account_id, api_call_id, name)))

    def _keep(self, account_id: int, api_call_id: str, name: str) -> bool:
        path = self._folder / f"{name}.wav"
        stored = f"recordings/stored/{part(name)}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._ari.download(f"{stored}/file", path, deadline_seconds=_DOWNLOAD_SECONDS)
            mend_header(path)
            self._sink.complete(
                account_id, api_call_id, path, max(0, path.stat().st_size - _HEADER) / _BYTES_PER_SECOND
            )
            self._ari.drop(stored)
        except (AriRefused, AriAway) as error:
            log.warning("record_not_fetched", api_call_id=api_call_id, reason=str(error))
            return False
        except SinkClosed:
            # The next life finds it in Asterisk.
            log.info("record_left", api_call_id=api_call_id)
            return False
        except Exception:
            log.exception("record_not_kept", api_call_id=api_call_id)
            return False
        finally:
            path.unlink(missing_ok=True)
        return True


def mend_header(path: Path) -> None:
    """Writes the true lengths into a WAV file whose writer died before it could."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        header = file.read(_HEADER)
        if len(header) < _HEADER or header[:4] != b"RIFF" or header[36:40] != b"data":
            return
        if struct.unpack("<I", header[40:])[0] == 0 and size > _HEADER:
            file.seek(4)
            file.write(struct.pack("<I", size - 8))
            file.seek(40)
            file.write(struct.pack("<I", size - _HEADER))
