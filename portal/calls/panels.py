"""What higher rooms show of calls on this room's pages: a column of the log, a section of one call's page.

This room knows neither records nor charges nor deliveries. Each room above offers a `CallPanel` with templates of its
own; `app.py` adds them in the order in which they are to stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from portal.calls.models import CallRecord


@dataclass(frozen=True, slots=True)
class CallPanel:
    """A room's offer. `load` answers what it knows of these calls, by the call's row id, in a fixed number of queries.

    `cell` and `section` are templates (None: not shown there). They see `call`, and as `known` what `load` gave for
    it, None where that is nothing. `heading` is the column's word. `tool` is a template of what can be done with all
    the calls of a choice; it sees the filters as `bar`.
    """

    heading: Callable[[], str]
    load: Callable[[Sequence[CallRecord]], Mapping[int, Any]]
    cell: str | None = None
    section: str | None = None
    tool: str | None = None


@dataclass(frozen=True, slots=True)
class LoadedPanel:
    """A panel with what it knows of the calls of this page."""

    heading: str
    cell: str | None
    section: str | None
    known: Mapping[int, Any]


def add_panels(app: Flask, *panels: CallPanel) -> None:
    """Called once by the composition root, with the panels in their order from left to right."""
    app.extensions["portal.call_panels"] = panels


def log_panels(calls: Sequence[CallRecord]) -> list[LoadedPanel]:
    """The columns that other rooms add to the log."""
    return [_loaded(panel, calls) for panel in _panels() if panel.cell]


def page_panels(call: CallRecord) -> list[LoadedPanel]:
    """The sections that other rooms add to the page of one call."""
    return [_loaded(panel, [call]) for panel in _panels() if panel.section]


def log_tools() -> list[str]:
    """What other rooms can do with all the calls of a choice."""
    return [panel.tool for panel in _panels() if panel.tool]


def _panels() -> tuple[CallPanel, ...]:
    panels: tuple[CallPanel, ...] = current_app.extensions.get("portal.call_panels", ())
    return panels


def _loaded(panel: CallPanel, calls: Sequence[CallRecord]) -> LoadedPanel:
    return LoadedPanel(panel.heading(), panel.cell, panel.section, panel.load(calls) if calls else {})
