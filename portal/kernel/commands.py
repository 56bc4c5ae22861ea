"""Groups of commands that work on an installation: each of theirs first asks whether the database can be used."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from portal.kernel.readiness import check_database


class Commands(AppGroup):
    """A group whose commands run inside the app, on a database of this release."""

    def command(self, *args: Any, **kwargs: Any) -> Callable[[Callable[..., Any]], click.Command]:  # type: ignore[override]
        """As `click.Group.command`."""
        register = super().command(*args, **kwargs)
        return lambda run: register(on_a_ready_database(run))


def on_a_ready_database(run: Callable[..., Any]) -> Callable[..., Any]:
    """Runs a command inside the app only where the database is of this release; `NotReadyError` else."""

    @wraps(run)
    def checked(*args: Any, **kwargs: Any) -> Any:
        check_database(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
        return run(*args, **kwargs)

    return checked
