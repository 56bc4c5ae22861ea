"""One exchange under way: its deadline, how far it came and how long each part took."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum

# An answer's status line and headers, all of them; common servers send 1 KiB and accept 8 to 32 KiB themselves.
HEAD_BYTES = 64 * 1024


class Stage(StrEnum):
    """The parts of an exchange, in their order."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    WAIT = "wait"  # the request is written, the first byte of the answer awaited
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Phases:
    """Milliseconds spent in each stage; None = there was none, as on a connection that was still open from before.

    `first_byte` is the time from beginning to write the request to the first byte of the answer. `total` is all of it.
    """

    dns: float | None
    connect: float | None
    tls: float | None
    first_byte: float | None
    total: float


@dataclass(frozen=True, slots=True)
class Peer:
    """The address that was dialled; `is_reused` = over a connection kept from an earlier exchange."""

    address: str
    port: int
    is_reused: bool = False


class TooMuch(Exception):
    """More bytes came than this part of the answer may have."""


class Journey:
    """The clock and the meter of one exchange. Used by one thread."""

    __slots__ = (
        "_deadline",
        "_entered",
        "_left",
        "_spent",
        "_started",
        "is_at_end",
        "peer",
        "received",
        "seconds",
        "sent_head",
        "stage",
    )

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.stage = Stage.DNS
        self.peer: Peer | None = None
        self.sent_head = b""
        self.received = 0
        self.is_at_end = False
        self._started = time.monotonic()
        self._deadline = self._started + seconds
        self._entered: float | None = None
        self._spent: dict[Stage, float] = {}
        self._left = HEAD_BYTES

    def remaining(self) -> float:
        """Seconds until the deadline, more than 0. Raises TimeoutError when it has passed."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self._deadline

    def enter(self, stage: Stage) -> None:
        """This stage begins, or begins again with another address; the one before ends."""
        self.leave()
        self.stage = stage
        self._entered = time.monotonic()

    def leave(self) -> None:
        """The running stage ends."""
        if self._entered is not None:
            self._spent[self.stage] = self._spent.get(self.stage, 0.0) + time.monotonic() - self._entered
            self._entered = None

    def allow_bytes(self, count: int) -> None:
        """From here on so many bytes may come, whatever came before."""
        self._left = count

    def took(self, count: int) -> None:
        """So many bytes came, none = the other side has closed. Raises TooMuch when they are more than may come."""
        if not self.received and count:
            self.enter(Stage.ANSWER)
        self.is_at_end = not count
        self.received += count
        self._left -= count
        if self._left < 0:
            raise TooMuch

    def phases(self) -> Phases:
        """What was spent so far; the running stage ends here."""
        self.leave()
        dns, connect, tls, wait = (
            None if (seconds := self._spent.get(stage)) is None else round(seconds * 1000, 3)
            for stage in (Stage.DNS, Stage.CONNECT, Stage.TLS, Stage.WAIT)
        )
        return Phases(dns, connect, tls, wait, round((time.monotonic() - self._started) * 1000, 3))
