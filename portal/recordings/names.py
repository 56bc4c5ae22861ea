"""What a record is called when it leaves the cabinet."""

from __future__ import annotations

from portal.calls.models import CallRecord
from portal.kernel import phone
from portal.web.filters import zone

_UNFIT = frozenset('"\\/:*?<>|')


def name_for_people(call: CallRecord) -> str:
    """`2026-11-23 14-05-12 Igor Batov +7 903 999-88-77.wav`, in the account's zone; fit for any file system."""
    parts = (
        f"{call.started_at.astimezone(zone()):%Y-%m-%d %H-%M-%S}",
        call.other_name,
        phone.display(call.other) if call.other else None,
    )
    whole = " ".join(part for part in parts if part)
    return f"{''.join(char for char in whole if char.isprintable() and char not in _UNFIT).strip(' .')}.wav"
