"""The table that is exported: its columns, and a call as a row of them, in the words of the present reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from portal.calls.models import CallRecord
from portal.calls.words import direction_word, outcome_sign
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.web.filters import zone


class Kind(Enum):
    """What a column holds; a file format writes each in its own way. None is an empty cell of any."""

    TEXT = "text"
    ADDRESS = "address"
    """A phone number in the universal format, or the name of an SIP account: text, whatever it looks like."""
    MOMENT = "moment"
    """In the account's zone, without saying so: spreadsheets know no zones."""
    SECONDS = "seconds"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `width` is in characters."""

    heading: object
    kind: Kind
    value: Callable[[CallRecord], Any]
    width: int


COLUMNS: tuple[Column, ...] = (
    Column(_l("Time"), Kind.MOMENT, lambda call: call.started_at.astimezone(zone()).replace(tzinfo=None), 19),
    Column(_l("Direction"), Kind.TEXT, lambda call: direction_word(call.kind), 12),
    Column(_l("Outcome"), Kind.TEXT, lambda call: outcome_sign(call.outcome).word, 16),
    Column(_l("Who"), Kind.ADDRESS, lambda call: call.other or _("number withheld"), 20),
    Column(_l("Name"), Kind.TEXT, lambda call: call.other_name, 26),
    Column(_l("Employee"), Kind.ADDRESS, lambda call: call.employee, 20),
    Column(_l("Name of the employee"), Kind.TEXT, lambda call: call.employee_name, 26),
    Column(_l("Line"), Kind.ADDRESS, lambda call: call.did, 20),
    Column(_l("Wait, s"), Kind.SECONDS, lambda call: call.wait_seconds, 10),
    Column(_l("Talk, s"), Kind.SECONDS, lambda call: call.talk_seconds, 10),
    Column(_l("Price"), Kind.MONEY, lambda call: call.price, 10),
    Column(_l("Record"), Kind.TEXT, lambda call: _("yes") if call.has_recording else _("no"), 8),
    Column(_l("Id for the CRM"), Kind.TEXT, lambda call: call.api_call_id, 34),
)


def headings() -> list[str]:
    """The first line."""
    return [str(column.heading) for column in COLUMNS]


def row(call: CallRecord) -> list[Any]:
    """A call's values, by column."""
    return [column.value(call) for column in COLUMNS]
