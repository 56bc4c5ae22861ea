"""What can be done in the background: kinds of jobs and periodic works, as rooms offer them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Flask, current_app

if TYPE_CHECKING:
    from portal.kernel.jobs.running import RunningJob

_NAME = "portal.jobs"


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job.

    `run` does the work; it may be begun anew after a crash and must then come to the same. What it raises as a
    `PortalError` is told to whoever asked, in its words. `needs` is the permission (`web.access.Permission`) that
    seeing such a job, its result and asking for it takes. `keep` is how long a result stays.
    One that `repeats` may be asked for again when it is done; a change that was made must not be, it would undo what
    was changed since.
    """

    name: str
    label: Callable[[], str]
    run: Callable[[RunningJob], None]
    needs: str
    keep: timedelta = timedelta(days=7)
    repeats: bool = True


@dataclass(frozen=True, slots=True)
class Periodic:
    """Work that the installation does again and again, in one place at a time. `run` is given the app, in its context,
    with no account entered: it begins jobs of accounts, or does what is short.
    """

    name: str
    label: Callable[[], str]
    every: timedelta
    run: Callable[[Flask], None]


class Jobs:
    """The kinds and works of this installation."""

    def __init__(self) -> None:
        self.kinds: dict[str, JobKind] = {}
        self.periodic: dict[str, Periodic] = {}

    def add(self, *offers: JobKind | Periodic) -> None:
        """Called by the composition root. Raises `ValueError` for a name that is taken."""
        for offer in offers:
            known: dict[str, JobKind] | dict[str, Periodic]
            known = self.kinds if isinstance(offer, JobKind) else self.periodic
            if offer.name in known:
                raise ValueError(f"there is a job {offer.name} already")
            known[offer.name] = offer  # type: ignore[assignment]


def init_app(app: Flask, *offers: JobKind | Periodic) -> None:
    """Makes the offers known to an app."""
    app.extensions[_NAME] = jobs = Jobs()
    jobs.add(*offers)


def jobs_here() -> Jobs:
    """What the present app can do in the background."""
    jobs: Jobs = current_app.extensions[_NAME]
    return jobs
