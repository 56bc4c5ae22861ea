"""The side menu: the seed's entries in the seed's order; a feature adds its page by naming it here in `app.py`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from flask import current_app, request, url_for
from sqlalchemy import ScalarSelect

from portal.kernel.i18n import gettext as _
from portal.web.access import Permission

Section = Literal["customers", "work", "money", "cabinet", "office", "installation", "out"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu: the current one on its page and those below it.

    `count` is a number worth a badge, as a part of the one statement that asks for all of them.
    """

    endpoint: str
    label: Callable[[], str]
    icon: str
    section: Section
    needs: Permission
    count: Callable[[], ScalarSelect[int]] | None = None
    method: Literal["get", "post"] = "get"


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry as the template draws it."""

    label: str
    url: str
    icon: str
    is_current: bool
    count: int | None
    method: str


def groups() -> dict[Section, str]:
    """The parts of the menu in order, as they are headed."""
    return {
        "customers": _("Customers"),
        "work": _("Work"),
        "money": _("Money"),
        "cabinet": _("Cabinet"),
        "office": _("Administration"),
        "installation": _("Installation"),
        "out": "",
    }


def open_entries(entries: tuple[Entry, ...], allowed: frozenset[Permission]) -> list[Entry]:
    """Those that these permissions open."""
    return [each for each in entries if each.needs in allowed and each.endpoint in current_app.view_functions]


def items(entries: list[Entry], counted: Mapping[str, int]) -> dict[Section, list[NavItem]]:
    """These entries by their parts of the menu and in order, with what was counted, by their endpoints."""
    drawn = [(entry, url_for(entry.endpoint)) for entry in entries]
    current = _nearest([url for entry, url in drawn if entry.method == "get"])
    found: dict[Section, list[NavItem]] = defaultdict(list)
    for entry, url in drawn:
        found[entry.section].append(
            NavItem(
                label=entry.label(),
                url=url,
                icon=entry.icon,
                is_current=url == current,
                count=counted.get(entry.endpoint),
                method=entry.method,
            )
        )
    return dict(found)


def _nearest(urls: list[str]) -> str | None:
    """Of these addresses that of the present page, or else the longest below which the page lies."""
    here = request.script_root + request.path
    return max((url for url in urls if here == url or here.startswith(f"{url}/")), key=len, default=None)
