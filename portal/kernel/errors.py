"""What a service may refuse, and in which words. `web.errors` and `public_api.errors` translate to HTTP."""

from __future__ import annotations


class PortalError(Exception):
    """A refusal with a message for the person or program that asked. Never a fault of our own."""

    code = "error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class NotFound(PortalError):
    """No such thing in this account; another account's thing looks the same as none."""

    code = "not_found"


class Forbidden(PortalError):
    """The thing may be known, but not done by this role or in this state of the account."""

    code = "forbidden"


class NotSignedIn(PortalError):
    """Nobody is signed in, or the session has ended."""

    code = "unauthorized"


class NotProved(PortalError):
    """Whoever asks has signed in, and must prove it anew before this: a stolen session opens no safe."""

    code = "not_proved"


class NeedsSecondFactor(PortalError):
    """Whoever asks must set up a second factor before anything else."""

    code = "needs_second_factor"


class Refused(PortalError):
    """The input is wrong. `field` names the form's field or the parameter, where it is one."""

    code = "bad_request"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Conflict(PortalError):
    """Somebody else changed the same thing, or it exists already."""

    code = "conflict"


class NotReady(PortalError):
    """The thing will be there later: ask again after `retry_after` seconds."""

    code = "not_ready"

    def __init__(self, message: str, retry_after: int = 2) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooMany(PortalError):
    """Too many requests or attempts: ask again after `retry_after` seconds."""

    code = "too_many_requests"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(PortalError):
    """The switch or an upstream did not answer; `timed_out` tells silence from a refusal."""

    code = "unavailable"

    def __init__(self, message: str, *, timed_out: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out
