"""Reading the trail of the entered account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select

from portal.accounts.trail.models import AuditEntry
from portal.kernel.db import db
from portal.kernel.paging import Cursor, NewestFirst, Page

ORDER = NewestFirst(AuditEntry.at, AuditEntry.id)
PAGE = 50
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class TrailFilters:
    """Which entries: by whom, about what, from and to which day (both included), and a part of subject or address."""

    actor: str = ""
    thing: str = ""
    since: date | None = None
    until: date | None = None
    words: str = ""

    def query(self) -> dict[str, str]:
        """As an address has it."""
        values = {
            "who": self.actor,
            "what": self.thing,
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "q": self.words,
        }
        return {name: value for name, value in values.items() if value}


def read_trail_filters(values: Mapping[str, str]) -> TrailFilters:
    """What an address asks for; nonsense asks for nothing."""
    return TrailFilters(
        actor=values.get("who", "").strip()[:_LONGEST],
        thing=values.get("what", "").strip()[:_LONGEST],
        since=_day(values.get("from", "")),
        until=_day(values.get("to", "")),
        words=values.get("q", "").strip()[:_LONGEST],
    )


def trail_page(filters: TrailFilters, zone: ZoneInfo, cursor: Cursor | None, limit: int = PAGE) -> Page[AuditEntry]:
    """Entries of a choice, the latest first."""
    rows = ORDER.ordered(_chosen(filters, zone), cursor).limit(limit + 1)
    return ORDER.page(db.session.scalars(rows).all(), cursor, limit)


def actors() -> Sequence[str]:
    """Everybody who has done something, by name."""
    return db.session.scalars(select(AuditEntry.actor).distinct().order_by(AuditEntry.actor).limit(500)).all()


def _chosen(filters: TrailFilters, zone: ZoneInfo) -> Select[AuditEntry]:
    rows = select(AuditEntry)
    if filters.actor:
        rows = rows.where(AuditEntry.actor == filters.actor)
    if filters.thing:
        rows = rows.where(AuditEntry.action.startswith(f"{filters.thing}.", autoescape=True))
    if filters.since:
        rows = rows.where(AuditEntry.at >= _midnight(filters.since, zone))
    if filters.until:
        rows = rows.where(AuditEntry.at < _midnight(filters.until + timedelta(days=1), zone))
    if filters.words:
        parts = (AuditEntry.subject, AuditEntry.address, AuditEntry.action)
        rows = rows.where(or_(*(part.icontains(filters.words, autoescape=True) for part in parts)))
    return rows


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # Beyond these, a zone's midnight has no place in a calendar.
    return found if 1970 <= found.year <= 9000 else None
