"""The mapping check: what would make calls go astray, what to do about it, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import url_for
from sqlalchemy import select

from portal.contacts.models import Contact, ContactNumber
from portal.contacts.queries import crm_users
from portal.kernel import phone
from portal.kernel.db import db
from portal.kernel.i18n import gettext as _
from portal.routing.blacklist import blacklist
from portal.routing.models import FallbackKind, HuntGroup
from portal.routing.queries import NEW_CONTACTS, hunt_groups, receivers
from portal.telephony.engine import Presence
from portal.telephony.provider.state import is_provider_engine
from portal.telephony.queries import dids, sip_lines


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at. `names` are whom or what it is about."""

    title: str
    names: Sequence[str]
    advice: str
    url: str
    link: str


def mapping_checks() -> list[Check]:
    """What is to be looked at, the weightiest first; nothing where all is well."""
    return [check for check in (*_strategy(), *_people(), *_phones(), *_numbers()) if check.names]


def _strategy() -> Iterator[Check]:
    groups = hunt_groups()
    main = next(group for group in groups if group.name == NEW_CONTACTS)
    members = [member.crm_user for member in receivers(main)]
    can_ring = [user for user in members if user.sip_line is not None and user.is_on_duty]
    yield Check(
        _("Nobody takes calls of new contacts"),
        [] if can_ring else [_("the strategy has nobody behind it")],
        _("Choose CRM users who have a phone and are on duty."),
        _section("receivers"),
        _("Choose"),
    )
    passed = {main.fallback_group_id, *(rule.target_group_id for rule in main.fallbacks)}
    empty = [
        group.name
        for group in groups
        if group is not main and group.id in passed and not any(m.crm_user.sip_line for m in receivers(group))
    ]
    yield Check(
        _("A group that calls are passed to rings nobody"),
        empty,
        _("Put somebody with a phone into it."),
        url_for("integration.groups"),
        _("Groups"),
    )
    ours = {did.number for did in dids()}
    yield Check(
        _("Calls that nobody takes would come back"),
        [
            f"{phone.display(number)}: {_('Receivers of new contacts') if group is main else group.name}"
            for group in groups
            for number in sorted(ours & _passed_to(group))
        ],
        _("They are passed to a number that is yours by now, so they end instead. Choose another number."),
        _section("fallbacks"),
        _("Choose"),
    )


def _passed_to(group: HuntGroup) -> set[str]:
    """The outside numbers that calls go to when the group led to nobody."""
    ways = [(group.fallback, group.fallback_address), *((rule.kind, rule.address) for rule in group.fallbacks)]
    return {address for kind, address in ways if kind == FallbackKind.NUMBER and address}


def _people() -> Iterator[Check]:
    users = crm_users()
    yield Check(
        _("CRM users without a phone"),
        [user.name for user in users if user.sip_line is None],
        _("Calls of their contacts go to the receivers of new contacts. Give them a SIP account."),
        _section("mapping"),
        _("Match"),
    )


def _phones() -> Iterator[Check]:
    held = {user.sip_line_id for user in crm_users()}
    lines = sip_lines()
    yield Check(
        _("Phones without a CRM user"),
        [line.name for line in lines if line.id not in held],
        _("Nobody is rung there. Give them to a CRM user, or leave them for outgoing calls."),
        _section("mapping"),
        _("Match"),
    )
    if is_provider_engine():
        return
    yield Check(
        _("Phones that are offline"),
        [line.name for line in lines if line.id in held and (line.presence == Presence.OFFLINE or line.is_disabled)],
        _("Calls pass them by. Check the phone's power, network and password."),
        _section("mapping"),
        _("Show"),
    )


def _numbers() -> Iterator[Check]:
    mobiles = {user.mobile: user.name for user in crm_users() if user.mobile}
    ours = {did.number: phone.display(did.number) for did in dids()}
    blocked = {entry.number for entry in blacklist()}
    watched = {*mobiles, *ours, *blocked}
    rows = db.session.execute(
        select(ContactNumber.number, Contact.name)
        .join(Contact, Contact.id == ContactNumber.contact_id)
        .where(ContactNumber.number.in_(watched))
        .limit(20)
    ).all()
    yield Check(
        _("Numbers that are held twice"),
        [
            *(f"{phone.display(number)}: {name}, {_holder(number, mobiles, ours)}" for number, name in rows),
            *(
                f"{phone.display(number)}: {name}, {_('blacklist')}"
                for number, name in mobiles.items()
                if number in blocked
            ),
        ],
        _("A number of the address book is also an employee's mobile, one of yours or on the blacklist: remove one."),
        url_for("contacts.index"),
        _("Address book"),
    )


def _holder(number: str, mobiles: dict[str, str], ours: dict[str, str]) -> str:
    if number in mobiles:
        return mobiles[number]
    return _("your own number") if number in ours else _("blacklist")


def _section(name: str) -> str:
    return url_for("integration.index", _anchor=name)
