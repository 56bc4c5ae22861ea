"""Deciding how calls of known contacts go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.kernel.db import db
from portal.kernel.errors import Conflict, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.limits import one_of, within
from portal.routing.lookup import crm_at_hand
from portal.routing.lookup.state import forget_all
from portal.routing.models import ContactSource, KnownContactRules, OwnerMode
from portal.routing.queries import new_contact_group

OWNER_SECONDS = (5, 120)
LAST_TALK_HOURS = (1, 24 * 90)
BUDGET_MS = (300, 3000)
_COLUMNS = ("mode", "sources", "last_talk_hours", "budget_ms", "lookup_url")


def known_contact_rules() -> KnownContactRules:
    """The account's rules; the defaults where nobody has set any (then not in the session)."""
    rules = db.session.scalar(select(KnownContactRules))
    return rules or KnownContactRules(
        mode=OwnerMode.FIRST,
        sources=[ContactSource.ADDRESS_BOOK.value],
        last_talk_hours=24,
        budget_ms=700,
        lookup_url="",
    )


def set_known_contacts(
    mode: str,
    sources: Sequence[str],
    *,
    owner_seconds: int,
    last_talk_hours: int,
    budget_ms: int,
    lookup_url: str = "",
) -> KnownContactRules:
    """How calls of known contacts go. `sources` are asked in this order; `lookup_url` was tried at the door before.

    Raises `Refused` with the field's name.
    """
    values: dict[str, Any] = {
        "mode": one_of(OwnerMode, mode, "mode").value,
        "sources": [one_of(ContactSource, each, "sources").value for each in dict.fromkeys(sources)],
        "last_talk_hours": within(LAST_TALK_HOURS, last_talk_hours, "last_talk_hours"),
        "budget_ms": within(BUDGET_MS, budget_ms, "budget_ms"),
        "lookup_url": lookup_url,
        "owner_seconds": within(OWNER_SECONDS, owner_seconds, "owner_seconds"),
    }
    if not _has_whom_to_ask(values):
        raise Refused(_("Connect the CRM, enter the URL that is to be asked, or leave the CRM out."), "lookup_url")
    return _write(values, "known_contacts.set")


def undo_known_contacts() -> KnownContactRules:
    """Takes the latest change back; done again, it is there again.

    Raises `Conflict` where nothing was changed yet, or the CRM that was asked before is not connected any more.
    """
    rules = db.session.scalar(select(KnownContactRules).with_for_update())
    if rules is None or rules.previous is None:
        raise Conflict(_("There is nothing to take back."))
    if not _has_whom_to_ask(rules.previous):
        raise Conflict(_("The CRM that was asked before is not connected any more: nothing was taken back."))
    return _write(rules.previous, "known_contacts.undo")


def _has_whom_to_ask(values: Mapping[str, Any]) -> bool:
    return ContactSource.LOOKUP not in values["sources"] or bool(values["lookup_url"] or crm_at_hand().title())


def _write(values: Mapping[str, Any], action: str) -> KnownContactRules:
    rules = db.session.scalar(select(KnownContactRules).with_for_update())
    if rules is None:
        rules = known_contact_rules()
        db.session.add(rules)
    group = new_contact_group(locks=True)
    if rules.lookup_url != values["lookup_url"]:
        forget_all()
    before = {name: getattr(rules, name) for name in _COLUMNS} | {"owner_seconds": group.owner_seconds}
    for name in _COLUMNS:
        setattr(rules, name, values[name])
    group.owner_seconds = values["owner_seconds"]
    rules.previous = before
    audit(action, values["mode"], before=_without_url(before), after=_without_url(values))
    return rules


def _without_url(values: Mapping[str, Any]) -> dict[str, Any]:
    """A URL may hold a key, which has no business in the trail."""
    return {name: value for name, value in values.items() if name != "lookup_url"}
