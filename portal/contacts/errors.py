"""What a mapping may be refused for, user by user."""

from __future__ import annotations

from collections.abc import Mapping

from portal.kernel.errors import Conflict, Refused


class MappingRefused(Refused):
    """Some users cannot have the SIP account that was chosen; `problems` says why, by CRM user's id."""

    def __init__(self, message: str, problems: Mapping[int, str]) -> None:
        super().__init__(message)
        self.problems = dict(problems)


class MappingChanged(Conflict):
    """Somebody else gave these users other SIP accounts meanwhile; `present` holds what is saved now, by user's id."""

    def __init__(self, message: str, present: Mapping[int, int | None]) -> None:
        super().__init__(message)
        self.present = dict(present)
