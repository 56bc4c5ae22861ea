"""A rehearsal in words: each question that was asked about the call, and what was answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import format_datetime

from portal.kernel.i18n import gettext as _
from portal.routing.facts import Asking, RouteFacts
from portal.routing.lookup import LookupResult
from portal.routing.lookup.words import result_word
from portal.routing.models import ContactSource, HuntStrategy, OwnerMode
from portal.routing.rehearsal import Rehearsal
from portal.telephony.plan import FallbackCause, StepReason


@dataclass(frozen=True, slots=True)
class Reason:
    """One answered question; `tone` is a badge's: good (goes on), wait (look at it), bad (stops), "" (nothing new)."""

    title: str
    text: str
    tone: str = ""


def reasons(rehearsal: Rehearsal) -> list[Reason]:
    """The questions in their order, up to the one that settled the call."""
    return list(_reasons(rehearsal))


def _reasons(rehearsal: Rehearsal) -> Iterator[Reason]:
    facts = rehearsal.facts
    if facts.blacklisted is not None:
        note = f" ({facts.blacklisted})" if facts.blacklisted else ""
        yield Reason(_("Blacklist"), _("The number is on it%(note)s: the call is refused.", note=note), "bad")
        return
    yield Reason(_("Blacklist"), _("The number is not on it."), "good")
    yield _hours(rehearsal)
    if rehearsal.plan.opening is FallbackCause.CLOSED:
        return
    if facts.employee is not None:
        text = _("It is the mobile of %(name)s: no new contact, nobody is looked up.", name=facts.employee.name)
        yield Reason(_("Own employee"), text, "wait")
    else:
        yield Reason(_("Own employee"), _("It is nobody's own mobile."), "good")
        yield from _contact(rehearsal)
    yield _group(rehearsal)


def _hours(rehearsal: Rehearsal) -> Reason:
    facts, title = rehearsal.facts, _("Working hours")
    special = facts.hours.special_day(rehearsal.at, facts.zone)
    note = f" ({special.note})" if special is not None and special.note else ""
    if facts.hours.is_open(rehearsal.at, facts.zone):
        if special is not None:
            return Reason(title, _("The number is answered: this day has hours of its own%(note)s.", note=note), "good")
        if facts.hours.week is None:
            return Reason(title, _("The number is answered round the clock."), "good")
        return Reason(title, _("The number is answered at this time."), "good")
    opens = facts.hours.opens_at(rehearsal.at, facts.zone)
    again = (
        _("again %(moment)s", moment=format_datetime(opens, "EEE d MMM HH:mm", rebase=False))
        if opens
        else _("not for two months")
    )
    if special is not None:
        text = _(
            "This day has hours of its own%(note)s, and it is outside of them; answered %(again)s.",
            note=note,
            again=again,
        )
    else:
        text = _("It is outside working hours; answered %(again)s.", again=again)
    return Reason(title, text, "bad")


def _contact(rehearsal: Rehearsal) -> Iterator[Reason]:
    facts = rehearsal.facts
    if facts.owner_mode is OwnerMode.OFF:
        yield Reason(_("Known contact"), _("Known contacts are treated as new ones: nobody is asked."))
        return
    if not facts.caller:
        yield Reason(_("Known contact"), _("The number is withheld: nobody is asked."))
        return
    for asking in facts.askings:
        yield _asked(asking)
    if facts.owner is not None:
        yield _owner(rehearsal)


def _asked(asking: Asking) -> Reason:
    title = {
        ContactSource.ADDRESS_BOOK: _("Address book"),
        ContactSource.LAST_TALK: _("Last talk"),
        ContactSource.LOOKUP: _("The CRM"),
    }[asking.source]
    if asking.source is not ContactSource.LOOKUP:
        known = _("%(name)s looks after this number.", name=asking.name)
        return Reason(
            title, known if asking.name else _("knows nobody with this number"), "good" if asking.name else ""
        )
    how = _("from an answer that was kept") if asking.is_cached else _("asked just now, %(ms)s ms", ms=asking.took_ms)
    if asking.result in (LookupResult.RESTING, LookupResult.CROWDED):
        return Reason(title, result_word(asking.result), "wait")
    if asking.result == LookupResult.FOUND:
        return Reason(title, _("%(name)s looks after this number (%(how)s).", name=asking.name, how=how), "good")
    is_well = asking.result == LookupResult.NOBODY
    detail = f": {asking.name}" if asking.name else ""
    return Reason(title, f"{result_word(asking.result)}{detail} ({how})", "" if is_well else "wait")


def _owner(rehearsal: Rehearsal) -> Reason:
    facts, plan = rehearsal.facts, rehearsal.plan
    name = facts.owner.name if facts.owner is not None else ""
    if plan.beside:
        return Reason(_("Known contact"), _("%(name)s rings together with the others.", name=name), "good")
    if any(step.reason is StepReason.OWNER for step in plan.steps):
        alone = facts.owner_mode is OwnerMode.ONLY
        text = _("Only %(name)s rings.", name=name) if alone else _("%(name)s rings first.", name=name)
        return Reason(_("Known contact"), text, "good")
    return Reason(_("Known contact"), _("%(name)s cannot be rung now and is passed over.", name=name), "wait")


def _group(rehearsal: Rehearsal) -> Reason:
    facts, plan, title = rehearsal.facts, rehearsal.plan, _("Receivers of new contacts")
    if facts.owner is not None and facts.owner_mode is OwnerMode.ONLY:
        return Reason(title, _("They do not ring for known contacts."))
    if not facts.group.members:
        return Reason(title, _("Nobody has been chosen."), "bad")
    if not any(step.reason is StepReason.HUNT for step in plan.steps):
        return Reason(title, _("Nobody of them can be rung now."), "bad")
    return Reason(title, _order(facts), "good")


def _order(facts: RouteFacts) -> str:
    match facts.group.strategy:
        case HuntStrategy.SIMULTANEOUS:
            return _("All at once.")
        case HuntStrategy.ROUND_ROBIN:
            return _("In turn: it begins with whoever comes next now.")
        case HuntStrategy.LONGEST_IDLE:
            return _("Whoever finished talking the longest time ago comes first.")
        case HuntStrategy.FEWEST_TODAY:
            return _("Whoever has answered the fewest calls today comes first.")
        case HuntStrategy.RANDOM:
            return _("In an order drawn anew for each call: this is one of them.")
        case _:
            return _("One after another in the order of the list.")
