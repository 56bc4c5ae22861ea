"""What goes wrong with another house's service (a provider, a CRM), by one set of names."""

from __future__ import annotations

from enum import StrEnum

from portal.kernel.http.errors import Failed, FailureKind
from portal.kernel.http.message import Exchange


class Trouble(StrEnum):
    """What is wrong with a service, or with what was asked of it."""

    UNREACHABLE = "unreachable"
    SILENT = "silent"
    """No whole answer in time."""
    KEY_REFUSED = "key-refused"
    FORBIDDEN = "forbidden"
    """It knows us, but we may not."""
    UNPAID = "unpaid"
    TOO_MANY = "too-many"
    FAULT = "fault"
    """It answers with a fault of its own (5xx)."""
    NONSENSE = "nonsense"
    """What it answers is not what its API says."""
    ADDRESS = "address"
    """Its address may not be dialled from here."""
    NOT_AUTHORISED = "not-authorised"
    """The application is set up, but nobody has let it in yet."""
    NO_APPLICATION = "no-application"
    """It does this for applications only, not for an inbound webhook."""
    NOT_FOUND = "not-found"
    NOT_YET = "not-yet"
    """A record that is still being written."""
    REFUSED = "refused"
    """It finds fault with this one thing (4xx)."""
    UNKNOWN_NUMBER = "unknown-number"
    """It has nobody with this number, and writes nothing down."""
    NO_USER = "no-user"
    """There is nobody in whose name it could be written: no user of the CRM was rung, and it names none itself."""
    TOO_OLD = "too-old"
    """It was tried for days."""


_OF_ONE_THING = frozenset(
    {
        Trouble.NOT_FOUND,
        Trouble.NOT_YET,
        Trouble.REFUSED,
        Trouble.UNKNOWN_NUMBER,
        Trouble.NO_USER,
        Trouble.TOO_OLD,
    }
)
_BY_FAILURE = {
    FailureKind.TIMEOUT: Trouble.SILENT,
    FailureKind.DISCONNECTED: Trouble.SILENT,
    FailureKind.REFUSED_ADDRESS: Trouble.ADDRESS,
    FailureKind.BAD_REQUEST: Trouble.ADDRESS,
    FailureKind.PROTOCOL: Trouble.NONSENSE,
    FailureKind.TOO_LARGE: Trouble.NONSENSE,
}


class ServiceTrouble(Exception):
    """No usable answer. `detail` is short, technical and without secrets; `retry_after` in seconds, where told."""

    def __init__(self, trouble: Trouble, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{trouble.value}: {detail}")
        self.trouble = trouble
        self.detail = detail
        self.retry_after = retry_after

    @classmethod
    def of(cls, failure: Failed) -> ServiceTrouble:
        """What it means that no answer came."""
        return cls(_BY_FAILURE.get(failure.kind, Trouble.UNREACHABLE), failure.kind.value)

    @property
    def is_of_the_service(self) -> bool:
        """Whether it says something of the service, and not of the one thing that was asked for."""
        return self.trouble not in _OF_ONE_THING


def retry_after(exchange: Exchange) -> float | None:
    """The seconds of `Retry-After`, where the answer names some."""
    value = next((value for name, value in exchange.headers if name.lower() == "retry-after"), "")
    return float(value) if value.isdecimal() and len(value) < 6 else None
