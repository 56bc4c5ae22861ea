"""When a missed call is to be returned: so many working minutes later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from flask import Flask, current_app

_NAME = "portal.working_time"


class WorkingTime(Protocol):
    """Knows when the entered account works."""

    def later(self, moment: datetime, minutes: int) -> datetime:
        """The moment at which the account will have worked `minutes` minutes since `moment`."""


class AroundTheClock:
    """Every minute counts: for accounts without working hours."""

    def later(self, moment: datetime, minutes: int) -> datetime:
        """See `WorkingTime`."""
        return moment + timedelta(minutes=minutes)


def use(app: Flask, working_time: WorkingTime) -> None:
    """Called once by the composition root: the hours are decided by a room beside this one."""
    app.extensions[_NAME] = working_time


def due_at(moment: datetime, minutes: int) -> datetime:
    """When work that began at `moment` is to be done."""
    working_time: WorkingTime = current_app.extensions.get(_NAME) or AroundTheClock()
    return working_time.later(moment, minutes)
