"""One select that says where calls go: an ending, a SIP account, a group, or a number typed beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from portal.kernel.i18n import gettext as _
from portal.routing.destinations import Destination, destination
from portal.routing.models import FallbackKind
from portal.routing.queries import other_groups
from portal.telephony.queries import sip_lines
from portal.web.forms import row_id

Choices: TypeAlias = Sequence[tuple[str, str]]


def ending_choices(default: str | None = None, *, besides: int | None = None) -> Choices:
    """What the select offers; `default` is the word of the empty choice, `besides` a group that is left out."""
    lines = [(f"{FallbackKind.SIP_LINE}:{line.name}", line.name) for line in sip_lines()]
    groups = [
        (f"{FallbackKind.GROUP}:{group.id}", _("Group “%(name)s”", name=group.name))
        for group in other_groups()
        if group.id != besides
    ]
    return [
        *([("", default)] if default is not None else []),
        (FallbackKind.HANG_UP, _("End the call")),
        (FallbackKind.ANNOUNCEMENT, _("Play an announcement and end the call")),
        *groups,
        *lines,
        (FallbackKind.NUMBER, _("Outside number:")),
    ]


def ending_value(kind: str, address: str | None, group_id: int | None) -> str:
    """The choice that stands for a saved rule."""
    match kind:
        case FallbackKind.SIP_LINE:
            return f"{kind}:{address}"
        case FallbackKind.GROUP:
            return f"{kind}:{group_id}"
        case _:
            return kind


def read_ending(value: str, number: str, field: str) -> Destination:
    """The rule that was chosen. Raises `Refused` at `field`, `NotFound` as `destination` does."""
    kind, _colon, rest = value.partition(":")
    text = number if kind == FallbackKind.NUMBER else rest
    return destination(kind, text, group_id=row_id(rest), field=field)
