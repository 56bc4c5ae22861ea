"""Which calls the CRM has been told of: known to a higher room, which hands its knowledge down as a `NoticeSource`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from flask import Flask, current_app
from sqlalchemy import ColumnElement


class Notices(StrEnum):
    """How the notices of a call fare, in the words of the address."""

    ARRIVED = "arrived"
    """There were some, and all have arrived."""
    WAITING = "waiting"
    """One is still to arrive."""
    FAILED = "failed"
    """One was given up."""


class NoticeSource(Protocol):
    """What a higher room knows of them."""

    def condition(self, notices: Notices) -> ColumnElement[bool]:
        """True for a `CallRecord` whose notices fare so."""
        ...

    def calls(self, notices: Notices, most: int) -> Sequence[str]:
        """The `api_call_id` of calls that may fare so: every one of them, or `most` where there are more."""
        ...


def add_notice_source(app: Flask, source: NoticeSource) -> None:
    """Called once by the composition root."""
    app.extensions["portal.call_notices"] = source


def notice_source() -> NoticeSource:
    """The present app's."""
    source: NoticeSource = current_app.extensions["portal.call_notices"]
    return source
