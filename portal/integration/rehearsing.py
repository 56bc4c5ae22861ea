"""The rehearsal on the page: its form comes by GET, its answer is a list of reasons and a time line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, request

from portal.calls.timeline import Tick, ticks_of
from portal.calls.words import reason_word, result_sign, skip_word
from portal.integration.fallbacks import cause_word
from portal.kernel import phone
from portal.kernel.clock import now
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.tenancy import current_account_id
from portal.routing.reading import zone_of_account
from portal.routing.rehearsal import Rehearsal, rehearse
from portal.routing.rehearsal_words import Reason, reasons
from portal.telephony.engine import LegEnd, LegSnapshot, Presence
from portal.telephony.queries import dids, sip_lines
from portal.web.filters import duration

_LOCAL = "%Y-%m-%dT%H:%M"
_YEARS = range(2000, 2101)
"""Beyond them are slips of the finger; at the ends of the calendar there is no other zone's moment."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of the time line, in seconds from the call's arrival."""

    kind: str
    start: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Rung:
    """A phone that would ring: who, why, from when to when."""

    name: str
    note: str
    outcome: str
    tone: str
    icon: str
    parts: list[Bar]


@dataclass(frozen=True, slots=True)
class Answer:
    """What would happen, in words and as a picture; `total` is its width in seconds."""

    reasons: Sequence[Reason]
    rung: Sequence[Rung]
    skipped: Sequence[tuple[str, str]]
    ending: str
    total: float
    ticks: Sequence[Tick]


@dataclass(frozen=True, slots=True)
class RehearsalSection:
    """All that `_rehearsal.html` shows: what was typed, what is wrong with it, the answer."""

    caller: str
    line: str
    at: str
    lines: Sequence[tuple[str, str]]
    problems: dict[str, str]
    answer: Answer | None


def rehearsal_section() -> dict[str, Any]:
    """The form as it stands in the URL (`caller`, `line`, `at`), with its answer where it was sent."""
    zone, lines = zone_of_account(), [(did.number, phone.display(did.number)) for did in dids()]
    caller, line, at = (request.args.get(name, "").replace("\0", "").strip()[:60] for name in ("caller", "line", "at"))
    problems: dict[str, str] = {}
    number, did = _number(caller, problems), _did(line, lines, problems)
    moment = _moment(at, zone, problems)
    answer = None
    if "caller" in request.args and not problems and did:
        presence = {each.name: Presence(each.presence) for each in sip_lines()}
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        answer = _answer(rehearse(app, current_account_id(), number, did, presence, moment))
    shown = at or moment.astimezone(zone).strftime(_LOCAL)
    return {"rehearsal": RehearsalSection(caller, did, shown, lines, problems, answer)}


def _number(text: str, problems: dict[str, str]) -> str:
    try:
        return phone.normalise(text) if text else ""
    except Refused as error:
        problems["caller"] = error.message
        return ""


def _did(text: str, lines: Sequence[tuple[str, str]], problems: dict[str, str]) -> str:
    """The number that is called: as it is written in the URL or by a person; the first one by default."""
    known = [number for number, _shown in lines]
    if not text:
        return known[0] if known else ""
    try:
        number = text if text in known else phone.normalise(text)
    except Refused:
        number = ""
    if number not in known:
        problems["line"] = _("The account has no such number.")
        return known[0] if known else ""
    return number


def _moment(text: str, zone: ZoneInfo, problems: dict[str, str]) -> datetime:
    if not text:
        return now()
    moment = _written(text)
    if moment is None:
        problems["at"] = _("This is not a day and a time.")
        return now()
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _written(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.year in _YEARS else None


def _answer(rehearsal: Rehearsal) -> Answer:
    call = rehearsal.call
    total = max(1.0, ((call.ended_at or call.started_at) - call.started_at).total_seconds())
    rung = [_rung(leg, call.started_at) for leg in call.legs[1:]]
    dialled = {leg.address for leg in call.legs[1:]}
    skipped = {
        each.target.label or phone.display(each.target.address): skip_word(each.reason)
        for each in call.skipped
        if each.target.address not in dialled
    }
    return Answer(
        reasons(rehearsal),
        rung,
        list(skipped.items()),
        _ending(rehearsal),
        total,
        _few(total) if rung else [],
    )


def _few(total: float) -> list[Tick]:
    """Every second mark and the end: the card is narrower than a call's page."""
    *inner, last = ticks_of(total)
    return [*inner[::2], last]


def _rung(leg: LegSnapshot, start: datetime) -> Rung:
    begins = (leg.started_at - start).total_seconds()
    ends = ((leg.ended_at or leg.started_at) - start).total_seconds()
    shown = phone.display(leg.address)
    details = [shown if leg.label else "", reason_word(leg.reason)]
    if leg.round > 1:
        details.append(_("round %(number)s", number=leg.round))
    note, bar = " · ".join(filter(None, details)), Bar("ring", begins, ends - begins)
    if leg.end is LegEnd.PHONE_ENDED:
        sign = result_sign(leg.result, leg.side)
        return Rung(leg.label or shown, note, sign.word, sign.tone, sign.icon or "", [bar])
    words = f"{duration(round(begins))}–{duration(round(ends))}"
    return Rung(leg.label or shown, note, words, "", "ringing", [bar])


def _ending(rehearsal: Rehearsal) -> str:
    cause = rehearsal.call.fallback
    if cause is None:
        return ""
    fallback = rehearsal.plan.fallback(cause)
    parts = list(_ways(fallback.announcement is not None, len(fallback.steps)))
    return f"{cause_word(cause)}: {', '.join(parts)}."


def _ways(has_announcement: bool, steps: int) -> Iterator[str]:  # noqa: FBT001 - the fallback's two sides
    if steps:
        yield _("the call is passed on")
    yield _("an announcement, then the call ends") if has_announcement else _("the call ends")
