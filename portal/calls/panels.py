"""What higher rooms show of calls on this room's pages: a column or a chip of the log, a section of one call's page.

This room knows neither records nor charges nor deliveries. Each room above offers a `CallPanel` with templates of its
own; `app.py` adds them in the order in which they are to stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, current_app
from jinja2.runtime import Macro
from markupsafe import Markup

from portal.calls.logged import LoggedCall
from portal.calls.models import CallRecord
from portal.web.compiling import drawn


@dataclass(frozen=True, slots=True)
class CallPanel:
    """A room's offer. `load` answers what it knows of these calls, by the call's row id, in a fixed number of queries.

    `cell`, `chip` (beside the outcome) and `section` are templates (None: not shown there). The first two offer a macro
    of that name, `cell(call, known)`, since a row that includes a template takes longer than all else in it; a section
    sees `call` and `known`. `known` is what `load` gave for the call, None where that is nothing; a chip is then not
    drawn. `heading` is the column's word. `tool` is a template of what can be done with all the calls of a choice; it
    sees the filters as `bar`.
    """

    heading: Callable[[], str]
    load: Callable[[Sequence[Any]], Mapping[int, Any]]
    """Given `LoggedCall`s for `cell` and `chip`, the `CallRecord` for `section`."""
    cell: str | None = None
    chip: str | None = None
    section: str | None = None
    tool: str | None = None
    load_for_page: Callable[[CallRecord], Any] | None = None
    """What the section of one call is given besides: where `load` knows nothing of it."""
    is_left_out_when_unknown: bool = False
    """No section where `load` gave nothing."""

    @property
    def room(self) -> str:
        """The name of the room that offers it, which is the folder of its templates: the column's name for choosing."""
        return (self.cell or self.chip or self.section or "").partition("/")[0]


@dataclass(frozen=True, slots=True)
class LoadedPanel:
    """A panel with what it knows of the calls of this page."""

    heading: str
    room: str
    cell: Callable[[LoggedCall], Markup] | None
    chip: Callable[[LoggedCall], Markup] | None
    section: str | None
    known: Mapping[int, Any]


def add_panels(app: Flask, *panels: CallPanel) -> None:
    """Called once by the composition root, with the panels in their order from left to right."""
    app.extensions["portal.call_panels"] = panels


def log_panels(calls: Sequence[LoggedCall]) -> list[LoadedPanel]:
    """The columns and chips that other rooms add to the log."""
    return [_loaded(panel, calls) for panel in _panels() if panel.cell or panel.chip]


def page_panels(call: CallRecord) -> list[LoadedPanel]:
    """The sections that other rooms add to the page of one call."""
    loaded = [(panel, _for_page(panel, call)) for panel in _panels() if panel.section]
    return [each for panel, each in loaded if call.id in each.known or not panel.is_left_out_when_unknown]


def column_headings() -> dict[str, str]:
    """The columns that other rooms offer for the log, by the room's name."""
    return {panel.room: panel.heading() for panel in _panels() if panel.cell}


def log_tools() -> list[str]:
    """What other rooms can do with all the calls of a choice."""
    return [panel.tool for panel in _panels() if panel.tool]


def _panels() -> tuple[CallPanel, ...]:
    panels: tuple[CallPanel, ...] = current_app.extensions.get("portal.call_panels", ())
    return panels


def _for_page(panel: CallPanel, call: CallRecord) -> LoadedPanel:
    loaded = _loaded(panel, [call])
    more = panel.load_for_page(call) if panel.load_for_page and call.id not in loaded.known else None
    return loaded if more is None else replace(loaded, known={call.id: more})


def _loaded(panel: CallPanel, calls: Sequence[CallRecord | LoggedCall]) -> LoadedPanel:
    known = panel.load(calls) if calls else {}
    return LoadedPanel(
        heading=panel.heading(),
        room=panel.room,
        cell=_drawn(panel.cell, "cell", known),
        chip=_drawn(panel.chip, "chip", known),
        section=panel.section,
        known=known,
    )


def _drawn(template: str | None, macro: str, known: Mapping[int, Any]) -> Callable[[LoggedCall], Markup] | None:
    if template is None:
        return None
    draw: Macro = getattr(current_app.jinja_env.get_template(template).module, macro)
    return lambda call: drawn(draw, call, known.get(call.id))
