"""The side menu: the seed's entries in the seed's order; a feature adds its page by naming it here in `app.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from flask import current_app, request, url_for

from portal.web.access import Permission


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu. `endpoint`'s feature marks it as the current one; `count` is a number worth a badge."""

    endpoint: str
    label: Callable[[], str]
    icon: str
    section: Literal["work", "cabinet", "operator"]
    needs: Permission
    count: Callable[[], int] | None = None
    method: Literal["get", "post"] = "get"


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry as the template draws it."""

    label: str
    url: str
    icon: str
    section: str
    is_current: bool
    count: int | None
    method: str


def items(entries: tuple[Entry, ...], allowed: frozenset[Permission]) -> list[NavItem]:
    """The entries that these permissions open, in order."""
    return [
        NavItem(
            label=entry.label(),
            url=url_for(entry.endpoint),
            icon=entry.icon,
            section=entry.section,
            is_current=entry.method == "get" and _is_current(entry.endpoint, entries),
            count=entry.count() if entry.count else None,
            method=entry.method,
        )
        for entry in entries
        if entry.needs in allowed and entry.endpoint in current_app.view_functions
    ]


def _is_current(endpoint: str, entries: tuple[Entry, ...]) -> bool:
    """The entry's own page; or any page of its feature that has no entry of its own, for the feature's first entry."""
    here = request.endpoint or ""
    endpoints = [entry.endpoint for entry in entries if entry.method == "get"]
    if here in endpoints:
        return here == endpoint
    feature = here.partition(".")[0]
    return endpoint == next((each for each in endpoints if each.partition(".")[0] == feature), None)
