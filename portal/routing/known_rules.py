"""Deciding how calls of known contacts go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.kernel.db import db
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.limits import one_of, within
from portal.routing.lookup import crm_at_hand
from portal.routing.lookup.state import forget_all
from portal.routing.models import ContactSource, KnownContactRules, OwnerMode
from portal.routing.queries import new_contact_group

OWNER_SECONDS = (5, 120)
LAST_TALK_HOURS = (1, 24 * 90)
BUDGET_MS = (300, 3000)


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
        "mode": one_of(OwnerMode, mode, "mode"),
        "sources": [one_of(ContactSource, each, "sources").value for each in dict.fromkeys(sources)],
        "last_talk_hours": within(LAST_TALK_HOURS, last_talk_hours, "last_talk_hours"),
        "budget_ms": within(BUDGET_MS, budget_ms, "budget_ms"),
        "lookup_url": lookup_url,
    }
    seconds = within(OWNER_SECONDS, owner_seconds, "owner_seconds")
    if ContactSource.LOOKUP in values["sources"] and not lookup_url and not crm_at_hand().title():
        raise Refused(_("Connect the CRM, enter the URL that is to be asked, or leave the CRM out."), "lookup_url")
    rules = db.session.scalar(select(KnownContactRules).with_for_update())
    if rules is None:
        rules = known_contact_rules()
        db.session.add(rules)
    if rules.lookup_url != lookup_url:
        forget_all()
    before = {name: getattr(rules, name) for name in values if name != "lookup_url"}
    for name, value in values.items():
        setattr(rules, name, value)
    new_contact_group(locks=True).owner_seconds = seconds
    after = {name: value for name, value in values.items() if name != "lookup_url"}
    audit("known_contacts.set", values["mode"], before=before, after=after | {"owner_seconds": seconds})
    return rules
